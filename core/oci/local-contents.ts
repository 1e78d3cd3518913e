/** What a layout or an archive holds, by descriptor. What it means for a platform is `local-image`'s matter. */
import type { Readable } from 'node:stream';
import type { Descriptor } from './image.ts';

export interface LocalContents {
  /** Names the place in errors, in backticks. */
  readonly shown: string;
  /** Those of index.json, each with its tag as `org.opencontainers.image.ref.name` where it has one. */
  readonly entries: readonly Descriptor[];
  /** A document's bytes, verified. */
  read(descriptor: Descriptor): Promise<Uint8Array>;
  /** A blob's bytes, verified as they pass: the last of them come only if all are right. */
  open(descriptor: Descriptor, signal?: AbortSignal): Promise<Readable>;
  /** The blob's file on this host; undefined where it has none. @throws BlobContentError where an archive has no such blob */
  file(descriptor: Descriptor): string | undefined;
}
