/**
 * Tells which of a project's sources hold a password in the address of a package index or a repository. They are the files that
 * say where packages are from; what else a project's files hold is not looked at.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const NAMED =
  /(?:^|\/)(?:pyproject\.toml|uv\.(?:toml|lock)|poetry\.(?:toml|lock)|pdm\.(?:toml|lock)|pylock(?:\.[^/]+)?\.toml|Pipfile(?:\.lock)?|pip\.(?:conf|ini)|[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|requirements\/[^/]+\.(?:txt|in))$/;
/** What stands for a variable, as in `https://me:${TOKEN}@`, is no password. */
const PASSWORD = /https?:\/\/[^\s/@:"'<>]*:(?![$%{])[^\s/@"'<>]+@/i;
/** Bytes; a lock is a few megabytes. */
const LARGEST = 64 * 1024 * 1024;

/**
 * @param path relative to the folder, `/`-separated
 * @returns false for a file that cannot be read: who takes it in will say so
 */
export async function holdsPassword(directory: string, path: string): Promise<boolean> {
  if (!NAMED.test(path)) return false;
  const file = join(directory, path);
  try {
    // A link may lead to a pipe, which would be waited for.
    const found = await stat(file);
    return found.isFile() && found.size <= LARGEST && PASSWORD.test(await readFile(file, 'latin1'));
  } catch {
    return false;
  }
}
