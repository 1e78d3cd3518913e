import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Image, Layer } from '../../core/oci/image.ts';
import { createLayerMemory } from '../../core/oci/rootfs/layer-memory.ts';
import { openRootfs, readImageFiles } from '../../core/oci/rootfs.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import { createDiskStore } from '../../core/store/disk-store.ts';
import { type LayerRecipe, makeLayer } from '../../core/testing/images.ts';

type Entry =
  | readonly [name: string, content: string]
  | readonly [name: string, type: 'symlink' | 'hardlink', target: string];

/** A layer that counts how often it is opened. */
function layer(entries: readonly Entry[]): Layer & { readonly opened: () => number } {
  const files = entries.map(([name, second, target]) => [
    name,
    target === undefined ? second : { [second]: target },
  ]);
  const made = makeLayer(Object.fromEntries(files) as LayerRecipe);
  let opened = 0;
  return {
    ...made,
    open: async () => {
      opened += 1;
      return made.open();
    },
    opened: () => opened,
  };
}

function imageOf(layers: readonly Layer[]): Image {
  return {
    platform: { os: 'linux', architecture: 'amd64' },
    config: {
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: layers.map((each) => each.diffId) },
    },
    layers,
  };
}

const ALL = [/./];
const dir = (name: string): Entry => [`${name}/`, ''];

/** All files of stacked layers by path, as text. */
async function merged(...layers: readonly (readonly Entry[])[]): Promise<Record<string, string>> {
  const image = imageOf(layers.map(layer));
  const files = await readImageFiles(image, ALL);
  return Object.fromEntries([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));
}

describe('the files of an image', () => {
  it('are those of the topmost layer', async () => {
    expect(await merged([dir('a'), ['a/x', '1'], ['a/y', '2']], [['a/x', '3']], [['b', '4']])).toEqual({
      'a/x': '3',
      'a/y': '2',
      b: '4',
    });
  });

  it('go where a whiteout is, whatever the order in its layer', async () => {
    const base: Entry[] = [dir('a'), ['a/x', '1'], ['a/y', '2'], ['b', '3'], dir('c'), ['c/d/e', '4']];
    expect(
      await merged(base, [
        ['a/.wh.x', ''],
        ['.wh.b', ''],
        ['.wh.c', ''],
      ]),
    ).toEqual({ 'a/y': '2' });
    expect(
      await merged(base, [
        ['.wh.b', ''],
        ['b', 'new'],
      ]),
    ).toMatchObject({ b: 'new' });
    expect(
      await merged(base, [
        ['b', 'new'],
        ['.wh.b', ''],
      ]),
    ).toMatchObject({ b: 'new' });
    expect(await merged(base, [dir('a'), ['a/.wh..wh..opq', ''], ['a/z', '5']], [['b', '6']])).toEqual({
      'a/z': '5',
      b: '6',
      'c/d/e': '4',
    });
    expect(
      await merged(base, [
        ['a/z', '5'],
        ['a/.wh..wh..opq', ''],
      ]),
    ).toMatchObject({ 'a/z': '5' });
    expect(await merged(base, [['.wh.a', ''], dir('a'), ['a/n', '5']])).toEqual({
      'a/n': '5',
      b: '3',
      'c/d/e': '4',
    });
  });

  it('are replaced by files, links and directories of the same name', async () => {
    const base: Entry[] = [dir('a'), ['a/x', '1'], ['b', '2']];
    expect(await merged(base, [['a', 'file']])).toEqual({ a: 'file', b: '2' });
    expect(await merged(base, [['b/c', 'below']]).catch((thrown) => thrown.code)).toBe(
      'PYC_IMAGE_LAYER_INVALID',
    );
    expect(await merged(base, [dir('b'), ['b/c', 'below']])).toEqual({ 'a/x': '1', 'b/c': 'below' });
    expect(await merged(base, [['a', 'symlink', 'b']])).toEqual({ a: '2', b: '2' });
  });

  it('are found through links, which stay inside the image', async () => {
    const entries: Entry[] = [
      dir('usr'),
      dir('usr/lib'),
      ['usr/lib/real', 'R'],
      ['lib', 'symlink', 'usr/lib'],
      ['usr/up', 'symlink', '../../../../usr/lib/real'],
      ['usr/absolute', 'symlink', '/lib/real'],
      ['chain', 'symlink', 'usr/absolute'],
      ['dangling', 'symlink', 'nowhere'],
      ['loop', 'symlink', 'loop'],
      ['usr/lib/hard', 'hardlink', 'usr/lib/real'],
    ];
    const rootfs = await openRootfs(imageOf([layer(entries)]), { wanted: ALL });
    const read = async (path: string) => (await rootfs.read(path))?.toString();
    for (const path of ['lib/real', 'usr/up', 'usr/absolute', 'chain', 'usr/lib/hard', 'lib/../lib/real']) {
      expect(await read(path), path).toBe('R');
    }
    for (const path of ['dangling', 'loop', 'usr/lib', 'nothing', 'usr/lib/real/x']) {
      expect(await read(path), path).toBeUndefined();
    }
    expect(await rootfs.list('usr/lib/')).toEqual(['usr/lib/hard', 'usr/lib/real']);
    expect(await rootfs.list('')).toContain('chain');
  });

  it('that come through a link of a lower layer lie where the link leads', async () => {
    expect(
      await merged([dir('usr'), dir('usr/lib'), ['lib', 'symlink', 'usr/lib']], [['lib/x', '1']]),
    ).toEqual({
      'usr/lib/x': '1',
    });
  });

  it('are read in one pass, and in a second one only where a wanted link leads to what was passed', async () => {
    const base = layer([
      ['bin/python3.12', 'symlink', 'python-real'],
      ['bin/python-real', 'P'],
      ['bin/other', 'O'],
    ]);
    const top = layer([['etc/x', 'X']]);
    const image = imageOf([base, top]);
    const files = await readImageFiles(image, [/^bin\/python3\.\d+$/, /^etc\//]);
    expect([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])).toEqual([
      ['bin/python3.12', 'P'],
      ['etc/x', 'X'],
    ]);
    expect([base.opened(), top.opened()]).toEqual([2, 1]);
    const rootfs = await openRootfs(image, { wanted: [/^etc\//] });
    expect(await rootfs.read('bin/other')).toBeUndefined();
    expect([base.opened(), top.opened()]).toEqual([3, 2]);
  });

  it('are refused where no engine would unpack them, or the layer is not the one the image names', async () => {
    const failure = async (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'nothing',
        (thrown: { code: string }) => thrown.code,
      );
    expect(
      await failure(merged([dir('a'), dir('b'), ['l', 'symlink', 'a'], ['a/x', '1']], [['l/.wh.x', '']])),
    ).toBe('PYC_IMAGE_LAYER_INVALID');
    expect(await failure(merged([['x', 'hardlink', 'nowhere']]))).toBe('PYC_IMAGE_LAYER_INVALID');
    expect(await failure(merged([['../x', '1']]))).toBe('PYC_PATH_UNSAFE');
    const one = layer([['x', '1']]);
    const other = layer([['x', '2']]);
    expect(await failure(readImageFiles(imageOf([{ ...one, open: other.open }]), ALL))).toBe(
      'PYC_IMAGE_BLOB_CHANGED',
    );
    expect(await failure(readImageFiles(imageOf([{ ...one, diffId: other.diffId }]), ALL))).toBe(
      'PYC_IMAGE_BLOB_CHANGED',
    );
  });

  it('come from what is remembered of a layer, where that is whole, and are the same then', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pyc-rootfs-'));
    const store = createDiskStore({ directory, limit: 1e9 });
    onTestFinished(async () => {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    });
    const patterns = [/^usr\/lib\//, /^bin\/python$/];
    const memory = createLayerMemory(store, patterns);
    const base = layer([
      dir('usr'),
      dir('usr/lib'),
      ['usr/lib/a', 'A'],
      ['usr/lib/b', 'B'],
      ['bin/python', 'symlink', 'real'],
      ['bin/real', 'P'],
    ]);
    const top = layer([
      ['lib', 'symlink', 'usr/lib'],
      ['usr/lib/.wh.b', ''],
    ]);
    const read = async (layers: readonly Layer[]): Promise<Record<string, string>> => {
      const rootfs = await openRootfs(imageOf(layers), { wanted: patterns, memory });
      const found: Record<string, string> = {};
      for (const path of await rootfs.list('')) found[path] = String(await rootfs.read(path));
      return found;
    };
    const first = await read([base, top]);
    expect(first).toEqual({ 'usr/lib/a': 'A', 'bin/python': 'P' });
    expect([base.opened(), top.opened()]).toEqual([2, 1]);
    expect(await read([base, top])).toEqual(first);
    expect([base.opened(), top.opened()]).toEqual([2, 1]);
    expect(await read([base])).toEqual({ ...first, 'usr/lib/b': 'B' });
    expect(base.opened()).toBe(2);
    await rm(store.fileOf(digestOf('A')));
    expect(await read([base, top])).toEqual(first);
    expect([base.opened(), top.opened()]).toEqual([4, 1]);
  });
});
