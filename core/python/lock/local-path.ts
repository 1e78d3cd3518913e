/** Where a lock may point to in the file system: the folder that it lies in, and as far up as its reader says. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import type { LockReaderOptions } from './lock-file.ts';

/**
 * A lock names a file or a folder that lies outside of the project and of its git repository. Nothing of it is read.
 * Where that place is meant, move it into the repository, or publish the package to an index.
 */
export class LockPathError extends PycError {
  readonly code = 'PYC_LOCK_PATH_OUTSIDE';

  constructor(file: string, name: string, path: string) {
    super(
      `\`${visible(file)}\` takes \`${visible(name)}\` from \`${visible(path)}\`, outside of the project`,
      {
        hint: 'move it into the repository, or publish it to an index, and lock again',
      },
    );
  }
}

/** Parsing each of a large lock's URLs would cost more than all else that choosing does. */
const PLAIN_URL = /^https?:\/\/[\w.-]+(?::\d+)?\/[\w.~%+/-]*$/;

/** What is needed to judge a path. */
export type PathBounds = Pick<LockReaderOptions, 'directory' | 'boundary'>;

/**
 * The absolute path that a lock means. Links are not followed here.
 *
 * @param file how errors call the lock
 * @param name of the package
 * @param path as it stands in the lock: relative to it, or absolute
 * @throws LockPathError for a path that leaves the bounds
 */
export function localPath(
  file: string,
  name: string,
  path: string,
  { directory, boundary = directory }: PathBounds,
): string {
  const absolute = resolve(directory, path);
  if (path.includes('\0') || !isBelow(boundary, absolute)) throw new LockPathError(file, name, path);
  return absolute;
}

/**
 * Where a file lies that a lock names by URL: on the network, or with `file:` on this host.
 *
 * @throws LockPathError for a `file:` URL that leaves the bounds, and for a scheme that nothing is fetched by
 */
export function fileLocation(
  file: string,
  name: string,
  url: string,
  bounds: PathBounds,
): { readonly url: string } | { readonly path: string } {
  if (PLAIN_URL.test(url)) return { url };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') return { url };
  if (parsed?.protocol !== 'file:' || parsed.host !== '') throw new LockPathError(file, name, url);
  return { path: localPath(file, name, pathOfUrl(file, name, parsed), bounds) };
}

function pathOfUrl(file: string, name: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new LockPathError(file, name, url.href);
  }
}

/** True for the path of the folder itself. */
export function isOwnFolder(path: string, directory: string): boolean {
  return relative(directory, path) === '';
}

function isBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
}
