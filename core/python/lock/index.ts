/**
 * The lock formats that can be read, and the order in which a project's locks are looked for. Each format's
 * reader is loaded when a file of it is met.
 */
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import type { LockFile } from './lock-file.ts';
import type { LockPreference } from './preference.ts';
import type { RequirementsReaderOptions } from './requirements/index.ts';

export { LockPathError } from './local-path.ts';
export {
  LockAmbiguousError,
  LockConflictError,
  LockMalformedError,
  LockNotPinnedError,
  LockPlatformError,
  LockPythonError,
  LockSelectionError,
  LockStaleError,
  LockVersionError,
} from './lock-error.ts';
export type {
  Distribution,
  DistributionFile,
  FileReader,
  FileRefusal,
  LockChoice,
  LockFile,
  LockReaderOptions,
  LockWarning,
  RefusalKind,
  Rejection,
  Selection,
  SourceKind,
} from './lock-file.ts';
export { type LockPreference, preferredLocks } from './preference.ts';

/** A file was given as a lock, and no reader knows its name. */
export class LockFormatError extends PycError {
  readonly code = 'PYC_LOCK_FORMAT_UNKNOWN';
  override readonly exitCode = 2;
}

/** What any of the readers may need. */
export type ReadLockOptions = RequirementsReaderOptions;

/** A lock that was found and not yet read. */
export interface FoundLock {
  readonly name: string;
  readonly format: string;
}

interface LockFormat {
  readonly format: string;
  /** The file names of it, in the order in which they are looked for. */
  readonly matches: (name: string) => boolean;
  readonly read: (path: string, content: Uint8Array | string, options: ReadLockOptions) => Promise<LockFile>;
}

/** The first format that a project has a file of is its lock. */
const FORMATS: readonly LockFormat[] = [
  {
    format: 'uv',
    matches: (name) => name === 'uv.lock',
    read: async (...file) => (await import('./uv/index.ts')).readUvLock(...file),
  },
  {
    format: 'pylock',
    matches: isPylockName,
    read: async (...file) => (await import('./pylock/index.ts')).readPylock(...file),
  },
  {
    format: 'poetry',
    matches: (name) => name === 'poetry.lock',
    read: async (...file) => (await import('./poetry/index.ts')).readPoetryLock(...file),
  },
  {
    format: 'pdm',
    matches: (name) => name === 'pdm.lock',
    read: async (...file) => (await import('./pdm/index.ts')).readPdmLock(...file),
  },
  {
    format: 'pipfile',
    matches: (name) => name === 'Pipfile.lock',
    read: async (...file) => (await import('./pipfile/index.ts')).readPipfileLock(...file),
  },
  {
    format: 'requirements',
    matches: (name) => name === 'requirements.txt',
    read: async (...file) => (await import('./requirements/index.ts')).readRequirementsLock(...file),
  },
];

/** True for `pylock.toml` and `pylock.<name>.toml`, where the name has no dot (PEP 751, "File Name"). */
export function isPylockName(name: string): boolean {
  return name === 'pylock.toml' || /^pylock\.[^.]+\.toml$/.test(name);
}

/**
 * The locks among a folder's file names, the one to take first: those of the tools that manage the project, then
 * `uv.lock`, `pylock.toml`, `pylock.*.toml` by name, `poetry.lock`, `pdm.lock`, `Pipfile.lock`, `requirements.txt`.
 */
export function findLocks(
  names: Iterable<string>,
  preferred: readonly LockPreference[] = [],
): readonly FoundLock[] {
  // Of two pylock files the unnamed one counts first.
  const sorted = [...names].sort(
    (a, b) => Number(b === 'pylock.toml') - Number(a === 'pylock.toml') || (a < b ? -1 : 1),
  );
  const found = FORMATS.flatMap(({ format, matches }) =>
    sorted.filter(matches).map((name) => ({ name, format })),
  );
  const first = preferred.flatMap(({ format }) => found.filter((lock) => lock.format === format));
  return [...new Set([...first, ...found])];
}

/**
 * Reads a lock of any format.
 *
 * @param path relative to the project; its last segment says the format, unless `format` does
 * @throws LockFormatError, or what the format's reader throws
 */
export async function readLock(
  path: string,
  content: Uint8Array | string,
  options: ReadLockOptions,
  format?: string,
): Promise<LockFile> {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const reader =
    FORMATS.find((candidate) =>
      format === undefined ? candidate.matches(name) : candidate.format === format,
    ) ??
    // Requirements files have any name.
    (format === undefined && name.endsWith('.txt') ? FORMATS.at(-1) : undefined);
  if (reader === undefined) {
    throw new LockFormatError(`\`${visible(format ?? path)}\` is not a lock that can be read`, {
      hint: `use ${FORMATS.map((known) => `\`${known.format}\``).join(', ')}`,
    });
  }
  return reader.read(path, content, options);
}
