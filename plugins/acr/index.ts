/**
 * Opens Azure's registries with whatever identity Microsoft Entra knows this host by. It only exchanges that for the
 * registry's own refresh token.
 */
import { type Credentials, definePlugin } from 'pycontainer';
import { askTokenService, createCredentialCache } from 'pycontainer/registry';
import * as z from 'zod';
import { type Azure, type Cloud, cloudOf } from './azure.ts';
import { findToken } from './identity.ts';

const NAME = 'acr';
/** The user of a refresh token. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
/** Milliseconds that a token must still be good for. */
const MARGIN = 300_000;

const address = z
  .url({ protocol: /^https?$/ })
  .refine(
    (text) => /^(?:https:\/\/|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])[:/])/.test(`${text}/`),
    'a token is sent over https alone',
  );

/** A Standard Schema. */
const options = z
  .strictObject({
    audience: z
      .url()
      .optional()
      .describe('What the token is for, where it is not what the registry’s cloud has.'),
    exchange: address
      .optional()
      .describe('Where tokens are exchanged, where that is not the registry itself.'),
  })
  .prefault({});

/** The plugin: answers `credentials` for `….azurecr.io`, and those of Azure for governments and in China. */
export default definePlugin({
  name: NAME,
  options,
  apply(hooks, { http, log, env, signal }, { audience, exchange: endpoint }) {
    const azure: Azure = { http, log, env, signal };
    const cache = createCredentialCache();
    hooks.credentials.tapPromise(NAME, async ({ host }) => {
      const known = cloudOf(host);
      if (known === undefined) return undefined;
      const cloud = audience === undefined ? known : { ...known, audience };
      return cache(host, () => exchange(azure, host, cloud, endpoint ?? `https://${host}`));
    });
  },
});

/** The registry's `/oauth2/exchange` ("Azure Container Registry: authenticate with OAuth2"). */
async function exchange(
  azure: Azure,
  host: string,
  cloud: Cloud,
  endpoint: string,
): Promise<Credentials | undefined> {
  const token = await findToken(azure, cloud);
  if (token === undefined) return undefined;
  const tenant = azure.env.AZURE_TENANT_ID;
  const form = {
    grant_type: 'access_token',
    service: host,
    access_token: token,
    ...(tenant ? { tenant } : {}),
  };
  const answer = await askTokenService(
    { http: azure.http, name: `the registry \`${host}\``, signal: azure.signal },
    {
      url: new URL('/oauth2/exchange', endpoint).href,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    },
  );
  const refresh = answer.at('refresh_token');
  const ends = endOf(refresh);
  return {
    kind: 'identity',
    username: NOBODY,
    token: refresh,
    ...(ends === undefined ? {} : { expires: ends - MARGIN }),
  };
}

/** When a JSON web token ends, in milliseconds since 1970. It is read, not checked: whoever takes it does that. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
