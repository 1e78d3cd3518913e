import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseReference } from '../../core/oci/reference.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import { push } from '../../core/registry/push.ts';
import { openRegistryImage } from '../../core/registry/registry-image.ts';
import type { FakeRegistry, FakeRegistryOptions } from '../../core/testing/fake-registry.ts';
import { CERTIFICATE, KEY } from '../http/certificate.ts';
import {
  AMD64,
  client,
  codeOf,
  http,
  image,
  place,
  reference,
  registry,
  store,
  temporaryFolder,
} from './images.ts';

const { signal } = new AbortController();
const APP = parseReference('registry.test/app:1');

/** A registry called registry.test, which a proxy leads to: this machine's own names would be spoken to over http. */
async function secure(
  options: FakeRegistryOptions,
): Promise<{ server: FakeRegistry; registries: RegistryClient }> {
  const server = await registry({ ...options, tls: { cert: CERTIFICATE, key: KEY } });
  const proxy = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const upstream = connect(Number(new URL(server.origin).port), '127.0.0.1');
      upstream.on('error', () => undefined);
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const file = join(await temporaryFolder(), 'ca.pem');
  await writeFile(file, CERTIFICATE);
  const env = {
    HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    SSL_CERT_FILE: file,
  };
  const credentials = async () => ({ kind: 'basic', username: 'me', password: 'pw' }) as const;
  return { server, registries: client({ http: http({ env }), credentials }) };
}

describe('a registry over https', () => {
  it('is pushed to and pulled from', async () => {
    const { server, registries } = await secure({
      access: { kind: 'basic', username: 'me', password: 'pw' },
    });
    const made = image(['one']);
    const result = await push({ target: APP, images: [made], referrers: [] }, { client: registries, signal });
    expect(result.reference).toBe(`registry.test/app@${made.manifest.descriptor.digest}`);
    const opened = await openRegistryImage(APP, AMD64, { client: registries, store: await store(), signal });
    expect(opened.resolved).toBe(result.digest);
    expect(server.requests.length).toBeGreaterThan(0);
  });

  it('may not send uploads, tokens’ seekers or readers on over http, nor uploads to this machine', async () => {
    const plain = await registry();
    const uploads = await secure({ location: 'http://registry.test', oneRequest: false });
    const location = plain.origin.replace('http:', 'https:') as `https://${string}`;
    const inward = await secure({ location, oneRequest: false });
    const realm = await secure({ access: { kind: 'bearer', realm: 'http://registry.test/token' } });
    const redirect = await secure({
      fault: ({ method }) =>
        method === 'GET' ? { status: 302, headers: { location: plain.origin } } : undefined,
    });
    const request = { target: APP, images: [image(['one'])], referrers: [] };
    expect(await codeOf(push(request, { client: uploads.registries, signal }))).toBe('PYC_REGISTRY_ANSWER');
    expect(await codeOf(push(request, { client: inward.registries, signal }))).toBe('PYC_REGISTRY_ANSWER');
    expect(await codeOf(push(request, { client: realm.registries, signal }))).toBe('PYC_REGISTRY_ANSWER');
    const opened = openRegistryImage(APP, AMD64, {
      client: redirect.registries,
      store: await store(),
      signal,
    });
    expect(await codeOf(opened)).toBe('PYC_HTTP_REDIRECT');
    expect(plain.requests).toEqual([]);
  });
});

describe('a blob that lies on another host', () => {
  it('is fetched from there, without the registry’s credentials, and verified', async () => {
    const made = image(['one']);
    const layer = made.layers[0]!.descriptor.digest;
    const storage = await registry();
    storage.addBlob('python', made.layerBytes[0]!);
    const server = await registry({
      access: { kind: 'basic', username: 'me', password: 'pw' },
      fault: ({ method, path, headers }) =>
        method === 'GET' && path.includes(layer) && headers.authorization !== undefined
          ? { status: 307, headers: { location: `${storage.origin}${path}?signature=abc` } }
          : undefined,
    });
    place(server, 'python', made, '3');
    const credentials = async () => ({ kind: 'basic', username: 'me', password: 'pw' }) as const;
    const opened = await openRegistryImage(reference(server, 'python:3'), AMD64, {
      client: client({ credentials }),
      store: await store(),
      signal,
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of await opened.layers[0]!.open(signal)) chunks.push(chunk as Uint8Array);
    expect(digestOf(Buffer.concat(chunks))).toBe(layer);
    expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
