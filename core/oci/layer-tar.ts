/** A layer's tar: its blob, verified, decompressed and held to the diffID. What is in it is not looked at. */
import { createHash } from 'node:crypto';
import { decompress } from '../archive/decompress.ts';
import { hexOf } from '../primitives/digest.ts';
import type { Layer } from './image.ts';
import { BlobContentError, verified } from './verified.ts';

/** Bytes of an unpacked layer: bounds a bomb, not an honest image. */
export const MAX_LAYER = 64 * 1024 * 1024 * 1024;

/**
 * The tar's bytes; the last of them only once blob and diffID are found right.
 *
 * @throws BlobContentError; DecompressError for a blob that does not decompress
 */
export async function* readLayerTar(layer: Layer, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { digest } = layer.descriptor;
  const what = `the layer \`${digest}\``;
  const hash = createHash('sha256');
  const opened = await layer.open(signal);
  // Hashing is what reading a base costs most.
  const blob = layer.isVerified === true ? opened : verified(opened, layer.descriptor, 'an image');
  let held: Uint8Array | undefined;
  for await (const chunk of decompress(blob, { what, limit: MAX_LAYER, signal })) {
    if (held !== undefined) yield held;
    hash.update(chunk);
    held = chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== hexOf(layer.diffId)) {
    throw new BlobContentError(
      `${what} unpacks to \`sha256:${actual}\`, but its image says \`${layer.diffId}\``,
      { hint: 'use another image: this one was put together wrongly' },
    );
  }
  if (held !== undefined) yield held;
}
