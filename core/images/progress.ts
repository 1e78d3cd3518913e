/** Tells a log how the bytes of a blob come in. */
import type { Descriptor } from '../oci/image.ts';
import { hexOf } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';

/** The bytes as they are, each chunk told. */
export async function* withProgress(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  log: Log,
): AsyncGenerator<Uint8Array> {
  const step = { id: `pull ${digest}`, label: `pull ${hexOf(digest).slice(0, 12)}`, total: size };
  let done = 0;
  log.progress({ ...step, state: 'start', done });
  for await (const chunk of source) {
    done += chunk.length;
    log.progress({ ...step, state: 'advance', done });
    yield chunk;
  }
  log.progress({ ...step, state: 'end', done });
}
