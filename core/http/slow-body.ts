/** Ends bodies that come so slowly that they would never end: a byte now and then keeps any limit of idle time from striking. */
import type { Readable } from 'node:stream';

/** Bytes a second below which nothing useful comes. */
const SLOWEST = 1024;

/**
 * Destroys the body where it brings less than a kilobyte a second over a span of time. Only time spent waiting for the
 * server counts, not that in which nobody reads.
 *
 * @param span milliseconds
 * @param fail makes the error that the reader gets
 */
export function demandPace(body: Readable, span: number, fail: () => Error): void {
  const push = body.push.bind(body);
  const read = body._read.bind(body);
  let waiting: number | undefined = performance.now();
  let waited = 0;
  let received = 0;
  body._read = (size) => {
    waiting ??= performance.now();
    read(size);
  };
  body.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    const now = performance.now();
    waited += now - (waiting ?? now);
    received += chunk?.length ?? 0;
    if (waited >= span) {
      if (chunk !== null && received < (SLOWEST * waited) / 1000) {
        body.destroy(fail());
        return false;
      }
      waited = 0;
      received = 0;
    }
    const wantsMore = push(chunk, encoding);
    waiting = wantsMore ? now : undefined;
    return wantsMore;
  };
}
