import { randomBytes } from 'node:crypto';
import { type FakeRegistry, makeImage, putImage, startFakeRegistry } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { diffImages, inspectImage } from '../../core/images.ts';
import type { Descriptor } from '../../core/oci/image.ts';
import { OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from '../../core/oci/media-types.ts';
import { parseDigest } from '../../core/primitives/digest.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { makeElf } from '../python/elf-maker.ts';
import { makeSample, PYTHON, type Sample } from '../samples/sample.ts';
import { CERTIFICATE, IDENTITY, ISSUER } from './certificate.ts';
import { errorOf, options } from './places.ts';

async function registry(): Promise<FakeRegistry> {
  const started = await startFakeRegistry();
  onTestFinished(() => started.close());
  return started;
}

const ALPHA = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };
const BETA = { name: 'beta', version: '1.0', files: { 'beta/__init__.py': 'B = 1\n', 'beta/gone.py': '' } };
const GAMMA = { name: 'gamma', version: '3.0', files: { 'gamma.py': '' } };
const CONFIG = { base: 'scratch', python: PYTHON, sbom: true, ports: [8000], env: { MODE: 'one' } } as const;

async function builtIn(
  server: FakeRegistry,
  sample: Sample,
  tag: string,
  more: object = {},
): Promise<string> {
  const image = `${server.host}/shop:${tag}`;
  const report = await sample.build({ ...CONFIG, ...more, push: true, tags: [image] });
  expect(report.error).toBeNull();
  return image;
}

/** A document that refers to an image, by hand. */
function refer(
  server: FakeRegistry,
  subject: Descriptor,
  artifactType: string,
  blobs: readonly [string, object][],
): void {
  const layers = blobs.map(([mediaType, content]) => ({
    ...server.addBlob('base', Buffer.from(JSON.stringify(content))),
    mediaType,
  }));
  const config = { ...server.addBlob('base', Buffer.from('{}')), mediaType: OCI_EMPTY };
  server.addManifest(
    'base',
    { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config, layers, subject },
    OCI_MANIFEST,
  );
}

function sizesRead(server: FakeRegistry, repository: string): number[] {
  return server.requests.flatMap(({ method, path }) => {
    const digest = new RegExp(`^/v2/${repository}/blobs/(sha256:[0-9a-f]{64})$`).exec(path)?.[1];
    if (method !== 'GET' || digest === undefined) return [];
    return [...server.repository(repository).blobs].flatMap(([one, bytes]) =>
      one === digest ? [bytes.length] : [],
    );
  });
}

describe('inspecting', () => {
  it('says what the SBOM says, layer by layer, without reading a layer', async () => {
    const server = await registry();
    const sample = await makeSample({ wheels: [ALPHA, BETA] });
    const image = await builtIn(server, sample, '1', { platforms: ['linux/amd64', 'linux/arm64'] });
    server.requests.length = 0;
    const report = await inspectImage({ ...(await options()), image });
    expect(errorOf(report)).toBeNull();
    expect(report).toMatchObject({
      command: 'inspect',
      reference: image,
      digest: server.repository('shop').tags.get('1'),
    });
    expect(report.images.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    const [first] = report.images;
    expect(first).toMatchObject({
      packagesFrom: 'sbom',
      python: { version: '3.12.7' },
      distributions: expect.arrayContaining([
        { name: 'alpha', version: '1.0' },
        { name: 'beta', version: '1.0' },
      ]),
      config: { ExposedPorts: { '8000/tcp': {} } },
      attachments: [
        { kind: 'sbom', type: 'application/vnd.cyclonedx+json', via: 'referrer', format: 'CycloneDX 1.6' },
      ],
    });
    expect(first?.layers.map(({ role }) => role)).toEqual(
      expect.arrayContaining(['environment', 'dependencies', 'project']),
    );
    const dependencies = first?.layers.filter(({ role }) => role === 'dependencies') ?? [];
    expect(dependencies.flatMap(({ distributions }) => distributions)).toHaveLength(2);
    const layers = new Set(first?.layers.map(({ digest }) => digest));
    const asked = server.requests.filter(({ path }) => [...layers].some((digest) => path.endsWith(digest)));
    expect(asked).toEqual([]);
    const one = await inspectImage({ ...(await options()), image, platform: 'linux/arm64' });
    expect(one.images).toEqual([report.images[1]]);
    const none = await inspectImage({ ...(await options()), image, platform: 'linux/s390x' });
    expect(none.error?.code).toBe('PYC_IMAGE_PLATFORM_MISSING');
  });

  it('reads the layers of an image of others where it is asked to', async () => {
    const server = await registry();
    const made = makeImage({
      files: {
        'var/lib/dpkg/status':
          'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n',
        'usr/bin/python3.11': makeElf({ loader: '/lib64/ld-linux-x86-64.so.2', tail: '\0' + '3.11.2\0' }),
        'lib/x86_64-linux-gnu/libc.so.6': randomBytes(100),
      },
      layers: [
        {
          'usr/lib/python3/dist-packages/six-1.0.dist-info/METADATA':
            'Metadata-Version: 2.1\nName: six\nVersion: 1.0\n\nText',
        },
        {
          'usr/lib/python3/dist-packages/.wh.six-1.0.dist-info': '',
          'usr/lib/python3/dist-packages/Six_Two-2.dist-info/METADATA': 'Name: Six_Two\nVersion: 2\n',
        },
      ],
      config: { Entrypoint: ['/bin/sh'] },
    });
    putImage(server, 'base', made, '1');
    const image = `${server.host}/base:1`;
    const shallow = await inspectImage({ ...(await options()), image });
    expect(shallow.images[0]).toMatchObject({
      packagesFrom: null,
      distributions: null,
      python: null,
      base: null,
    });
    expect(shallow.images[0]?.layers.map(({ role }) => role)).toEqual([null, null, null]);
    expect(Math.max(...sizesRead(server, 'base'))).toBe(made.config.bytes.length);
    const deep = await inspectImage({ ...(await options()), image, deep: true });
    expect(errorOf(deep)).toBeNull();
    expect(deep.images[0]).toMatchObject({
      packagesFrom: 'files',
      distributions: [{ name: 'six-two', version: '2' }],
      systemPackages: [{ name: 'libc6', version: '2.36-9' }],
      python: { version: '3.11.2', abi: 'cp311', libc: 'glibc-2.36', interpreter: '/usr/bin/python3.11' },
    });
    expect(deep.images[0]?.layers[2]?.distributions).toEqual([{ name: 'six-two', version: '2' }]);
  });

  it('names signatures, provenance and SBOMs of other tools, wherever they keep them', async () => {
    const server = await registry();
    const made = makeImage({ files: { a: 'a' } });
    const { digest, size } = putImage(server, 'base', made, '1');
    const subject = { mediaType: OCI_MANIFEST, digest, size };
    const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    const statement = (predicateType: string): string =>
      Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', predicateType })).toString(
        'base64',
      );
    const material = { certificate: { rawBytes: CERTIFICATE } };
    refer(server, subject, bundle, [
      [
        bundle,
        {
          verificationMaterial: material,
          dsseEnvelope: { payload: statement('https://sigstore.dev/cosign/sign/v1') },
        },
      ],
    ]);
    refer(server, subject, bundle, [
      [
        bundle,
        {
          verificationMaterial: { publicKey: {} },
          dsseEnvelope: { payload: statement('https://slsa.dev/provenance/v1') },
        },
      ],
    ]);
    refer(server, subject, 'application/spdx+json', [
      [
        'application/spdx+json',
        {
          spdxVersion: 'SPDX-2.3',
          packages: [
            {
              name: 'Six_Two',
              versionInfo: '2',
              externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:pypi/six-two@2' }],
            },
            {
              name: 'libc6',
              versionInfo: '1',
              externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:deb/debian/libc6@1' }],
            },
            null,
            'nothing',
          ],
        },
      ],
    ]);
    // What a registry lists is not signed by anybody: this one is about something else.
    refer(server, { ...subject, digest: parseDigest(`sha256:${'0'.repeat(64)}`) }, 'application/x-other', [
      ['text/plain', {}],
    ]);
    const pem = `-----BEGIN CERTIFICATE-----\n${CERTIFICATE.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
    const signed = {
      ...server.addBlob('base', Buffer.from('{}')),
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      annotations: { 'dev.sigstore.cosign/certificate': pem },
    };
    const config = {
      ...server.addBlob('base', Buffer.from('{}')),
      mediaType: 'application/vnd.oci.image.config.v1+json',
    };
    server.addManifest(
      'base',
      { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [signed] },
      OCI_MANIFEST,
      `${digest.replace(':', '-')}.sig`,
    );
    const report = await inspectImage({ ...(await options()), image: `${server.host}/base:1` });
    expect(errorOf(report)).toBeNull();
    const [image] = report.images;
    const seen = image?.attachments.map(({ kind, via, signer, issuer }) => [kind, via, signer, issuer]);
    expect(seen?.sort()).toEqual(
      [
        ['provenance', 'referrer', null, null],
        ['sbom', 'referrer', null, null],
        ['signature', 'referrer', IDENTITY, ISSUER],
        ['signature', 'tag', IDENTITY, ISSUER],
      ].sort(),
    );
    expect(image).toMatchObject({
      packagesFrom: 'sbom',
      distributions: [{ name: 'six-two', version: '2' }],
      systemPackages: [{ name: 'libc6', version: '1' }],
    });
  });

  it('finds what BuildKit lists beside its images', async () => {
    const server = await registry();
    const { digest, size } = putImage(server, 'base', makeImage({ files: { a: 'a' } }));
    const statement = (predicate: string): object => ({
      ...server.addBlob('base', Buffer.from(JSON.stringify({ predicate }))),
      mediaType: 'application/vnd.in-toto+json',
      annotations: { 'in-toto.io/predicate-type': predicate },
    });
    const mediaType = OCI_MANIFEST;
    const layers = ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v0.2'].map(statement);
    const config = { ...server.addBlob('base', Buffer.from('{}')), mediaType: OCI_EMPTY };
    const attestation = server.addManifest(
      'base',
      { schemaVersion: 2, mediaType, config, layers },
      mediaType,
    );
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digest,
    };
    const manifests = [
      { mediaType, digest, size, platform: { os: 'linux', architecture: 'amd64' } },
      { ...attestation, mediaType, annotations, platform: { os: 'unknown', architecture: 'unknown' } },
    ];
    server.addManifest('base', { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX, '1');
    const report = await inspectImage({ ...(await options()), image: `${server.host}/base:1` });
    expect(errorOf(report)).toBeNull();
    expect(report.images.map(({ platform }) => platform)).toEqual(['linux/amd64']);
    const seen = report.images[0]?.attachments.map(({ kind, via }) => [kind, via]);
    expect(seen).toEqual([
      ['sbom', 'index'],
      ['provenance', 'index'],
    ]);
  });

  it('leaves out what cannot be read, and says so', async () => {
    const server = await registry();
    const { digest, size } = putImage(server, 'base', makeImage({ files: { a: 'a' } }), '1');
    const subject = { mediaType: OCI_MANIFEST, digest, size };
    const type = 'application/vnd.cyclonedx+json';
    refer(server, subject, type, [[type, { bomFormat: 'CycloneDX', components: 'none' }]]);
    refer(server, subject, `${type}; other`, [
      [type, { bomFormat: 'CycloneDX', components: [{ name: 1 }, 7] }],
    ]);
    const bad = { digest: `sha256:${'1'.repeat(64)}`, size: 10, mediaType: type };
    const config = { ...server.addBlob('base', Buffer.from('{}')), mediaType: OCI_EMPTY };
    server.addManifest(
      'base',
      { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: type, config, layers: [bad], subject },
      OCI_MANIFEST,
    );
    const report = await inspectImage({ ...(await options()), image: `${server.host}/base:1` });
    expect(errorOf(report)).toBeNull();
    expect(report.warnings.map(({ code }) => code)).toEqual(['PYC_ATTACHMENT_UNREADABLE']);
    expect(report.images[0]?.attachments).toHaveLength(2);
  });

  it('prints a table, or the report', async () => {
    const server = await registry();
    const sample = await makeSample({ wheels: [ALPHA] });
    const image = await builtIn(server, sample, '1');
    const io = fakeIo({ env: { HOME: (await options()).cwd } });
    expect(await main(['inspect', image], io)).toBe(0);
    for (const word of [
      image,
      'linux/amd64',
      'entrypoint',
      '8000/tcp',
      'environment',
      'alpha  1.0',
      'CycloneDX 1.6',
    ]) {
      expect(io.out()).toContain(word);
    }
    const json = fakeIo({ env: { HOME: (await options()).cwd } });
    expect(await main(['inspect', image, '--json'], json)).toBe(0);
    expect(JSON.parse(json.out())).toMatchObject({ schemaVersion: 1, command: 'inspect', ok: true });
  });
});

describe('comparing', () => {
  it('says which packages, settings, layers and files are others, and reads only what differs', async () => {
    const server = await registry();
    const sample = await makeSample({ wheels: [ALPHA, BETA] });
    const before = await builtIn(server, sample, '1');
    await sample.lock([ALPHA, { ...BETA, version: '1.1', files: { 'beta/__init__.py': 'B = 22\n' } }, GAMMA]);
    const after = await builtIn(server, sample, '2', { env: { MODE: 'two' } });
    server.requests.length = 0;
    const report = await diffImages({ ...(await options()), before, after });
    expect(errorOf(report)).toBeNull();
    const changes = {
      added: [{ name: 'gamma', version: '3.0' }],
      removed: [],
      changed: [{ name: 'beta', before: '1.0', after: '1.1' }],
    };
    expect(report.equal).toBe(false);
    expect(report.images[0]).toMatchObject({ packagesFrom: 'sbom', distributions: changes, files: null });
    expect(report.images[0]?.configuration).toEqual([
      { name: 'config.Env.MODE', before: 'one', after: 'two' },
    ]);
    const { layers } = report.images[0]!;
    expect(layers.common).toBeGreaterThan(0);
    const layersRead = (): string[] =>
      server.requests.flatMap(({ path }) => /shop\/blobs\/(sha256:\w+)$/.exec(path)?.[1] ?? []);
    const differing = [...layers.removed, ...layers.added].map(({ digest }) => digest);
    expect(layersRead().filter((digest) => differing.includes(digest as never))).toEqual([]);

    server.requests.length = 0;
    const files = await diffImages({ ...(await options()), before, after, files: true });
    expect(files.images[0]).toMatchObject({ packagesFrom: 'files', distributions: changes });
    const site = '/opt/venv/lib/python3.12/site-packages';
    expect(files.images[0]?.files?.changed).toEqual([
      { path: `${site}/beta/__init__.py`, before: 6, after: 7, what: ['content'] },
    ]);
    expect(files.images[0]?.files?.removed).toContainEqual({ path: `${site}/beta/gone.py`, size: 0 });
    expect(files.images[0]?.files?.added).toContainEqual({ path: `${site}/gamma.py`, size: 0 });
    const inspected = await inspectImage({ ...(await options()), image: before });
    const common = inspected.images[0]!.layers.map(({ digest }) => digest).filter(
      (digest) => !differing.includes(digest),
    );
    server.requests.length = 0;
    const deep = await diffImages({ ...(await options()), before, after, deep: true });
    expect(deep.images[0]?.files).toEqual(files.images[0]?.files);
    expect(layersRead()).toEqual(expect.arrayContaining(common));
  });

  it('sees through what layers hide from each other when all are read', async () => {
    const server = await registry();
    const base = { 'etc/': '', 'etc/a': 'one', 'etc/b': 'b', 'etc/link': { symlink: 'a' } };
    putImage(server, 'a', makeImage({ files: base }), '1');
    putImage(
      server,
      'a',
      makeImage({
        files: base,
        layers: [{ 'etc/a': 'two', 'etc/.wh.b': '', 'etc/b.sh': { bytes: '', mode: 0o755 } }],
      }),
      '2',
    );
    putImage(
      server,
      'a',
      makeImage({
        files: base,
        layers: [{ 'etc/a': 'two', 'etc/.wh.b': '', 'etc/b.sh': '', 'etc/link': { symlink: 'b.sh' } }],
      }),
      '3',
    );
    const [one, two, three] = ['1', '2', '3'].map((tag) => `${server.host}/a:${tag}`) as [
      string,
      string,
      string,
    ];
    const run = await options();
    const first = await diffImages({ ...run, before: one, after: two, deep: true });
    expect(first.images[0]?.files).toEqual({
      added: [{ path: '/etc/b.sh', size: 0 }],
      removed: [{ path: '/etc/b', size: 1 }],
      changed: [{ path: '/etc/a', before: 3, after: 3, what: ['content'] }],
    });
    const second = await diffImages({ ...run, before: two, after: three, deep: true });
    expect(second.images[0]?.files).toEqual({
      added: [],
      removed: [],
      changed: [
        { path: '/etc/b.sh', before: 0, after: 0, what: ['mode'] },
        { path: '/etc/link', before: 0, after: 0, what: ['content'] },
      ],
    });
    const same = await diffImages({ ...run, before: one, after: one, files: true });
    expect(same).toMatchObject({ equal: true, images: [{ equal: true }] });
  });

  it('ends with 1 where it is asked to and something differs', async () => {
    const server = await registry();
    putImage(server, 'a', makeImage({ files: { a: 'a' } }), '1');
    putImage(server, 'a', [makeImage({ files: { a: 'b' } }), makeImage({ platform: 'linux/arm64' })], '2');
    const [one, two] = [`${server.host}/a:1`, `${server.host}/a:2`];
    const codes: number[] = [];
    for (const args of [
      [one, two],
      [one, two, '--exit-code'],
      [one, one, '--exit-code'],
      [one, two, '--exit-code', '--json'],
    ]) {
      codes.push(await main(['diff', ...args], fakeIo({ env: { HOME: (await options()).cwd } })));
    }
    expect(codes).toEqual([0, 1, 0, 1]);
    const io = fakeIo({ env: { HOME: (await options()).cwd } });
    await main(['diff', one, two, '--files'], io);
    expect(io.out()).toContain('+ linux/arm64');
    expect(io.out()).toContain('~ /a  1 B');
  });
});
