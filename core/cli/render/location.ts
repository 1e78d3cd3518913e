/** References to results as a person types them next: paths relative to where they stand. */
import { isAbsolute, relative } from 'node:path';

/** `oci:/home/me/shop/build/image:latest` as `oci:build/image:latest`, seen from `/home/me/shop`. */
export function shownReference(reference: string, cwd: string): string {
  const match = /^([a-z][a-z-]*):(\/.*|[A-Za-z]:[\\/].*)$/.exec(reference);
  if (match === null) return reference;
  const [, kind = '', path = ''] = match;
  return `${kind}:${shownPath(path, cwd)}`;
}

/** A path relative to the working directory, where it lies below that: engines refuse `..` in what they take for a name. */
export function shownPath(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path;
  const short = relative(cwd, path);
  if (short === '') return '.';
  return short === '..' || /^\.\.[\\/]/.test(short) || isAbsolute(short) ? path : short;
}

/** A word of a command, quoted for a POSIX shell where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
