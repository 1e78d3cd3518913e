/** Google's token endpoints: what an identity is exchanged for, and for how long that is good. */
import type { HttpClient, Log } from 'pycontainer';
import { askTokenService, type TokenAnswer } from 'pycontainer/registry';

/** What the parts of this plugin use of the outside world. */
export interface Google {
  readonly http: HttpClient;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface AccessToken {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** Seconds, where an answer names no life time. */
const USUAL_LIFE = 3600;

/** RFC 6749, RFC 7523, RFC 8693: a form in, a token out. @throws TokenServiceError */
export async function exchange(
  google: Google,
  name: string,
  url: string,
  form: Readonly<Record<string, string>>,
): Promise<AccessToken> {
  const answer = await askTokenService(
    { http: google.http, name, signal: google.signal },
    {
      url,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    },
  );
  return tokenIn(answer, google.now());
}

/** `access_token` and `expires_in` of an answer. */
export function tokenIn(answer: TokenAnswer, now: number): AccessToken {
  const life = answer.number('expires_in') ?? USUAL_LIFE;
  return { value: answer.at('access_token'), expires: now + life * 1000 };
}

/** generateAccessToken of the IAM Credentials API. @param url whole, with the service account */
export async function impersonate(google: Google, url: string, token: AccessToken): Promise<AccessToken> {
  const answer = await askTokenService(
    { http: google.http, name: 'Google IAM Credentials', signal: google.signal },
    {
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token.value}` },
      body: JSON.stringify({ scope: [SCOPE] }),
    },
  );
  const expires = Date.parse(answer.at('expireTime'));
  return { value: answer.at('accessToken'), expires: Number.isNaN(expires) ? token.expires : expires };
}
