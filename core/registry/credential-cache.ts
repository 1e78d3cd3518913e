/** Remembers credentials in memory until they end. Where they come from is not known here. */
import type { Credentials } from './credentials.ts';

/** Gives what is known under a key, or what `fetch` gives. */
export type CredentialCache = (
  key: string,
  fetch: () => Promise<Credentials | undefined>,
) => Promise<Credentials | undefined>;

/**
 * An empty cache. What has no end is kept, also that there is nothing; a failure is not.
 *
 * @param now milliseconds since 1970
 */
export function createCredentialCache(now: () => number = Date.now): CredentialCache {
  const known = new Map<string, Promise<Credentials | undefined>>();
  return async (key, fetch) => {
    const kept = known.get(key);
    const found = await kept;
    if (kept !== undefined && (found?.expires ?? Number.POSITIVE_INFINITY) > now()) return found;
    // Whoever finds out first that it ended fetches anew.
    const other = known.get(key);
    if (other !== undefined && other !== kept) return other;
    const fetched = fetch();
    known.set(key, fetched);
    fetched.catch(() => known.delete(key));
    return fetched;
  };
}
