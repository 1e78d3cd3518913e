/**
 * The words that every lock format shares: what is asked of a lock and what it answers. Knows no format, and
 * nothing of how files are fetched.
 */
import type { Pyproject } from '../pyproject.ts';
import type { PythonTarget } from '../target.ts';

/** What of the lock is wanted. */
export interface Selection {
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  /** A workspace's member; default the project itself. */
  readonly package?: string;
}

/** Where a distribution's file comes from. */
export type SourceKind = 'wheel' | 'sdist' | 'directory' | 'vcs' | 'archive';

/**
 * A file that a lock or an index offers for a distribution. With neither `url` nor `path` only its name and hashes
 * are known, and the index has to be asked where it lies.
 */
export interface DistributionFile {
  /** File name, percent-decoded. */
  readonly name: string;
  readonly url?: string;
  /** Absolute path on this host, where the lock names a local file. */
  readonly path?: string;
  /** Bytes. */
  readonly size?: number;
  /** All hashes known, such as `sha256:<hex>`; a match of a trusted algorithm is demanded. Empty: not locked. */
  readonly hashes: readonly string[];
}

/** A distribution that was chosen. */
export interface Distribution {
  /** Normalised. */
  readonly name: string;
  readonly version: string;
  readonly source: SourceKind;
  /** The wheel; undefined where `source` is no wheel, or where the index must be asked for it. */
  readonly file?: DistributionFile;
  /** The index (simple API root) that the lock names for it. */
  readonly index?: string;
  /** Where the lock names several: all of them, the first one that has the name counts. */
  readonly indexes?: readonly string[];
  /** Hashes of any file of this version, where the lock gives hashes without file names. */
  readonly hashes?: readonly string[];
  /** Normalised names of what asked for it. */
  readonly requestedBy: readonly string[];
  /** PEP 610, where the distribution does not come from an index. A directory has none: its place on the host belongs in no image. */
  readonly directUrl?: Readonly<Record<string, unknown>>;
  /** Absolute path on this host, where `source` is `directory`. */
  readonly path?: string;
  /** What is locked in its place, where something else than the lock chose it, and why. */
  readonly replaces?: { readonly version: string | null; readonly reason: string };
}

/** Why a file was refused, in one word; the sentence beside it says it to a reader. */
export type RefusalKind =
  | 'not-a-wheel'
  | 'implementation'
  | 'python'
  | 'abi'
  | 'operating-system'
  | 'architecture'
  | 'libc'
  | 'platform'
  | 'requires-python'
  | 'hash'
  | 'outranked';

/** A file that was refused. */
export interface FileRefusal {
  readonly name: string;
  readonly reason: string;
  readonly kind?: RefusalKind;
}

/** A distribution that has no fitting file, with each file's reason. */
export interface Rejection {
  readonly name: string;
  readonly version?: string;
  readonly reason: string;
  readonly files: readonly FileRefusal[];
  /** As a distribution has them. */
  readonly index?: string;
  readonly indexes?: readonly string[];
  /** What could be built instead: an sdist, a checkout or an archive with sources. */
  readonly buildable?: Distribution;
}

/** What a lock chose for a target. */
export interface LockChoice {
  /** Ordered by name. The project itself is never among them. */
  readonly chosen: readonly Distribution[];
  readonly rejected: readonly Rejection[];
}

/** Where a lock has the files looked for that it names no index for: the options of a requirements file. */
export interface LockIndexes {
  /** Stands in for the default index. */
  readonly index?: string;
  /** Asked before the default index. */
  readonly extra: readonly string[];
  /** Folders (absolute, or `file:` URLs) and pages of links. */
  readonly links: readonly string[];
  /** No index at all: `links` alone. */
  readonly none: boolean;
}

/** A version that a lock has of a package, whoever asks for it. */
export interface LockedPin {
  /** Normalised. */
  readonly name: string;
  readonly version: string;
  /** Of all files of the version that the lock knows: `algorithm:digits`. */
  readonly hashes: readonly string[];
}

/** A lock file that was read. */
export interface LockFile {
  /** Relative to the project's folder. */
  readonly path: string;
  /** `uv`, `pylock`, `requirements`, … */
  readonly format: string;
  /** What made it for this build, as in `uv 0.13.8`; absent for a lock that the project has. */
  readonly madeBy?: string;
  /** Absent: every package has its index, or the default one is meant. */
  readonly indexes?: LockIndexes;
  /** @throws LockError where nothing can be chosen at all: Python or platform not covered, unknown names, conflicts. */
  select(target: PythonTarget, want: Selection): LockChoice;
  /** Everything that the lock pins to a version of an index, for any target; absent where the format does not tell. */
  pins?(): readonly LockedPin[];
  /**
   * Why the lock is older than what it was made from, told by content; undefined where it is not or where that cannot
   * be told. Absent for formats that record nothing of the project.
   */
  staleness?(pyproject: Pyproject | undefined): string | undefined;
  /**
   * Names of every file that the lock lists for a distribution: what the chosen one was chosen among. Absent for formats that
   * list none.
   *
   * @param name normalised
   * @param version default: all that are locked
   */
  filesOf?(name: string, version?: string): readonly string[];
  /**
   * Normalised names of the projects of this repository that the lock says the needs of, in its order: a workspace's
   * members, or what lies beside the project and goes into it. Absent for formats without them.
   */
  readonly members?: readonly string[];
  /**
   * The folder of one of the `members`, relative to the lock's.
   *
   * @throws LockSelectionError for a name that is no member; LockPathError for a folder outside of the repository
   */
  memberFolder?(name: string): string;
}

/** What every reader of a lock needs besides its bytes. */
export interface LockReaderOptions {
  /** Absolute path of the folder that the lock lies in: local paths in it are relative to that. */
  readonly directory: string;
  /** Absolute: local paths in a lock must not leave this folder, such as the repository; default: `directory`. */
  readonly boundary?: string;
  /** For the files that a lock was made from or includes; absent: there are none. */
  readonly readFile?: FileReader;
  /** For `${VARIABLES}` in a lock. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told of what is odd but no error. */
  readonly warn?: (warning: LockWarning) => void;
}

/** Reads a file of the project by its absolute path; undefined where there is none. */
export type FileReader = (path: string) => Promise<Uint8Array | undefined>;

/** Something about a lock that a reader should know. */
export interface LockWarning {
  readonly code: `PYC_LOCK_${string}`;
  readonly message: string;
  readonly hint?: string;
}
