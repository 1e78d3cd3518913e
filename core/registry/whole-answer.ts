/** Reads small answers whole: one that breaks off is asked for again. What is asked is not known here. */
import type { HttpResponse } from '../http/client.ts';
import { pause, type RetryRules, retryDelay } from '../http/retry.ts';
import { isPassing } from './errors.ts';

/** Answers asked for after the first broke off. */
const RETRIES = 3;

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
  for (let tries = 0; ; tries += 1) {
    const response = await ask();
    if (response === undefined) return response;
    try {
      return { response, bytes: await response.bytes(limit) };
    } catch (thrown) {
      if (tries === RETRIES || signal?.aborted || !isPassing(thrown)) throw thrown;
    }
    await pause(retryDelay(tries, undefined, rules, Math.random), signal);
  }
}
