import { rm } from 'node:fs/promises';
import {
  type FakeObjectStore,
  type FakeRegistry,
  startFakeObjectStore,
  startFakeRegistry,
  type WheelRecipe,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Digest } from '../../core/primitives/digest.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import { makeSample, type Sample } from '../samples/sample.ts';

const WHEELS: readonly WheelRecipe[] = [
  { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } },
  { name: 'beta', version: '2.0', files: { 'beta/__init__.py': `B = "${'b'.repeat(5000)}"\n` } },
];

async function registry(): Promise<FakeRegistry> {
  const server = await startFakeRegistry();
  onTestFinished(() => server.close());
  return server;
}

async function bazelCache(options = {}): Promise<FakeObjectStore> {
  const server = await startFakeObjectStore(options);
  onTestFinished(() => server.close());
  return server;
}

/** Another machine: it has nothing in its store, and the index has nothing for it. */
async function elsewhere(sample: Sample): Promise<void> {
  await rm(sample.cache, { recursive: true, force: true });
  sample.index.requests.length = 0;
}

const fetched = (sample: Sample): string[] =>
  sample.index.requests.map(({ path }) => path).filter((path) => path.endsWith('.whl'));

const origins = (report: Awaited<ReturnType<Sample['build']>>): (string | null)[] =>
  report.images.flatMap(({ layers }) => layers.map(({ origin }) => origin));

describe('a cache of layers', () => {
  it('in a registry gives another machine every layer, without a wheel, by a mount', async () => {
    const server = await registry();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { cache: `registry:${server.host}/cache`, tags: [`${server.host}/shop:1`], push: true };
    const first = await sample.build({ ...config, cacheWrite: true });
    expect(first.error).toBeNull();
    expect(first.warnings).toEqual([]);
    expect(new Set(origins(first))).toEqual(new Set(['built']));
    expect(first.outputs[0]).toMatchObject({ blobsMounted: first.images[0]!.layers.length });

    await elsewhere(sample);
    server.requests.length = 0;
    const second = await sample.build({ ...config, tags: [`${server.host}/other:1`] });
    expect(second.error).toBeNull();
    expect(second.warnings).toEqual([]);
    expect(new Set(origins(second))).toEqual(new Set(['cached']));
    expect(second.images[0]?.digest).toBe(first.images[0]?.digest);
    expect(fetched(sample)).toEqual([]);
    expect(second.outputs[0]).toMatchObject({ blobsMounted: second.images[0]!.layers.length });
    const layers = new Set(second.images[0]!.layers.map(({ digest }) => digest));
    const read = server.requests.filter(
      ({ method, path }) => method === 'GET' && [...layers].some((digest) => path.endsWith(String(digest))),
    );
    expect(read).toEqual([]);
    const written = server.requests.filter(
      ({ method, path }) => method === 'PUT' && path.startsWith('/v2/cache/'),
    );
    expect(written).toEqual([]);
  });

  it('in a registry is read by a build that goes elsewhere, and checked', async () => {
    const server = await registry();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { cache: `registry:${server.host}/cache`, outputs: ['layout:out'] };
    const first = await sample.build({ ...config, cacheWrite: true });
    await elsewhere(sample);
    const second = await sample.build(config);
    expect([second.error, second.warnings]).toEqual([null, []]);
    expect(new Set(origins(second))).toEqual(new Set(['cached']));
    expect(second.images[0]?.digest).toBe(first.images[0]?.digest);
    expect(fetched(sample)).toEqual([]);
    // What was fetched is kept: the next build asks nobody.
    server.requests.length = 0;
    const third = await sample.build(config);
    expect(third.images[0]?.digest).toBe(first.images[0]?.digest);
    expect(server.requests).toEqual([]);
  });

  it('of Bazel is spoken to with GET, HEAD and PUT, and a login of the netrc file', async () => {
    const authorization = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
    const server = await bazelCache({ authorization });
    const sample = await makeSample({
      wheels: WHEELS,
      files: { '../.netrc': 'machine 127.0.0.1 login me password s3cret\n' },
    });
    const config = { cache: `${server.origin}/`, outputs: ['layout:out'] };
    const first = await sample.build({ ...config, cacheWrite: true });
    expect([first.error, first.warnings]).toEqual([null, []]);
    await elsewhere(sample);
    const second = await sample.build(config);
    expect([second.error, second.warnings]).toEqual([null, []]);
    expect(new Set(origins(second))).toEqual(new Set(['cached']));
    expect(second.images[0]?.digest).toBe(first.images[0]?.digest);
    expect(fetched(sample)).toEqual([]);
    expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD', 'PUT']));
    for (const path of server.objects.keys()) expect(path).toMatch(/^(ac|cas)\/[0-9a-f]{64}$/);
    for (const [path, bytes] of server.objects)
      if (path.startsWith('cas/')) expect(digestOf(bytes)).toBe(`sha256:${path.slice(4)}`);
  });

  it('is not written unless that is asked for, and is filled by a machine that has all of it', async () => {
    const server = await bazelCache();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { cache: server.origin, outputs: ['layout:out'] };
    await sample.build(config);
    expect(server.objects.size).toBe(0);
    await sample.build({ ...config, cacheWrite: true });
    await elsewhere(sample);
    expect(new Set(origins(await sample.build(config)))).toEqual(new Set(['cached']));
    expect(fetched(sample)).toEqual([]);
  });

  it('is not asked under --no-cache, --offline and --dry-run', async () => {
    const server = await bazelCache();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { cache: server.origin, outputs: ['layout:out'] };
    await sample.build(config, { dryRun: true });
    await sample.build(config, { noCache: true });
    await sample.build(config, { offline: true });
    expect(server.requests).toEqual([]);
  });
});

/** Each does one thing to everything that a cache holds. */
const HARM: Readonly<Record<string, (objects: Map<string, Uint8Array>, layers: readonly Digest[]) => void>> =
  {
    'entries under other keys': (objects) => {
      const keys = [...objects.keys()].filter((path) => path.startsWith('ac/'));
      const values = keys.map((path) => objects.get(path)!);
      for (const [index, key] of keys.entries()) objects.set(key, values[(index + 1) % values.length]!);
    },
    'entries that are no message': (objects) => change(objects, 'ac/', () => Buffer.from('<html>')),
    'entries that are empty': (objects) => change(objects, 'ac/', () => Buffer.alloc(0)),
    'entries that are cut': (objects) =>
      change(objects, 'ac/', (bytes) => bytes.subarray(0, bytes.length - 9)),
    'entries of four megabytes': (objects) => change(objects, 'ac/', () => Buffer.alloc(4 * 1024 * 1024, 1)),
    'texts that were changed': (objects) =>
      change(objects, 'ac/', (bytes) =>
        Buffer.from(Buffer.from(bytes).toString('latin1').replace('"size":', '"size":1'), 'latin1'),
      ),
    'layers with a changed byte': (objects) =>
      change(objects, 'cas/', (bytes) => {
        const changed = Buffer.from(bytes);
        changed[changed.length >> 1]! ^= 1;
        return changed;
      }),
    'layers that are cut': (objects) => change(objects, 'cas/', (bytes) => bytes.subarray(0, 20)),
    'layers that go on': (objects) =>
      change(objects, 'cas/', (bytes) => Buffer.concat([bytes, Buffer.alloc(99)])),
    'layers that are gone': (objects) => {
      for (const path of [...objects.keys()]) if (path.startsWith('cas/')) objects.delete(path);
    },
  };

function change(objects: Map<string, Uint8Array>, kind: string, to: (bytes: Uint8Array) => Uint8Array): void {
  for (const [path, bytes] of objects) if (path.startsWith(kind)) objects.set(path, to(bytes));
}

describe('a cache that is not right', () => {
  it('is found out, said once, and made up for, whatever is wrong', async () => {
    const server = await bazelCache();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { cache: server.origin, outputs: ['layout:out'] };
    const first = await sample.build({ ...config, cacheWrite: true });
    const good = new Map(server.objects);
    const surprises: unknown[] = [];
    for (const [what, harm] of Object.entries(HARM)) {
      server.objects.clear();
      for (const [path, bytes] of good) server.objects.set(path, bytes);
      harm(server.objects, []);
      await elsewhere(sample);
      const { error, images, warnings } = await sample.build(config);
      const codes = warnings.map(({ code }) => code);
      if (error !== null || images[0]?.digest !== first.images[0]?.digest) surprises.push([what, error]);
      if (codes.join() !== 'PYC_CACHE_ENTRY_DAMAGED') surprises.push([what, warnings]);
    }
    expect(surprises).toEqual([]);
  });
});
