import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { faultOf } from '../../core/http/fault.ts';
import { createHostCertificates } from '../../core/http/host-certificates.ts';
import { createHttpClient } from '../../core/http/undici-client.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

type Environment = Readonly<Record<string, string>>;

/** A home whose `certs.d` folders have these files. */
async function homeOf(files: Readonly<Record<string, string>>): Promise<Environment> {
  const home = await mkdtemp(join(tmpdir(), 'certs-'));
  onTestFinished(() => rm(home, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), text);
  }
  return { HOME: home };
}

/** Answers with the common name of the certificate that it was shown, `nobody` for none. */
async function server(demand: boolean, redirect?: string): Promise<string> {
  const one = createServer(
    { cert: CERTIFICATE, key: KEY, ca: CERTIFICATE, requestCert: true, rejectUnauthorized: demand },
    (request, response) => {
      const shown = (
        request.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } }
      ).getPeerCertificate();
      if (redirect !== undefined) response.writeHead(302, { location: redirect });
      response.end(shown.subject?.CN ?? 'nobody');
    },
  );
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    one.close();
    one.closeAllConnections();
  });
  return `localhost:${(one.address() as AddressInfo).port}`;
}

async function ask(env: Environment, host: string, verify = true): Promise<string> {
  const http = createHttpClient({ env, retry: { base: 1 } });
  try {
    const response = await http.request({ url: `https://${host}/`, verify });
    return await response.text(1000);
  } catch (thrown) {
    return (thrown as { code: string }).code;
  } finally {
    await http.close();
  }
}

describe('certificates of a host', () => {
  it('are trusted at that host and at no other', async () => {
    const [host, other] = [await server(false), await server(false)];
    const env = await homeOf({ [`.config/containers/certs.d/${host}/ca.crt`]: CERTIFICATE });
    expect(await ask(env, host)).toBe('nobody');
    expect(await ask(env, other)).toBe('PYC_HTTP_CERTIFICATE');
  });

  it('are shown to the host that asks for one', async () => {
    const host = await server(true);
    const folder = `.docker/certs.d/${host}`;
    const authority = { [`${folder}/ca.crt`]: CERTIFICATE };
    const env = await homeOf({
      ...authority,
      [`${folder}/me.cert`]: CERTIFICATE,
      [`${folder}/me.key`]: KEY,
    });
    expect(await ask(env, host)).toBe('pycontainer test');
    expect(await ask(await homeOf(authority), host)).toMatch(/^PYC_HTTP_/);
  });

  it('are asked for by name where the host refuses without', () => {
    const alert = Object.assign(new Error('alert'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
    expect(faultOf(alert, new URL('https://a.test:5000/'))).toMatchObject({
      code: 'PYC_HTTP_CERTIFICATE',
      hint: expect.stringContaining('certs.d/a.test:5000'),
    });
  });

  it('are looked for in the user’s folders first, by the name with the port', async () => {
    const files = Object.fromEntries(
      [
        '.config/containers/certs.d/a.test',
        '.docker/certs.d/a.test',
        '.docker/certs.d/b.test:443',
        '.docker/certs.d/[::1]:5000',
        '.docker/certs.d/docker.io',
        'xdg/containers/certs.d/c.test',
        'docker/certs.d/d.test',
      ].map((folder) => [`${folder}/ca.crt`, CERTIFICATE]),
    );
    const env = await homeOf(files);
    const folders = createHostCertificates(env);
    const found = async (host: string): Promise<string | undefined> =>
      (await folders.folderOf(host))?.slice(env.HOME!.length + 1);
    expect(await found('A.test')).toBe('.config/containers/certs.d/a.test');
    expect(await found('b.test')).toBe('.docker/certs.d/b.test:443');
    expect(await found('[::1]:5000')).toBe('.docker/certs.d/[::1]:5000');
    expect(await found('registry-1.docker.io')).toBe('.docker/certs.d/docker.io');
    for (const host of ['a.test:5000', 'b.test:444', 'c.test', 'd.test', '..'])
      expect(await found(host)).toBe(undefined);
    const moved = createHostCertificates({
      HOME: '/nowhere',
      XDG_CONFIG_HOME: join(env.HOME!, 'xdg'),
      DOCKER_CONFIG: join(env.HOME!, 'docker'),
    });
    expect(await moved.folderOf('c.test')).toBeDefined();
    expect(await moved.folderOf('d.test')).toBeDefined();
  });

  it('that are half, damaged or each other’s are refused', async () => {
    const cases: Readonly<Record<string, string>>[] = [
      { 'me.cert': CERTIFICATE },
      { 'me.key': KEY },
      { 'me.cert': CERTIFICATE, 'me.key': 'none' },
      { 'ca.crt': 'none' },
      { 'me.cert': CERTIFICATE.replace(/M/g, '!'), 'me.key': KEY },
      { 'me.cert': CERTIFICATE, 'me.key': CERTIFICATE },
    ];
    const codes = await Promise.all(
      cases.map(async (files) => {
        const host = 'localhost:1';
        const named = Object.entries(files).map(([name, text]) => [`.docker/certs.d/${host}/${name}`, text]);
        return ask(await homeOf(Object.fromEntries(named)), host);
      }),
    );
    expect(codes).toEqual(cases.map(() => 'PYC_HTTP_HOST_CERTIFICATE'));
  });
});

describe('a host whose certificate is not looked at', () => {
  it('is forgiven alone, and not where it redirects to', async () => {
    const env = await homeOf({});
    const host = await server(false);
    expect(await ask(env, host, false)).toBe('nobody');
    expect(await ask(env, host)).toBe('PYC_HTTP_CERTIFICATE');
    expect(await ask(env, await server(false, `https://${host}/`), false)).toBe('PYC_HTTP_CERTIFICATE');
  });
});
