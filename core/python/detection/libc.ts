/** The C library of an image, from the interpreter's loader, the library's own text, or a package database. */
import { readElf } from '../elf.ts';
import type { Libc } from '../target.ts';
import type { BaseFiles } from './base-files.ts';
import { packageVersion } from './package-database.ts';

const MUSL_LIBRARY = /(?:^|\/)ld-musl-[^/]+\.so\.1$/;
const GLIBC_LIBRARY = /(?:^|\/)libc(?:\.so\.6|-2\.\d+\.so)$/;

/**
 * Finds family and version.
 *
 * @param loader the path in the interpreter's PT_INTERP; without it, the family of the library that is there counts
 * @param architecture OCI's, since an image can hold the libraries of several
 */
export async function detectLibc(
  files: BaseFiles,
  paths: readonly string[],
  loader: string | undefined,
  architecture: string,
): Promise<Libc | undefined> {
  const family = familyOf(loader) ?? (paths.some((path) => GLIBC_LIBRARY.test(path)) ? 'glibc' : 'musl');
  const version =
    family === 'musl'
      ? await muslVersion(files, paths, architecture)
      : await glibcVersion(files, paths, architecture);
  return version === undefined ? undefined : { family, version };
}

function familyOf(loader: string | undefined): Libc['family'] | undefined {
  const name = loader?.slice(loader.lastIndexOf('/') + 1);
  if (name?.startsWith('ld-musl')) return 'musl';
  return name !== undefined && /^ld(?:-linux|64)?[-.]/.test(name) ? 'glibc' : undefined;
}

async function glibcVersion(
  files: BaseFiles,
  paths: readonly string[],
  architecture: string,
): Promise<string | undefined> {
  for (const path of paths.filter((candidate) => GLIBC_LIBRARY.test(candidate))) {
    const bytes = await readLibrary(files, path, architecture);
    if (bytes === undefined) continue;
    const at = bytes.indexOf('GNU C Library');
    const banner = at < 0 ? '' : bytes.subarray(at, at + 200).toString('latin1');
    const version = /\bversion (2\.\d{1,2})\b/.exec(banner)?.[1] ?? /libc-(2\.\d+)\.so$/.exec(path)?.[1];
    if (version !== undefined) return version;
  }
  return shorten(await packageVersion(files, paths, ['libc6', 'glibc']));
}

async function muslVersion(
  files: BaseFiles,
  paths: readonly string[],
  architecture: string,
): Promise<string | undefined> {
  const stated = shorten(await packageVersion(files, paths, ['musl']));
  if (stated !== undefined) return stated;
  for (const path of paths.filter((candidate) => MUSL_LIBRARY.test(candidate))) {
    const bytes = await readLibrary(files, path, architecture);
    // The only text of this form in musl is the version that its loader prints.
    const version = /(?<![\d.])(1\.\d)\.\d{1,2}(?:_git[^\0]*)?\0/.exec(bytes?.toString('latin1') ?? '')?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

async function readLibrary(
  files: BaseFiles,
  path: string,
  architecture: string,
): Promise<Buffer | undefined> {
  const bytes = await files.read(path);
  if (bytes === undefined || readElf(bytes)?.architecture !== architecture) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `2.36-9+deb12u9` is 2.36 to the tags, and `1.2.5-r8` 1.2. */
function shorten(version: string | undefined): string | undefined {
  return /^(\d+\.\d+)/.exec(version ?? '')?.[1];
}
