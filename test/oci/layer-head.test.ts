import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../../core/oci/image.ts';
import { readLayerHead } from '../../core/oci/layer-head.ts';
import { streamOf } from '../../core/primitives/bytes.ts';
import { makeLayer } from '../../core/testing/images.ts';

const FILES = {
  'etc/': '',
  './etc/first': '1\n',
  'etc/link': { symlink: 'first' },
  'etc/second': '2\n'.repeat(2000),
  [`etc/${'long'.repeat(40)}`]: 'named elsewhere',
  'etc/third': '3\n',
};

const made = makeLayer(FILES);
const blobOf = (bytes: Uint8Array): Layer => ({ ...made, open: async () => streamOf(bytes) });
const names = async (layer: Layer, size: number): Promise<string[]> =>
  (await readLayerHead(layer, size)).map(({ path }) => path);

describe('the head of a layer', () => {
  it('has the files that lie whole within it, wherever it is cut', async () => {
    const all = ['etc/first', 'etc/second', 'etc/third'];
    expect(await names(made, 1e6)).toEqual(all);
    const tar = gunzipSync(made.bytes);
    const [first] = await readLayerHead(blobOf(tar), 1e6);
    expect(Buffer.from(first!.bytes).toString()).toBe('1\n');
    // Several members, as spliced layers have.
    const spliced = Buffer.concat(
      [0, 512, 2048].map((from, at) => gzipSync(tar.subarray(from, [512, 2048][at]))),
    );
    const odd: number[] = [];
    for (const bytes of [made.bytes, spliced, tar]) {
      for (let size = 0; size < bytes.length; size += 13) {
        const found = await names(blobOf(bytes), size);
        if (found.some((path, index) => path !== all[index])) odd.push(size);
      }
      expect(await names(blobOf(bytes), bytes.length)).toEqual(all);
    }
    expect(odd).toEqual([]);
  });

  it('is empty where the blob is no tar, or of a compression that is not read', async () => {
    for (const bytes of [
      Buffer.alloc(5000, 'x'),
      Buffer.from('BZh91AY&SY'),
      gzipSync(Buffer.alloc(3000, 7)),
    ]) {
      expect(await names(blobOf(bytes), 1e6)).toEqual([]);
    }
    expect(await names(blobOf(gzipSync(Buffer.alloc(100 * 1024 * 1024))), 1e6)).toEqual([]);
  });
});
