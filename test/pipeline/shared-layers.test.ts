import { rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import {
  type FakeObjectStore,
  type FakeRegistry,
  type FakeRegistryOptions,
  startFakeObjectStore,
  startFakeRegistry,
  type WheelRecipe,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OCI_LAYER_GZIP } from '../../core/oci/media-types.ts';
import { digestFromHex, digestOf, hexOf } from '../../core/primitives/digest.ts';
import { formatAction, parseAction } from '../../core/store/action-file.ts';
import { formatActionResult, parseActionResult } from '../../core/store/action-result.ts';
import { makeSample, type Sample } from '../samples/sample.ts';

const WHEELS: readonly WheelRecipe[] = [
  { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } },
  { name: 'beta', version: '2.0', files: { 'beta/__init__.py': `B = "${'b'.repeat(5000)}"\n` } },
];

async function registry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const server = await startFakeRegistry(options);
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

  it('gets the credentials of a run only where the run pushes as well', async () => {
    const account = { username: 'me', password: 's3cret' };
    const access = { kind: 'basic', ...account } as const;
    const [own, foreign] = [await registry({ access }), await registry({ access })];
    const sample = await makeSample({ wheels: WHEELS });
    const config = { tags: [`${own.host}/shop:1`], push: true, cacheWrite: true };
    const first = await sample.build(
      { ...config, cache: `registry:${own.host}/cache` },
      { credentials: account },
    );
    expect([first.error, first.warnings]).toEqual([null, []]);
    const second = await sample.build(
      { ...config, cache: `registry:${foreign.host}/cache` },
      { credentials: account },
    );
    expect(second.error).toBeNull();
    expect(foreign.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    expect(JSON.stringify(second.warnings)).not.toContain('s3cret');
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
const HARM: Readonly<Record<string, (objects: Map<string, Uint8Array>) => void>> = {
  'entries under other keys': (objects) => {
    const keys = [...objects.keys()].filter((path) => path.startsWith('ac/'));
    const values = keys.map((path) => objects.get(path)!);
    for (const [index, key] of keys.entries()) objects.set(key, values[(index + 1) % values.length]!);
  },
  'entries that are no message': (objects) => change(objects, 'ac/', () => Buffer.from('<html>')),
  'entries that are empty': (objects) => change(objects, 'ac/', () => Buffer.alloc(0)),
  'entries that are cut': (objects) => change(objects, 'ac/', (bytes) => bytes.subarray(0, bytes.length - 9)),
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
      harm(server.objects);
      await elsewhere(sample);
      const { error, images, warnings } = await sample.build(config);
      const codes = warnings.map(({ code }) => code);
      if (error !== null || images[0]?.digest !== first.images[0]?.digest) surprises.push([what, error]);
      if (codes.join() !== 'PYC_CACHE_ENTRY_DAMAGED') surprises.push([what, warnings]);
      // Who may write puts it right for everybody else.
      await elsewhere(sample);
      await sample.build({ ...config, cacheWrite: true });
      await elsewhere(sample);
      const last = await sample.build(config);
      if (last.warnings.length > 0 || fetched(sample).length > 0) surprises.push([what, last.warnings]);
    }
    expect(surprises).toEqual([]);
  });

  it('is found out where an entry is intact and lies', async () => {
    const server = await bazelCache();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { cache: server.origin, outputs: ['layout:out'] };
    const first = await sample.build({ ...config, cacheWrite: true });
    const good = new Map(server.objects);
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const surprises: unknown[] = [];
    for (const [what, lie] of Object.entries(lies(bomb))) {
      server.objects.clear();
      for (const [path, bytes] of good) server.objects.set(path, bytes);
      server.objects.set(`cas/${hexOf(digestOf(bomb))}`, bomb);
      for (const [path, bytes] of good) {
        if (!path.startsWith('ac/')) continue;
        const key = digestFromHex(path.slice(3));
        const { text, ...rest } = parseActionResult(bytes)!;
        const value = parseAction(key, Buffer.from(text!).toString()) as Entry;
        const changed = formatAction(key, lie(value));
        server.objects.set(path, formatActionResult({ ...rest, text: Buffer.from(changed) }));
      }
      await elsewhere(sample);
      const { error, images, warnings } = await sample.build(config);
      if (error !== null || images[0]?.digest !== first.images[0]?.digest) surprises.push([what, error]);
      const codes = warnings.map(({ code }) => code);
      if (codes.join() !== 'PYC_CACHE_ENTRY_DAMAGED') surprises.push([what, warnings]);
    }
    expect(surprises).toEqual([]);
  });

  it('that cannot be reached is said once, and the build goes on', async () => {
    const server = await bazelCache();
    await server.close();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { cache: server.origin, cacheWrite: true, platforms: ['linux/amd64', 'linux/arm64'] };
    const { error, warnings } = await sample.build(config);
    expect(error).toBeNull();
    expect(warnings.map(({ code }) => code)).toEqual(['PYC_CACHE_UNAVAILABLE']);
  });

  it('is refused where its place is none', async () => {
    const sample = await makeSample();
    const codes: unknown[] = [];
    for (const cache of [
      'registry:ghcr.io/me/shop:tag',
      'registry:UPPER/x',
      'ftp://host/',
      'https://me:pw@host/x',
      'ghcr.io/x',
      'http://[/',
    ])
      codes.push((await sample.build({ cache }, { dryRun: true })).error?.code);
    expect(codes).toEqual([
      'PYC_CACHE_PLACE_INVALID',
      'PYC_REFERENCE_INVALID',
      'PYC_CONFIG_INVALID',
      'PYC_CONFIG_INVALID',
      'PYC_CONFIG_INVALID',
      'PYC_CACHE_PLACE_INVALID',
    ]);
  });
});

/** The values of a cache: of layers, of parts, of sizes. */
interface Entry {
  readonly descriptor?: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly diffId?: string;
  readonly entries?: readonly { readonly path: string }[];
}

function lies(bomb: Uint8Array): Readonly<Record<string, (value: Entry) => unknown>> {
  const ofLayers = (lie: (value: Required<Entry>) => object) => (value: Entry) =>
    value.descriptor === undefined ? value : { ...value, ...lie(value as Required<Entry>) };
  const descriptor = (change: object) =>
    ofLayers((value) => ({ descriptor: { ...value.descriptor, ...change } }));
  return {
    'a wrong diffID': ofLayers(() => ({ diffId: digestOf('other') })),
    'no diffID': ofLayers(() => ({ diffId: 7 })),
    'a wrong size': ofLayers((value) => ({
      descriptor: { ...value.descriptor, size: value.descriptor.size + 1 },
    })),
    'a size of gigabytes': descriptor({ size: 5_000_000_000 }),
    'a negative size': descriptor({ size: -1 }),
    'another media type': descriptor({ mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' }),
    'a blob that is not there': descriptor({ digest: digestOf('nowhere') }),
    'a digest that is a path': descriptor({ digest: 'sha256:../../../../etc/passwd' }),
    'a bomb': ofLayers(() => ({
      descriptor: { mediaType: OCI_LAYER_GZIP, digest: digestOf(bomb), size: bomb.length },
      diffId: digestOf(Buffer.alloc(16 * 1024 * 1024)),
    })),
    'values of another shape': () => [null],
    'files outside': (value) =>
      value.entries === undefined
        ? value
        : { ...value, entries: value.entries.map((entry) => ({ ...entry, path: `../${entry.path}` })) },
  };
}
