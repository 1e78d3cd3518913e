/** Gets a bearer token (distribution's "Token Authentication Specification" and "Oauth2 Token Authentication"). */
import type { HttpClient, HttpResponse } from '../http/client.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { parseFaults, RegistryAnswerError, statusError } from './errors.ts';
import { parseRealm } from './realm.ts';

export interface TokenRequest {
  readonly challenge: Challenge;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** The registry's own address. */
  readonly registry: URL;
  /** Replaces secrets in a text that came from outside. */
  readonly clean: (text: string) => string;
  readonly signal?: AbortSignal | undefined;
}

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const LARGEST = 1024 * 1024;
/** Seconds: what the specification says holds where an endpoint names no life time, or a shorter one. */
const SHORTEST_LIFE = 60;
const CLIENT = 'pycontainer';
/** Endpoints without the OAuth2 way say so in one of these. */
const NO_OAUTH = new Set([404, 405]);

/** @throws RegistryAccessError where the endpoint refuses, RegistryStatusError where it fails, RegistryAnswerError */
export async function fetchToken(http: HttpClient, request: TokenRequest): Promise<Token> {
  const realm = parseRealm(request.challenge.parameters.realm, request.registry);
  let response: HttpResponse | undefined;
  if (request.credentials?.kind === 'identity') {
    response = await post(http, realm, request, request.credentials.token);
    if (NO_OAUTH.has(response.status)) {
      await response.discard();
      response = undefined;
    }
  }
  response ??= await get(http, realm, request);
  if (response.status === 200) return readToken(response, request.registry);
  const faults = parseFaults(request.clean(await response.text(LARGEST).catch(() => '')));
  // Whatever it calls its refusal (Docker Hub says 401, others 400, 403 or 404), it is one of access.
  const status =
    response.status >= 400 && response.status < 500 && response.status !== 429 ? 403 : response.status;
  throw statusError(
    'asking for a token failed',
    realm.host,
    status,
    faults,
    request.credentials !== undefined,
  );
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

async function readToken(response: HttpResponse, registry: URL): Promise<Token> {
  const refuse = (why: string): RegistryAnswerError =>
    new RegistryAnswerError(`the token endpoint of \`${registry.host}\` ${why}`, {
      hint: 'ask whoever runs the registry',
    });
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown };
  try {
    answer = (JSON.parse(await response.text(LARGEST)) ?? {}) as typeof answer;
  } catch {
    throw refuse('gave what is not JSON');
  }
  const value = answer.token || answer.access_token;
  if (typeof value !== 'string' || !/^[\u0021-\u007e]+$/.test(value)) throw refuse('gave no token');
  const life =
    typeof answer.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : SHORTEST_LIFE;
  // A tenth early, so that a token does not end on its way.
  return { value, expires: Date.now() + Math.max(life, SHORTEST_LIFE) * 900 };
}

/** RFC 7617. */
export function basicHeader(credentials: Credentials): string {
  const pair =
    credentials.kind === 'basic'
      ? `${credentials.username}:${credentials.password}`
      : `${credentials.kind === 'identity' ? credentials.username : ''}:${credentials.token}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}
