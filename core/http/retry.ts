/** When a request is tried again, and after how long. Pure: time and chance enter by parameters. */

/** Bounds of trying again. Times in milliseconds. */
export interface RetryRules {
  /** Upper bound of the first wait; each further one is twice that. */
  readonly base: number;
  /** No wait is longer, whatever Retry-After says. */
  readonly longest: number;
  /** No new try starts later than this after the first. */
  readonly deadline: number;
}

export const RETRY_RULES: RetryRules = { base: 250, longest: 30_000, deadline: 120_000 };

/** Server errors that say what will be so again: not implemented, not this version, log in to the network first. */
const LASTING = new Set([501, 505, 511]);

/** 408, 429 and the server errors that pass, those that proxies have of their own among them. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && !LASTING.has(status));
}

/**
 * Milliseconds before try `attempt` + 1 (the first retry is attempt 0): exponential with jitter, or what the server
 * asked for.
 */
export function retryDelay(
  attempt: number,
  asked: number | undefined,
  rules: RetryRules,
  random: () => number,
): number {
  if (asked !== undefined) return Math.min(asked, rules.longest);
  return Math.min(rules.base * 2 ** attempt, rules.longest) * (0.5 + random() / 2);
}

/**
 * Milliseconds that a server asks to wait (RFC 9110, 10.2.3: seconds or a date); undefined where it does not. A date is
 * held against the server's own clock where the answer tells it, since clocks differ.
 */
export function askedDelay(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  if (Number.isNaN(date)) return undefined;
  const theirs = Date.parse(headers.date ?? '');
  return Math.max(0, date - (Number.isNaN(theirs) ? now : theirs));
}

/** Waits. @throws the signal's reason as soon as it is aborted */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
