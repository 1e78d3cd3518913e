import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyImage } from '../../core/images.ts';
import { blobPath } from '../../core/oci/layout/folder.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../core/oci/media-types.ts';
import { type Digest, digestOf, hexOf } from '../../core/primitives/digest.ts';
import { makeTar } from '../archive/tars.ts';
import { temporaryFolder } from '../oci/temporary.ts';
import { registry } from '../registry/images.ts';
import { errorOf, hostOf, options, type SampleLayout, sampleLayout } from './places.ts';

/** A registry whose tag `1.0` stands for something else, and a layout whose `1.0` does. */
async function destinations() {
  const server = await registry();
  const config = server.addBlob('shop', Buffer.from('{}'));
  const old = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] };
  const { digest } = server.addManifest('shop', old, OCI_MANIFEST, '1.0');
  const layout = await sampleLayout('1.0', 'old');
  return { server, before: digest, layout };
}

async function filesOf(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).sort();
}

/** A layer of the second platform: what comes last. */
function layerOf({ images }: SampleLayout): Digest {
  return images[1]!.layers.at(-1)!.descriptor.digest;
}

describe('a layout that is not whole', () => {
  const damages: Record<string, [(file: string) => Promise<unknown> | unknown, string]> = {
    'a blob that is not there': [(file) => rm(file), 'PYC_LAYOUT_INVALID'],
    'a link for a blob': [
      async (file) => {
        await rm(file);
        await symlink('/dev/zero', file);
      },
      'PYC_LAYOUT_INVALID',
    ],
    'a pipe for a blob': [
      async (file) => {
        await rm(file);
        execFileSync('mkfifo', [file]);
      },
      'PYC_LAYOUT_INVALID',
    ],
    'a folder for a blob': [
      async (file) => {
        await rm(file);
        await writeFile(join(file, '..', 'x'), '');
        execFileSync('mkdir', [file]);
      },
      'PYC_LAYOUT_INVALID',
    ],
    'a blob that was cut off': [
      async (file) => writeFile(file, (await readFile(file)).subarray(0, 20)),
      'PYC_IMAGE_BLOB_CHANGED',
    ],
    'a blob that was changed': [
      async (file) => writeFile(file, (await readFile(file)).fill(0, 9, 10)),
      'PYC_IMAGE_BLOB_CHANGED',
    ],
  };

  it.each(Object.entries(damages))(
    'is refused for %s, and nothing is tagged or left',
    async (_, [damage, code]) => {
      const { server, before, layout } = await destinations();
      const run = await options();
      const wholeLayout = await filesOf(layout.directory);
      for (const part of ['layer', 'manifest'] as const) {
        const source = await sampleLayout(part);
        const digest = part === 'layer' ? layerOf(source) : source.images[1]!.manifest.descriptor.digest;
        await damage(blobPath(source.directory, digest));
        const pushed = await copyImage({
          ...run,
          source: source.spec,
          destination: `${hostOf(server)}/shop:1.0`,
        });
        expect(pushed.error?.code).toBe(code);
        expect(server.repository('shop').tags).toEqual(new Map([['1.0', before]]));

        const written = await copyImage({ ...run, source: source.spec, destination: `${layout.spec}:1.0` });
        expect(written.error?.code).toBe(code);
        expect(await filesOf(layout.directory)).toEqual(wholeLayout);

        const folder = await temporaryFolder();
        for (const destination of [`layout:${folder}/new`, `archive:${folder}/new.tar`]) {
          expect((await copyImage({ ...run, source: source.spec, destination })).error?.code).toBe(code);
        }
        expect(await readdir(folder)).toEqual([]);
      }
    },
  );

  it('is refused for indexes within indexes without end, and for sizes that lie', async () => {
    const { server, before } = await destinations();
    const host = hostOf(server);
    let inner = server.addManifest(
      'deep',
      { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] },
      OCI_INDEX,
    );
    for (let depth = 0; depth < 12; depth += 1) {
      inner = server.addManifest(
        'deep',
        { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [inner] },
        OCI_INDEX,
        '1',
      );
    }
    const leaf = server.addManifest(
      'deep',
      {
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: server.addBlob('deep', Buffer.from('{}')),
        layers: [],
      },
      OCI_MANIFEST,
    );
    const index = (entry: object): object => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] });
    server.addManifest('deep', index({ ...leaf, size: leaf.size + 1 }), OCI_INDEX, 'size');
    server.addManifest('deep', index({ ...leaf, mediaType: OCI_INDEX }), OCI_INDEX, 'kind');
    const run = await options();
    const codes = [];
    for (const tag of ['1', 'size', 'kind']) {
      const report = await copyImage({
        ...run,
        source: `${host}/deep:${tag}`,
        destination: `${host}/shop:1.0`,
      });
      codes.push(report.error?.code);
    }
    expect(codes).toEqual([
      'PYC_IMAGE_DOCUMENT_INVALID',
      'PYC_IMAGE_DOCUMENT_INVALID',
      'PYC_IMAGE_DOCUMENT_INVALID',
    ]);
    expect(server.repository('shop').tags.get('1.0')).toBe(before);
  });
});

describe('an archive that is not whole', () => {
  const config = JSON.stringify({
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
  });
  const saved = [
    { path: 'layer.tar', text: makeTar([{ path: 'a' }]).toString('latin1') },
    { path: `${hexOf(digestOf(config))}.json`, text: config },
    {
      path: 'manifest.json',
      text: JSON.stringify([
        { Config: `${hexOf(digestOf(config))}.json`, Layers: ['layer.tar'], RepoTags: null },
      ]),
    },
  ];
  const whole = (): Buffer =>
    makeTar([
      { path: 'oci-layout', text: '{"imageLayoutVersion":"1.0.0"}' },
      { path: 'index.json', text: JSON.stringify({ schemaVersion: 2, manifests: [] }) },
    ]);
  const archives: Record<string, [Buffer, string]> = {
    'a wrong diffID': [makeTar(saved), 'PYC_IMAGE_BLOB_CHANGED'],
    'an end in the middle': [makeTar(saved).subarray(0, 1700), 'PYC_TAR_INVALID'],
    'an entry outside': [makeTar([...saved, { path: '../evil' }]), 'PYC_PATH_UNSAFE'],
    'a link for a blob': [
      makeTar([{ path: `blobs/sha256/${'a'.repeat(64)}`, type: 'symlink', linkTarget: '/etc/passwd' }]),
      'PYC_ARCHIVE_INVALID',
    ],
    'no image': [whole(), 'PYC_LAYOUT_TAG_UNKNOWN'],
    'no tar': [Buffer.from('{}'), 'PYC_TAR_INVALID'],
  };

  it('is refused by name, and nothing is tagged', async () => {
    const { server, before } = await destinations();
    const run = await options();
    const folder = await temporaryFolder();
    const mismatches = [];
    for (const [name, [bytes, code]] of Object.entries(archives)) {
      const file = join(folder, 'image.tar');
      await writeFile(file, bytes);
      const report = await copyImage({
        ...run,
        source: `archive:${file}`,
        destination: `${hostOf(server)}/shop:1.0`,
      });
      if (report.error?.code !== code) mismatches.push([name, code, errorOf(report)]);
    }
    expect(mismatches).toEqual([]);
    expect(server.repository('shop').tags.get('1.0')).toBe(before);
    expect(await readdir(folder)).toEqual(['image.tar']);
  });
});

describe('a registry that fails', () => {
  it('while it is read or written leaves the old tag, and a second try completes', async () => {
    const { server, before } = await destinations();
    const source = await sampleLayout('new');
    const from = await registry();
    const run = await options();
    await copyImage({ ...run, source: source.spec, destination: `${hostOf(from)}/a:1` });
    const copy = { ...run, source: `${hostOf(from)}/a:1`, destination: `${hostOf(server)}/shop:1.0` };
    const layer = layerOf(source);
    const codes = [];
    from.fault = ({ path }) => (path.endsWith(layer) ? { corrupt: true } : undefined);
    codes.push((await copyImage(copy)).error?.code);
    from.fault = ({ path }) => (path.endsWith(layer) ? { status: 404 } : undefined);
    codes.push((await copyImage(copy)).error?.code);
    from.fault = undefined;
    server.fault = ({ method, path }) =>
      method === 'PUT' && path.includes('/manifests/') ? { status: 403 } : undefined;
    codes.push((await copyImage(copy)).error?.code);
    server.fault = undefined;
    expect(codes).toEqual(['PYC_REGISTRY_CONTENT', 'PYC_REGISTRY_NOT_FOUND', 'PYC_REGISTRY_ACCESS']);
    expect(server.repository('shop').tags.get('1.0')).toBe(before);
    expect(errorOf(await copyImage(copy))).toBeNull();
    expect(server.repository('shop').tags.get('1.0')).toBe(source.digest);
  });

  it('that lists what refers to something else is not believed', async () => {
    const server = await registry();
    const host = hostOf(server);
    const config = server.addBlob('a', Buffer.from('{}'));
    const image = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] };
    server.addManifest('a', image, OCI_MANIFEST, '1');
    const other = server.addManifest('a', { ...image, artifactType: 'x/y' }, OCI_MANIFEST);
    const listed = {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [other, { ...config, mediaType: 'x/y' }],
    };
    server.fault = ({ path }) =>
      path.includes('/a/referrers/')
        ? { status: 200, headers: { 'content-type': OCI_INDEX }, body: JSON.stringify(listed) }
        : undefined;
    const report = await copyImage({
      ...(await options()),
      source: `${host}/a:1`,
      destination: `${host}/b:1`,
    });
    expect(errorOf(report)).toBeNull();
    expect(report.image?.referrers).toEqual([]);
    expect(report.warnings.map(({ code }) => code)).toEqual(['PYC_REFERRER_UNKNOWN']);
    expect(server.repository('b').manifests.size).toBe(1);
  });

  it('that is interrupted ends as interrupted, with the old tag', async () => {
    const { server, before } = await destinations();
    const source = await sampleLayout();
    const controller = new AbortController();
    server.fault = ({ method }) => {
      if (method === 'POST') controller.abort();
      return undefined;
    };
    const report = await copyImage({
      ...(await options()),
      source: source.spec,
      destination: `${hostOf(server)}/shop:1.0`,
      signal: controller.signal,
    });
    expect(report.error).toMatchObject({ code: 'PYC_INTERRUPTED', exitCode: 130 });
    expect(server.repository('shop').tags.get('1.0')).toBe(before);
  });
});
