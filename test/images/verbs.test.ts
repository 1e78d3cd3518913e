import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { copyImage, createIndex, listImages, tagImage } from '../../core/images.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_MANIFEST } from '../../core/oci/media-types.ts';
import { validateLayout } from '../../core/oci/validate/validate-layout.ts';
import type { FakeRegistry } from '../../core/testing/fake-registry.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { temporaryFolder } from '../oci/temporary.ts';
import { registry } from '../registry/images.ts';
import { errorOf, hostOf, options, sampleLayout } from './places.ts';

/** An image for a platform, put into a registry by hand. */
function addImage(server: FakeRegistry, tag: string, config: object, mediaType = OCI_MANIFEST): void {
  const blob = {
    ...server.addBlob(
      'a',
      Buffer.from(JSON.stringify({ ...config, rootfs: { type: 'layers', diff_ids: [] } })),
    ),
    mediaType:
      mediaType === OCI_MANIFEST
        ? 'application/vnd.oci.image.config.v1+json'
        : 'application/vnd.docker.container.image.v1+json',
  };
  server.addManifest('a', { schemaVersion: 2, mediaType, config: blob, layers: [] }, mediaType, tag);
}

describe('an index that is created', () => {
  it('of images that lie elsewhere or beside it is the one of a single build', async () => {
    const source = await sampleLayout();
    const server = await registry();
    const run = await options();
    const parts = [];
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const part = join(await temporaryFolder(), 'part');
      await copyImage({ ...run, source: source.spec, destination: `layout:${part}`, platform });
      const tagged = `${hostOf(server)}/me/shop:${platform.slice('linux/'.length)}`;
      await copyImage({ ...run, source: `layout:${part}`, destination: tagged });
      parts.push({ part: `layout:${part}`, tagged });
    }
    const directory = join(await temporaryFolder(), 'all');
    const local = await createIndex({
      ...run,
      destination: `layout:${directory}`,
      sources: parts.map(({ part }) => part),
    });
    expect(errorOf(local)).toBeNull();
    expect(local.output?.digest).toBe(source.digest);
    expect(local.image).toMatchObject({ platforms: ['linux/amd64', 'linux/arm64'], documents: 3 });
    expect(await validateLayout(directory)).toEqual([]);

    const before = server.requests.length;
    const remote = await createIndex({
      ...run,
      destination: `${hostOf(server)}/me/shop:1.0`,
      sources: parts.map(({ tagged }) => tagged),
    });
    expect(remote.output).toMatchObject({ digest: source.digest, blobsUploaded: 0 });
    expect(server.repository('me/shop').tags.get('1.0')).toBe(source.digest);
    const writes = server.requests
      .slice(before)
      .filter(({ method }) => method === 'POST' || method === 'PATCH');
    expect(writes).toEqual([]);

    // An index may be one of several; its images keep their order.
    const again = await createIndex({
      ...run,
      destination: `layout:${directory}:again`,
      sources: [source.spec],
    });
    expect(again.output?.digest).toBe(source.digest);
  });

  it('is refused for two images of one platform, for a mix of kinds, and for what is no image', async () => {
    const server = await registry();
    const host = hostOf(server);
    addImage(server, 'amd', { os: 'linux', architecture: 'amd64' });
    addImage(server, 'amd2', { os: 'linux', architecture: 'amd64', author: 'x' });
    addImage(server, 'arm', { os: 'linux', architecture: 'arm64', variant: 'v8' });
    addImage(server, 'docker', { os: 'linux', architecture: 'arm64' }, DOCKER_MANIFEST);
    const chart = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: server.addBlob('a', Buffer.from('{}')),
      layers: [],
    };
    server.addManifest('a', chart, OCI_MANIFEST, 'chart');
    const run = await options();
    const join = (...tags: readonly string[]) =>
      createIndex({ ...run, destination: `${host}/a:all`, sources: tags.map((tag) => `${host}/a:${tag}`) });
    expect((await join('amd', 'amd2', 'docker')).error).toMatchObject({
      code: 'PYC_INDEX_JOIN',
      details: [expect.any(String), expect.any(String)],
    });
    expect((await join('amd', 'docker')).error?.code).toBe('PYC_INDEX_JOIN');
    expect((await join('amd', 'chart')).error?.code).toBe('PYC_IMAGE_DOCUMENT_INVALID');
    expect(server.repository('a').tags.has('all')).toBe(false);
    expect((await join('amd', 'arm')).image?.platforms).toEqual(['linux/amd64', 'linux/arm64']);
    expect((await join('docker')).image?.mediaType).toBe(DOCKER_INDEX);
  });
});

describe('tags', () => {
  it('are given by a manifest alone, in a registry and in a layout', async () => {
    const source = await sampleLayout();
    const server = await registry();
    const run = await options();
    const image = `${hostOf(server)}/me/shop:1.0.3`;
    await copyImage({ ...run, source: source.spec, destination: image });
    const before = server.requests.length;
    const tagged = await tagImage({ ...run, image, tags: ['1.0', 'latest', '1.0'] });
    expect(tagged).toMatchObject({ ok: true, digest: source.digest });
    expect(tagged.references).toEqual([`${hostOf(server)}/me/shop:1.0`, `${hostOf(server)}/me/shop:latest`]);
    expect(server.requests.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v2/me/shop/manifests/1.0.3',
      'PUT /v2/me/shop/manifests/1.0',
      'PUT /v2/me/shop/manifests/latest',
    ]);

    expect((await tagImage({ ...run, image: source.spec, tags: ['stable'] })).references).toEqual([
      `oci:${source.directory}:stable`,
    ]);
    expect(await validateLayout(source.directory)).toEqual([]);
    const listed = await listImages({ ...run, place: source.spec });
    expect(listed.tags).toEqual([
      { name: '1.0', digest: source.digest },
      { name: 'stable', digest: source.digest },
    ]);
    const codes = [];
    for (const [from, tag] of [
      [image, 'a/b'],
      [image, ''],
      ['archive:x.tar', '1'],
    ] as const) {
      codes.push((await tagImage({ ...run, image: from, tags: [tag] })).error?.code);
    }
    expect(codes).toEqual(['PYC_IMAGE_SPEC_INVALID', 'PYC_IMAGE_SPEC_INVALID', 'PYC_IMAGE_SPEC_INVALID']);
  });

  it('are listed, with what they stand for where that is asked for', async () => {
    const server = await registry();
    const place = `${hostOf(server)}/a`;
    addImage(server, '1', { os: 'linux', architecture: 'amd64' });
    addImage(server, '2', { os: 'linux', architecture: 'arm64' });
    const run = await options();
    expect(await listImages({ ...run, place })).toMatchObject({
      place,
      tags: [
        { name: '1', digest: null },
        { name: '2', digest: null },
      ],
    });
    const { tags } = await listImages({ ...run, place, digests: true });
    expect(tags.map(({ digest }) => digest)).toEqual([...server.repository('a').tags.values()]);
    expect((await listImages({ ...run, place: `${place}:1` })).error?.code).toBe('PYC_IMAGE_SPEC_INVALID');
  });
});

describe('the commands', () => {
  it('print how others address the result, or the report', async () => {
    const source = await sampleLayout();
    const { cwd = '/', env = {} } = await options();
    const run = async (...argv: readonly string[]) => {
      const io = fakeIo({ cwd, env });
      return { code: await main(argv, io), out: io.out(), err: io.err() };
    };
    expect(await run('copy', source.spec, 'layout:new', '--progress', 'none')).toEqual({
      code: 0,
      out: 'oci:new:1.0\n',
      err: '',
    });
    expect(await run('tag', 'layout:new', 'a', 'b')).toMatchObject({
      code: 0,
      out: 'oci:new:a\noci:new:b\n',
    });
    expect(await run('ls', 'layout:new')).toMatchObject({ code: 0, out: '1.0\na\nb\n' });
    expect((await run('ls', 'layout:new', '--digests')).out.split('\n')[0]).toBe(`1.0  ${source.digest}`);
    const created = await run('index', 'create', 'layout:index', '--from', 'layout:new:a', '--json');
    expect(JSON.parse(created.out)).toMatchObject({
      schemaVersion: 1,
      command: 'index create',
      ok: true,
      output: { destination: 'layout:index', digest: source.digest },
    });
    const wrong = [
      ['copy', 'a'],
      ['copy', 'a', 'b', 'c'],
      ['tag', 'a'],
      ['index', 'make', 'a'],
      ['index', 'create', 'a'],
      ['ls', 'A'],
    ];
    const codes = [];
    for (const words of wrong) codes.push((await run(...words)).code);
    expect(codes).toEqual(wrong.map(() => 2));
    expect(await run('copy', 'localhost:1/a', 'layout:x', '--offline')).toMatchObject({ code: 1, out: '' });
  });
});
