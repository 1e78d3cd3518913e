/** Running several pieces of work at once, within bounds. It knows nothing of the work. */
import { setMaxListeners } from 'node:events';

/** Lets any number of pieces of work listen to one signal; Node warns of more than ten. */
export function shareSignal(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

/** Runs work as soon as fewer than its limit are under way, in the order of the calls. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a limiter. */
export function createLimiter(limit: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/**
 * Does work for every item, at most `limit` at once; results are in the order of the items. The first failure
 * aborts the signal that the others got, and is thrown when all have ended.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  signal.throwIfAborted();
  const controller = new AbortController();
  shareSignal(controller.signal);
  const stop = (): void => controller.abort(signal.reason);
  shareSignal(signal).addEventListener('abort', stop, { once: true });
  const results: Result[] = [];
  let failure: { readonly reason: unknown } | undefined;
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < items.length && !controller.signal.aborted) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index]!, controller.signal);
      } catch (reason) {
        failure ??= { reason };
        controller.abort(reason);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, run));
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (failure !== undefined) throw failure.reason;
  return results;
}
