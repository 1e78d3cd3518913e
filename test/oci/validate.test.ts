import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import type { ConfigDocument, Descriptor, Index, Manifest } from '../../core/oci/image.ts';
import { writeLayout } from '../../core/oci/layout.ts';
import { assertValidLayout, validateLayout } from '../../core/oci/validate/validate-layout.ts';
import { digestOf, hexOf } from '../../core/primitives/digest.ts';
import { contentsOf, makeImage, sampleLayers } from './images.ts';
import { temporaryFolder, temporaryStore, ZERO_DIGEST } from './temporary.ts';

type Writable<T> = T extends string
  ? T
  : { -readonly [K in keyof T]: NonNullable<T[K]> extends object ? Writable<T[K]> : T[K] };

/** A layout taken apart, to be put together again with something wrong but all digests right. */
interface Parts {
  readonly index: Writable<Index>;
  readonly manifest: Writable<Manifest>;
  readonly config: Writable<ConfigDocument>;
  layers: Buffer[];
}

async function layoutWith(change: (parts: Parts) => unknown): Promise<string> {
  const store = await temporaryStore();
  const directory = await temporaryFolder();
  const contents = { ...contentsOf([await makeImage(store, sampleLayers())]), referrers: [] };
  await writeLayout(directory, contents, { signal: new AbortController().signal });
  const blob = (digest: string) => join(directory, 'blobs/sha256', digest.slice(7));
  const json = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as unknown;
  const index = (await json(join(directory, 'index.json'))) as Parts['index'];
  const manifest = (await json(blob(index.manifests[0]!.digest))) as Parts['manifest'];
  const config = (await json(blob(manifest.config.digest))) as Parts['config'];
  const layers = await Promise.all(manifest.layers.map((layer) => readFile(blob(layer.digest))));
  const parts: Parts = { index, manifest, config, layers };
  for (const old of [index.manifests[0]!, manifest.config, ...manifest.layers]) await rm(blob(old.digest));
  await change(parts);
  const put = async (bytes: Uint8Array): Promise<Pick<Descriptor, 'digest' | 'size'>> => {
    await writeFile(blob(digestOf(bytes)), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  for (const [at, layer] of parts.layers.entries()) {
    if (manifest.layers[at] !== undefined) Object.assign(manifest.layers[at]!, await put(layer));
  }
  Object.assign(manifest.config, await put(Buffer.from(JSON.stringify(config))));
  const facts = await put(Buffer.from(JSON.stringify(manifest)));
  for (const entry of index.manifests) if (entry.digest !== ZERO_DIGEST) Object.assign(entry, facts);
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
  return directory;
}

async function tarLayer(
  entries: readonly { name: string; type?: 'file' | 'link'; linkname?: string }[],
): Promise<Buffer> {
  const tar = pack();
  for (const entry of entries) {
    if (entry.type === 'link') tar.entry(entry);
    else tar.entry(entry, 'x');
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function setLayer(parts: Parts, tar: Buffer): Promise<void> {
  parts.layers[0] = gzipSync(tar);
  parts.config.rootfs.diff_ids[0] = digestOf(tar);
}

describe('the validation of a layout', () => {
  it('finds nothing where only digests were computed anew', async () => {
    expect(await validateLayout(await layoutWith(() => undefined))).toEqual([]);
  });

  const faults: Record<string, [(parts: Parts) => unknown, string]> = {
    'a diffID of another layer': [(parts) => parts.config.rootfs.diff_ids.reverse(), 'layer'],
    'a diffID too many': [(parts) => parts.config.rootfs.diff_ids.push(digestOf('x')), 'config'],
    'a history that is too short': [(parts) => (parts.config.history as unknown[]).pop(), 'history'],
    'a time that is none': [(parts) => Object.assign(parts.config, { created: 'yesterday' }), 'config'],
    'another kind of root file system': [
      (parts) => Object.assign(parts.config.rootfs, { type: 'x' }),
      'config',
    ],
    'another platform than listed': [
      (parts) => Object.assign(parts.config, { architecture: 'arm64' }),
      'platform',
    ],
    'a variable without a value': [
      (parts) => Object.assign(parts.config.config!, { Env: ['PATH'] }),
      'config',
    ],
    'a port that is none': [
      (parts) => Object.assign(parts.config.config!, { ExposedPorts: { http: {} } }),
      'config',
    ],
    'no architecture': [(parts) => Object.assign(parts.config, { architecture: '' }), 'config'],
    'a media type that is no layer’s': [
      (parts) => Object.assign(parts.manifest.layers[0]!, { mediaType: 'text/plain' }),
      'descriptor',
    ],
    'a media type of another compression': [
      (parts) =>
        Object.assign(parts.manifest.layers[0]!, { mediaType: 'application/vnd.oci.image.layer.v1.tar' }),
      'descriptor',
    ],
    'an annotation that is no text': [
      (parts) => Object.assign(parts.manifest, { annotations: { a: 1 } }),
      'document',
    ],
    'a manifest without a media type': [
      (parts) => Reflect.deleteProperty(parts.manifest, 'mediaType'),
      'document',
    ],
    'a manifest of another media type': [
      (parts) =>
        Object.assign(parts.index.manifests[0]!, { mediaType: 'application/vnd.oci.image.index.v1+json' }),
      'document',
    ],
    'a subject that is not there': [
      (parts) =>
        Object.assign(parts.manifest, {
          subject: { mediaType: parts.manifest.mediaType, digest: ZERO_DIGEST, size: 1 },
        }),
      'subject',
    ],
    'an entry that is not there': [
      (parts) =>
        parts.index.manifests.push({ ...parts.index.manifests[0]!, digest: ZERO_DIGEST, annotations: {} }),
      'document',
    ],
    'two entries of one tag': [
      (parts) => parts.index.manifests.push({ ...parts.index.manifests[0]! }),
      'tag',
    ],
    'a tag that is none': [
      (parts) =>
        Object.assign(parts.index.manifests[0]!.annotations!, { 'org.opencontainers.image.ref.name': 'a b' }),
      'tag',
    ],
    'a path that comes twice': [
      async (parts) => setLayer(parts, await tarLayer([{ name: 'a' }, { name: 'a' }])),
      'tar',
    ],
    'a file below a file': [
      async (parts) => setLayer(parts, await tarLayer([{ name: 'a' }, { name: 'a/b' }])),
      'tar',
    ],
    'a hard link to nothing': [
      async (parts) => setLayer(parts, await tarLayer([{ name: 'a', type: 'link', linkname: 'b' }])),
      'tar',
    ],
    'an absolute path': [async (parts) => setLayer(parts, await tarLayer([{ name: '/a' }])), 'layer'],
    'a tar that is cut off': [
      (parts) => setLayer(parts, gunzipSync(parts.layers[0]!).subarray(0, 2000)),
      'layer',
    ],
    'bytes after the gzip data': [
      (parts) => {
        parts.layers[0] = Buffer.concat([parts.layers[0]!, Buffer.from('rest')]);
      },
      'layer',
    ],
    'a layer that is no gzip': [
      (parts) => {
        parts.layers[0] = Buffer.from('not compressed');
      },
      'layer',
    ],
  };

  it.each(Object.entries(faults))('finds %s', async (_name, [change, kind]) => {
    const found = await validateLayout(await layoutWith(change));
    expect(found.map((fault) => fault.kind)).toContain(kind);
  });

  it('finds all faults at once, and names them in one error', async () => {
    const directory = await layoutWith((parts) => {
      (parts.config.history as unknown[]).pop();
      Object.assign(parts.config, { created: 'x', architecture: 'arm64' });
    });
    const found = await validateLayout(directory);
    expect(found.map((fault) => fault.kind).sort()).toEqual(['config', 'history', 'platform']);
    await expect(assertValidLayout(directory)).rejects.toMatchObject({
      code: 'PYC_IMAGE_INVALID',
      details: found,
    });
  });

  it('checks blobs on which nothing hangs, too', async () => {
    const directory = await layoutWith(() => undefined);
    await writeFile(join(directory, 'blobs/sha256', hexOf(digestOf('x'))), 'x');
    expect(await validateLayout(directory)).toEqual([]);
    await writeFile(join(directory, 'blobs/sha256', hexOf(digestOf('y'))), 'x');
    await writeFile(join(directory, 'blobs/sha256', 'stray'), 'x');
    expect((await validateLayout(directory)).map((fault) => fault.kind).sort()).toEqual(['blob', 'layout']);
  });

  it('says that a folder is no layout', async () => {
    expect(await validateLayout(await temporaryFolder())).toHaveLength(1);
    expect(await validateLayout('/nonexistent')).toHaveLength(1);
  });
});
