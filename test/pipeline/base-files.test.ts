import { describe, expect, it } from 'vitest';
import type { Image, Layer } from '../../core/oci/image.ts';
import { writeLayer } from '../../core/oci/layer/write-layers.ts';
import { createBaseFileReader } from '../../core/pipeline/base-files.ts';
import { file, temporaryStore } from '../oci/temporary.ts';

/** An image of one layer that counts how often it is opened. */
async function countedImage(): Promise<{ image: Image; opened: () => number }> {
  const store = await temporaryStore();
  const items = ['a', 'b', 'c'].map((path) => file(path, path.toUpperCase()));
  const layer = await writeLayer(items, store, { name: 'base' });
  let count = 0;
  const counted: Layer = {
    ...layer,
    open: (signal) => {
      count += 1;
      return layer.open(signal);
    },
  };
  const rootfs = { type: 'layers', diff_ids: [layer.diffId] } as const;
  const config = { os: 'linux', architecture: 'amd64', rootfs };
  return {
    image: { platform: { os: 'linux', architecture: 'amd64' }, config, layers: [counted] },
    opened: () => count,
  };
}

const A = [/^a$/];
const B = [/^b$/];

describe('files of a base', () => {
  it('are read in one pass where they were announced', async () => {
    const { image, opened } = await countedImage();
    const reader = createBaseFileReader(new AbortController().signal);
    reader.announce(B);
    const [rootfs, files] = await Promise.all([reader.open(image, A), reader.read(image, B)]);
    expect(Buffer.from((await rootfs.read('a'))!).toString()).toBe('A');
    expect([...files.keys()]).toEqual(['b']);
    expect(opened()).toBe(1);
  });

  it('are read anew where nobody announced them', async () => {
    const { image, opened } = await countedImage();
    const reader = createBaseFileReader(new AbortController().signal);
    await reader.open(image, A);
    expect([...(await reader.read(image, B)).keys()]).toEqual(['b']);
    expect([...(await reader.read(image, A)).keys()]).toEqual(['a']);
    expect(opened()).toBe(2);
  });
});
