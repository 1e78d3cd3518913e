import { describe, expect, it } from 'vitest';
import type { Image } from '../../core/oci/image.ts';
import { createBaseFileReader } from '../../core/pipeline/base-files.ts';
import { makeImage } from '../../core/testing/images.ts';

/** An image of one layer that counts how often it is opened. */
function countedImage(): { image: Image; opened: () => number } {
  const { platform, config, layers } = makeImage({ files: { a: 'A', b: 'B', c: 'C' } });
  let count = 0;
  const counted = layers.map((layer) => ({
    ...layer,
    open: () => {
      count += 1;
      return layer.open();
    },
  }));
  return { image: { platform, config: config.document, layers: counted }, opened: () => count };
}

const A = [/^a$/];
const B = [/^b$/];

describe('files of a base', () => {
  it('are read in one pass where they were announced', async () => {
    const { image, opened } = countedImage();
    const reader = createBaseFileReader(new AbortController().signal);
    reader.announce(B);
    const [rootfs, files] = await Promise.all([reader.open(image, A), reader.read(image, B)]);
    expect(Buffer.from((await rootfs.read('a'))!).toString()).toBe('A');
    expect([...files.keys()]).toEqual(['b']);
    expect(opened()).toBe(1);
  });

  it('are read anew where nobody announced them', async () => {
    const { image, opened } = countedImage();
    const reader = createBaseFileReader(new AbortController().signal);
    await reader.open(image, A);
    expect([...(await reader.read(image, B)).keys()]).toEqual(['b']);
    expect([...(await reader.read(image, A)).keys()]).toEqual(['a']);
    expect(opened()).toBe(2);
  });
});
