import { createVerify, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import gar from '../../../plugins/gar/index.ts';
import { answeredFor, applied, folder, SOON, service } from './cloud.ts';

const HOST = 'europe-west1-docker.pkg.dev';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const ACCOUNT = 'push@shop.iam.gserviceaccount.com';

/** Google's token endpoint, STS, IAM Credentials and metadata server. Tokens say whose they are. */
async function google(files: (origin: string) => Record<string, object | string> = () => ({})) {
  const server = await service(({ url, headers, body }) => {
    const form = new URLSearchParams(body.toString());
    const token = (value: string) => ({ access_token: value, expires_in: 3599, token_type: 'Bearer' });
    switch (url.pathname) {
      case '/token': {
        if (form.get('refresh_token') === 'a-refresh-token') return token('of-person');
        const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
        const isSigned = createVerify('RSA-SHA256')
          .update(`${head}.${claims}`)
          .verify(publicKey, signature, 'base64url');
        const { iss, aud, exp, iat } = JSON.parse(Buffer.from(claims || 'e30', 'base64url').toString());
        const isRight = iss === ACCOUNT && aud === `${server.origin}/token` && exp - iat === 3600;
        return isSigned && isRight ? token('of-account') : undefined;
      }
      case '/sts':
        return form.get('subject_token') === 'of-workflow' && form.get('audience') === '//iam/pool'
          ? token('of-pool')
          : undefined;
      case '/oidc':
        return headers.authorization === 'Bearer actions' ? { value: 'of-workflow' } : undefined;
      case '/computeMetadata/v1/instance/service-accounts/default/token':
        return headers['metadata-flavor'] === 'Google' ? token('of-machine') : undefined;
      default: {
        const isAllowed = /^Bearer of-/.test(headers.authorization ?? '') && url.pathname.includes(ACCOUNT);
        return isAllowed
          ? { accessToken: `${headers.authorization?.slice(7)} as account`, expireTime: SOON }
          : undefined;
      }
    }
  });
  const texts = Object.entries(files(server.origin)).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : JSON.stringify(content),
  ]);
  const home = await folder(Object.fromEntries(texts));
  return { server, home, env: { HOME: home, PATH: '/nowhere', GCE_METADATA_HOST: '127.0.0.1:9' } };
}

const serviceAccount = (origin: string) => ({
  type: 'service_account',
  client_email: ACCOUNT,
  private_key_id: 'k',
  private_key: PEM,
  token_uri: `${origin}/token`,
});
const external = (origin: string, source: object) => ({
  type: 'external_account',
  audience: '//iam/pool',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `${origin}/sts`,
  credential_source: source,
});

describe('gar', () => {
  it('exchanges each identity that Google’s own libraries find for an access token', async () => {
    const { server, home, env } = await google((origin) => ({
      'account.json': serviceAccount(origin),
      'person.json': {
        type: 'authorized_user',
        client_id: 'c',
        client_secret: 's',
        refresh_token: 'a-refresh-token',
        token_uri: `${origin}/token`,
      },
      'url.json': {
        ...external(origin, {
          url: `${origin}/oidc`,
          headers: { Authorization: 'Bearer actions' },
          format: { type: 'json', subject_token_field_name: 'value' },
        }),
        service_account_impersonation_url: `${origin}/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`,
      },
      'bin/gcloud': `#!/bin/sh\necho '{"credential":{"access_token":"of-gcloud","token_expiry":"${SOON}"}}'\n`,
    }));
    const file = (name: string) => ({ GOOGLE_APPLICATION_CREDENTIALS: `${home}/${name}.json` });
    const table: readonly (readonly [Record<string, string>, string, string?])[] = [
      [file('account'), 'of-account'],
      [file('person'), 'of-person'],
      [file('url'), 'of-pool as account'],
      [{ GCE_METADATA_HOST: server.host }, 'of-machine'],
      [{ PATH: `${home}/bin:/bin` }, 'of-gcloud'],
      [{ GCE_METADATA_HOST: server.host }, 'of-machine as account', ACCOUNT],
    ];
    const wrong: unknown[] = [];
    for (const [more, who, impersonate] of table) {
      const iam = { CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${server.origin}/` };
      const ask = applied(gar(impersonate === undefined ? {} : { impersonate }), { ...env, ...iam, ...more });
      const found = await ask(HOST);
      if (typeof found !== 'object' || found.kind !== 'basic' || found.password !== who)
        wrong.push([who, found, ask.said]);
      else expect(found).toMatchObject({ username: 'oauth2accesstoken', expires: expect.any(Number) });
      const sent = server.requests.length;
      await Promise.all(['gcr.io', 'eu.gcr.io', 'us-docker.pkg.dev', HOST].map(ask));
      if (server.requests.length !== sent) wrong.push([who, 'was asked for again']);
    }
    expect(wrong).toEqual([]);
    expect(await applied(gar(), env)(HOST)).toBeUndefined();
  });

  it('says which file cannot be used, and no secret of it', async () => {
    const { home, env } = await google((origin) => ({
      'key.json': { ...serviceAccount(origin), private_key: 'not-a-key' },
      'other.json': { ...serviceAccount(origin), client_email: 'x@y' },
      'plain.json': { ...serviceAccount(origin), token_uri: 'http://evil.org/token' },
      'kind.json': { type: 'impersonated' },
      'program.json': external(origin, { executable: { command: '/bin/sh' } }),
      'text.json': 'not-a-key',
    }));
    const table: readonly (readonly [string, string])[] = [
      ['key', 'PYC_CLOUD_IDENTITY'],
      ['other', 'PYC_TOKEN_SERVICE'],
      ['plain', 'PYC_CLOUD_IDENTITY'],
      ['kind', 'PYC_CLOUD_IDENTITY'],
      ['program', 'PYC_CLOUD_IDENTITY'],
      ['text', 'PYC_CLOUD_IDENTITY'],
      ['absent', 'PYC_CLOUD_IDENTITY'],
    ];
    const wrong: unknown[] = [];
    for (const [name, code] of table) {
      const ask = applied(gar(), { ...env, GOOGLE_APPLICATION_CREDENTIALS: `${home}/${name}.json` });
      const answer = await ask(HOST);
      if (answer !== code || /not-a-key|PRIVATE KEY|echoed/.test(ask.said.join('\n')))
        wrong.push([name, answer, ask.said]);
    }
    expect(wrong).toEqual([]);
  });

  it('answers for Google’s registries alone', async () => {
    const { server, env } = await google();
    const ask = applied(gar(), { ...env, GCE_METADATA_HOST: server.host });
    const others = [
      `${HOST}.evil.org`,
      `evil.${HOST}`,
      'docker.pkg.dev',
      'evilgcr.io',
      'xx.gcr.io',
      'gcr.io.evil.org',
      'gcr.io:443',
      'evil-docker.pkg.dev.org',
    ];
    expect(await answeredFor(ask, others)).toEqual([]);
    expect(server.requests).toEqual([]);
  });
});
