/** One repository at one place: its address, what opens it, and how many uploads it takes at once. */
import type { HttpClient, HttpRequest } from '../http/client.ts';
import { HttpError, OfflineError } from '../http/errors.ts';
import type { RetryRules } from '../http/retry.ts';
import type { Log } from '../primitives/log.ts';
import { type Authorizer, createAuthorizer, type Target } from './authorizer.ts';
import type { CredentialSource } from './credentials.ts';
import type { Place } from './place.ts';
import { createUploads, type Uploads } from './uploads.ts';

export interface Site {
  readonly place: Place;
  readonly authorizer: Authorizer;
  /** What all uploads to this registry share. */
  readonly uploads: Uploads;
  /** What is known of the address: before the first request to it, `either` stands for http. */
  readonly target: Target;
  /** The address, found out where that is needed. */
  settle(signal?: AbortSignal): Promise<Target>;
}

/** Makes sites that share what belongs to a registry: credentials, tokens, the scheme, what uploads found. */
export function createSites(
  http: HttpClient,
  credentials: CredentialSource,
  log: Log,
  retry: RetryRules,
): (place: Place) => Site {
  const verified = createAuthorizer(http, credentials, retry);
  const lenient = new Map<string, Authorizer>();
  const uploads = new Map<string, Uploads>();
  const schemes = new Map<string, Promise<'https' | 'http'>>();

  const authorizerOf = ({ scheme, endpoint }: Place): Authorizer => {
    if (scheme !== 'either') return verified;
    const known =
      lenient.get(endpoint) ?? createAuthorizer(withoutVerifying(http, endpoint), credentials, retry);
    lenient.set(endpoint, known);
    return known;
  };

  return (place) => {
    const { host, endpoint, repository } = place;
    const shared = uploads.get(endpoint) ?? createUploads(retry);
    uploads.set(endpoint, shared);
    const targetOf = (scheme: 'https' | 'http'): Target => ({
      host,
      repository,
      base: new URL(`${scheme}://${endpoint}`),
    });
    let target = targetOf(place.scheme === 'either' ? 'http' : place.scheme);
    let settled: Promise<Target> | undefined;
    return {
      place,
      authorizer: authorizerOf(place),
      uploads: shared,
      get target() {
        return target;
      },
      settle(signal) {
        if (place.scheme !== 'either') return Promise.resolve(target);
        const scheme = schemes.get(endpoint) ?? schemeOf(http, endpoint, signal);
        schemes.set(endpoint, scheme);
        // What was interrupted says nothing.
        scheme.catch(() => schemes.delete(endpoint));
        settled ??= scheme.then((found) => {
          log.debug(`${endpoint} is insecure by its settings, and spoken to over ${found}`);
          target = targetOf(found);
          return target;
        });
        settled.catch(() => {
          settled = undefined;
        });
        return settled;
      },
    };
  };
}

/** TLS where the host speaks it, with whatever certificate. */
async function schemeOf(
  http: HttpClient,
  endpoint: string,
  signal: AbortSignal | undefined,
): Promise<'https' | 'http'> {
  const url = `https://${endpoint}/v2/`;
  try {
    const response = await http.request({ url, redirect: 'manual', retries: 0, verify: false, signal });
    await response.discard();
    return 'https';
  } catch (thrown) {
    if (signal?.aborted || !(thrown instanceof HttpError) || thrown instanceof OfflineError) throw thrown;
    return 'http';
  }
}

function withoutVerifying(http: HttpClient, endpoint: string): HttpClient {
  const origin = new URL(`https://${endpoint}`).origin;
  return {
    get sent() {
      return http.sent;
    },
    close: () => http.close(),
    request: (request: HttpRequest) =>
      http.request(new URL(request.url).origin === origin ? { ...request, verify: false } : request),
  };
}
