/** What another place that keeps blobs and actions, shared by machines, must offer. The registry client and plugins implement it. */
import type { Digest } from '../primitives/digest.ts';
import type { BlobInfo } from './store.ts';

export interface RemoteCache {
  /** As in `registry:ghcr.io/me/cache`. */
  readonly name: string;
  /** The value under a key; undefined where there is none. */
  readAction(key: Digest, signal: AbortSignal): Promise<unknown>;
  writeAction(key: Digest, value: unknown, blobs: readonly BlobInfo[], signal: AbortSignal): Promise<void>;
  findBlob(digest: Digest, signal: AbortSignal): Promise<BlobInfo | undefined>;
  /** The bytes; whoever reads them verifies them. */
  readBlob(digest: Digest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  writeBlob(blob: BlobInfo, open: () => AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}
