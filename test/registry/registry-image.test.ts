import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  DOCKER_CONFIG,
  DOCKER_INDEX,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../core/oci/media-types.ts';
import { parseReference } from '../../core/oci/reference.ts';
import { readAll } from '../../core/primitives/bytes.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import { openRegistryImage } from '../../core/registry/registry-image.ts';
import type { Fault } from '../../core/testing/fake-server.ts';
import {
  AMD64,
  ARM64,
  asked,
  client,
  codeOf,
  http,
  image,
  indexOf,
  place,
  reference,
  registry,
  store,
} from './images.ts';

const { signal } = new AbortController();

describe('an image in a registry', () => {
  it('is read shallow, through its index, and its layers when they are opened', async () => {
    const server = await registry();
    const amd = image(['a', 'b'], AMD64);
    const arm = image(['c'], ARM64);
    place(server, 'python', amd);
    place(server, 'python', arm);
    const index = indexOf([
      [amd, AMD64],
      [arm, ARM64],
    ]);
    server.addManifest('python', JSON.parse(Buffer.from(index.bytes).toString()), OCI_INDEX, '3');
    const opened = await openRegistryImage(reference(server, 'python:3'), ARM64, {
      client: client(),
      store: await store(),
      signal,
    });
    expect(opened.resolved).toBe(index.descriptor.digest);
    expect(opened.manifest.descriptor.digest).toBe(arm.manifest.descriptor.digest);
    expect(opened.config).toMatchObject({ architecture: 'arm64', config: { Env: ['A=b'] } });
    expect(opened.layers.length).toBe(1);
    expect(opened.layers[0]).toMatchObject({
      diffId: digestOf('diff c'),
      registry: { host: server.host, repository: 'python' },
    });
    const before = server.requests.length;
    expect(before).toBe(3);
    const bytes = await readAll(await opened.layers[0]!.open(signal), 1e5, 'layer');
    expect(arm.layerBytes[0]!.equals(bytes)).toBe(true);
    await readAll(await opened.layers[0]!.open(signal), 1e5, 'layer');
    expect(server.requests.length).toBe(before + 1);
  });

  it('costs one request when its tag was seen before, none when it is pinned or offline', async () => {
    const server = await registry();
    place(server, 'python', image(['a']), '3');
    const kept = await store();
    const first = await openRegistryImage(reference(server, 'python:3'), AMD64, {
      client: client(),
      store: kept,
      signal,
    });
    expect(asked(server).length).toBe(2);
    server.requests.length = 0;
    await openRegistryImage(reference(server, 'python:3'), AMD64, { client: client(), store: kept, signal });
    expect(asked(server)).toEqual(['HEAD /v2/python/manifests/3']);
    server.requests.length = 0;
    await openRegistryImage({ ...reference(server, 'python:3'), digest: first.resolved }, AMD64, {
      client: client(),
      store: kept,
      signal,
    });
    const offline = { client: client(), store: kept, signal, offline: true };
    const again = await openRegistryImage(reference(server, 'python:3'), AMD64, offline);
    expect(again.resolved).toBe(first.resolved);
    expect(server.requests).toEqual([]);
    expect(await codeOf(openRegistryImage(reference(server, 'python:4'), AMD64, offline))).toBe(
      'PYC_OFFLINE',
    );
    expect(await codeOf(again.layers[0]!.open(signal))).toBe('PYC_OFFLINE');
  });

  it('follows a tag that moved, and keeps to a digest that is written beside a tag', async () => {
    const server = await registry();
    const old = image(['old']);
    place(server, 'python', old, '3');
    const kept = await store();
    const options = { client: client(), store: kept, signal };
    await openRegistryImage(reference(server, 'python:3'), AMD64, options);
    const moved = image(['new']);
    place(server, 'python', moved, '3');
    expect((await openRegistryImage(reference(server, 'python:3'), AMD64, options)).resolved).toBe(
      moved.manifest.descriptor.digest,
    );
    const pinned = parseReference(`${server.host}/python:3@${old.manifest.descriptor.digest}`);
    expect((await openRegistryImage(pinned, AMD64, options)).resolved).toBe(old.manifest.descriptor.digest);
  });

  it('can be of Docker’s schema 2, with null for what is empty', async () => {
    const server = await registry();
    const layer = server.addBlob('old', Buffer.from('layer'));
    const config = {
      os: 'linux',
      architecture: 'amd64',
      config: { Env: null, Cmd: ['sh'], Volumes: null },
      history: null,
      rootfs: { type: 'layers', diff_ids: [digestOf('d')] },
    };
    const configured = server.addBlob('old', Buffer.from(JSON.stringify(config)));
    const manifest = server.addManifest(
      'old',
      {
        schemaVersion: 2,
        mediaType: DOCKER_MANIFEST,
        config: { ...configured, mediaType: DOCKER_CONFIG },
        layers: [{ ...layer, mediaType: DOCKER_LAYER_GZIP }],
      },
      DOCKER_MANIFEST,
    );
    const list = {
      schemaVersion: 2,
      mediaType: DOCKER_INDEX,
      manifests: [{ ...manifest, platform: { ...AMD64, variant: 'v1' } }],
    };
    server.addManifest('old', list, DOCKER_INDEX, 'latest');
    const opened = await openRegistryImage(reference(server, 'old'), AMD64, {
      client: client(),
      store: await store(),
      signal,
    });
    expect(opened.config.config).toEqual({ Cmd: ['sh'] });
    expect(opened.manifest.descriptor.mediaType).toBe(DOCKER_MANIFEST);
  });

  it('can have layers of zstd and eStargz, and those of Docker, which stay what they are', async () => {
    const server = await registry();
    const made = image(['zstd', 'estargz', 'docker']);
    const [zstd, estargz, docker] = made.layers.map(({ descriptor }) => descriptor);
    const toc = { 'containerd.io/snapshot/stargz/toc.digest': digestOf('toc') };
    const layers = [
      { ...zstd, mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' },
      { ...estargz, annotations: toc },
      { ...docker, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' },
    ];
    place(server, 'python', made);
    const manifest = { ...(JSON.parse(Buffer.from(made.manifest.bytes).toString()) as object), layers };
    server.addManifest('python', manifest, OCI_MANIFEST, 'mixed');
    const options = { client: client(), store: await store(), signal };
    const opened = await openRegistryImage(reference(server, 'python:mixed'), AMD64, options);
    expect(opened.layers.map(({ descriptor }) => descriptor)).toEqual(layers);
  });

  it('that lacks the platform lists those that exist', async () => {
    const server = await registry();
    const amd = image(['a'], AMD64);
    place(server, 'single', amd, '1');
    place(server, 'multi', amd);
    const attestation = { ...amd.manifest.descriptor, platform: { os: 'unknown', architecture: 'unknown' } };
    const listed = { ...amd.manifest.descriptor, platform: AMD64 };
    server.addManifest(
      'multi',
      { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [listed, attestation] },
      OCI_INDEX,
      '1',
    );
    const options = { client: client(), store: await store(), signal };
    for (const name of ['single:1', 'multi:1']) {
      await expect(openRegistryImage(reference(server, name), ARM64, options)).rejects.toMatchObject({
        code: 'PYC_REGISTRY_PLATFORM',
        details: ['linux/amd64'],
      });
    }
  });

  it('that does not exist is an error; so is one behind a wall', async () => {
    const server = await registry();
    const options = { client: client(), store: await store(), signal };
    expect(await codeOf(openRegistryImage(reference(server, 'nothing:1'), AMD64, options))).toBe(
      'PYC_REGISTRY_NOT_FOUND',
    );
    const closed = await registry({ access: { kind: 'basic', username: 'a', password: 'b' } });
    const failure = await openRegistryImage(reference(closed, 'python:1'), AMD64, options).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'PYC_REGISTRY_ACCESS', hint: expect.stringContaining('login') });
  });

  it('is fetched anew where the store’s copy was damaged', async () => {
    const server = await registry();
    place(server, 'python', image(['a']), '3');
    const kept = await store();
    const options = { client: client(), store: kept, signal };
    const { resolved } = await openRegistryImage(reference(server, 'python:3'), AMD64, options);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(kept.fileOf(resolved), '{"swapped":true}');
    expect((await openRegistryImage(reference(server, 'python:3'), AMD64, options)).resolved).toBe(resolved);
    expect(digestOf(await kept.read(resolved))).toBe(resolved);
  });

  it('has its layers resumed when the connection breaks', async () => {
    let cuts = 2;
    const server = await registry({
      fault: ({ method, path }) => {
        const isLayer =
          method === 'GET' &&
          path.includes('/blobs/') &&
          cuts > 0 &&
          path.includes(digestOf(made.layerBytes[0]!));
        if (!isLayer) return undefined;
        cuts -= 1;
        return { cutAt: 40_000 };
      },
    });
    const made = image(['big'], AMD64, 150_000);
    place(server, 'python', made, '3');
    const opened = await openRegistryImage(reference(server, 'python:3'), AMD64, {
      client: client(),
      store: await store(),
      signal,
    });
    expect(
      made.layerBytes[0]!.equals(await readAll(await opened.layers[0]!.open(signal), 1e6, 'layer')),
    ).toBe(true);
    expect(server.requests.filter(({ headers }) => headers.range !== undefined).length).toBe(2);
  });
});

describe('hostile answers', () => {
  const good = image(['a']);
  const goodManifest = JSON.parse(Buffer.from(good.manifest.bytes).toString()) as Record<string, unknown>;
  const config = (change: object): Buffer =>
    Buffer.from(
      JSON.stringify({ ...(JSON.parse(Buffer.from(good.config.bytes).toString()) as object), ...change }),
    );

  /** What nobody asked for: requests say that they take bytes as they are. */
  const packedTwice = (bytes: Uint8Array): Fault => ({
    status: 200,
    headers: { 'content-type': OCI_MANIFEST, 'content-encoding': 'gzip, gzip' },
    body: gzipSync(gzipSync(bytes)),
  });

  it('are refused, and nothing of them is kept', async () => {
    const layers = goodManifest.layers as object[];
    const documents: [what: string, document: unknown, type: string, code: string][] = [
      [
        'schema 1',
        { schemaVersion: 1, fsLayers: [] },
        'application/vnd.docker.distribution.manifest.v1+prettyjws',
        'PYC_IMAGE_SCHEMA1',
      ],
      [
        'schema 1 by its type alone',
        goodManifest,
        'application/vnd.docker.distribution.manifest.v1+prettyjws',
        'PYC_IMAGE_SCHEMA1',
      ],
      ['content type', goodManifest, DOCKER_MANIFEST, 'PYC_IMAGE_DOCUMENT_INVALID'],
      [
        'unknown type',
        { ...goodManifest, mediaType: undefined },
        'application/json',
        'PYC_IMAGE_DOCUMENT_INVALID',
      ],
      ['both kinds', { ...goodManifest, manifests: [] }, OCI_MANIFEST, 'PYC_IMAGE_DOCUMENT_INVALID'],
      [
        'index called manifest',
        { schemaVersion: 2, mediaType: OCI_MANIFEST, manifests: [] },
        OCI_MANIFEST,
        'PYC_IMAGE_DOCUMENT_INVALID',
      ],
      [
        'digest',
        { ...goodManifest, layers: [{ ...layers[0], digest: 'sha256:../../etc/passwd' }] },
        OCI_MANIFEST,
        'PYC_IMAGE_DOCUMENT_INVALID',
      ],
      [
        'algorithm',
        { ...goodManifest, layers: [{ ...layers[0], digest: `md5:${'0'.repeat(32)}` }] },
        OCI_MANIFEST,
        'PYC_IMAGE_DOCUMENT_INVALID',
      ],
      [
        'size',
        { ...goodManifest, layers: [{ ...layers[0], size: -1 }] },
        OCI_MANIFEST,
        'PYC_IMAGE_DOCUMENT_INVALID',
      ],
      ['100,000 layers', { ...goodManifest, layers: Array(100_000).fill(layers[0]) }, OCI_MANIFEST, 'PYC_'],
      ['layers missing', { ...goodManifest, layers: [] }, OCI_MANIFEST, 'PYC_IMAGE_DOCUMENT_INVALID'],
      [
        'no image',
        {
          ...goodManifest,
          config: {
            ...(goodManifest.config as object),
            mediaType: 'application/vnd.cncf.helm.config.v1+json',
          },
        },
        OCI_MANIFEST,
        'PYC_IMAGE_DOCUMENT_INVALID',
      ],
      ['no JSON', 'text', OCI_MANIFEST, 'PYC_IMAGE_DOCUMENT_INVALID'],
    ];
    const server = await registry();
    place(server, 'evil', good);
    const wrong: string[] = [];
    for (const [what, document, type, code] of documents) {
      const kept = await store();
      const { digest } = server.addManifest('evil', document, type, 'x');
      const failed = await codeOf(
        openRegistryImage(reference(server, 'evil:x'), AMD64, { client: client(), store: kept, signal }),
      );
      const isKept =
        code !== 'PYC_' &&
        what !== 'layers missing' &&
        what !== 'no image' &&
        (await kept.find(digest)) !== undefined;
      if (!String(failed).startsWith(code) || isKept)
        wrong.push(`${what}: ${String(failed)} ${isKept ? 'kept' : ''}`);
    }
    expect(wrong).toEqual([]);
  });

  it('such as bytes that are not their digest’s or size’s are refused and not cached', async () => {
    const isBlob = (path: string): boolean => path.includes(good.layers[0]!.descriptor.digest);
    const isManifest = (path: string): boolean => path.includes(`/manifests/`);
    const cases: [what: string, hits: (path: string) => boolean, fault: Fault][] = [
      ['layer', isBlob, { corrupt: true }],
      ['layer too long', isBlob, { status: 200, body: Buffer.alloc(2001, 'a') }],
      ['layer too short', isBlob, { status: 200, body: Buffer.alloc(10, 'a') }],
      ['config', (path) => path.includes(good.config.descriptor.digest), { corrupt: true }],
      ['manifest by digest', isManifest, { corrupt: true }],
      ['manifest packed twice', isManifest, packedTwice(good.manifest.bytes)],
      ['layer packed twice', isBlob, packedTwice(good.layerBytes[0]!)],
    ];
    const wrong: string[] = [];
    for (const [what, hits, fault] of cases) {
      const server = await registry({
        fault: ({ method, path }) => (method === 'GET' && hits(path) ? fault : undefined),
      });
      place(server, 'python', good, '3');
      const kept = await store();
      const pinned = { ...reference(server, 'python'), digest: good.manifest.descriptor.digest };
      const failed = await codeOf(
        openRegistryImage(pinned, AMD64, { client: client(), store: kept, signal }).then((opened) =>
          opened.layers[0]!.open(signal),
        ),
      );
      const { blobs } = await kept.usage();
      const expected = what.startsWith('layer') ? 2 : what === 'config' ? 1 : 0;
      const isRight = /^PYC_(?:REGISTRY_CONTENT|HTTP_BODY_CUT)$/.test(String(failed));
      if (!isRight || blobs !== expected) wrong.push(`${what}: ${String(failed)}, ${blobs} kept`);
    }
    expect(wrong).toEqual([]);
  });

  it('such as an index that lies about a platform, a size or a kind, or that goes round in circles', async () => {
    const server = await registry();
    place(server, 'evil', good);
    const listed = good.manifest.descriptor;
    const index = (entry: object): object => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] });
    const options = async () => ({ client: client(), store: await store(), signal });
    server.addManifest('evil', index({ ...listed, platform: ARM64 }), OCI_INDEX, 'platform');
    server.addManifest('evil', index({ ...listed, size: 5, platform: AMD64 }), OCI_INDEX, 'size');
    server.addManifest(
      'evil',
      index({ ...listed, mediaType: OCI_INDEX, platform: AMD64 }),
      OCI_INDEX,
      'kind',
    );
    expect(await codeOf(openRegistryImage(reference(server, 'evil:platform'), ARM64, await options()))).toBe(
      'PYC_IMAGE_DOCUMENT_INVALID',
    );
    for (const tag of ['size', 'kind']) {
      expect(await codeOf(openRegistryImage(reference(server, `evil:${tag}`), AMD64, await options()))).toBe(
        'PYC_IMAGE_DOCUMENT_INVALID',
      );
    }
    let deep = server.addManifest('evil', index({ ...listed, platform: AMD64 }), OCI_INDEX);
    for (let depth = 0; depth < 6; depth += 1)
      deep = server.addManifest('evil', index(deep), OCI_INDEX, 'deep');
    expect(await codeOf(openRegistryImage(reference(server, 'evil:deep'), AMD64, await options()))).toBe(
      'PYC_IMAGE_DOCUMENT_INVALID',
    );
  });

  it('such as a configuration that disagrees with the manifest, or is none', async () => {
    const wrong: string[] = [];
    for (const change of [
      { rootfs: { type: 'layers', diff_ids: [] } },
      { rootfs: { type: 'layers', diff_ids: ['sha256:x'] } },
      { rootfs: null },
      { os: 5 },
      { config: { Env: 'A=b' } },
      { config: { Labels: { a: 1 } } },
      { history: 'x' },
    ]) {
      const server = await registry();
      for (const bytes of good.layerBytes) server.addBlob('evil', bytes);
      const configured = { ...server.addBlob('evil', config(change)), mediaType: OCI_CONFIG };
      server.addManifest('evil', { ...goodManifest, config: configured }, OCI_MANIFEST, 'x');
      const failed = await codeOf(
        openRegistryImage(reference(server, 'evil:x'), AMD64, {
          client: client(),
          store: await store(),
          signal,
        }),
      );
      if (failed !== 'PYC_IMAGE_DOCUMENT_INVALID') wrong.push(`${JSON.stringify(change)}: ${String(failed)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('such as a manifest without end are refused by their size', async () => {
    const server = await registry({
      fault: ({ path }) =>
        path.includes('manifests') ? { status: 200, body: Buffer.alloc(17 * 1024 * 1024) } : undefined,
    });
    const work = openRegistryImage(reference(server, 'evil:x'), AMD64, {
      client: client({ http: http() }),
      store: await store(),
      signal,
    });
    expect(await codeOf(work)).toBe('PYC_INPUT_TOO_LARGE');
  });

  it('such as foreign layer URLs are not followed', async () => {
    const elsewhere = await registry();
    const server = await registry();
    const layer = {
      ...good.layers[0]!.descriptor,
      digest: digestOf('foreign'),
      urls: [`${elsewhere.origin}/layer`],
    };
    server.addBlob('evil', good.config.bytes);
    server.addManifest('evil', { ...goodManifest, layers: [layer] }, OCI_MANIFEST, 'x');
    const opened = await openRegistryImage(reference(server, 'evil:x'), AMD64, {
      client: client(),
      store: await store(),
      signal,
    });
    expect(await codeOf(opened.layers[0]!.open(signal))).toBe('PYC_REGISTRY_NOT_FOUND');
    expect(elsewhere.requests).toEqual([]);
  });
});
