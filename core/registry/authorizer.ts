/**
 * Sends requests to registries with whatever they ask for: nothing, a password, or a token. Remembers
 * challenges and tokens; credentials go to the registry's own origin and its token endpoint only.
 */
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client.ts';
import { type Challenge, mergeScopes, parseChallenges } from './challenge.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { basicHeader, fetchToken, type Token } from './token.ts';

/** Where a request goes. */
export interface Target {
  /** As users write it: credentials are looked up by it. */
  readonly host: string;
  readonly repository: string;
  /** Scheme and authority of the registry. */
  readonly base: URL;
}

export interface Authorizer {
  /**
   * @param scopes what the request needs, as in `repository:me/app:pull,push`
   * @returns any answer; a 401 or 403 is one that credentials did not change
   */
  send(target: Target, scopes: readonly string[], request: HttpRequest): Promise<HttpResponse>;
  hasCredentials(target: Target, signal?: AbortSignal): Promise<boolean>;
  /** True where the registry asked for credentials so far. */
  hasAsked(target: Target): boolean;
  /** Text with every secret that was used so far replaced. */
  withoutSecrets(text: string): string;
}

interface HostState {
  /** What the registry asked for last; `none` where it answered without asking. */
  challenge?: Challenge | 'none';
  /** Settles when the first request was answered: the others would only repeat its 401. */
  first?: Promise<unknown>;
  readonly tokens: Map<string, Promise<Token>>;
  /** Scopes that a challenge added to those that we asked for. */
  readonly learned: Map<string, readonly string[]>;
}

const SUPPORTED = ['bearer', 'basic'];

export function createAuthorizer(http: HttpClient, credentials: CredentialSource): Authorizer {
  const hosts = new Map<string, HostState>();
  const known = new Map<string, Promise<Credentials | undefined>>();
  /** When credentials end, by what they are known under. */
  const ends = new Map<string, number>();
  const secrets = new Set<string>();

  const find = (target: Target, signal?: AbortSignal): Promise<Credentials | undefined> => {
    const key = `${target.host}/${target.repository}`;
    if ((ends.get(key) ?? Number.POSITIVE_INFINITY) <= Date.now()) known.delete(key);
    const found =
      known.get(key) ??
      credentials(target.host, target.repository, signal).then((answer) => {
        if (answer === undefined) return answer;
        if (answer.expires !== undefined) ends.set(key, answer.expires);
        secrets.add(answer.kind === 'basic' ? answer.password : answer.token);
        secrets.add(basicHeader(answer).slice('Basic '.length));
        return answer;
      });
    known.set(key, found);
    // A failed or aborted look-up may be tried again.
    found.catch(() => known.delete(key));
    return found;
  };

  /** The Authorization header that the registry's last challenge asks for; undefined for none. */
  const authorize = async (
    state: HostState,
    target: Target,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
    fresh: boolean,
  ): Promise<string | undefined> => {
    const { challenge } = state;
    if (challenge === undefined || challenge === 'none') return undefined;
    const found = await find(target, signal);
    if (challenge.scheme === 'basic') return found === undefined ? undefined : basicHeader(found);
    if (found?.kind === 'bearer') return `Bearer ${found.token}`;
    const wanted = mergeScopes(scopes, state.learned.get(scopes.join(' ')) ?? []);
    const key = `${found === undefined ? '' : target.repository} ${wanted.join(' ')}`;
    const known = fresh ? undefined : await state.tokens.get(key);
    if (known !== undefined && known.expires > Date.now()) return `Bearer ${known.value}`;
    const fetched = fetchToken(http, {
      challenge,
      scopes: wanted,
      credentials: found,
      registry: target.base,
      clean: withoutSecrets,
      signal,
    });
    state.tokens.set(key, fetched);
    fetched.catch(() => state.tokens.delete(key));
    const { value } = await fetched;
    secrets.add(value);
    return `Bearer ${value}`;
  };

  const attempt = async (
    state: HostState,
    target: Target,
    scopes: readonly string[],
    request: HttpRequest,
    fresh: boolean,
  ): Promise<{ readonly response: HttpResponse; readonly authorized: boolean }> => {
    const authorization = await authorize(state, target, scopes, request.signal, fresh);
    const authorized = authorization !== undefined;
    const headers = authorized ? { ...request.headers, authorization } : request.headers;
    return {
      response: await http.request(headers === undefined ? request : { ...request, headers }),
      authorized,
    };
  };

  const withoutSecrets = (text: string): string => {
    let clean = text;
    for (const secret of secrets) if (secret.length > 3) clean = clean.replaceAll(secret, '***');
    return clean;
  };

  return {
    async send(target, scopes, request) {
      const state = stateOf(hosts, target.base.origin);
      if (state.challenge === undefined && state.first !== undefined)
        await state.first.catch(() => undefined);
      const sent = attempt(state, target, scopes, request, false);
      state.first ??= sent;
      const { response, authorized } = await sent;
      const isOurs = new URL(response.url).origin === target.base.origin;
      if (response.status !== 401 || !isOurs) {
        if (isOurs) state.challenge ??= 'none';
        return response;
      }
      const challenge = parseChallenges(response.headerList('www-authenticate'))
        .filter(({ scheme }) => SUPPORTED.includes(scheme))
        .sort((a, b) => SUPPORTED.indexOf(a.scheme) - SUPPORTED.indexOf(b.scheme))[0];
      if (challenge === undefined) return response;
      state.challenge = challenge;
      const asked = challenge.parameters.scope;
      if (asked !== undefined) state.learned.set(scopes.join(' '), mergeScopes(asked.split(/\s+/)));
      // A password that was refused is not sent again; a token may have ended.
      if (
        challenge.scheme === 'basic' &&
        (authorized || (await find(target, request.signal)) === undefined)
      ) {
        return response;
      }
      await response.discard();
      return (await attempt(state, target, scopes, request, authorized)).response;
    },

    async hasCredentials(target, signal) {
      return (await find(target, signal)) !== undefined;
    },

    hasAsked({ base }) {
      const challenge = hosts.get(base.origin)?.challenge;
      return challenge !== undefined && challenge !== 'none';
    },

    withoutSecrets,
  };
}

function stateOf(hosts: Map<string, HostState>, origin: string): HostState {
  const state = hosts.get(origin) ?? { tokens: new Map(), learned: new Map() };
  hosts.set(origin, state);
  return state;
}
