/** What all uploads to one registry share: how many are under way, when they are tried again, what it was found to take. */
import type { RetryRules } from '../http/retry.ts';
import { createLimiter, type Limiter } from '../primitives/concurrency.ts';

export interface Uploads {
  /** Bounds those that are under way at once. */
  readonly limiter: Limiter;
  readonly retry: RetryRules;
  /** Bytes that one request may have, as refusals showed; none so far: Infinity. */
  largestBody: number;
  /** False where a blob that came with the POST was left. */
  takesOneRequest: boolean;
}

/** Uploads to one registry at once. */
const UPLOADS = 4;

/** Nothing is known of the registry yet. */
export function createUploads(retry: RetryRules): Uploads {
  return {
    limiter: createLimiter(UPLOADS),
    retry,
    largestBody: Number.POSITIVE_INFINITY,
    takesOneRequest: true,
  };
}
