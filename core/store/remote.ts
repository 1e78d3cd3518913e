/**
 * What a cache that many machines share has to offer: texts under keys, and blobs by digest. Whether they may be
 * believed is judged by `remote-cache`; `http-cache` and the registry implement it.
 */
import type { Digest } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import type { BlobInfo } from './store.ts';

/**
 * An entry of a shared cache is not what was put there: it was cut, changed, put under another key, or says what
 * cannot be. It is left unused, and the layer is made anew. Where it happens again, remove the entry, and look who
 * may write to the cache.
 */
export class RemoteEntryError extends PycError {
  readonly code = 'PYC_CACHE_ENTRY_DAMAGED';
}

/** A blob to keep beside a text. */
export interface RemoteBlob extends BlobInfo {
  readonly mediaType: string;
  /** True where the place has something else under this digest. */
  readonly isDamaged?: boolean;
  /** Gives a fresh stream on every call. */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Bytes of a text: the list of files of a large distribution has some megabytes. */
export const MAX_REMOTE_TEXT = 32 * 1024 * 1024;

/** One place that is shared. What its methods throw means that it cannot be used, but for {@link RemoteEntryError}. */
export interface RemoteBackend {
  /** As users write it, as in `registry:ghcr.io/me/cache`. */
  readonly name: string;
  /** Where a registry has the blobs, so that a push to it mounts them. */
  readonly registry?: { readonly host: string; readonly repository: string };
  /** Whether there is something under the key, whatever it is. */
  has(key: Digest, signal: AbortSignal): Promise<boolean>;
  /** The text under the key, of at most {@link MAX_REMOTE_TEXT} bytes; undefined where there is none. */
  read(key: Digest, signal: AbortSignal): Promise<string | undefined>;
  /** The blob's size as the place states it; undefined where it is not there. */
  findBlob(digest: Digest, signal: AbortSignal): Promise<number | undefined>;
  /** The bytes, unverified. */
  open(blob: BlobInfo, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Keeps both; what reads by the key sees them only when all is there. */
  write(key: Digest, text: string, blob: RemoteBlob | undefined, signal: AbortSignal): Promise<void>;
}
