/** How long failures are borne: so many in a row, so many in all, for so long. What fails is not known here. */
import { type RetryRules, retryDelay } from '../http/retry.ts';
import { RegistryStatusError } from './errors.ts';

export interface Patience {
  /** Failures in a row. */
  readonly failures: number;
  /** Something was achieved: the count starts over, but for the one of all. */
  renew(): void;
  /** Milliseconds before the next try; undefined where it is enough. */
  next(thrown: unknown): number | undefined;
}

/** Failures in a row after which it is enough. */
const IN_A_ROW = 3;
/** And in all. */
const IN_ALL = 30;

/** @param rules a registry's Retry-After is heeded, within them */
export function createPatience(rules: RetryRules): Patience {
  let failures = 0;
  let all = 0;
  let since: number | undefined;
  return {
    get failures() {
      return failures;
    },
    renew() {
      failures = 0;
      since = undefined;
    },
    next(thrown) {
      since ??= performance.now();
      const asked = thrown instanceof RegistryStatusError ? thrown.retryAfter : undefined;
      const delay = retryDelay(failures, asked, rules, Math.random);
      const isLate = performance.now() - since + delay > rules.deadline;
      if (failures === IN_A_ROW || all === IN_ALL || isLate) return undefined;
      failures += 1;
      all += 1;
      return delay;
    },
  };
}
