/** Reading streams into memory under a limit, and making streams of bytes; nothing about formats. */
import { Readable } from 'node:stream';
import { PycError } from './errors.ts';

/**
 * Something that is read whole, such as a manifest, an index page or a signed list, is larger than any real one;
 * reading on would fill the memory. Look where it comes from.
 */
export class TooLargeError extends PycError {
  readonly code = 'PYC_INPUT_TOO_LARGE';
  static override readonly usualHint = 'look where it comes from: nothing of its kind is that large';
}

/** Collects a stream whole. @throws TooLargeError past `limit` bytes; `what` names the input. */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
  what: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new TooLargeError(`${what} is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

/** A stream of one chunk; of none when empty. */
export function streamOf(bytes: Uint8Array): Readable {
  return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false });
}
