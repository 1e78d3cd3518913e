import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FakeRegistry,
  type LayerRecipe,
  makeImage,
  putImage,
  startFakeRegistry,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeElf } from '../python/elf-maker.ts';
import { filesBelow, makeSample } from '../samples/sample.ts';

const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }];
const OFFICIAL = [
  'PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'PYTHON_VERSION=3.12.7',
  `PYTHON_SHA256=${'a'.repeat(64)}`,
];
/** What no compression makes smaller. */
const LARGE = randomBytes(3_000_000);

const DEBIAN: LayerRecipe = {
  'bin/': '',
  'etc/': '',
  'etc/apt/key.gpg': LARGE.subarray(0, 100_000),
  'etc/debian_version': '12.5\n',
  'usr/lib/large': LARGE,
};
const STATUS = 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n';
const PYTHON: LayerRecipe = {
  'usr/local/bin/large': LARGE.subarray(1000),
  'usr/local/bin/python3': { symlink: 'python3.12' },
};

async function registry(): Promise<FakeRegistry> {
  const started = await startFakeRegistry();
  onTestFinished(() => started.close());
  return started;
}

/** Bytes of blobs that were asked for, by what the requests say. */
function blobBytes(server: FakeRegistry, repository: string): number {
  let sum = 0;
  for (const { method, path, headers } of server.requests) {
    const [, name, digest = ''] = /^\/v2\/(.+)\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path) ?? [];
    if (method !== 'GET' || name !== repository) continue;
    const size = [...server.repository(repository).blobs].find(([one]) => one === digest)?.[1].length ?? 0;
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(String(headers.range ?? '')) ?? [];
    sum += from === undefined ? size : Number(to) - Number(from) + 1;
  }
  return sum;
}

const storedBytes = async (cache: string): Promise<number> => {
  const files = (await filesBelow(cache)).filter((file) => file.startsWith('blobs/'));
  const sizes = await Promise.all(files.map(async (file) => (await readFile(join(cache, file))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
};

describe('an official image of a registry', () => {
  const image = makeImage({ files: DEBIAN, layers: [PYTHON], config: { Env: OFFICIAL } });
  const largest = Math.max(...image.layers.map(({ bytes }) => bytes.length));

  it('is built on and pushed by its manifest, its configuration and the beginning of one layer', async () => {
    const server = await registry();
    putImage(server, 'python', image, '3.12');
    const sample = await makeSample({ wheels: WHEELS });
    const config = { base: `${server.host}/python:3.12`, python: {}, push: true };
    const report = await sample.build({ ...config, tags: [`${server.host}/shop:1`] });
    expect(report.error).toBeNull();
    expect(report.images[0]?.python).toEqual({ version: '3.12.7', tag: 'cp312', libc: 'glibc-2.36' });
    expect(report.outputs[0]).toMatchObject({ blobsMounted: 2 });
    expect(report.outputs[0]!.bytesUploaded).toBeLessThan(100_000);
    const first = blobBytes(server, 'python');
    expect(first).toBe(256 * 1024 + image.config.bytes.length);
    expect(await storedBytes(sample.cache)).toBeLessThan(largest);

    // Another image on the same system costs its manifest and its configuration.
    const next = makeImage({ files: DEBIAN, config: { Env: [...OFFICIAL, 'NEXT=1'] } });
    putImage(server, 'python', next, 'next');
    const again = await sample.build({
      ...config,
      base: `${server.host}/python:next`,
      tags: [`${server.host}/shop:2`],
    });
    expect(again.error).toBeNull();
    expect(blobBytes(server, 'python') - first).toBe(next.config.bytes.length);
  });

  it('is read whole where its registry refuses stretches', async () => {
    const server = await registry();
    const files = { ...DEBIAN, 'var/lib/dpkg/status': STATUS };
    const python = makeElf({ loader: '/lib64/ld-linux-x86-64.so.2' });
    const layers = [{ 'usr/local/bin/python3.12': python }];
    putImage(server, 'python', makeImage({ files, layers, config: { Env: OFFICIAL } }), '3.12');
    server.fault = ({ headers }) => (headers.range === undefined ? undefined : { status: 416 });
    const sample = await makeSample({ wheels: WHEELS });
    const report = await sample.build({ base: `${server.host}/python:3.12`, python: {} });
    expect(report.error).toBeNull();
    expect(report.images[0]?.python).toEqual({ version: '3.12.7', tag: 'cp312', libc: 'glibc-2.36' });
  });

  it('passes through to another registry without being kept, and is kept for a layout', async () => {
    const [source, target] = [await registry(), await registry()];
    putImage(source, 'python', image, '3.12');
    const sample = await makeSample({ wheels: WHEELS });
    const config = { base: `${source.host}/python:3.12`, python: {} };
    const pushed = await sample.build({ ...config, tags: [`${target.host}/shop:1`], push: true });
    expect(pushed.error).toBeNull();
    for (const { descriptor, bytes } of image.layers) {
      expect(target.repository('shop').blobs.get(descriptor.digest)?.equals(bytes)).toBe(true);
    }
    expect(await storedBytes(sample.cache)).toBeLessThan(largest);
    source.requests.length = 0;
    const written = await sample.build(config);
    expect(written.images[0]?.digest).toBe(pushed.images[0]?.digest);
    const once = image.layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(blobBytes(source, 'python')).toBe(once);
  });
});

describe('any other image of a registry', () => {
  it('is read for its Python, each layer once, and not kept', async () => {
    const server = await registry();
    const files = {
      ...DEBIAN,
      'var/lib/dpkg/status': STATUS,
      'usr/bin/python3.11': makeElf({ loader: '/lib64/ld-linux-x86-64.so.2', tail: '\0' + '3.11.2\0' }),
    };
    putImage(server, 'debian', makeImage({ files }), '12');
    const sample = await makeSample({ wheels: WHEELS });
    const config = { base: `${server.host}/debian:12`, python: { libc: 'glibc-2.36' }, push: true };
    const report = await sample.build({ ...config, tags: [`${server.host}/shop:1`] });
    expect(report.error).toBeNull();
    expect(await storedBytes(sample.cache)).toBeLessThan(LARGE.length);
    server.requests.length = 0;
    await sample.build({ ...config, tags: [`${server.host}/shop:2`] });
    expect(blobBytes(server, 'debian')).toBe(0);

    // Another one above it costs its own layer and its configuration.
    const above = makeImage({ files, layers: [{ 'opt/tool': LARGE.subarray(0, 50_000) }] });
    putImage(server, 'debian', above, 'tool');
    const other = await sample.build({
      ...config,
      base: `${server.host}/debian:tool`,
      tags: [`${server.host}/shop:3`],
    });
    expect(other.images[0]?.python).toEqual(report.images[0]?.python);
    expect(blobBytes(server, 'debian')).toBe(above.layers[1]!.bytes.length + above.config.bytes.length);
  });
});

describe('an index of a registry', () => {
  it('is refused for every platform that it lacks before anything else is asked for', async () => {
    const server = await registry();
    const images = ['linux/amd64', 'linux/arm64'].map((platform) =>
      makeImage({ files: DEBIAN, platform, config: { Env: OFFICIAL } }),
    );
    putImage(server, 'python', images, '3.12');
    const sample = await makeSample({ wheels: WHEELS });
    const base = `${server.host}/python:3.12`;
    const platforms = ['linux/amd64', 'linux/arm/v7', 'linux/s390x'];
    const report = await sample.build({ base, platforms, python: {} });
    expect(report.error).toMatchObject({
      code: 'PYC_BASE_PLATFORMS_MISSING',
      details: [{ missing: ['linux/arm/v7', 'linux/s390x'], existing: ['linux/amd64', 'linux/arm64'] }],
    });
    expect(server.requests.filter(({ path }) => path.includes('/blobs/')).length).toBeLessThanOrEqual(1);
    expect(sample.index.requests).toEqual([]);
    const one = await sample.build({ base, platforms: ['linux/amd64', 'linux/s390x'], python: {} });
    expect(one.error).toMatchObject({ code: 'PYC_REGISTRY_PLATFORM' });
  });

  it('is looked up once for all platforms', async () => {
    const server = await registry();
    const images = ['linux/amd64', 'linux/arm64'].map((platform) =>
      makeImage({ files: DEBIAN, platform, config: { Env: OFFICIAL } }),
    );
    const { digest } = putImage(server, 'python', images, '3.12');
    const sample = await makeSample({ wheels: WHEELS });
    const base = `${server.host}/python:3.12`;
    const annotations = { 'org.opencontainers.image.description': 'a shop' };
    const report = await sample.build({
      base,
      platforms: ['linux/amd64', 'linux/arm64'],
      python: {},
      annotations,
    });
    expect(report.error).toBeNull();
    const asked = server.requests.filter(({ path }) => path.includes('/python/manifests/'));
    expect(asked.map(({ path }) => path.split('/').at(-1)).sort()).toEqual([
      '3.12',
      ...images.map(({ manifest }) => manifest.descriptor.digest).sort(),
    ]);
    expect(digest).toBe(server.repository('python').tags.get('3.12'));
    // What all platforms say of themselves, the index says as well; the base's digest is that of one.
    const [, hex = ''] = report.index?.digest.split(':') ?? [];
    const blob = join(sample.directory, 'build/image/blobs/sha256', hex);
    const index = JSON.parse(await readFile(blob, 'utf8')) as { annotations: Record<string, string> };
    expect(index.annotations).toMatchObject({
      ...annotations,
      'org.opencontainers.image.base.name': base,
    });
  });
});
