import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { readArchive, writeArchive, writeDockerArchive } from '../../core/oci/archive.ts';
import { readLayerTar } from '../../core/oci/layer-tar.ts';
import { writeLayout } from '../../core/oci/layout.ts';
import type { OutputImage } from '../../core/oci/output.ts';
import { parsePlatform } from '../../core/oci/platform.ts';
import { validateArchive } from '../../core/oci/validate/validate-archive.ts';
import { validateLayout } from '../../core/oci/validate/validate-layout.ts';
import { streamOf } from '../../core/primitives/bytes.ts';
import { digestOf, hexOf } from '../../core/primitives/digest.ts';
import type { Log, Warning } from '../../core/primitives/log.ts';
import { silentLog } from '../../core/primitives/log.ts';
import type { Store } from '../../core/store/store.ts';
import { contentsOf, makeImage, sampleLayers } from './images.ts';
import { temporaryFolder, temporaryStore } from './temporary.ts';

const { signal } = new AbortController();
const platform = parsePlatform('linux/amd64');
const code = (value: string) => expect.objectContaining({ code: value });

interface Member {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly link?: string;
}

async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, bytes, link } of members) {
    if (link === undefined) tar.entry({ name }, Buffer.from(bytes ?? []));
    else tar.entry({ name, type: 'symlink', linkname: link });
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function membersOf(file: string): Promise<Member[]> {
  const found: Member[] = [];
  const splitter = extract();
  splitter.end(await readFile(file));
  for await (const entry of splitter) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    found.push({ name: entry.header.name, bytes: Buffer.concat(chunks) });
  }
  return found;
}

async function tars(image: { readonly layers: OutputImage['layers'] }): Promise<string[]> {
  const found: string[] = [];
  for (const layer of image.layers) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of readLayerTar(layer)) chunks.push(chunk);
    found.push(digestOf(Buffer.concat(chunks)));
  }
  return found;
}

describe('an OCI archive', () => {
  async function written(
    seed?: string,
  ): Promise<{ file: string; store: Store; image: OutputImage; digest: string }> {
    const store = await temporaryStore();
    const image = await makeImage(store, sampleLayers(seed));
    const file = join(await temporaryFolder(), 'folder/image.tar');
    const { digest } = await writeArchive(file, { ...contentsOf([image]), tag: '1.2' }, { signal });
    return { file, store, image, digest };
  }

  it('is valid, has one entry and no referrers, and is the same whenever it is written', async () => {
    const first = await written();
    const second = await written();
    expect(await readFile(second.file)).toEqual(await readFile(first.file));
    expect(await validateArchive(first.file)).toEqual([]);
    const members = await membersOf(first.file);
    expect(members.slice(0, 2).map(({ name }) => name)).toEqual(['oci-layout', 'index.json']);
    expect(members).toHaveLength(2 + 4);
    expect(await readdir(join(first.file, '..'))).toEqual(['image.tar']);
  });

  it('is read back by its store or by another, and by a build that comes later', async () => {
    const { file, image, digest } = await written();
    const store = await temporaryStore();
    const read = await readArchive(file, { platform, store, signal });
    expect(read.manifest?.descriptor.digest).toBe(digest);
    expect(read.config).toEqual(JSON.parse(Buffer.from(image.config.bytes).toString()));
    expect(await tars(read)).toEqual(image.layers.map((layer) => layer.diffId));
    const again = await readArchive(file, { platform, store, signal });
    expect(again.layers.map((layer) => layer.file)).toEqual(read.layers.map((layer) => layer.file));
    await expect(
      readArchive(file, { platform: parsePlatform('linux/arm64'), store, signal }),
    ).rejects.toEqual(code('PYC_IMAGE_PLATFORM_MISSING'));
  });

  it('holds one index for several platforms', async () => {
    const store = await temporaryStore();
    const images = [
      await makeImage(store, sampleLayers()),
      await makeImage(store, sampleLayers('arm'), 'linux/arm64'),
    ];
    const file = join(await temporaryFolder(), 'image.tar');
    await writeArchive(file, { ...contentsOf(images), tag: '1' }, { signal });
    expect(await validateArchive(file)).toEqual([]);
    const arm = await readArchive(file, { platform: parsePlatform('linux/arm64'), store, signal });
    expect(arm.manifest?.descriptor.digest).toBe(images[1]!.manifest.descriptor.digest);
  });

  it('leaves the old file where writing fails', async () => {
    const { file, image } = await written();
    const before = await readFile(file);
    const [first, second] = image.layers;
    const broken = { ...first!, open: second!.open };
    const contents = { ...contentsOf([{ ...image, layers: [broken, second!] }]), tag: '1' };
    await expect(writeArchive(file, contents, { signal })).rejects.toEqual(code('PYC_IMAGE_BLOB_CHANGED'));
    await expect(writeArchive(join(file, 'x'), contents, { signal })).rejects.toEqual(
      code('PYC_ARCHIVE_UNWRITABLE'),
    );
    expect(await readFile(file)).toEqual(before);
    expect(await readdir(join(file, '..'))).toEqual(['image.tar']);
  });

  const hostile: Record<string, [(members: Member[]) => Member[], string]> = {
    'a symlink for a blob': [
      (members) =>
        members.map((each) =>
          each.name.startsWith('blobs/') ? { name: each.name, link: '/etc/passwd' } : each,
        ),
      'PYC_ARCHIVE_INVALID',
    ],
    'a blob that is not its digest': [
      (members) =>
        members.map((each, index) => (index === 2 ? { name: each.name, bytes: Buffer.from('x') } : each)),
      'PYC_STORE_BLOB_MISMATCH',
    ],
    'a blob that is missing': [
      (members) => members.filter((_, index) => index !== 2),
      'PYC_IMAGE_BLOB_CHANGED',
    ],
    'a name that leads outside': [(members) => [...members, { name: '../evil' }], 'PYC_PATH_UNSAFE'],
    'two indexes': [(members) => [...members, members[1]!], 'PYC_ARCHIVE_INVALID'],
    'nothing in it': [() => [], 'PYC_ARCHIVE_INVALID'],
  };

  it.each(Object.entries(hostile))('is refused with %s', async (_name, [change, expected]) => {
    const { file } = await written();
    await writeFile(file, await tarOf(change(await membersOf(file))));
    const store = await temporaryStore();
    await expect(readArchive(file, { platform, store, signal })).rejects.toEqual(code(expected));
    expect((await validateArchive(file)).length).toBeGreaterThan(0);
  });

  it('is refused when it is cut off, and when it is not there', async () => {
    const { file } = await written();
    const store = await temporaryStore();
    await writeFile(file, (await readFile(file)).subarray(0, 3000));
    const refused = expect(readArchive(file, { platform, store, signal })).rejects;
    await refused.toMatchObject({ code: 'PYC_TAR_INVALID', message: expect.stringContaining(file) });
    await expect(readArchive(`${file}x`, { platform, store, signal })).rejects.toEqual(
      code('PYC_ARCHIVE_INVALID'),
    );
  });

  it('is read anew when the file was changed', async () => {
    const one = await written('one');
    const other = await written('other');
    const store = await temporaryStore();
    await readArchive(one.file, { platform, store, signal });
    await rename(other.file, one.file);
    const read = await readArchive(one.file, { platform, store, signal });
    expect(read.manifest?.descriptor.digest).toBe(other.digest);
  });
});

describe('a docker-save archive', () => {
  const names = ['ghcr.io/me/shop:1.2', 'shop:latest'];

  it('is written with what `docker load` needs, and read back', async () => {
    const store = await temporaryStore();
    const image = await makeImage(store, sampleLayers());
    const file = join(await temporaryFolder(), 'image.tar');
    const contents = { ...contentsOf([image]), names };
    const { digest } = await writeDockerArchive(file, contents, { signal, log: silentLog });
    expect(digest).toBe(image.manifest.descriptor.digest);
    expect(await validateArchive(file)).toEqual([]);
    const [manifest, config] = await membersOf(file);
    expect(JSON.parse(Buffer.from(manifest!.bytes!).toString())).toEqual([
      {
        Config: `${hexOf(image.config.descriptor.digest)}.json`,
        RepoTags: names,
        Layers: image.layers.map((layer) => `${hexOf(layer.descriptor.digest)}.tar`),
      },
    ]);
    expect(digestOf(config!.bytes!)).toBe(image.config.descriptor.digest);
    const read = await readArchive(file, { platform, store: await temporaryStore(), signal });
    expect(read.manifest).toBeUndefined();
    expect(await tars(read)).toEqual(image.layers.map((layer) => layer.diffId));
  });

  it('holds one platform, and says so where there were several', async () => {
    const store = await temporaryStore();
    const images = [
      await makeImage(store, sampleLayers()),
      await makeImage(store, sampleLayers('arm'), 'linux/arm64'),
    ];
    const file = join(await temporaryFolder(), 'image.tar');
    const warnings: Warning[] = [];
    const log: Log = { ...silentLog, warn: (warning) => warnings.push(warning) };
    const arm = parsePlatform('linux/arm64');
    const { digest } = await writeDockerArchive(
      file,
      { ...contentsOf(images), names },
      { signal, log, platform: arm },
    );
    expect(digest).toBe(images[1]!.manifest.descriptor.digest);
    expect(warnings.map((warning) => warning.code)).toEqual(['PYC_DOCKER_ARCHIVE_ONE_PLATFORM']);
  });

  /** What an old `docker save` wrote: plain tars in folders, repeated layers as links. */
  async function saved(change: (members: Member[]) => Member[] = (members) => members): Promise<string> {
    const store = await temporaryStore();
    const { layers, config } = await makeImage(store, sampleLayers());
    const plain = await Promise.all(
      layers.map(async ({ descriptor }) => gunzipSync(await store.read(descriptor.digest))),
    );
    const document = JSON.parse(Buffer.from(config.bytes).toString()) as {
      rootfs: { diff_ids: string[] };
      history: object[];
    };
    document.rootfs.diff_ids.push(document.rootfs.diff_ids[0]!);
    document.history.push({});
    const bytes = Buffer.from(JSON.stringify(document));
    const name = `${hexOf(digestOf(bytes))}.json`;
    const members: Member[] = [
      { name: 'a/layer.tar', bytes: plain[0]! },
      { name: 'a/VERSION', bytes: Buffer.from('1.0') },
      { name: 'b/layer.tar', bytes: plain[1]! },
      { name: 'c/layer.tar', link: '../a/layer.tar' },
      { name, bytes },
      {
        name: 'manifest.json',
        bytes: Buffer.from(
          JSON.stringify([
            { Config: name, RepoTags: null, Layers: ['a/layer.tar', 'b/layer.tar', 'c/layer.tar'] },
          ]),
        ),
      },
    ];
    const file = join(await temporaryFolder(), 'saved.tar');
    await writeFile(file, await tarOf(change(members)));
    return file;
  }

  it('may hold plain tars and links to layers, which become compressed layers, always the same', async () => {
    const file = await saved();
    const [first, second] = [await temporaryStore(), await temporaryStore()];
    const image = await readArchive(file, { platform, store: first, signal });
    const same = await readArchive(file, { platform, store: second, signal });
    expect(image.layers.map((layer) => layer.descriptor)).toEqual(
      same.layers.map((layer) => layer.descriptor),
    );
    expect(await tars(image)).toEqual(image.config.rootfs.diff_ids);
    expect(image.layers[0]!.descriptor.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip');
    expect(image.layers[2]!.descriptor).toEqual(image.layers[0]!.descriptor);
  });

  it('unpacks layers that are compressed with zstd, which loaders learnt late', async () => {
    const store = await temporaryStore();
    const made = await makeImage(store, sampleLayers());
    const tar = gunzipSync(await store.read(made.layers[0]!.descriptor.digest));
    const blob = zstdOf(tar);
    const descriptor = {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
      digest: digestOf(blob),
      size: blob.length,
    };
    const layer = { descriptor, diffId: digestOf(tar), open: async () => streamOf(blob) };
    const image = { ...made, layers: [layer, made.layers[1]!] };
    const file = join(await temporaryFolder(), 'image.tar');
    await writeDockerArchive(file, { ...contentsOf([image]), names }, { signal, log: silentLog });
    expect(await validateArchive(file)).toEqual([]);
    const written = (await membersOf(file)).map(({ name }) => name);
    expect(written).toContain(`${hexOf(layer.diffId)}.tar`);
  });

  it('may hold compressed layers, and be compressed itself', async () => {
    const file = await saved((members) =>
      members.map((each) => {
        if (each.name === 'a/layer.tar') return { ...each, bytes: zstdOf(each.bytes!) };
        return each.name === 'b/layer.tar' ? { ...each, bytes: gzipSync(each.bytes!) } : each;
      }),
    );
    await writeFile(file, gzipSync(await readFile(file)));
    const image = await readArchive(file, { platform, store: await temporaryStore(), signal });
    expect(await tars(image)).toEqual(image.config.rootfs.diff_ids);
  });

  const rename1 = (members: Member[], text: string, by: string): Member[] =>
    members.map((each) =>
      each.name === 'manifest.json'
        ? { ...each, bytes: Buffer.from(Buffer.from(each.bytes!).toString().replaceAll(text, by)) }
        : each,
    );
  const hostile: Record<string, [(members: Member[]) => Member[], string]> = {
    'a layer that is not its diffID': [
      (members) =>
        members.map((each) => (each.name === 'b/layer.tar' ? { ...each, bytes: members[0]!.bytes! } : each)),
      'PYC_IMAGE_BLOB_CHANGED',
    ],
    'a configuration that is not its name': [
      (members) =>
        members.map((each) =>
          /^[0-9a-f]{64}/.test(each.name)
            ? { ...each, bytes: Buffer.concat([each.bytes!, Buffer.from(' ')]) }
            : each,
        ),
      'PYC_IMAGE_BLOB_CHANGED',
    ],
    'a link that leads outside': [
      (members) =>
        members.map((each) => (each.link === undefined ? each : { ...each, link: '../../etc/passwd' })),
      'PYC_ARCHIVE_INVALID',
    ],
    'a link to itself': [
      (members) => members.map((each) => (each.link === undefined ? each : { ...each, link: 'layer.tar' })),
      'PYC_ARCHIVE_INVALID',
    ],
    'a layer that is not there': [(members) => rename1(members, 'b/layer', 'd/layer'), 'PYC_ARCHIVE_INVALID'],
    'a layer named `__proto__`': [
      (members) => rename1(members, 'b/layer.tar', '__proto__'),
      'PYC_ARCHIVE_INVALID',
    ],
    'one layer too few': [(members) => rename1(members, ',"c/layer.tar"', ''), 'PYC_ARCHIVE_INVALID'],
    'a listing that is none': [(members) => rename1(members, '[{', '[[{'), 'PYC_ARCHIVE_INVALID'],
    'a layer that is no tar': [
      (members) =>
        members.map((each) => (each.name === 'b/layer.tar' ? { ...each, bytes: deflateRawSync('x') } : each)),
      'PYC_IMAGE_BLOB_CHANGED',
    ],
  };

  it.each(Object.entries(hostile))('is refused with %s', async (_name, [change, expected]) => {
    const file = await saved(change);
    const store = await temporaryStore();
    await expect(readArchive(file, { platform, store, signal })).rejects.toEqual(code(expected));
  });
});

/** A zstd frame of raw blocks (RFC 8878, section 3.1.1). */
function zstdOf(bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  const parts: Uint8Array[] = [Buffer.from('28b52ffda0', 'hex'), size];
  const BLOCK = 100_000;
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    const header = Buffer.alloc(3);
    header.writeUIntLE(block.length * 8 + (at + BLOCK >= bytes.length ? 1 : 0), 0, 3);
    parts.push(header, block);
  }
  return Buffer.concat(parts);
}

describe('an image that went through an archive', () => {
  it('has the same manifest in a layout', async () => {
    const store = await temporaryStore();
    const image = await makeImage(store, sampleLayers());
    const folder = await temporaryFolder();
    const file = join(folder, 'image.tar');
    await writeArchive(file, { ...contentsOf([image]), tag: '1' }, { signal });
    const read = await readArchive(file, { platform, store: await temporaryStore(), signal });
    const copy: OutputImage = { ...image, layers: read.layers, manifest: read.manifest! };
    const { digest } = await writeLayout(join(folder, 'layout'), contentsOf([copy]), { signal });
    expect(digest).toBe(image.manifest.descriptor.digest);
    expect(await validateLayout(join(folder, 'layout'))).toEqual([]);
  });
});
