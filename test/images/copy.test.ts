import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyImage } from '../../core/images.ts';
import { DOCKER_MANIFEST } from '../../core/oci/media-types.ts';
import { parseReference } from '../../core/oci/reference.ts';
import { validateArchive } from '../../core/oci/validate/validate-archive.ts';
import { validateLayout } from '../../core/oci/validate/validate-layout.ts';
import { hexOf } from '../../core/primitives/digest.ts';
import { listReferrers } from '../../core/registry/index.ts';
import { temporaryFolder } from '../oci/temporary.ts';
import { client, registry } from '../registry/images.ts';
import { errorOf, hostOf, options, sampleLayout } from './places.ts';

const signal = new AbortController().signal;

describe('copying an image', () => {
  it('goes from a layout through registries and back with the same bytes and all referrers', async () => {
    const source = await sampleLayout();
    const [one, two] = [await registry(), await registry({ referrers: false })];
    const back = join(await temporaryFolder(), 'back');
    const run = await options();

    const pushed = await copyImage({
      ...run,
      source: source.spec,
      destination: `${hostOf(one)}/me/shop:1.0`,
    });
    expect(errorOf(pushed)).toBeNull();
    expect(pushed.image).toMatchObject({ digest: source.digest, documents: 3 });
    expect(pushed.image?.referrers).toHaveLength(3);
    expect(pushed.output).toMatchObject({ digest: source.digest, blobsMounted: 0, blobsPresent: 0 });
    expect(one.repository('me/shop').tags.get('1.0')).toBe(source.digest);

    const copied = await copyImage({
      ...run,
      source: `${hostOf(one)}/me/shop:1.0`,
      destination: `${hostOf(two)}/them/shop:2.0`,
    });
    expect(errorOf(copied)).toBeNull();
    expect(copied.output?.bytesUploaded).toBe(pushed.output?.bytesUploaded);
    // The registry lists no referrers itself: they are under the fallback tags.
    const repository = client().repository(parseReference(`${hostOf(two)}/them/shop`));
    for (const { manifest } of source.images) {
      expect(await listReferrers(repository, manifest.descriptor.digest, signal)).toHaveLength(1);
    }

    const returned = await copyImage({
      ...run,
      source: `${hostOf(two)}/them/shop:2.0`,
      destination: `layout:${back}:1.0`,
    });
    expect(errorOf(returned)).toBeNull();
    expect(await validateLayout(back)).toEqual([]);
    expect(JSON.parse(await readFile(join(back, 'index.json'), 'utf8'))).toEqual(
      JSON.parse(await readFile(join(source.directory, 'index.json'), 'utf8')),
    );
    const blobs = async (directory: string): Promise<string[]> =>
      (await readdir(join(directory, 'blobs/sha256'))).sort();
    expect(await blobs(back)).toEqual(await blobs(source.directory));
  });

  it('between two repositories of one registry uploads no blob', async () => {
    const source = await sampleLayout();
    const server = await registry();
    const run = await options();
    const [from, to] = [`${hostOf(server)}/me/shop:1.0`, `${hostOf(server)}/them/shop:1.0`];
    await copyImage({ ...run, source: source.spec, destination: from });
    server.requests.length = 0;
    const copied = await copyImage({ ...run, source: from, destination: to });
    expect(copied.output).toMatchObject({ bytesUploaded: 0, blobsUploaded: 0, blobsPresent: 0 });
    const looked = server.requests.filter(
      ({ method, path }) => method === 'HEAD' && path.includes('/blobs/'),
    );
    expect(looked).toEqual([]);
    expect(copied.output?.blobsMounted).toBe(server.repository('me/shop').blobs.size);
    expect(server.repository('them/shop').blobs.size).toBe(server.repository('me/shop').blobs.size);

    const before = server.requests.length;
    const again = await copyImage({ ...run, source: from, destination: to });
    expect(again.output).toMatchObject({ blobsMounted: 0, blobsUploaded: 0 });
    const sent = server.requests.slice(before).filter(({ method }) => method === 'POST');
    expect(sent).toEqual([]);
  });

  it('between two repositories of a registry that mounts nothing sends what is not there', async () => {
    const source = await sampleLayout();
    const server = await registry({ mount: false });
    const run = await options();
    const [from, to] = [`${hostOf(server)}/me/shop:1.0`, `${hostOf(server)}/them/shop:1.0`];
    await copyImage({ ...run, source: source.spec, destination: from });
    const blobs = [...server.repository('me/shop').blobs];
    for (const [digest, bytes] of blobs.slice(1)) server.repository('them/shop').blobs.set(digest, bytes);
    const copied = await copyImage({ ...run, source: from, destination: to });
    expect(errorOf(copied)).toBeNull();
    expect(copied.output).toMatchObject({
      blobsMounted: 0,
      blobsUploaded: 1,
      blobsPresent: blobs.length - 1,
    });
    expect(server.repository('them/shop').tags.get('1.0')).toBe(source.digest);
  });

  it('takes one platform, and says which there are', async () => {
    const source = await sampleLayout();
    const server = await registry();
    const run = await options();
    const destination = `${hostOf(server)}/me/shop:arm`;
    const copied = await copyImage({ ...run, source: source.spec, destination, platform: 'linux/arm64' });
    expect(errorOf(copied)).toBeNull();
    expect(copied.image).toMatchObject({
      digest: source.images[1]!.manifest.descriptor.digest,
      documents: 1,
    });
    expect(copied.image?.referrers).toHaveLength(1);
    const none = await copyImage({ ...run, source: destination, destination, platform: 'linux/riscv64' });
    expect(none.error).toMatchObject({ code: 'PYC_IMAGE_PLATFORM_MISSING', details: ['linux/arm64'] });
  });

  it('writes archives: of all platforms, and one for Docker', async () => {
    const source = await sampleLayout();
    const run = await options();
    const folder = await temporaryFolder();
    const file = join(folder, 'all.tar');
    const archived = await copyImage({ ...run, source: source.spec, destination: `archive:${file}` });
    expect(archived.output).toMatchObject({ digest: source.digest, reference: `oci-archive:${file}` });
    expect(archived.warnings.map(({ code }) => code)).toEqual(['PYC_ARCHIVE_WITHOUT_REFERRERS']);
    expect(await validateArchive(file)).toEqual([]);

    const docker = join(folder, 'docker.tar');
    const several = await copyImage({ ...run, source: source.spec, destination: `docker-archive:${docker}` });
    expect(several.error).toMatchObject({
      code: 'PYC_IMAGE_PLATFORM_MISSING',
      details: ['linux/amd64', 'linux/arm64'],
    });
    const one = await copyImage({
      ...run,
      source: `archive:${file}`,
      destination: `docker-archive:${docker}:shop:1.0`,
      platform: 'linux/amd64',
    });
    expect(errorOf(one)).toBeNull();
    expect(one.warnings.map(({ code }) => code)).toEqual(['PYC_DOCKER_ARCHIVE_DIGEST']);

    // Without annotations the manifest that a tar of Docker's gets is the one that it was made of.
    const layout = join(folder, 'again');
    const again = await copyImage({
      ...run,
      source: `docker-archive:${docker}`,
      destination: `layout:${layout}`,
    });
    expect(again.image?.digest).toBe(source.images[0]!.manifest.descriptor.digest);
    expect(again.output?.reference).toBe(`oci:${layout}:1.0`);
    expect(await validateLayout(layout)).toEqual([]);
  });

  it('brings referrers of referrers, and leaves all out where that is asked for', async () => {
    const server = await registry();
    const host = hostOf(server);
    const config = server.addBlob('a', Buffer.from('{}'));
    const image = manifestOf(config);
    const root = server.addManifest('a', image, OCI_MANIFEST, '1');
    const sbom = server.addManifest('a', { ...image, artifactType: 'sbom/x', subject: root }, OCI_MANIFEST);
    server.addManifest('a', { ...image, artifactType: 'signature/x', subject: sbom }, OCI_MANIFEST);
    const run = await options();
    const all = await copyImage({ ...run, source: `${host}/a:1`, destination: `${host}/b:1` });
    expect(errorOf(all)).toBeNull();
    expect(all.image?.referrers).toHaveLength(2);
    expect(server.repository('b').manifests.size).toBe(3);
    const alone = await copyImage({
      ...run,
      source: `${host}/a:1`,
      destination: `${host}/c:1`,
      referrers: false,
    });
    expect(alone.image?.referrers).toEqual([]);
    expect(server.repository('c').manifests.size).toBe(1);
  });

  it('keeps layers that may not be distributed by reference', async () => {
    const server = await registry();
    const host = hostOf(server);
    const config = server.addBlob('a', Buffer.from('{}'));
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: `sha256:${'ab'.repeat(32)}`,
      size: 5,
      urls: [`http://${host}/secret`],
    };
    const document = { ...manifestOf(config), mediaType: DOCKER_MANIFEST, layers: [foreign] };
    server.addManifest('a', document, DOCKER_MANIFEST, '1');
    const directory = join(await temporaryFolder(), 'layout');
    const copied = await copyImage({
      ...(await options()),
      source: `${host}/a:1`,
      destination: `layout:${directory}`,
    });
    expect(errorOf(copied)).toBeNull();
    expect(server.requests.some(({ path }) => path.includes('abab') || path.includes('secret'))).toBe(false);
    expect(await readdir(join(directory, 'blobs/sha256'))).toContain(hexOf(config.digest));
  });

  it('refuses places that nobody knows, and a digest that is not the image’s', async () => {
    const source = await sampleLayout();
    const run = await options();
    const codes = [];
    for (const [from, to] of [
      ['layuot:x', 'a:1'],
      ['layout:', 'a:1'],
      [source.spec, 'A:1'],
      [source.spec, `localhost:1/a@sha256:${'0'.repeat(64)}`],
      ['layout:nowhere', 'a:1'],
      ['archive:nowhere', 'a:1'],
      [`${source.spec}:9`, 'a:1'],
    ] as const) {
      const report = await copyImage({ ...run, source: from, destination: to });
      codes.push([report.error?.code, report.error?.exitCode]);
    }
    expect(codes).toEqual([
      ['PYC_IMAGE_SPEC_INVALID', 2],
      ['PYC_IMAGE_SPEC_INVALID', 2],
      ['PYC_REFERENCE_INVALID', 2],
      ['PYC_IMAGE_SPEC_INVALID', 2],
      ['PYC_LAYOUT_INVALID', 1],
      ['PYC_ARCHIVE_INVALID', 1],
      ['PYC_LAYOUT_TAG_UNKNOWN', 1],
    ]);
  });
});

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

function manifestOf(config: object): object {
  return { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] };
}
