import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  type FakeObjectStore,
  type FakeRegistry,
  startFakeObjectStore,
  startFakeRegistry,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../../core/http/undici-client.ts';
import { OCI_LAYER_GZIP } from '../../core/oci/media-types.ts';
import { parseReference } from '../../core/oci/reference.ts';
import { streamOf } from '../../core/primitives/bytes.ts';
import { type Digest, digestOf } from '../../core/primitives/digest.ts';
import type { Warning } from '../../core/primitives/log.ts';
import { silentLog } from '../../core/primitives/log.ts';
import { createRegistryClient } from '../../core/registry/client.ts';
import { createRegistryCache } from '../../core/registry/layer-cache.ts';
import { formatAction } from '../../core/store/action-file.ts';
import { formatActionResult, parseActionResult } from '../../core/store/action-result.ts';
import { createDiskStore } from '../../core/store/disk-store.ts';
import { createHttpCache } from '../../core/store/http-cache.ts';
import type { RemoteBackend, RemoteBlob } from '../../core/store/remote.ts';
import { createRemoteCache, type RemoteCacheOptions } from '../../core/store/remote-cache.ts';
import type { Store } from '../../core/store/store.ts';

const KEY = digestOf('a key');
const BYTES = Buffer.from('the bytes of a layer');
const BLOB: RemoteBlob = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(BYTES),
  size: BYTES.length,
  open: async () => streamOf(BYTES),
};

const http = () => {
  const client = createHttpClient({ env: {}, retry: { base: 1 } });
  onTestFinished(() => client.close());
  return client;
};

async function store(): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'pyc-remote-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return createDiskStore({ directory, limit: 1e9 });
}

async function objects(options = {}): Promise<FakeObjectStore> {
  const server = await startFakeObjectStore(options);
  onTestFinished(() => server.close());
  return server;
}

async function registry(options = {}): Promise<FakeRegistry> {
  const server = await startFakeRegistry(options);
  onTestFinished(() => server.close());
  return server;
}

const inRegistry = (server: FakeRegistry): RemoteBackend =>
  createRegistryCache(parseReference(`${server.host}/cache`), createRegistryClient({ http: http() }));
const overHttp = (origin: string): RemoteBackend => createHttpCache(new URL(origin), { http: http() });

function cacheOf(backend: RemoteBackend, options: Partial<RemoteCacheOptions> = {}) {
  const warnings: Warning[] = [];
  const log = { ...silentLog, warn: (warning: Warning) => void warnings.push(warning) };
  const signal = new AbortController().signal;
  const cache = createRemoteCache(backend, { log, signal, mayRead: true, mayWrite: true, ...options });
  return { cache, codes: () => warnings.map(({ code }) => code) };
}

describe('a shared cache', () => {
  it('gives back what was put there: small and large values, and blobs', async () => {
    const large = Array.from({ length: 20_000 }, (_, index) => `a path ${index}`);
    for (const backend of [inRegistry(await registry()), overHttp((await objects()).origin)]) {
      const { cache, codes } = cacheOf(backend);
      expect(await cache.get(KEY)).toBeUndefined();
      expect(await cache.has(KEY)).toBe(false);
      expect(await cache.put(KEY, { a: 1 }, BLOB)).toBe(true);
      expect(await cache.put(digestOf('large'), large)).toBe(true);
      expect(await cache.has(KEY)).toBe(true);
      expect(await cache.get(KEY)).toEqual({ a: 1 });
      expect(await cache.get(digestOf('large'))).toEqual(large);
      expect(await cache.hasBlob(BLOB)).toBe(true);
      const target = await store();
      expect(await cache.fetch(BLOB, target)).toBe(true);
      expect(Buffer.from(await target.read(BLOB.digest))).toEqual(BYTES);
      expect(codes()).toEqual([]);
    }
  });

  it('keeps a blob in a registry as a layer of its entry, so that the registry does not drop it', async () => {
    const server = await registry();
    await cacheOf(inRegistry(server)).cache.put(KEY, 1, BLOB);
    const { tags, manifests } = server.repository('cache');
    const manifest = JSON.parse(manifests.get(tags.get(`pyc-${KEY.slice(7)}`)!)!.bytes.toString());
    expect(manifest.artifactType).toMatch(/^application\/vnd\.pycontainer\./);
    expect(manifest.layers.map(({ digest }: { digest: Digest }) => digest)).toContain(BLOB.digest);
  });

  it('is not believed where an entry is another one, or none', async () => {
    const server = await registry();
    const { cache, codes } = cacheOf(inRegistry(server));
    const tag = `pyc-${KEY.slice(7)}`;
    const repository = server.repository('cache');
    await cache.put(digestOf('another key'), 'another value', BLOB);
    const surprises: unknown[] = [];
    const expectMiss = async (what: string): Promise<void> => {
      const value = await cache.get(KEY);
      if (value !== undefined) surprises.push([what, value]);
    };
    repository.tags.set(tag, repository.tags.get(`pyc-${digestOf('another key').slice(7)}`)!);
    await expectMiss('the entry of another key');
    const documents: readonly (readonly [unknown, string])[] = [
      [{}, 'application/vnd.oci.image.manifest.v1+json'],
      [[], 'application/vnd.oci.image.manifest.v1+json'],
      [{ schemaVersion: 2, manifests: [] }, 'application/vnd.oci.image.index.v1+json'],
      [{ schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+json'],
      [{ schemaVersion: 2, config: BLOB, layers: [BLOB] }, 'application/vnd.oci.image.manifest.v1+json'],
    ];
    for (const [document, mediaType] of documents) {
      server.addManifest('cache', document, mediaType, tag);
      await expectMiss(JSON.stringify(document));
    }
    const entry = (layer: object): object => ({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.pycontainer.action.v1',
      config: BLOB,
      layers: [{ mediaType: 'application/vnd.pycontainer.action.v1+json', ...layer }],
    });
    const text = Buffer.from(formatAction(KEY, 1));
    const truth = { digest: digestOf(text), size: text.length };
    for (const layer of [
      { ...truth, data: 'AAAA' },
      { ...truth, digest: digestOf(''), data: text.toString('base64') },
      { ...truth, size: 5_000_000_000 },
      { ...truth, size: 3 },
      truth,
    ]) {
      server.addManifest('cache', entry(layer), 'application/vnd.oci.image.manifest.v1+json', tag);
      await expectMiss(JSON.stringify(layer));
    }
    const lie = Buffer.from(formatAction(KEY, 1).replace(/1\}$/, '2}'));
    const noJson = formatAction(KEY, 1).replace(/"integrity":"[^"]+","value":1/, () => {
      const integrity = digestOf(`${KEY}\n{`);
      return `"integrity":"${integrity}","value":{`;
    });
    for (const bytes of [lie, Buffer.from(noJson), Buffer.from('{}'), Buffer.alloc(0)]) {
      const { digest, size } = server.addBlob('cache', bytes);
      server.addManifest('cache', entry({ digest, size }), 'application/vnd.oci.image.manifest.v1+json', tag);
      await expectMiss(bytes.toString());
    }
    expect(surprises).toEqual([]);
    expect(codes()).toEqual(['PYC_CACHE_ENTRY_DAMAGED']);
    server.addManifest(
      'cache',
      entry({ ...truth, data: text.toString('base64') }),
      'application/vnd.oci.image.manifest.v1+json',
      tag,
    );
    expect(await cache.get(KEY)).toBe(1);
  });

  it('that is gone, refuses or fails is let alone after one warning', async () => {
    const gone = await objects();
    await gone.close();
    const refusing = await objects({ authorization: 'Basic other' });
    const failing = await objects({ fault: () => ({ status: 500 }) });
    const page = await objects({ fault: () => ({ status: 302, headers: { location: '/login' } }) });
    for (const server of [gone, refusing, failing, page]) {
      const { cache, codes } = cacheOf(overHttp(server.origin), { mayWrite: false });
      const values = await Promise.all(Array.from({ length: 20 }, (_, at) => cache.get(digestOf(`${at}`))));
      expect(new Set(values)).toEqual(new Set([undefined]));
      expect(codes()).toEqual(['PYC_CACHE_UNAVAILABLE']);
      const before = server.requests.length;
      expect(await cache.get(KEY)).toBeUndefined();
      expect(await cache.fetch(BLOB, await store())).toBe(false);
      expect(server.requests.length).toBe(before);
    }
  });

  it('that hangs holds nobody up for longer than its time', async () => {
    const server = await objects({ fault: () => ({ delay: 60_000 }) });
    const { cache, codes } = cacheOf(overHttp(server.origin), { times: { lookup: 50 } });
    expect(await Promise.all([cache.get(KEY), cache.get(digestOf('b')), cache.put(KEY, 1, BLOB)])).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(new Set(codes())).toEqual(new Set(['PYC_CACHE_UNAVAILABLE']));
    expect(cache.isWritten).toBe(false);
  });

  it('that stops in the middle of a blob, or drips, is let alone too', async () => {
    const stalling = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': String(BLOB.size) });
      response.write(BYTES.subarray(0, 5));
    });
    await new Promise<void>((resolve) => stalling.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      stalling.closeAllConnections();
      stalling.close();
    });
    const dripping = await objects({ fault: () => ({ trickle: 1, body: BYTES, status: 200 }) });
    const { port } = stalling.address() as AddressInfo;
    for (const origin of [`http://127.0.0.1:${port}`, dripping.origin]) {
      const { cache, codes } = cacheOf(overHttp(origin), { times: { lookup: 100, slowest: 0.15 } });
      const target = await store();
      expect(await cache.fetch(BLOB, target)).toBe(false);
      expect(await target.find(BLOB.digest)).toBeUndefined();
      expect(codes()).toEqual(['PYC_CACHE_UNAVAILABLE']);
    }
  });

  it('that may not be read may be written, and the other way round', async () => {
    const reads = await objects({
      fault: ({ method }: { method: string }) => (method === 'GET' ? { status: 403 } : undefined),
    });
    const first = cacheOf(overHttp(reads.origin));
    expect(await first.cache.get(KEY)).toBeUndefined();
    expect(await first.cache.put(KEY, 1)).toBe(true);
    const writes = await objects({
      fault: ({ method }: { method: string }) => (method === 'PUT' ? { status: 401 } : undefined),
    });
    const second = cacheOf(overHttp(writes.origin));
    expect(await second.cache.put(KEY, 1)).toBe(false);
    expect(await second.cache.get(KEY)).toBeUndefined();
    expect([...first.codes(), ...second.codes()]).toEqual(['PYC_CACHE_UNAVAILABLE', 'PYC_CACHE_UNAVAILABLE']);
    expect(second.cache.isWritten).toBe(false);
  });

  it('ends with the run', async () => {
    const server = await objects({ fault: () => ({ delay: 60_000 }) });
    const stop = new AbortController();
    const { cache, codes } = cacheOf(overHttp(server.origin), { signal: stop.signal });
    const asked = cache.get(KEY);
    const reason = new Error('stop');
    setTimeout(() => stop.abort(reason), 20);
    await expect(asked).rejects.toBe(reason);
    expect(codes()).toEqual([]);
  });
});

describe('the result of an action', () => {
  it('is read as it was written', () => {
    const blob = { digest: digestOf('x'), size: 300_000_000_000 };
    for (const result of [
      { text: Buffer.from('{}') },
      { textBlob: blob },
      { text: Buffer.alloc(0), output: blob },
      { textBlob: { ...blob, size: 0 }, output: blob },
    ]) {
      expect(parseActionResult(formatActionResult(result))).toEqual(result);
    }
  });

  it('has the bytes that Protocol Buffers have for it', () => {
    const digest = `sha256:${'ab'.repeat(32)}` as Digest;
    const bytes = formatActionResult({ text: Buffer.from('hi'), output: { digest, size: 300 } });
    const hash = Buffer.from('ab'.repeat(32)).toString('hex');
    expect(Buffer.from(bytes).toString('hex')).toBe(
      `124d0a04626c6f621245 0a40${hash}10ac02 2a026869`.replaceAll(' ', ''),
    );
  });

  it('is passed over where it is none, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const result = parseActionResult(bytes);
        expect(result === undefined || typeof result === 'object').toBe(true);
      }),
    );
  });
});
