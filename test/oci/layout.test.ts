import { existsSync } from 'node:fs';
import { symlink as link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Index, Layer } from '../../core/oci/image.ts';
import { readLayerTar } from '../../core/oci/layer-tar.ts';
import { readLayout, writeLayout } from '../../core/oci/layout.ts';
import { parsePlatform } from '../../core/oci/platform.ts';
import { validateLayout } from '../../core/oci/validate/validate-layout.ts';
import { streamOf } from '../../core/primitives/bytes.ts';
import { hexOf } from '../../core/primitives/digest.ts';
import { contentsOf, makeImage, sampleLayers } from './images.ts';
import { temporaryFolder, temporaryStore, ZERO_DIGEST } from './temporary.ts';

const { signal } = new AbortController();
const platform = parsePlatform('linux/amd64');
const code = (value: string) => expect.objectContaining({ code: value });

async function indexOf(directory: string): Promise<Index> {
  return JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as Index;
}

async function filesOf(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path.slice(directory.length)] = (await readFile(path)).toString('base64');
  }
  return found;
}

async function written(
  tags = ['latest'],
): Promise<{ directory: string; store: Awaited<ReturnType<typeof temporaryStore>> }> {
  const store = await temporaryStore();
  const directory = join(await temporaryFolder(), 'a/b/image');
  await writeLayout(directory, contentsOf([await makeImage(store, sampleLayers())], tags), { signal });
  return { directory, store };
}

describe('a written layout', () => {
  it('is valid, names the image, and lists its referrers without a name', async () => {
    const { directory } = await written(['1.2', 'latest']);
    expect(await validateLayout(directory)).toEqual([]);
    const { manifests } = await indexOf(directory);
    expect(
      manifests.map((entry) => [
        entry.annotations?.['org.opencontainers.image.ref.name'],
        entry.artifactType,
      ]),
    ).toEqual([
      ['1.2', undefined],
      ['latest', undefined],
      [undefined, 'application/vnd.cyclonedx+json'],
    ]);
    expect(manifests[0]?.platform).toEqual(platform);
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  it('is the same, byte by byte, when it is written elsewhere or again', async () => {
    const first = await written();
    const second = await written();
    expect(await filesOf(second.directory)).toEqual(await filesOf(first.directory));
    const contents = contentsOf([await makeImage(first.store, sampleLayers())]);
    await writeLayout(first.directory, contents, { signal });
    expect(await filesOf(first.directory)).toEqual(await filesOf(second.directory));
  });

  it('holds one index for several platforms', async () => {
    const store = await temporaryStore();
    const directory = await temporaryFolder();
    const images = [
      await makeImage(store, sampleLayers()),
      await makeImage(store, sampleLayers('arm'), 'linux/arm64'),
    ];
    const contents = contentsOf(images);
    const { digest } = await writeLayout(directory, contents, { signal });
    expect(digest).toBe(contents.index?.descriptor.digest);
    expect(await validateLayout(directory)).toEqual([]);
    expect(
      (await indexOf(directory)).manifests.filter((entry) => entry.artifactType === undefined),
    ).toHaveLength(1);
    const arm = await readLayout(directory, { platform: parsePlatform('linux/arm64') });
    expect(arm.manifest?.descriptor.digest).toBe(images[1]!.manifest.descriptor.digest);
    await expect(readLayout(directory, { platform: parsePlatform('linux/s390x') })).rejects.toEqual(
      code('PYC_IMAGE_PLATFORM_MISSING'),
    );
  });

  it('keeps other images, replaces the one of the same tag, and drops what only that one needed', async () => {
    const { directory, store } = await written(['one']);
    const before = await filesOf(directory);
    const shared = sampleLayers('other');
    await writeLayout(directory, contentsOf([await makeImage(store, shared)], ['two']), { signal });
    expect(await validateLayout(directory)).toEqual([]);
    expect((await indexOf(directory)).manifests).toHaveLength(4);
    const third = contentsOf([await makeImage(store, sampleLayers('third'))], ['two']);
    await writeLayout(directory, third, { signal });
    expect(await validateLayout(directory)).toEqual([]);
    expect((await indexOf(directory)).manifests).toHaveLength(4);
    for (const path of Object.keys(before)) {
      if (path.startsWith('/blobs')) expect(existsSync(join(directory, path)), path).toBe(true);
    }
    // Of `two` there are one layer, configuration, manifest, SBOM and its manifest; the other layer is shared, as is `{}`.
    expect(await readdir(join(directory, 'blobs/sha256'))).toHaveLength(Object.keys(before).length - 2 + 5);
    const again = await readLayout(directory, { platform, tag: 'one' });
    expect(again.layers).toHaveLength(2);
  });

  it('keeps the referrers of an image that another tag still names', async () => {
    const { directory, store } = await written(['1', 'latest']);
    const next = contentsOf([await makeImage(store, sampleLayers('next'))], ['latest']);
    await writeLayout(directory, next, { signal });
    expect(await validateLayout(directory)).toEqual([]);
    expect((await indexOf(directory)).manifests).toHaveLength(4);
  });

  it('does not share a file with the store, which could be damaged through it', async () => {
    const { directory, store } = await written();
    const image = await readLayout(directory, { platform });
    const { digest } = image.layers[0]!.descriptor;
    await writeFile(join(directory, 'blobs/sha256', hexOf(digest)), 'damaged');
    expect((await store.read(digest)).length).toBe(image.layers[0]!.descriptor.size);
    expect((await validateLayout(directory)).length).toBeGreaterThan(0);
  });

  it('is not begun in a folder that holds something else, and goes on where an attempt was cut off', async () => {
    const store = await temporaryStore();
    const contents = contentsOf([await makeImage(store, sampleLayers())]);
    const foreign = await temporaryFolder();
    await writeFile(join(foreign, 'thesis.txt'), 'x');
    await expect(writeLayout(foreign, contents, { signal })).rejects.toEqual(code('PYC_LAYOUT_INVALID'));
    expect(await readdir(foreign)).toEqual(['thesis.txt']);
    const cut = await temporaryFolder();
    await mkdir(join(cut, 'blobs/sha256'), { recursive: true });
    await writeFile(join(cut, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeLayout(cut, contents, { signal });
    expect(await validateLayout(cut)).toEqual([]);
  });

  it('leaves nothing behind where a layer is not what it says, or the build is interrupted', async () => {
    const store = await temporaryStore();
    const good = await makeImage(store, sampleLayers());
    const broken: Layer = {
      descriptor: good.layers[0]!.descriptor,
      diffId: good.layers[0]!.diffId,
      open: async () => streamOf(Buffer.alloc(good.layers[0]!.descriptor.size)),
    };
    const contents = contentsOf([{ ...good, layers: [broken, good.layers[1]!] }]);
    const parent = await temporaryFolder();
    await expect(writeLayout(join(parent, 'x/y'), contents, { signal })).rejects.toEqual(
      code('PYC_IMAGE_BLOB_CHANGED'),
    );
    const aborted = AbortSignal.abort(new Error('stop'));
    await expect(writeLayout(join(parent, 'z'), contentsOf([good]), { signal: aborted })).rejects.toThrow(
      'stop',
    );
    expect(await readdir(parent)).toEqual([]);
    const { directory } = await written();
    const before = await filesOf(directory);
    await expect(writeLayout(directory, contents, { signal })).resolves.toBeDefined();
    const other = await makeImage(store, sampleLayers('other'));
    const cut = contentsOf([
      { ...other, layers: [other.layers[0]!, { ...broken, descriptor: other.layers[1]!.descriptor }] },
    ]);
    await expect(writeLayout(directory, cut, { signal })).rejects.toEqual(code('PYC_IMAGE_BLOB_CHANGED'));
    expect(await filesOf(directory)).toEqual(before);
  });

  it('says so where the folder cannot be written', async () => {
    const store = await temporaryStore();
    const contents = contentsOf([await makeImage(store, sampleLayers())]);
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expect(writeLayout(join(file, 'below'), contents, { signal })).rejects.toEqual(
      code('PYC_LAYOUT_UNWRITABLE'),
    );
  });
});

describe('a layout that is read', () => {
  it('gives documents and layers as they were written', async () => {
    const { directory } = await written();
    const image = await readLayout(directory, { platform });
    expect(image.config.config?.User).toBe('65532:65532');
    for (const layer of image.layers) {
      let size = 0;
      for await (const chunk of readLayerTar(layer)) size += chunk.length;
      expect(size % 512).toBe(0);
    }
  });

  it('finds an image by its tag, or without one where there is no doubt', async () => {
    const { directory, store } = await written(['1', '2']);
    expect((await readLayout(directory, { platform })).layers).toHaveLength(2);
    await expect(readLayout(directory, { platform, tag: '3' })).rejects.toEqual(
      code('PYC_LAYOUT_TAG_UNKNOWN'),
    );
    const other = await makeImage(store, sampleLayers('other'));
    await writeLayout(directory, contentsOf([other], ['4']), { signal });
    await expect(readLayout(directory, { platform })).rejects.toEqual(code('PYC_LAYOUT_TAG_UNKNOWN'));
    const digest = (await readLayout(directory, { platform, tag: '4' })).manifest?.descriptor.digest;
    expect(digest).toBe(other.manifest.descriptor.digest);
    await writeLayout(directory, contentsOf([other], ['latest']), { signal });
    expect((await readLayout(directory, { platform })).manifest?.descriptor.digest).toBe(digest);
  });

  const damage: Record<string, [(directory: string) => Promise<unknown>, string]> = {
    'no folder': [(directory) => rm(directory, { recursive: true }), 'PYC_LAYOUT_INVALID'],
    'no marker': [(directory) => rm(join(directory, 'oci-layout')), 'PYC_LAYOUT_INVALID'],
    'another version': [
      (directory) => writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
      'PYC_LAYOUT_INVALID',
    ],
    'an index that is no JSON': [
      (directory) => writeFile(join(directory, 'index.json'), '{'),
      'PYC_IMAGE_DOCUMENT_INVALID',
    ],
    'a digest that leads elsewhere': [
      async (directory) => {
        const text = await readFile(join(directory, 'index.json'), 'utf8');
        await writeFile(
          join(directory, 'index.json'),
          text.replace(/sha256:[0-9a-f]{64}/, 'sha256:../../../etc/passwd'),
        );
      },
      'PYC_IMAGE_DOCUMENT_INVALID',
    ],
    'a digest that is not there': [
      async (directory) => {
        const text = await readFile(join(directory, 'index.json'), 'utf8');
        await writeFile(join(directory, 'index.json'), text.replace(/sha256:[0-9a-f]{64}/, ZERO_DIGEST));
      },
      'PYC_LAYOUT_INVALID',
    ],
    'a manifest that is a link': [
      async (directory) => {
        const path = join(directory, 'blobs/sha256', hexOf((await indexOf(directory)).manifests[0]!.digest));
        await rename(path, `${directory}/elsewhere`);
        await link(`${directory}/elsewhere`, path);
      },
      'PYC_LAYOUT_INVALID',
    ],
    'a manifest with other content': [
      async (directory) => {
        const path = join(directory, 'blobs/sha256', hexOf((await indexOf(directory)).manifests[0]!.digest));
        await writeFile(path, (await readFile(path, 'utf8')).replace('2', '3'));
      },
      'PYC_IMAGE_BLOB_CHANGED',
    ],
  };

  it.each(Object.entries(damage))('is refused with %s', async (_name, [change, expected]) => {
    const { directory } = await written();
    await change(directory);
    await expect(readLayout(directory, { platform })).rejects.toEqual(code(expected));
    expect((await validateLayout(directory)).length).toBeGreaterThan(0);
  });

  it('refuses a layer that is a link, cut off or changed, when its bytes are wanted', async () => {
    const { directory } = await written();
    const { layers } = await readLayout(directory, { platform });
    const drain = async (layer: Layer): Promise<void> => {
      for await (const chunk of await layer.open()) void chunk;
    };
    const path = join(directory, 'blobs/sha256', hexOf(layers[0]!.descriptor.digest));
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(1));
    await expect(drain(layers[0]!)).rejects.toEqual(code('PYC_IMAGE_BLOB_CHANGED'));
    await writeFile(path, Buffer.concat([bytes, bytes]));
    await expect(drain(layers[0]!)).rejects.toEqual(code('PYC_IMAGE_BLOB_CHANGED'));
    await rm(path);
    await link('/etc/passwd', path);
    await expect(drain(layers[0]!)).rejects.toEqual(code('PYC_LAYOUT_INVALID'));
  });
});
