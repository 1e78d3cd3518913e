/** How the fake registry decides who may do what: nobody asks, a password, or tokens of its own token endpoint. */
import type { Answer, FakeRequest } from './fake-server.ts';

export type FakeAccess =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'bearer';
      readonly username?: string;
      readonly password?: string;
      /** A refresh token that the endpoint takes by POST. */
      readonly identityToken?: string;
      /** True: tokens that only pull are given to everybody. */
      readonly anonymousPull?: boolean;
      /** The realm that challenges name instead of the registry's own `/token`. */
      readonly realm?: string;
      /** False: POST is answered 404. */
      readonly oauth?: boolean;
      /** The member of the answer that holds the token; default `token`. */
      readonly member?: 'token' | 'access_token';
      /** Requests that a token is good for; default any number. */
      readonly uses?: number;
      /** What tokens say of when they were made, for clocks that are wrong. */
      readonly issuedAt?: string;
    };

/** Judges requests. */
export interface Gate {
  /** The answer that refuses, or undefined. @param scopes what the request needs, as in `repository:a:pull` */
  refuse(request: FakeRequest, scopes: readonly string[]): Answer | undefined;
  /** True where the request's token covers the scope as well. */
  covers(request: FakeRequest, scope: string): boolean;
  /** The token endpoint. */
  token(request: FakeRequest): Answer;
  /** Ends all tokens that were given. */
  revoke(): void;
}

export function createGate(access: FakeAccess, origin: () => string): Gate {
  const tokens = new Map<string, { readonly scopes: readonly string[]; left: number }>();
  const basic = (username = '', password = ''): string =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const scopesOf = (request: FakeRequest): readonly string[] =>
    tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '')?.scopes ?? [];

  return {
    covers: (request, scope) => access.kind !== 'bearer' || includes(scopesOf(request), scope),

    refuse(request, scopes) {
      const { authorization } = request.headers;
      if (access.kind === 'anonymous') return undefined;
      if (access.kind === 'basic') {
        const isRight = authorization === basic(access.username, access.password);
        return isRight ? undefined : unauthorized('Basic realm="fake", charset="UTF-8"');
      }
      const token = tokens.get(authorization?.replace(/^Bearer /, '') ?? '');
      if (token !== undefined && token.left > 0 && scopes.every((scope) => includes(token.scopes, scope))) {
        token.left -= 1;
        return undefined;
      }
      const realm = access.realm ?? `${origin()}/token`;
      return unauthorized(
        `Bearer realm="${realm}",service="fake, \\"registry\\"",scope="${scopes.join(' ')}"`,
      );
    },

    revoke() {
      for (const token of tokens.values()) token.left = 0;
    },

    token(request) {
      if (access.kind !== 'bearer') return { status: 404 };
      const isPost = request.method === 'POST';
      if (isPost && access.oauth === false) return { status: 404 };
      const parameters = isPost ? new URLSearchParams(request.body.toString()) : request.url.searchParams;
      const asked = parameters.getAll('scope').flatMap((scope) => scope.split(' '));
      const isKnown = isPost
        ? access.identityToken !== undefined && parameters.get('refresh_token') === access.identityToken
        : isRightPassword(request.headers.authorization);
      const mayPull = access.anonymousPull === true && request.headers.authorization === undefined && !isPost;
      if (!isKnown && !mayPull)
        return { status: 401, body: JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'no' }] }) };
      const granted = isKnown ? asked : asked.map((scope) => scope.replace(/:[^:]*$/, ':pull'));
      const value = `fake-token-${tokens.size + 1}-${Buffer.from(granted.join(' ')).toString('base64url')}`;
      tokens.set(value, { scopes: granted, left: access.uses ?? Number.POSITIVE_INFINITY });
      const body = JSON.stringify({
        [access.member ?? 'token']: value,
        expires_in: 300,
        issued_at: access.issuedAt,
      });
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    },
  };

  function isRightPassword(authorization: string | undefined): boolean {
    if (access.kind !== 'bearer' || authorization === undefined) return false;
    const pairs = [
      access.password === undefined ? undefined : basic(access.username, access.password),
      access.identityToken === undefined ? undefined : basic(access.username, access.identityToken),
    ];
    return pairs.includes(authorization);
  }
}

function includes(scopes: readonly string[], wanted: string): boolean {
  const colon = wanted.lastIndexOf(':');
  const actions = wanted.slice(colon + 1).split(',');
  const granted = scopes
    .filter((scope) => scope.slice(0, scope.lastIndexOf(':')) === wanted.slice(0, colon))
    .flatMap((scope) => scope.slice(scope.lastIndexOf(':') + 1).split(','));
  return actions.every((action) => granted.includes(action));
}

function unauthorized(challenge: string): Answer {
  return {
    status: 401,
    headers: { 'www-authenticate': challenge, 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }),
  };
}
