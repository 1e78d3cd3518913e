import { describe, expect, it } from 'vitest';
import { OCI_INDEX } from '../../core/oci/media-types.ts';
import { parseReference } from '../../core/oci/reference.ts';
import { type Digest, digestOf } from '../../core/primitives/digest.ts';
import { push } from '../../core/registry/push.ts';
import { listReferrers, referrersTag } from '../../core/registry/referrers.ts';
import { openRegistryImage } from '../../core/registry/registry-image.ts';
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
  recorder,
  reference,
  referrer,
  registry,
  store,
} from './images.ts';

const { signal } = new AbortController();

describe('a push', () => {
  it('uploads what is missing, the manifest last, and says what it did', async () => {
    const server = await registry();
    const made = image(['one', 'two']);
    const { log, progress } = recorder();
    const target = reference(server, 'me/app:1.0');
    const result = await push({ target, images: [made], referrers: [] }, { client: client(), signal, log });
    expect(result).toEqual({
      digest: made.manifest.descriptor.digest,
      reference: `${server.host}/me/app@${made.manifest.descriptor.digest}`,
      bytesUploaded: 4000 + made.config.bytes.length,
      blobsUploaded: 3,
      blobsMounted: 0,
      blobsPresent: 0,
    });
    const stored = server.repository('me/app');
    expect(stored.tags.get('1.0')).toBe(result.digest);
    expect(stored.blobs.get(made.layers[0]!.descriptor.digest)?.equals(made.layerBytes[0]!)).toBe(true);
    expect(asked(server).at(-1)).toBe('PUT /v2/me/app/manifests/1.0');
    expect(progress.filter(({ state }) => state === 'end').length).toBe(3);
  });

  it('of what is there already is one request', async () => {
    const server = await registry();
    const made = image(['one']);
    const target = reference(server, 'app:1');
    const request = { target, images: [made], referrers: [] };
    await push(request, { client: client(), signal });
    server.requests.length = 0;
    const again = await push(request, { client: client(), signal });
    expect(again).toMatchObject({ bytesUploaded: 0, blobsUploaded: 0, blobsMounted: 0, blobsPresent: 2 });
    expect(asked(server)).toEqual(['GET /v2/app/manifests/1']);
  });

  it('sends only the blobs that the registry lacks', async () => {
    const server = await registry();
    await push(
      { target: reference(server, 'app:1'), images: [image(['base', 'old'])], referrers: [] },
      { client: client(), signal },
    );
    const result = await push(
      { target: reference(server, 'app:2'), images: [image(['base', 'new'])], referrers: [] },
      { client: client(), signal },
    );
    expect(result).toMatchObject({ blobsUploaded: 2, blobsPresent: 1 });
  });

  it('does not look for the blobs of what the tag stood for, unless the registry lost one of them', async () => {
    const server = await registry();
    const target = reference(server, 'app:1');
    const heads = (): string[] => asked(server).filter((line) => /^HEAD .*blobs/.test(line));
    await push({ target, images: [image(['base', 'old'])], referrers: [] }, { client: client(), signal });
    server.requests.length = 0;
    const made = image(['base', 'new']);
    const result = await push({ target, images: [made], referrers: [] }, { client: client(), signal });
    expect(result).toMatchObject({ blobsUploaded: 2, blobsPresent: 1 });
    expect(heads()).toHaveLength(2);

    server.requests.length = 0;
    const images = [image(['base', 'new', 'arm'], ARM64), made];
    const index = indexOf([
      [images[0]!, ARM64],
      [made, AMD64],
    ]);
    await push({ target, images, index, referrers: [] }, { client: client(), signal });
    expect(heads()).toHaveLength(2);
    server.requests.length = 0;
    const alone = image(['base', 'arm', 'last']);
    await push({ target, images: [alone], referrers: [] }, { client: client(), signal });
    expect(heads()).toHaveLength(2);

    server.repository('app').blobs.delete(made.layers[0]!.descriptor.digest);
    const next = image(['base', 'next']);
    const mended = await push({ target, images: [next], referrers: [] }, { client: client(), signal });
    expect(mended.digest).toBe(server.repository('app').tags.get('1'));
    expect(server.repository('app').blobs.has(next.layers[0]!.descriptor.digest)).toBe(true);
  });

  it('mounts what another repository of the same registry has, and uploads where mounting is not done', async () => {
    for (const [options, expected] of [
      [{}, { blobsMounted: 1, blobsUploaded: 2 }],
      [{ mount: false }, { blobsMounted: 0, blobsUploaded: 3 }],
    ] as const) {
      const server = await registry(options);
      place(server, 'library/python', image(['base']), '3.13');
      const made = image(['base', 'mine']);
      const from = { host: server.host, repository: 'library/python' };
      const layers = [{ ...made.layers[0]!, registry: from }, made.layers[1]!];
      const result = await push(
        { target: reference(server, 'app:1'), images: [{ ...made, layers }], referrers: [] },
        { client: client(), signal },
      );
      expect(result).toMatchObject(expected);
      const mount = server.requests.find(({ path }) => path.includes('mount='));
      expect(mount?.path).toContain('&from=library%2Fpython');
    }
  });

  it('does not ask to mount across registries: the layer is read from the one and sent to the other', async () => {
    const source = await registry();
    const server = await registry();
    const base = image(['base']);
    place(source, 'python', base, '3');
    const registries = client();
    const opened = await openRegistryImage(reference(source, 'python:3'), AMD64, {
      client: registries,
      store: await store(),
      signal,
    });
    const made = image(['base', 'mine']);
    const layers = [opened.layers[0]!, made.layers[1]!];
    const result = await push(
      { target: reference(server, 'app:1'), images: [{ ...made, layers }], referrers: [] },
      { client: registries, signal },
    );
    expect(result.blobsUploaded).toBe(3);
    expect(server.requests.some(({ path }) => path.includes('mount='))).toBe(false);
  });

  it('puts children before their index, and every platform’s shared blob once', async () => {
    const server = await registry();
    const amd = image(['shared', 'amd'], AMD64);
    const arm = image(['shared', 'arm'], ARM64);
    const index = indexOf([
      [amd, AMD64],
      [arm, ARM64],
    ]);
    const result = await push(
      { target: reference(server, 'app:multi'), images: [amd, arm], index, referrers: [] },
      { client: client(), signal },
    );
    expect(result).toMatchObject({ digest: index.descriptor.digest, blobsUploaded: 5 });
    expect(server.repository('app').manifests.size).toBe(3);
    expect(server.repository('app').manifests.get(index.descriptor.digest)?.mediaType).toBe(OCI_INDEX);
  });

  it('without a tag is reached by its digest', async () => {
    const server = await registry();
    const made = image(['one']);
    const { tag: _tag, ...target } = reference(server, 'app:x');
    await push({ target, images: [made], referrers: [] }, { client: client(), signal });
    expect([...server.repository('app').manifests.keys()]).toEqual([made.manifest.descriptor.digest]);
    expect(server.repository('app').tags.size).toBe(0);
  });

  it('keeps to four uploads at once and reuses connections', async () => {
    let now = 0;
    let most = 0;
    const server = await registry({
      oneRequest: false,
      fault: ({ method }) => {
        if (method === 'POST') now += 1;
        if (method === 'PUT') now -= 1;
        most = Math.max(most, now);
        return { delay: 3 };
      },
    });
    const made = image(Array.from({ length: 20 }, (_, index) => `layer ${index}`));
    const result = await push(
      { target: reference(server, 'app:1'), images: [made], referrers: [] },
      { client: client(), signal },
    );
    expect(result.blobsUploaded).toBe(21);
    expect(most).toBeLessThanOrEqual(4);
  });
});

describe('a push that meets trouble', () => {
  it('starts a fresh upload after broken connections, server errors and stale sessions, with a whole body', async () => {
    const troubles = [{ drop: true }, { status: 503 }, { status: 404 }, { status: 416 }];
    const server = await registry({
      oneRequest: false,
      fault: ({ method, path }) =>
        method === 'PUT' && path.includes('/uploads/') ? troubles.shift() : undefined,
    });
    const made = image(['one', 'two', 'three', 'four', 'five'], AMD64, 200_000);
    const result = await push(
      { target: reference(server, 'app:1'), images: [made], referrers: [] },
      { client: client(), signal },
    );
    expect(result.blobsUploaded).toBe(6);
    expect(troubles).toEqual([]);
    for (const [index, { descriptor }] of made.layers.entries()) {
      expect(server.repository('app').blobs.get(descriptor.digest)?.equals(made.layerBytes[index]!)).toBe(
        true,
      );
    }
  });

  it('gives up on a lasting refusal at once, without a tag, and says what the registry said, escaped', async () => {
    const server = await registry({
      fault: ({ method, path }) =>
        method === 'POST' && path.includes('/uploads/')
          ? {
              status: 413,
              body: JSON.stringify({
                errors: [{ code: 'SIZE_INVALID', message: 'too \u001b[31mlarge\u202e' }],
              }),
            }
          : undefined,
    });
    const failure = await push(
      { target: reference(server, 'app:1'), images: [image(['one'])], referrers: [] },
      { client: client(), signal },
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'PYC_REGISTRY_STATUS',
      status: 413,
      details: [{ code: 'SIZE_INVALID' }],
    });
    expect((failure as Error).message).toContain('too \\u001b[31mlarge\\u202e');
    expect(server.repository('app').tags.size).toBe(0);
    expect(server.requests.filter(({ method }) => method === 'POST').length).toBeLessThanOrEqual(2);
  });

  it('fails where a layer’s bytes are not what its descriptor says, and tags nothing', async () => {
    const server = await registry();
    const made = image(['one']);
    const lying = {
      ...made.layers[0]!,
      open: async () => (await import('node:stream')).Readable.from([Buffer.alloc(2000, 'x')]),
    };
    const work = push(
      { target: reference(server, 'app:1'), images: [{ ...made, layers: [lying] }], referrers: [] },
      { client: client(), signal },
    );
    expect(await codeOf(work)).toBe('PYC_REGISTRY_STATUS');
    expect(server.repository('app').tags.size).toBe(0);
  });

  it('refuses a registry that keeps something else than it was sent', async () => {
    const server = await registry({
      fault: ({ method, path }) =>
        method === 'PUT' && path.includes('/manifests/')
          ? { status: 201, headers: { 'docker-content-digest': digestOf('other') } }
          : undefined,
    });
    const work = push(
      { target: reference(server, 'app:1'), images: [image(['one'])], referrers: [] },
      { client: client(), signal },
    );
    expect(await codeOf(work)).toBe('PYC_REGISTRY_CONTENT');
  });

  it('follows absolute Locations and those on another host, to which no credentials go', async () => {
    const access = { kind: 'basic', username: 'me', password: 'pw' } as const;
    const credentials = async () => ({ kind: 'basic', username: 'me', password: 'pw' }) as const;
    const absolute = await registry({ access, location: 'absolute', oneRequest: false });
    const target = reference(absolute, 'app:1');
    await push(
      { target, images: [image(['one'])], referrers: [] },
      { client: client({ credentials }), signal },
    );
    expect(absolute.repository('app').tags.size).toBe(1);

    const other = await registry();
    const location = other.origin as `http://${string}`;
    const server = await registry({ access, location, oneRequest: false });
    const work = push(
      { target: reference(server, 'app:1'), images: [image(['one'])], referrers: [] },
      { client: client({ credentials }), signal },
    );
    // The other host does not know the upload, so that it fails; what matters is what it was sent.
    await work.catch(() => undefined);
    const sent = other.requests.filter(({ method }) => method === 'PUT');
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  it('refuses uploads that are sent to link-local addresses or to nowhere', async () => {
    for (const location of ['http://169.254.169.254/latest', 'ftp://x/', undefined]) {
      const server = await registry({
        fault: ({ method }) =>
          method === 'POST'
            ? { status: 202, headers: location === undefined ? {} : { location } }
            : undefined,
      });
      const work = push(
        { target: reference(server, 'app:1'), images: [image(['one'])], referrers: [] },
        { client: client(), signal },
      );
      expect(await codeOf(work)).toBe('PYC_REGISTRY_ANSWER');
    }
  });

  it('ends when it is aborted, with the reason, and tags nothing', async () => {
    const controller = new AbortController();
    const server = await registry({
      fault: ({ method, path }) => {
        if (method === 'PUT' && path.includes('/uploads/')) controller.abort(new Error('stopped'));
        return undefined;
      },
    });
    const work = push(
      {
        target: reference(server, 'app:1'),
        images: [image(['one', 'two'], AMD64, 5_000_000)],
        referrers: [],
      },
      { client: client(), signal: controller.signal },
    );
    await expect(work).rejects.toThrow('stopped');
    expect(server.repository('app').tags.size).toBe(0);
  });

  it('names a registry that is not there', async () => {
    const server = await registry();
    await server.close();
    const work = push(
      { target: parseReference(`${server.host}/app:1`), images: [image(['one'])], referrers: [] },
      { client: client({ http: http() }), signal },
    );
    expect(await codeOf(work)).toBe('PYC_HTTP_UNREACHABLE');
  });
});

describe('referrers', () => {
  it('are listed by a registry that can, and no fallback tag is written', async () => {
    const server = await registry();
    const made = image(['one']);
    const sbom = referrer(made.manifest.descriptor, 'sbom');
    const registries = client();
    const result = await push(
      { target: reference(server, 'app:1'), images: [made], referrers: [sbom] },
      { client: registries, signal },
    );
    expect(result.blobsUploaded).toBe(4);
    expect(asked(server).at(-1)).toBe('PUT /v2/app/manifests/1');
    const listed = await listReferrers(
      registries.repository(reference(server, 'app')),
      result.digest,
      signal,
    );
    expect(listed).toMatchObject([
      {
        digest: sbom.manifest.descriptor.digest,
        artifactType: 'application/vnd.cyclonedx+json',
        annotations: { text: 'sbom' },
      },
    ]);
    expect([...server.repository('app').tags.keys()]).toEqual(['1']);
  });

  it('go under the fallback tag where the registry cannot list them, or only says that it can', async () => {
    const older = { referrers: false };
    const boasting = {
      referrers: true,
      fault: ({ path }: { path: string }) =>
        path.includes('/referrers/') ? { status: 404, body: '<html>' } : undefined,
    };
    for (const options of [older, boasting]) {
      const server = await registry(options);
      const made = image(['one']);
      const registries = client();
      const entries = [
        referrer(made.manifest.descriptor, 'sbom'),
        referrer(made.manifest.descriptor, 'provenance'),
      ];
      const target = reference(server, 'app:1');
      const { digest } = await push(
        { target, images: [made], referrers: [entries[0]!] },
        { client: registries, signal },
      );
      await push({ target, images: [made], referrers: entries }, { client: registries, signal });
      expect(server.repository('app').tags.has(referrersTag(digest))).toBe(true);
      const listed = await listReferrers(registries.repository(target), digest, signal);
      expect(listed.map((entry) => entry.annotations?.text)).toEqual(['sbom', 'provenance']);
      expect(listed[0]).toMatchObject({
        artifactType: 'application/vnd.cyclonedx+json',
        mediaType: entries[0]!.manifest.descriptor.mediaType,
      });
      server.requests.length = 0;
      await push({ target, images: [made], referrers: entries }, { client: registries, signal });
      expect(server.requests.length).toBe(3);
    }
  });

  it('that several writers add at once are all kept, with and without If-Match', async () => {
    for (const ifMatch of [true, false]) {
      const server = await registry({ referrers: false, ifMatch });
      const made = image(['one']);
      const target = reference(server, 'app:1');
      await push({ target, images: [made], referrers: [] }, { client: client(), signal });
      const writers = Array.from({ length: 5 }, (_, index) =>
        referrer(made.manifest.descriptor, `writer ${index}`),
      );
      await Promise.all(
        writers.map((entry) =>
          push({ target, images: [made], referrers: [entry] }, { client: client(), signal }),
        ),
      );
      const repository = client().repository(target);
      const listed = await listReferrers(repository, made.manifest.descriptor.digest as Digest, signal);
      expect(listed.length).toBe(5);
    }
  });
});
