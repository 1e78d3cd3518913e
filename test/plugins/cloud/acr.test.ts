import { describe, expect, it } from 'vitest';
import acr from '../../../plugins/acr/index.ts';
import { answeredFor, applied, folder, service } from './cloud.ts';

const HOST = 'shopregistry.azurecr.io';
const AUDIENCE = 'https://containerregistry.azure.net';
const END = Math.floor(Date.now() / 1000) + 10_800;
const REFRESH = `e30.${Buffer.from(JSON.stringify({ exp: END })).toString('base64url')}.sig`;

/** Entra, GitHub, the endpoints of managed identities, and the registry. Tokens say whose they are. */
async function azure() {
  const asked: string[] = [];
  const server = await service(({ url, headers, body }) => {
    const form = new URLSearchParams(body.toString());
    const query = url.searchParams;
    if (url.pathname === '/tenant-1/oauth2/v2.0/token') {
      if (form.get('scope') !== `${AUDIENCE}/.default` || form.get('client_id') !== 'client-1')
        return undefined;
      if (form.get('client_secret') === 'client-secret') return { access_token: 'of-secret' };
      const isJwt =
        form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      const assertion = form.get('client_assertion');
      return isJwt && /^(?:of-pod|of-workflow)$/.test(assertion ?? '')
        ? { access_token: assertion! }
        : undefined;
    }
    if (url.pathname === '/github' && headers.authorization === 'Bearer actions')
      return query.get('audience') === 'api://AzureADTokenExchange' ? { value: 'of-workflow' } : undefined;
    if (url.pathname === '/msi' && headers['x-identity-header'] === 'header')
      return query.get('resource') === AUDIENCE ? { access_token: 'of-service' } : undefined;
    if (
      url.pathname === '/vm/metadata/identity/oauth2/token' ||
      url.pathname === '/metadata/identity/oauth2/token'
    )
      return headers.metadata === 'true' && query.get('client_id') === 'machine'
        ? { access_token: 'of-machine' }
        : { status: 400, body: '{"error":"invalid_request"}' };
    if (url.pathname !== '/oauth2/exchange' || form.get('grant_type') !== 'access_token') return undefined;
    asked.push(`${form.get('access_token')} ${form.get('service')}`);
    return { refresh_token: REFRESH };
  });
  const home = await folder({
    pod: 'of-pod\n',
    'bin/az': `#!/bin/sh\n[ "$*" = "account get-access-token --resource ${AUDIENCE} --output json" ] && echo '{"accessToken":"of-cli"}'\n`,
    'broken/az': '#!/bin/sh\necho hidden\n',
  });
  const env = {
    HOME: home,
    PATH: '/nowhere',
    AZURE_AUTHORITY_HOST: server.origin,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: server.origin,
  };
  return { asked, env, home, server };
}

describe('acr', () => {
  it('exchanges each identity that Azure’s own libraries find for a refresh token', async () => {
    const { asked, env, home, server } = await azure();
    const client = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' };
    const workflow = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.origin}/github?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'actions',
    };
    const table: readonly (readonly [Record<string, string>, string])[] = [
      [{ ...client, ...workflow, AZURE_CLIENT_SECRET: 'client-secret' }, 'of-secret'],
      [{ ...client, ...workflow, AZURE_FEDERATED_TOKEN_FILE: `${home}/pod` }, 'of-pod'],
      [{ ...client, ...workflow }, 'of-workflow'],
      [{ IDENTITY_ENDPOINT: `${server.origin}/msi`, IDENTITY_HEADER: 'header' }, 'of-service'],
      [{ AZURE_CLIENT_ID: 'machine' }, 'of-machine'],
      [{ PATH: `${home}/bin:/usr/bin:/bin` }, 'of-cli'],
    ];
    const wrong: unknown[] = [];
    for (const [more, who] of table) {
      const ask = applied(acr({ exchange: server.origin }), { ...env, ...more });
      const found = await ask(HOST);
      if (asked.at(-1) !== `${who} ${HOST}`) wrong.push([who, asked.at(-1), found, ask.said]);
      else
        expect(found).toEqual({
          kind: 'identity',
          username: '00000000-0000-0000-0000-000000000000',
          token: REFRESH,
          expires: END * 1000 - 300_000,
        });
      await ask(HOST);
    }
    expect(wrong).toEqual([]);
    expect(asked).toHaveLength(table.length);
    expect(await applied(acr({ exchange: server.origin }), env)(HOST)).toBeUndefined();
  });

  it('says what cannot be used, and no secret of it', async () => {
    const { env, server } = await azure();
    const client = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' };
    const table: readonly (readonly [Record<string, string>, string])[] = [
      [{ ...client, AZURE_CLIENT_SECRET: 'wrong-secret' }, 'PYC_TOKEN_SERVICE'],
      [{ ...client, AZURE_FEDERATED_TOKEN_FILE: '/nowhere' }, 'PYC_CLOUD_IDENTITY'],
      [{ PATH: `${env.HOME}/broken:/bin` }, 'PYC_CLOUD_IDENTITY'],
    ];
    const wrong: unknown[] = [];
    const { chmod } = await import('node:fs/promises');
    await chmod(`${env.HOME}/broken/az`, 0o755);
    for (const [more, code] of table) {
      const ask = applied(acr({ exchange: server.origin }), { ...env, ...more });
      const answer = await ask(HOST);
      if (answer !== code || /secret|hidden|echoed/.test(ask.said.join('\n').replace('CLIENT_SECRET', '')))
        wrong.push([more, answer, ask.said]);
    }
    expect(wrong).toEqual([]);
  });

  it('answers for Azure’s registries alone, and sends its token nowhere else', async () => {
    const { env, server } = await azure();
    const ask = applied(acr({ exchange: server.origin }), { ...env, AZURE_CLIENT_ID: 'machine' });
    const others = [
      `${HOST}.evil.org`,
      `evil.${HOST}`,
      `${HOST}:443`,
      'azurecr.io',
      'shopregistry.azurecr.evil',
      'a.azurecr.io',
      'ghcr.io',
    ];
    expect(await answeredFor(ask, others)).toEqual([]);
    expect(server.requests).toEqual([]);
    expect(() => applied(acr({ exchange: 'http://evil.org' }), env)).toThrow();
  });
});
