/**
 * What an official Python image, or one made from it, says of itself without its files: its configuration names the
 * Python, and one small file of its system the C library. Where it says too little, the files are searched.
 */
import type { Libc } from '../target.ts';
import type { BaseFacts } from './base-files.ts';

/** A Python that was built from the sources that its image names. */
export interface OfficialPython {
  readonly version: string;
  readonly minor: number;
  /** Absolute path in the image. */
  readonly interpreter: string;
}

/** The folders of the PATH that these images set. A further one could hold another Python. */
const USUAL_FOLDERS = new Set(
  ['/usr/local', '/usr', ''].flatMap((prefix) => [`${prefix}/bin`, `${prefix}/sbin`]),
);
/** Before 3.8 the ABI had a letter of its own. */
const OLDEST_MINOR = 8;

/**
 * The Python of an official image by its variables: PYTHON_VERSION, beside what the sources were checked with, and a PATH that
 * begins with `/usr/local/bin`. Undefined for any other image.
 *
 * @param steps how the image was made, as its history tells
 */
export function officialPython(
  { environment, executable }: BaseFacts,
  steps: readonly string[],
): OfficialPython | undefined {
  const { PYTHON_VERSION = '', PATH = '', PYTHON_SHA256, GPG_KEY, PYPY_VERSION } = environment;
  const minor = Number(/^3\.(\d{1,2})\.\d{1,3}(?:(?:a|b|rc)\d{1,2})?$/.exec(PYTHON_VERSION)?.[1]);
  const folders = PATH.split(':');
  const isOfficial =
    minor >= OLDEST_MINOR &&
    PYPY_VERSION === undefined &&
    (PYTHON_SHA256 ?? GPG_KEY) !== undefined &&
    folders[0] === '/usr/local/bin' &&
    folders.every((folder) => USUAL_FOLDERS.has(folder)) &&
    !steps.some((step) => /--disable-gil|--with-pydebug/.test(step));
  if (!isOfficial) return undefined;
  const name = `python3.${minor}`;
  if (executable !== undefined && executable !== name) return undefined;
  return { version: PYTHON_VERSION, minor, interpreter: `/usr/local/bin/${name}` };
}

/** The files that name a system's release, one line each. */
export const RELEASE_FILES: readonly string[] = ['etc/debian_version', 'etc/alpine-release'];

/** glibc of Debian's stable releases: within one it stays. */
const GLIBC: ReadonlyMap<number, string> = new Map([
  [10, '2.28'],
  [11, '2.31'],
  [12, '2.36'],
  [13, '2.41'],
]);
/** The first Alpine 3 with musl 1.2. */
const ALPINE_WITH_MUSL_1_2 = 13;

/** The C library of a release, by one of {@link RELEASE_FILES}; undefined for a release that is not known, such as `trixie/sid`. */
export function libcOfRelease(path: string, bytes: Uint8Array): Libc | undefined {
  const [major, minor] = (/^(\d{1,2})\.(\d{1,2})(?!\d)/.exec(Buffer.from(bytes).toString('latin1')) ?? [])
    .slice(1)
    .map(Number);
  if (major === undefined || minor === undefined) return undefined;
  if (path === 'etc/alpine-release') {
    return major === 3
      ? { family: 'musl', version: minor >= ALPINE_WITH_MUSL_1_2 ? '1.2' : '1.1' }
      : undefined;
  }
  const version = GLIBC.get(major);
  return version === undefined ? undefined : { family: 'glibc', version };
}
