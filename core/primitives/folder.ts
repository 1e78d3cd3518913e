/** Makes folders on the host. What lies in them is others' business. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Node's own recursion never ends where a file system answers
 * "no such file" for a new name in a folder that it has, as `/proc` does.
 *
 * @returns the topmost folder that was made; undefined where all were there
 * @throws what the file system says; ENOTDIR where something else has the name
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || dirname(path) === path) return await existing(path, thrown);
  }
  const topmost = await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (thrown) {
    await existing(path, thrown);
  }
  return topmost ?? path;
}

/** Undefined for a folder that is there already, whoever made it. */
async function existing(path: string, thrown: unknown): Promise<undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return undefined;
  if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  throw Object.assign(new Error(`\`${path}\` is no folder`, { cause: thrown }), { code: 'ENOTDIR' });
}
