/** Reads small answers whole: one that breaks off is asked for again. What is asked is not known here. */
import type { HttpResponse } from '../http/client.ts';
import { pause, type RetryRules } from '../http/retry.ts';
import { isPassing } from './errors.ts';
import { createPatience } from './patience.ts';

/** An answer with its body. */
export interface WholeAnswer {
  readonly response: HttpResponse;
  readonly bytes: Uint8Array;
}

/**
 * @param ask sends; throws for an answer that is not to be read, or gives undefined, which is given back
 * @throws what `ask` throws, at once, since sending has its own retries; TooLargeError past `limit` bytes
 */
export async function wholeAnswer(
  ask: () => Promise<HttpResponse>,
  limit: number,
  rules: RetryRules,
  signal: AbortSignal | undefined,
): Promise<WholeAnswer>;
export async function wholeAnswer(
  ask: () => Promise<HttpResponse | undefined>,
  limit: number,
  rules: RetryRules,
  signal: AbortSignal | undefined,
): Promise<WholeAnswer | undefined>;
export async function wholeAnswer(
  ask: () => Promise<HttpResponse | undefined>,
  limit: number,
  rules: RetryRules,
  signal: AbortSignal | undefined,
): Promise<WholeAnswer | undefined> {
  const patience = createPatience(rules);
  for (;;) {
    const response = await ask();
    if (response === undefined) return response;
    try {
      return { response, bytes: await response.bytes(limit) };
    } catch (thrown) {
      const delay = signal?.aborted || !isPassing(thrown) ? undefined : patience.next(thrown);
      if (delay === undefined) throw thrown;
      await pause(delay, signal);
    }
  }
}
