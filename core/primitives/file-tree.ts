/**
 * The tree of files that every stage past `collect` speaks of: entries, parts and their records. It is the
 * one word that `python` (which makes parts) and `oci` (which writes them) share; it knows neither.
 */
import type { Readable } from 'node:stream';
import type { Digest } from './digest.ts';
import type { TreePath } from './path.ts';

/** A run of bytes in a file of the host: lets a worker read content without going through the main thread. */
export interface FileRange {
  readonly file: string;
  readonly offset: number;
  readonly size: number;
}

/** Raw deflate data (RFC 1951) as it lies in a wheel. */
export interface DeflatedContent {
  /** CRC-32 of the inflated bytes, unsigned. */
  readonly crc32: number;
  /** Bytes as compressed. */
  readonly size: number;
  readonly range?: FileRange;
  open(): Readable;
}

/** A file's bytes, lazily. */
export interface Content {
  /** Bytes when read, not compressed. */
  readonly size: number;
  /** Set where the bytes are known; a layer's writer refuses others. */
  readonly sha256?: Digest;
  /** Set where the bytes lie uncompressed in a file of the host. */
  readonly range?: FileRange;
  /** Set where the bytes are in memory already. */
  readonly bytes?: Uint8Array;
  /** What the bytes come out of, as errors name it: a wheel's file name. */
  readonly origin?: string;
  readonly deflated?: DeflatedContent;
  open(): Readable;
}

interface EntryBase {
  /** The 12 permission bits, as in `0o644`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

export interface FileEntry extends EntryBase {
  readonly type: 'file';
  /** A hard link is a second file that holds the very same Content object. */
  readonly content: Content;
}

export interface DirectoryEntry extends EntryBase {
  readonly type: 'directory';
}

export interface SymlinkEntry extends EntryBase {
  readonly type: 'symlink';
  /** Target as written in the link. */
  readonly target: string;
}

export type TreeEntry = FileEntry | DirectoryEntry | SymlinkEntry;

/** A path and what lies there. */
export type TreeItem = readonly [path: TreePath, entry: TreeEntry];

/** Where in the order of layers a part belongs, from the base up. */
export type PartRole = 'system' | 'environment' | 'dependency' | 'project' | 'plugin';

/** What a record says of one path. */
export type RecordedEntry =
  | {
      readonly path: TreePath;
      readonly type: 'file';
      readonly mode: number;
      readonly size: number;
      readonly sha256: Digest;
    }
  | { readonly path: TreePath; readonly type: 'directory'; readonly mode: number }
  | { readonly path: TreePath; readonly type: 'symlink'; readonly mode: number; readonly target: string };

/** What the SBOM and the report need of a component without opening it. */
export interface ComponentFacts {
  readonly kind: 'python' | 'debian' | 'other';
  readonly name: string;
  readonly version: string;
  /** SPDX expression, or the licence's text where it is none. */
  readonly license?: string;
  readonly summary?: string;
  readonly homepage?: string;
  readonly author?: string;
  /** Names of what it needs: normalised distribution names, or package names. */
  readonly requires?: readonly string[];
  /** The same as stated, with markers and extras (`Requires-Dist`); absent where nothing is needed. */
  readonly requirements?: readonly string[];
  /** Digest of the wheel or package file it came from. */
  readonly digest?: Digest;
  readonly url?: string;
  /** Further coordinates, such as Debian's `arch` and `distro`. */
  readonly qualifiers?: Readonly<Record<string, string>>;
}

/** Everything about a part that can be known without its bytes. Kept by the store under the part's key. */
export interface PartRecord {
  /** Sorted by path. */
  readonly entries: readonly RecordedEntry[];
  readonly components: readonly ComponentFacts[];
}

/** The wheel that a part was made of, for outputs that hand on the wheels themselves. */
export interface PartWheel {
  /** The file's name, as in `shop-1.0-py3-none-any.whl`. */
  readonly name: string;
  /** Its bytes on this host, verified; fetches them where nothing needed them before. */
  open(signal?: AbortSignal): Promise<{
    /** Absolute path. */
    readonly file: string;
    readonly digest: Digest;
    readonly size: number;
  }>;
}

/** A piece of the tree that comes from one source and changes as one. */
export interface Part {
  /** Unique in its tree: a normalised distribution name, `environment`, `project`, or a plugin's own word. */
  readonly name: string;
  /** Digests every input that changes a byte of the part. */
  readonly key: Digest;
  readonly role: PartRole;
  /** Bytes of the source it was made of (a wheel's size); guides how layers are cut. */
  readonly size: number;
  /** Absent where it was not made of a wheel. What changes the part's files leaves it as it is. */
  readonly wheel?: PartWheel;
  record(signal?: AbortSignal): Promise<PartRecord>;
  /** Sorted by path; may fetch and open what the part is made of. */
  entries(signal?: AbortSignal): AsyncIterable<TreeItem>;
}

/** An ordered list of parts. */
export interface FileTree {
  readonly parts: readonly Part[];
  /** All entries of all parts, sorted by path, each path once. Refuses conflicts. */
  entries(signal?: AbortSignal): AsyncIterable<TreeItem>;
}

/** 1980-01-02T00:00:00Z, the earliest time that Python's zipfile can write: every dependency's mtime. */
export const FIXED_MTIME = 315_619_200;
