/** Holds a blob's bytes to its descriptor while they pass. Where they come from is not known here. */
import { createHash } from 'node:crypto';
import { hexOf } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import type { Descriptor } from './image.ts';

/**
 * A blob of a layout or an archive is missing, or has other bytes than its descriptor states. Copy the image again from
 * where it came.
 */
export class BlobContentError extends PycError {
  readonly code = 'PYC_IMAGE_BLOB_CHANGED';
}

/**
 * The bytes, the last of them only once size and digest are found right.
 *
 * @param what names the blob's owner in errors
 * @throws BlobContentError, as soon as there are too many bytes
 */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let received = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of source) {
    if (held !== undefined) yield held;
    received += chunk.length;
    if (received > size) throw changed(what, digest, `has more than its ${size} bytes`);
    hash.update(chunk);
    held = chunk;
  }
  if (received !== size) throw changed(what, digest, `has ${received} bytes instead of ${size}`);
  const actual = hash.digest('hex');
  if (actual !== hexOf(digest)) throw changed(what, digest, `has the digest \`sha256:${actual}\``);
  if (held !== undefined) yield held;
}

function changed(what: string, digest: string, why: string): BlobContentError {
  return new BlobContentError(`the blob \`${digest}\` of ${what} ${why}`, {
    hint: 'get the image again; what lies there was changed or cut off',
  });
}
