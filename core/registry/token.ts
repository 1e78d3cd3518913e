/** Gets a bearer token (distribution's "Token Authentication Specification" and "Oauth2 Token Authentication"). */
import type { HttpClient, HttpResponse } from '../http/client.ts';
import type { RetryRules } from '../http/retry.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { parseFaults, RegistryAnswerError, statusError } from './errors.ts';
import { parseRealm } from './realm.ts';
import { wholeAnswer } from './whole-answer.ts';

export interface TokenRequest {
  readonly challenge: Challenge;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** The registry's own address. */
  readonly registry: URL;
  /** Replaces secrets in a text that came from outside. */
  readonly clean: (text: string) => string;
  /** When an answer that broke off is asked for again. */
  readonly retry: RetryRules;
  readonly signal?: AbortSignal | undefined;
}

export interface Token {
  readonly value: string;
  /** By this process's own clock, as of `performance.now()`: the time of day may be wrong, here and there. */
  readonly ends: number;
}

const LARGEST = 1024 * 1024;
/** Seconds: what the specification says holds where an endpoint names no life time, or a shorter one. */
const SHORTEST_LIFE = 60;
const CLIENT = 'pycontainer';
/** Endpoints without the OAuth2 way say so in one of these. */
const NO_OAUTH = new Set([404, 405]);

/** @throws RegistryAccessError where the endpoint refuses, RegistryStatusError where it fails, RegistryAnswerError */
export async function fetchToken(http: HttpClient, request: TokenRequest): Promise<Token> {
  const asked = performance.now();
  const realm = parseRealm(request.challenge.parameters.realm, request.registry);
  const ask = async (): Promise<HttpResponse> => {
    const response = (await exchange(http, realm, request)) ?? (await get(http, realm, request));
    if (response.status === 200) return response;
    const faults = parseFaults(await response.text(LARGEST).catch(() => ''), request.clean);
    // Whatever it calls its refusal (Docker Hub says 401, others 400, 403 or 404), it is one of access.
    const isRefusal = response.status >= 400 && response.status < 500 && response.status !== 429;
    const status = isRefusal ? 403 : response.status;
    const hasCredentials = request.credentials !== undefined;
    throw statusError('asking for a token failed', realm.host, status, faults, hasCredentials);
  };
  const { bytes } = await wholeAnswer(ask, LARGEST, request.retry, request.signal);
  return readToken(Buffer.from(bytes).toString('utf8'), request.registry, asked);
}

/** Trades an identity token, where there is one and the endpoint takes it. */
async function exchange(
  http: HttpClient,
  realm: URL,
  request: TokenRequest,
): Promise<HttpResponse | undefined> {
  if (request.credentials?.kind !== 'identity') return undefined;
  const response = await post(http, realm, request, request.credentials.token);
  if (!NO_OAUTH.has(response.status)) return response;
  await response.discard();
  return undefined;
}

function get(http: HttpClient, realm: URL, request: TokenRequest): Promise<HttpResponse> {
  const { credentials, challenge, scopes } = request;
  const url = new URL(realm);
  const { service } = challenge.parameters;
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credentials?.kind === 'basic') url.searchParams.set('account', credentials.username);
  url.searchParams.set('client_id', CLIENT);
  return http.request({
    url: url.href,
    headers: credentials === undefined ? {} : { authorization: basicHeader(credentials) },
    signal: request.signal,
  });
}

/** A redirect would carry the token in the body elsewhere, so it is not followed. */
function post(http: HttpClient, realm: URL, request: TokenRequest, token: string): Promise<HttpResponse> {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT, refresh_token: token });
  const { service } = request.challenge.parameters;
  if (service !== undefined) form.set('service', service);
  if (request.scopes.length > 0) form.set('scope', request.scopes.join(' '));
  return http.request({
    url: realm.href,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    redirect: 'manual',
    retries: 2,
    signal: request.signal,
  });
}

/** @param asked when it was asked for */
function readToken(text: string, registry: URL, asked: number): Token {
  const refuse = (why: string): RegistryAnswerError =>
    new RegistryAnswerError(`the token endpoint of \`${registry.host}\` ${why}`, {
      hint: 'ask whoever runs the registry',
    });
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown };
  try {
    answer = (JSON.parse(text) ?? {}) as typeof answer;
  } catch {
    throw refuse('gave what is not JSON');
  }
  const value = answer.token || answer.access_token;
  if (typeof value !== 'string' || !/^[\u0021-\u007e]+$/.test(value)) throw refuse('gave no token');
  const life =
    typeof answer.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : SHORTEST_LIFE;
  // A tenth early, so that a token does not end on its way.
  return { value, ends: asked + Math.max(life, SHORTEST_LIFE) * 900 };
}

/** RFC 7617. */
export function basicHeader(credentials: Credentials): string {
  const pair =
    credentials.kind === 'basic'
      ? `${credentials.username}:${credentials.password}`
      : `${credentials.kind === 'identity' ? credentials.username : ''}:${credentials.token}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}
