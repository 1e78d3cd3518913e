/** Reads a blob of a signature whole, under its own limit. */
import type { Descriptor } from '../../oci/image.ts';
import { readAll, TooLargeError } from '../../primitives/bytes.ts';
import type { ImagePlace } from '../place.ts';

/** @throws TooLargeError before anything is read */
export async function readBlobWithin(
  place: ImagePlace,
  descriptor: Descriptor,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const what = `the blob \`${descriptor.digest}\` of ${place.shown}`;
  if (descriptor.size > limit) throw new TooLargeError(`${what} is larger than ${limit} bytes`);
  return await readAll(place.blob(descriptor, signal), limit, what);
}
