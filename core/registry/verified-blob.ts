/** Checks a blob's bytes as they pass. */
import { createHash } from 'node:crypto';
import type { Descriptor } from '../oci/image.ts';
import { hexOf } from '../primitives/digest.ts';
import { RegistryContentError } from './errors.ts';

/** The bytes, the last chunk of them only once size and digest are found right. */
export async function* verifiedBlob(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let received = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of source) {
    if (held !== undefined) yield held;
    hash.update(chunk);
    received += chunk.length;
    held = chunk;
  }
  const actual = hash.digest('hex');
  if (received !== size)
    throw new RegistryContentError(`${what} has ${received} bytes instead of ${size}`, {
      hint: CONTENT_HINT,
    });
  if (actual !== hexOf(digest)) throw wrongDigest(what, digest, `sha256:${actual}`);
  if (held !== undefined) yield held;
}

const CONTENT_HINT =
  'the registry, or something between it and here, changed the content; try another network or tell its owner';

/** The error for bytes that are not their digest's. */
export function wrongDigest(what: string, wanted: string, actual: string): RegistryContentError {
  return new RegistryContentError(`${what} has the digest \`${actual}\` instead of \`${wanted}\``, {
    hint: CONTENT_HINT,
  });
}
