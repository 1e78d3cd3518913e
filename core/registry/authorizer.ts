/**
 * Sends requests to registries with whatever they ask for: nothing, a password, or a token. Remembers
 * challenges and tokens; credentials go to the registry's own origin and its token endpoint only.
 */
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client.ts';
import type { RetryRules } from '../http/retry.ts';
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

/** Tokens that one request asks for: one may end on its way, or have been the last of many requests. */
const FRESH_TOKENS = 2;

/** @param retry when a token is asked for again whose answer broke off */
export function createAuthorizer(
  http: HttpClient,
  credentials: CredentialSource,
  retry: RetryRules,
): Authorizer {
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
    refused: string | undefined,
  ): Promise<string | undefined> => {
    const { challenge } = state;
    if (challenge === undefined || challenge === 'none') return undefined;
    const found = await find(target, signal);
    if (challenge.scheme === 'basic') return found === undefined ? undefined : basicHeader(found);
    if (found?.kind === 'bearer') return `Bearer ${found.token}`;
    const wanted = mergeScopes(scopes, state.learned.get(scopes.join(' ')) ?? []);
    const key = `${found === undefined ? '' : target.repository} ${wanted.join(' ')}`;
    const { value } = await tokenFor(state.tokens, key, refused, () =>
      fetchToken(http, {
        challenge,
        scopes: wanted,
        credentials: found,
        registry: target.base,
        clean: withoutSecrets,
        retry,
        signal,
      }),
    );
    secrets.add(value);
    return `Bearer ${value}`;
  };

  const attempt = async (
    state: HostState,
    target: Target,
    scopes: readonly string[],
    request: HttpRequest,
    refused: string | undefined,
  ): Promise<{ readonly response: HttpResponse; readonly authorization: string | undefined }> => {
    const authorization = await authorize(state, target, scopes, request.signal, refused);
    const headers = authorization === undefined ? request.headers : { ...request.headers, authorization };
    return {
      response: await http.request(headers === undefined ? request : { ...request, headers }),
      authorization,
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
      let refused: string | undefined;
      for (let tries = 0; ; tries += 1) {
        const sent = attempt(state, target, scopes, request, refused);
        state.first ??= sent;
        const { response, authorization } = await sent;
        const isOurs = new URL(response.url).origin === target.base.origin;
        if (response.status !== 401 || !isOurs) {
          if (isOurs) state.challenge ??= 'none';
          return response;
        }
        const challenge = chosen(parseChallenges(response.headerList('www-authenticate')));
        if (challenge === undefined || tries === FRESH_TOKENS) return response;
        state.challenge = challenge;
        const asked = challenge.parameters.scope;
        if (asked !== undefined) state.learned.set(scopes.join(' '), mergeScopes(asked.split(/\s+/)));
        // What a user stated is not sent again when it was refused; a token may have ended.
        const isToken =
          challenge.scheme === 'bearer' && (await find(target, request.signal))?.kind !== 'bearer';
        if (!isToken && (authorization !== undefined || (await find(target, request.signal)) === undefined))
          return response;
        await response.discard();
        refused = authorization;
      }
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

/** A token where its server names itself, else the password; the registry's order says nothing. */
function chosen(challenges: readonly Challenge[]): Challenge | undefined {
  const of = (wanted: string): Challenge[] => challenges.filter(({ scheme }) => scheme === wanted);
  const bearers = of('bearer');
  return bearers.find(({ parameters }) => parameters.realm !== undefined) ?? of('basic')[0] ?? bearers[0];
}

/** The token that is kept, or a fresh one where it has ended or is the one that was refused. */
async function tokenFor(
  tokens: HostState['tokens'],
  key: string,
  refused: string | undefined,
  fetch: () => Promise<Token>,
): Promise<Token> {
  for (let kept = tokens.get(key); ; kept = tokens.get(key)) {
    const token = await kept;
    const isGood =
      token !== undefined && token.ends > performance.now() && `Bearer ${token.value}` !== refused;
    if (isGood) return token;
    // Whoever finds out first fetches; the others wait for what it gets.
    if (tokens.get(key) !== kept) continue;
    const fetched = fetch();
    tokens.set(key, fetched);
    fetched.catch(() => tokens.delete(key));
    return fetched;
  }
}

function stateOf(hosts: Map<string, HostState>, origin: string): HostState {
  const state = hosts.get(origin) ?? { tokens: new Map(), learned: new Map() };
  hosts.set(origin, state);
  return state;
}
