/**
 * Whether anything that git tracks in a folder differs from the last commit, asked of the `git` program: once in a run for all
 * folders below the first, since a workspace has a project in each.
 */
import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import type { RunMemory } from './run-memory.ts';

/** Paths relative to the top of the work tree; undefined where there is no `git` to ask. */
type Changes = Promise<readonly string[] | undefined>;

/**
 * As `git describe --dirty` has it: untracked files do not count, since outputs are such. False where there is no `git` to ask.
 *
 * @param workTree the top of the work tree, the directory or a folder above it
 */
export async function isDirty(
  directory: string,
  workTree: string,
  memory: RunMemory,
  signal: AbortSignal,
): Promise<boolean> {
  const [folder, top] = await Promise.all([realPath(directory), realPath(workTree)]);
  // What a folder has to do with another one is told by their names, which links would blur.
  const known = memory.get('changes of work trees', () => new Map<string, Changes>());
  const asked = [...known.keys()].find((above) => isWithin(above, folder) && isWithin(top, above));
  const changes = (asked === undefined ? undefined : known.get(asked)) ?? changesIn(folder, signal);
  if (asked === undefined) known.set(folder, changes);
  const prefix = relative(top, folder).split(sep).join('/');
  return ((await changes) ?? []).some((path) => prefix === '' || path.startsWith(`${prefix}/`));
}

async function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function isWithin(above: string, folder: string): boolean {
  const path = relative(above, folder);
  return path === '' || (!isAbsolute(path) && path.split(sep)[0] !== '..');
}

function changesIn(directory: string, signal: AbortSignal): Changes {
  const run = ['--no-optional-locks', 'status', '--porcelain', '-z', '--untracked-files=no', '--', '.'];
  return new Promise((done) => {
    execFile('git', run, { cwd: directory, signal, maxBuffer: 1 << 26 }, (failed, output) =>
      done(failed === null ? pathsIn(output) : undefined),
    );
  });
}

/** Each entry is two letters, a space and a path; of a renamed or copied file the old path follows. */
function pathsIn(output: string): readonly string[] {
  const paths: string[] = [];
  const entries = output
    .split('\0')
    .filter((entry) => entry !== '')
    .values();
  for (const entry of entries) {
    paths.push(entry.slice(3));
    const old = /^.?[RC]/.test(entry) ? entries.next().value : undefined;
    if (old !== undefined) paths.push(old);
  }
  return paths;
}
