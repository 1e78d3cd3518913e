/** xz by xz-decompress (WebAssembly), which speaks web streams. */
import { ReadableStream } from 'node:stream/web';
import { XzReadableStream } from 'xz-decompress';

/** @throws Error where the data is damaged or cut off */
export async function* decompressXz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* new XzReadableStream(ReadableStream.from(source));
}
