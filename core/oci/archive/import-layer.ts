/** Takes a layer out of a docker-save tar into the store: as it is where it is compressed, else compressed here. */
import { createHash } from 'node:crypto';
import { decompress, detectCompression } from '../../archive/decompress.ts';
import { type Digest, digestFromHex } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import type { Store } from '../../store/store.ts';
import type { Descriptor } from '../image.ts';
import { openBlobFile } from '../layer/blob-file.ts';
import { openGzipTar } from '../layer/gzip-tar.ts';
import { MAX_LAYER } from '../layer-tar.ts';
import { OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from '../media-types.ts';

export interface ImportedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/**
 * A base archive has a layer compressed with xz. Docker may load such layers, and no OCI media type exists for
 * them: save the image again, uncompressed or with gzip.
 */
export class LayerCompressionError extends PycError {
  readonly code = 'PYC_LAYER_COMPRESSION_UNSUPPORTED';
  static override readonly usualHint = 'save the image again without compression, or with gzip';
}

const MEDIA_TYPES = { gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } as const;

/** @param what names the layer in errors. @throws LayerCompressionError; DecompressError */
export async function importLayer(
  body: AsyncIterable<Uint8Array>,
  what: string,
  store: Store,
  signal: AbortSignal,
): Promise<ImportedLayer> {
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? new Uint8Array() : first.value;
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  };
  const compression = detectCompression(head, what);
  if (compression === 'none') return compress(whole(), store, signal);
  if (compression === 'xz')
    throw new LayerCompressionError(`${what} is compressed with xz, which no engine reads`);
  const { digest, size } = await store.write(whole(), { what }, signal);
  const hash = createHash('sha256');
  for await (const chunk of decompress(store.open(digest), { what, limit: MAX_LAYER, signal }))
    hash.update(chunk);
  return {
    descriptor: { mediaType: MEDIA_TYPES[compression], digest, size },
    diffId: digestFromHex(hash.digest('hex')),
  };
}

/** By the bundled compressor, so that every machine gives the same digest. */
async function compress(
  tar: AsyncIterable<Uint8Array>,
  store: Store,
  signal: AbortSignal,
): Promise<ImportedLayer> {
  const draft = await store.draft();
  try {
    const blob = openBlobFile(draft.file);
    try {
      const target = openGzipTar(blob, 'spliced');
      for await (const chunk of tar) {
        signal.throwIfAborted();
        target.add(chunk);
      }
      const { diffId } = target.finish();
      const { digest, size } = blob.finish();
      await draft.commit({ digest, size });
      return { descriptor: { mediaType: OCI_LAYER_GZIP, digest, size }, diffId };
    } finally {
      blob.close();
    }
  } finally {
    await draft.discard();
  }
}
