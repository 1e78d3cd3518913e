/** The identity that a workflow has by itself: a token of OpenID Connect for the audience `sigstore`. What it opens is not known here. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { visible } from '../../primitives/path.ts';
import { KeylessError } from '../errors.ts';
import { askService, type Services } from './services.ts';

export interface IdentityToken {
  readonly token: string;
  /** What its holder proves the possession of a key with (Fulcio, "proofOfPossession"). */
  readonly subject: string;
}

const AUDIENCE = 'sigstore';
const HINT =
  'on GitHub give the job `permissions: { id-token: write }`; on GitLab `id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }`';

/**
 * The token that a text names (`env:NAME` or a file), else that of `SIGSTORE_ID_TOKEN`, else one that GitHub gives for the asking.
 *
 * @throws KeylessError
 */
export async function identityToken(place: string | undefined, services: Services): Promise<IdentityToken> {
  const { env } = services;
  if (place !== undefined) return parseToken(await readPlace(place, services));
  if (env.SIGSTORE_ID_TOKEN) return parseToken(env.SIGSTORE_ID_TOKEN);
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env;
  if (!address || !secret) throw new KeylessError('there is no identity to sign with', { hint: HINT });
  if (!URL.canParse(address))
    throw new KeylessError('`ACTIONS_ID_TOKEN_REQUEST_URL` is no address', { hint: HINT });
  const url = new URL(address);
  url.searchParams.set('audience', AUDIENCE);
  const answer = await askService(services, 'GitHub’s identity service', [200], {
    url: url.href,
    headers: { authorization: `Bearer ${secret}`, accept: 'application/json' },
    retries: 2,
  });
  return parseToken(givenToken(answer));
}

async function readPlace(place: string, { env, cwd }: Services): Promise<string> {
  const variable = /^env:(?:\/\/)?(.*)$/s.exec(place)?.[1];
  const text =
    variable === undefined
      ? await readFile(resolve(cwd, place.replace(/^file:/, '')), 'utf8').catch(() => undefined)
      : env[variable];
  if (text) return text;
  throw new KeylessError(`the identity token \`${visible(place)}\` is not there`, { hint: HINT });
}

function givenToken(answer: Uint8Array): string {
  try {
    const { value } = JSON.parse(Buffer.from(answer).toString('utf8')) as { value?: unknown };
    if (typeof value === 'string') return value;
  } catch {
    // Said below.
  }
  throw new KeylessError('GitHub’s identity service gave no token', { hint: HINT });
}

/** It is read, not checked: Fulcio does that. */
function parseToken(text: string): IdentityToken {
  const token = text.trim();
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      sub?: unknown;
      email?: unknown;
    };
    const subject = claims.email ?? claims.sub;
    if (typeof subject === 'string' && subject !== '') return { token, subject };
  } catch {
    // Said below, without a word of the token.
  }
  throw new KeylessError('the identity token is no JSON web token with a subject', { hint: HINT });
}
