import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../../core/oci/reference.ts';
import { mergeScopes, parseChallenges } from '../../core/registry/challenge.ts';
import { credentialFiles } from '../../core/registry/credential-file.ts';
import type { CredentialSource, Credentials } from '../../core/registry/credentials.ts';
import { statedCredentials } from '../../core/registry/credentials.ts';
import { createKeychain } from '../../core/registry/keychain.ts';
import { push } from '../../core/registry/push.ts';
import { parseRealm } from '../../core/registry/realm.ts';
import { openRegistryImage } from '../../core/registry/registry-image.ts';
import {
  AMD64,
  client,
  codeOf,
  image,
  place,
  recorder,
  reference,
  registry,
  store,
  temporaryFolder,
} from './images.ts';

const { signal } = new AbortController();
const PASSWORD = 'p4ss:w0rd-ü';
const give =
  (credentials: Credentials): CredentialSource =>
  async () =>
    credentials;
const basic = give({ kind: 'basic', username: 'me', password: PASSWORD });

describe('challenges', () => {
  it('are read however many there are in however many headers', () => {
    expect(
      parseChallenges([
        'Basic realm="a, b", Bearer realm="https://x/token?a=b,c",service="s \\"q\\"",scope="repository:a:pull,push"',
        'Negotiate abc==, BEARER realm=plain',
      ]).map(({ scheme, parameters }) => [scheme, { ...parameters }]),
    ).toEqual([
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'https://x/token?a=b,c', service: 's "q"', scope: 'repository:a:pull,push' }],
      ['negotiate', expect.anything()],
      ['bearer', { realm: 'plain' }],
    ]);
    expect(parseChallenges(['', '=', '"', ',,,', 'Bearer realm="unended'])).toBeInstanceOf(Array);
  });

  it('that ask for prototypes get none', () => {
    const [challenge] = parseChallenges(['Bearer __proto__="x",constructor="y"']);
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(challenge?.parameters.realm).toBeUndefined();
  });

  it('have scopes that join by resource', () => {
    expect(
      mergeScopes(['repository:a:pull'], ['repository:a:push,pull', 'repository:h:5000/b:pull', 'junk']),
    ).toEqual(['repository:a:pull,push', 'repository:h:5000/b:pull']);
  });
});

describe('a registry that asks', () => {
  it('for a password gets it, after one refused request', async () => {
    const server = await registry({ access: { kind: 'basic', username: 'me', password: PASSWORD } });
    const work = push(
      { target: reference(server, 'app:1'), images: [image(['one', 'two'])], referrers: [] },
      { client: client({ credentials: basic }), signal },
    );
    expect((await work).blobsUploaded).toBe(3);
    expect(server.requests.filter(({ status }) => status === 401).length).toBe(1);
  });

  it('for a token gets one from its endpoint, for pull and push at once, and uses it again', async () => {
    for (const member of ['token', 'access_token'] as const) {
      const server = await registry({
        access: { kind: 'bearer', username: 'me', password: PASSWORD, member },
      });
      const registries = client({ credentials: basic });
      const target = reference(server, 'app:1');
      await push({ target, images: [image(['one', 'two'])], referrers: [] }, { client: registries, signal });
      const tokens = server.requests.filter(({ path }) => path.startsWith('/token'));
      expect(tokens.length).toBe(1);
      const query = new URLSearchParams(tokens[0]!.path.split('?')[1]);
      expect(query.getAll('scope')).toEqual(['repository:app:pull,push']);
      expect(query.get('service')).toBe('fake, "registry"');
      expect(server.requests.filter(({ status }) => status === 401).length).toBe(1);
    }
  });

  it('lets anybody pull with an anonymous token, and wants credentials for a push', async () => {
    const server = await registry({
      access: { kind: 'bearer', username: 'me', password: PASSWORD, anonymousPull: true },
    });
    place(server, 'python', image(['a']), '3');
    const options = { client: client(), store: await store(), signal };
    expect((await openRegistryImage(reference(server, 'python:3'), AMD64, options)).layers.length).toBe(1);
    const failure = await push(
      { target: reference(server, 'app:1'), images: [image(['x'])], referrers: [] },
      options,
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'PYC_REGISTRY_ACCESS', hint: expect.stringContaining('login') });
  });

  it('gets a token for the mount’s source as well', async () => {
    const server = await registry({ access: { kind: 'bearer', username: 'me', password: PASSWORD } });
    place(server, 'base', image(['base']));
    const made = image(['base', 'mine']);
    const layers = [
      { ...made.layers[0]!, registry: { host: server.host, repository: 'base' } },
      made.layers[1]!,
    ];
    const result = await push(
      { target: reference(server, 'app:1'), images: [{ ...made, layers }], referrers: [] },
      { client: client({ credentials: basic }), signal },
    );
    expect(result.blobsMounted).toBe(1);
  });

  it('gets a fresh token when the first has ended', async () => {
    const server = await registry({
      access: { kind: 'bearer', username: 'me', password: PASSWORD, uses: 3 },
    });
    const work = push(
      { target: reference(server, 'app:1'), images: [image(['one', 'two', 'three'])], referrers: [] },
      { client: client({ credentials: basic }), signal },
    );
    expect((await work).blobsUploaded).toBe(4);
  });

  it('takes an identity token by POST, or by GET where there is no POST', async () => {
    for (const oauth of [true, false]) {
      const server = await registry({
        access: { kind: 'bearer', username: '<token>', identityToken: 'refresh-me', oauth },
      });
      place(server, 'python', image(['a']), '3');
      const credentials = give({ kind: 'identity', username: '<token>', token: 'refresh-me' });
      const options = { client: client({ credentials }), store: await store(), signal };
      expect((await openRegistryImage(reference(server, 'python:3'), AMD64, options)).layers.length).toBe(1);
      expect(
        server.requests.filter(({ method, path }) => method === 'POST' && path === '/token').length,
      ).toBe(1);
      expect(server.requests.filter(({ path }) => path.includes('refresh-me'))).toEqual([]);
    }
  });

  it('and refuses what it gets is an error without a loop', async () => {
    const wrong = give({ kind: 'basic', username: 'me', password: 'wrong-secret' });
    for (const access of [
      { kind: 'basic', username: 'me', password: PASSWORD },
      { kind: 'bearer', username: 'me', password: PASSWORD },
    ] as const) {
      const server = await registry({ access });
      const options = { client: client({ credentials: wrong }), store: await store(), signal };
      const failure = (await openRegistryImage(reference(server, 'python:3'), AMD64, options).catch(
        (error: unknown) => error,
      )) as Error;
      expect(failure).toMatchObject({
        code: 'PYC_REGISTRY_ACCESS',
        hint: expect.stringContaining('credentials'),
      });
      expect(server.requests.length).toBeLessThanOrEqual(4);
    }
  });
});

describe('a token', () => {
  const access = { kind: 'bearer', username: 'me', password: PASSWORD } as const;

  it('that has ended is fetched once for all who find out, and clocks that differ by an hour do not matter', async () => {
    for (const hours of [-1, 1]) {
      const date = new Date(Date.now() + hours * 3_600_000).toUTCString();
      const server = await registry({ access: { ...access, issuedAt: date }, date });
      const registries = client({ credentials: basic });
      const texts = Array.from({ length: 8 }, (_, index) => `layer ${index}`);
      const target = reference(server, 'app:1');
      await push({ target, images: [image(texts)], referrers: [] }, { client: registries, signal });
      server.revokeTokens();
      server.requests.length = 0;
      const more = texts.map((text) => `${text}!`);
      await push({ target, images: [image(more)], referrers: [] }, { client: registries, signal });
      expect(server.requests.filter(({ path }) => path.startsWith('/token')).length).toBe(1);
    }
  });

  it('that ends in the middle of an upload is replaced, and what was refused is sent again', async () => {
    const server = await registry({ access, oneRequest: false, largestBody: 100_000 });
    let pieces = 0;
    server.fault = ({ method }) => {
      if (method === 'PATCH') pieces += 1;
      if (method === 'PATCH' && pieces === 3) server.revokeTokens();
      return undefined;
    };
    const made = image(['one'], AMD64, 300_000);
    const target = reference(server, 'app:1');
    await push({ target, images: [made], referrers: [] }, { client: client({ credentials: basic }), signal });
    const { blobs } = server.repository('app');
    expect(blobs.get(made.layers[0]!.descriptor.digest)?.equals(made.layerBytes[0]!)).toBe(true);
    expect(server.requests.filter(({ method, status }) => method === 'PATCH' && status === 401).length).toBe(
      1,
    );
  });

  it('is preferred to a password whatever the order, but not where its server is not named', async () => {
    const bearer = (server: string): string => `Bearer realm="${server}/token",service="x"`;
    for (const [challenges, wanted] of [
      [(server: string) => ['Basic realm="x"', bearer(server)], 'Bearer'],
      [(server: string) => [`Negotiate, ${bearer(server)}, Basic realm="x"`], 'Bearer'],
      [() => ['Bearer service="x", Basic realm="x"'], 'Basic'],
    ] as const) {
      const server = await registry({ access });
      server.fault = ({ path, headers }) =>
        path.startsWith('/token') || headers.authorization !== undefined
          ? undefined
          : { status: 401, headers: { 'www-authenticate': [...challenges(server.origin)] } };
      await codeOf(client({ credentials: basic }).repository(reference(server, 'app')).readManifest('1'));
      const asked = server.requests.filter(({ path }) => !path.startsWith('/token'));
      expect(asked[1]?.headers.authorization).toMatch(new RegExp(`^${wanted} `));
    }
  });
});

describe('secrets', () => {
  it('appear in no error, warning or message, even where the registry sends them back', async () => {
    const echo = (headers: Readonly<Record<string, unknown>>): string =>
      JSON.stringify({
        errors: [{ code: 'DENIED', message: `you sent ${String(headers.authorization)} ${PASSWORD}` }],
      });
    const texts: string[] = [];
    for (const access of [
      { kind: 'basic', username: 'me', password: PASSWORD },
      { kind: 'bearer', username: 'me', password: PASSWORD },
    ] as const) {
      const server = await registry({
        access,
        fault: ({ path, headers }) =>
          headers.authorization !== undefined && !path.startsWith('/token')
            ? {
                status: 403,
                body: echo(headers).replace('ü', '\\u00fc'),
                headers: {
                  warning: `299 - "be\u0085ware", 299 - "you are ${String(headers.authorization)}"`,
                },
              }
            : undefined,
      });
      const { log, warnings } = recorder();
      const failure = (await openRegistryImage(reference(server, 'python:3'), AMD64, {
        client: client({ credentials: basic, log }),
        store: await store(),
        signal,
      }).catch((error: unknown) => error)) as Error & { hint: string; details: unknown };
      expect(failure).toMatchObject({ code: 'PYC_REGISTRY_ACCESS' });
      texts.push(
        JSON.stringify([
          failure.message,
          failure.hint,
          failure.details,
          failure.stack,
          warnings,
          String(failure.cause),
        ]),
      );
      expect(warnings.map(({ code }) => code)).toEqual(Array(2).fill('PYC_REGISTRY_WARNING'));
    }
    const pair = Buffer.from(`me:${PASSWORD}`).toString('base64');
    for (const text of texts) {
      for (const secret of [PASSWORD, pair, 'fake-token', '\u0085']) expect(text).not.toContain(secret);
    }
  });

  it('go to no look-alike host', async () => {
    const source = statedCredentials({ username: 'me', password: PASSWORD }, ['ghcr.io']);
    const hosts = ['ghcr.io', 'ghcr.io.evil.org', 'xghcr.io', 'ghcr.io:5000', 'docker.io'];
    const found = await Promise.all(hosts.map((host) => source(host, 'a')));
    expect(found.map((each) => each !== undefined)).toEqual([true, false, false, false, false]);
  });
});

describe('a realm', () => {
  it('is https, or this machine for a registry that is there too', () => {
    const table: [registry: string, realm: string | undefined, allowed: boolean][] = [
      ['https://ghcr.io', 'https://ghcr.io/token', true],
      ['https://registry-1.docker.io', 'https://auth.docker.io/token', true],
      ['https://ghcr.io', 'http://ghcr.io/token', false],
      ['https://ghcr.io', 'http://127.0.0.1/token', false],
      ['https://ghcr.io', 'https://169.254.169.254/latest/meta-data', false],
      ['https://ghcr.io', 'https://2852039166/latest', false],
      ['https://ghcr.io', 'https://[fe80::1]/', false],
      ['https://ghcr.io', 'file:///etc/passwd', false],
      ['https://ghcr.io', 'token', false],
      ['https://ghcr.io', undefined, false],
      ['http://localhost:5000', 'http://127.0.0.1:5001/token', true],
      ['http://localhost:5000', 'http://auth.example.org/token', false],
      ['http://insecure.example:5000', 'http://insecure.example:5001/token', true],
      ['http://insecure.example:5000', 'http://other.example/token', false],
    ];
    const wrong = table.filter(([from, realm, allowed]) => {
      try {
        parseRealm(realm, new URL(from));
        return !allowed;
      } catch (thrown) {
        return allowed || (thrown as { code?: string }).code !== 'PYC_REGISTRY_ANSWER';
      }
    });
    expect(wrong).toEqual([]);
  });

  it('that is refused is sent nothing', async () => {
    const elsewhere = await registry();
    const server = await registry({
      access: { kind: 'bearer', realm: `http://169.254.169.254:${new URL(elsewhere.origin).port}/token` },
    });
    const options = { client: client({ credentials: basic }), store: await store(), signal };
    expect(await codeOf(openRegistryImage(reference(server, 'python:3'), AMD64, options))).toBe(
      'PYC_REGISTRY_ANSWER',
    );
    expect(elsewhere.requests).toEqual([]);
  });
});

describe('the keychain', () => {
  const auth = (pair: string): { auth: string } => ({ auth: Buffer.from(pair).toString('base64') });

  async function home(
    files: Readonly<Record<string, unknown>>,
  ): Promise<{ env: Record<string, string>; directory: string }> {
    const directory = await temporaryFolder();
    for (const [name, content] of Object.entries(files)) {
      const file = join(directory, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
      if (name.startsWith('bin/')) await chmod(file, 0o755);
    }
    return { directory, env: { HOME: directory, PATH: `${directory}/bin:/usr/bin:/bin` } };
  }

  it('asks its files in order', () => {
    const env = { HOME: '/h', REGISTRY_AUTH_FILE: '/a', XDG_RUNTIME_DIR: '/r', DOCKER_CONFIG: '/d' };
    expect(credentialFiles(env)).toEqual([
      '/a',
      '/r/containers/auth.json',
      '/h/.config/containers/auth.json',
      '/d/config.json',
    ]);
    const ofRoot = '/run/containers/0/auth.json';
    const files = credentialFiles({ HOME: '/h', XDG_CONFIG_HOME: '/c' });
    expect(files.filter((file) => file !== ofRoot)).toEqual([
      '/c/containers/auth.json',
      '/h/.docker/config.json',
    ]);
  });

  it('finds the longest key, Docker’s URLs, and Docker Hub by all its names', async () => {
    const { env } = await home({
      '.config/containers/auth.json': {
        auths: {
          'ghcr.io': auth('host:1'),
          'ghcr.io/me': auth('namespace:2'),
          'ghcr.io/me/app': auth('repository:3:with:colons'),
          'localhost:5000': auth('local:4'),
        },
      },
      '.docker/config.json': {
        auths: {
          'https://index.docker.io/v1/': auth('hub:5'),
          'https://quay.io/v2/': { username: 'plain', password: '6' },
          'acr.azurecr.io': { ...auth('00000000-0000-0000-0000-000000000000:'), identitytoken: 'identity' },
          'token.io': { registrytoken: 'registry' },
          'empty.io': {},
          'ghcr.io': auth('later:7'),
        },
      },
    });
    const keychain = createKeychain({ env });
    const find = async (text: string): Promise<unknown> => {
      const { host, repository } = parseReference(text);
      const found = await keychain(host, repository);
      return found === undefined ? undefined : Object.values(found).join(' ');
    };
    const table: [string, unknown][] = [
      ['ghcr.io/me/app', 'basic repository 3:with:colons'],
      ['ghcr.io/me/app/sub', 'basic repository 3:with:colons'],
      ['ghcr.io/me/application', 'basic namespace 2'],
      ['ghcr.io/you/app', 'basic host 1'],
      ['ghcr.io.evil.org/me/app', undefined],
      ['localhost:5000/app', 'basic local 4'],
      ['localhost:5001/app', undefined],
      ['python', 'basic hub 5'],
      ['index.docker.io/me/app', 'basic hub 5'],
      ['quay.io/a/b', 'basic plain 6'],
      ['acr.azurecr.io/a', 'identity 00000000-0000-0000-0000-000000000000 identity'],
      ['token.io/a', 'bearer registry'],
      ['empty.io/a', undefined],
      ['other.io/a', undefined],
    ];
    const wrong: unknown[] = [];
    for (const [text, expected] of table) {
      const found = await find(text);
      if (found !== expected) wrong.push([text, found]);
    }
    expect(wrong).toEqual([]);
  });

  it('asks helpers: those for a host before the one for all, and before the file', async () => {
    const helper = (answer: string): string => `#!/bin/sh\nread server\n${answer}\n`;
    const { env } = await home({
      '.docker/config.json': {
        credsStore: 'all',
        credHelpers: { 'ecr.aws': 'one', 'docker.io': 'hub' },
        auths: { 'ecr.aws': auth('file:0'), 'unknown.io': auth('file:1'), 'ecr.aws/mine': auth('file:2') },
      },
      'bin/docker-credential-one': helper(
        `echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"AWS\\",\\"Secret\\":\\"s-$server\\"}"`,
      ),
      'bin/docker-credential-hub': helper(`echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$server\\"}"`),
      'bin/docker-credential-all': helper('echo "credentials not found in native keychain"; exit 1'),
    });
    const keychain = createKeychain({ env });
    expect(await keychain('ecr.aws', 'app')).toEqual({
      kind: 'basic',
      username: 'AWS',
      password: 's-ecr.aws',
    });
    expect(await keychain('ecr.aws', 'mine/app')).toMatchObject({ username: 'file', password: '2' });
    expect(await keychain('docker.io', 'library/python')).toEqual({
      kind: 'identity',
      username: '<token>',
      token: 'https://index.docker.io/v1/',
    });
    expect(await keychain('unknown.io', 'a')).toMatchObject({ username: 'file' });
    expect(await keychain('nowhere.io', 'a')).toBeUndefined();
  });

  it('names a helper that is missing, badly named, or fails, without what it printed', async () => {
    const broken = 'super-secret';
    for (const [name, script] of [
      ['absent', undefined],
      ['../../bin/sh', undefined],
      ['a b', undefined],
      ['failing', `#!/bin/sh\necho ${broken}; exit 3\n`],
      ['babbling', `#!/bin/sh\necho '{"Username":"u","Secret":5} ${broken}'\n`],
    ] as const) {
      const { env } = await home({
        '.docker/config.json': { credsStore: name },
        ...(script === undefined ? {} : { [`bin/docker-credential-${name}`]: script }),
      });
      const failure = (await createKeychain({ env })('ghcr.io', 'a').catch(
        (error: unknown) => error,
      )) as Error;
      expect(failure).toMatchObject({ code: 'PYC_CREDENTIAL_HELPER' });
      expect(failure.message).toContain(name);
      expect(`${failure.message} ${String(failure.cause)}`).not.toContain(broken);
    }
  });

  it('refuses files that are damaged, without quoting them', async () => {
    for (const content of [
      '{"auths": {"ghcr.io": {"auth": "c2VjcmV0"',
      '[1]',
      '"secret"',
      { auths: { 'ghcr.io': { auth: 'c2VjcmV0' } } },
    ]) {
      const { env } = await home({ '.docker/config.json': content });
      const failure = (await createKeychain({ env })('ghcr.io', 'a').catch(
        (error: unknown) => error,
      )) as Error;
      expect(failure).toMatchObject({ code: 'PYC_CREDENTIAL_FILE' });
      expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/c2VjcmV0|secret/);
    }
    const { env } = await home({ '.docker/config.json': '' });
    expect(await createKeychain({ env })('ghcr.io', 'a')).toBeUndefined();
  });
});
