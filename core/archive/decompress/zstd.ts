/** zstd by fzstd: the runtimes' own decoders drop later frames or do not notice a cut. Checksums are not looked at. */
import { Decompress } from 'fzstd';

/** @throws Error where the data is damaged or cut off */
export async function* decompressZstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const engine = new Decompress((chunk) => ready.push(chunk));
  for await (const chunk of source) {
    engine.push(chunk);
    yield* ready.splice(0);
  }
  engine.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}
