/**
 * What the content-addressed store offers: blobs by digest and actions by key. It knows nothing of what a
 * blob means; `disk-store` keeps it in a folder.
 */
import type { Readable } from 'node:stream';
import type { Digest } from '../primitives/digest.ts';

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** What a written blob must turn out to be. */
export interface Expected {
  readonly digest?: Digest;
  readonly size?: number;
  /** Refuse to read past this many bytes. */
  readonly limit?: number;
  /** Names the blob in errors. */
  readonly what: string;
}

/** A blob that is being written to a temporary file by someone else, such as a worker thread. */
export interface BlobDraft {
  /** The temporary file, which exists and is empty. */
  readonly file: string;
  /** Flushes, renames into place and returns the blob. The caller vouches for the digest, which it computed. */
  commit(info: BlobInfo): Promise<BlobInfo>;
  /** Removes the temporary file; harmless after `commit`. */
  discard(): Promise<void>;
}

export interface Store {
  /** Absolute path of the store's folder. */
  readonly directory: string;
  /** The blob's size, or undefined where the store does not have it. Marks it as used. */
  find(digest: Digest): Promise<BlobInfo | undefined>;
  /** Where the blob lies, or would lie. */
  fileOf(digest: Digest): string;
  /** The bytes, whose digest is checked at the end: a damaged blob is removed and the stream fails with PYC_STORE_BLOB_DAMAGED. */
  open(digest: Digest): Readable;
  /** The bytes whole, verified. @throws where missing or damaged */
  read(digest: Digest): Promise<Uint8Array>;
  /** Streams a blob in while hashing; leaves nothing where it is not what was expected. */
  write(source: AsyncIterable<Uint8Array>, expected: Expected, signal?: AbortSignal): Promise<BlobInfo>;
  /** A temporary file to be turned into a blob. */
  draft(): Promise<BlobDraft>;
  /** The value kept under a key; undefined where there is none or it is damaged. */
  readAction(key: Digest): Promise<unknown>;
  /** Keeps a small JSON value under a key. */
  writeAction(key: Digest, value: unknown): Promise<void>;
  /** Runs alone among all processes that share the store: for work that would otherwise be done twice. */
  exclusive<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Removes temporary files of this process and lets go of locks. */
  close(): Promise<void>;
}
