import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { type WrittenLayer, writeLayer, writeLayers } from '../../../core/oci/layer/write-layers.ts';
import { streamOf } from '../../../core/primitives/bytes.ts';
import { digestOf } from '../../../core/primitives/digest.ts';
import type { Content, TreeItem } from '../../../core/primitives/file-tree.ts';
import type { Store } from '../../../core/store/store.ts';
import {
  deflated,
  directory,
  file,
  noise,
  plain,
  prose,
  symlink,
  temporaryFolder,
  temporaryStore,
  ZERO_DIGEST,
} from '../temporary.ts';

const name = 'test';

interface Unpacked {
  readonly header: Header;
  readonly content: Buffer;
}

async function unpack(store: Store, layer: WrittenLayer): Promise<Unpacked[]> {
  const tar = gunzipSync(await store.read(layer.descriptor.digest));
  expect(digestOf(tar)).toBe(layer.diffId);
  expect(tar.length).toBe(layer.tarSize);
  const found: Unpacked[] = [];
  const splitter = extract();
  splitter.end(tar);
  for await (const entry of splitter) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    found.push({ header: entry.header, content: Buffer.concat(chunks) });
  }
  return found;
}

/** Members of all sizes on both sides of every limit, in a host file as in a wheel. */
async function mixedItems(): Promise<TreeItem[]> {
  const folder = await temporaryFolder();
  const wheel = join(folder, 'wheel');
  const contents = [
    prose(10),
    prose(1500, 2),
    prose(40_000, 3),
    noise(3000),
    noise(300_000, 'a'),
    Buffer.concat([prose(700_000, 4), noise(9000, 'b')]),
    Buffer.concat([noise(4_500_000, 'c'), prose(300_000, 5)]),
    Buffer.alloc(6_000_000, 7),
  ];
  const raws = contents.map((content) => deflateRawSync(content));
  await writeFile(wheel, Buffer.concat([noise(77), ...raws, noise(50)]));
  let offset = 77;
  const wheelItems = contents.map((content, index) => {
    const item = file(`opt/venv/lib/p${index}.py`, deflated(content, { file: wheel, offset }));
    offset += raws[index]!.length;
    return item;
  });
  const big = join(folder, 'big.bin');
  await writeFile(big, noise(5_000_000, 'd'));
  const stored: Content = {
    size: 5_000_000,
    sha256: digestOf(noise(5_000_000, 'd')),
    range: { file: big, offset: 0, size: 5_000_000 },
    open: () => streamOf(noise(5_000_000, 'd')),
  };
  const streamed: Content = { size: 700_000, open: () => streamOf(noise(700_000, 'e')) };
  return [
    directory('opt/venv'),
    directory('opt/venv/lib'),
    ...wheelItems,
    file('opt/venv/lib/empty', ''),
    file('opt/venv/lib/big.bin', stored),
    file('opt/venv/lib/streamed', streamed),
    file('opt/venv/lib/unplaced', deflated(prose(90_000, 6))),
    symlink('opt/venv/lib64', 'lib'),
  ];
}

describe('a written layer', () => {
  it('holds every entry in order, with its bytes and its modes', async () => {
    const store = await temporaryStore();
    const items = await mixedItems();
    const layer = await writeLayer([...items].reverse(), store, { name });
    const found = await unpack(store, layer);
    const expected = [...items].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(found.map(({ header }) => header.name.replace(/\/$/, ''))).toEqual(expected.map(([path]) => path));
    for (const [index, [, entry]] of expected.entries()) {
      const { header, content } = found[index]!;
      expect(header.type).toBe(entry.type);
      expect(header.mode).toBe(entry.mode);
      expect(header.mtime?.getTime()).toBe(entry.mtime * 1000);
      expect([header.uname, header.gname]).toEqual(['', '']);
      if (entry.type === 'symlink') expect(header.linkname).toBe(entry.target);
      if (entry.type === 'file' && entry.content.sha256 !== undefined)
        expect(digestOf(content)).toBe(entry.content.sha256);
    }
  });

  it('keeps a wheel’s deflate data as it is, and compresses all again when one member is asked for', async () => {
    const store = await temporaryStore();
    const bytes = prose(50_000);
    const items = [file('a.py', deflated(bytes))];
    const raw = deflateRawSync(bytes);
    const spliced = await writeLayer(items, store, { name });
    const single = await writeLayer(items, store, { name, members: 'single' });
    expect(Buffer.from(await store.read(spliced.descriptor.digest)).includes(raw)).toBe(true);
    const blob = Buffer.from(await store.read(single.descriptor.digest));
    expect(blob.includes(raw)).toBe(false);
    expect(blob.indexOf(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]), 1)).toBe(-1);
    expect(single.diffId).toBe(spliced.diffId);
    await unpack(store, single);
  });

  it('has the same digest whatever the order, the number at once and where content lies', async () => {
    const store = await temporaryStore();
    const items = await mixedItems();
    const inMemory = items.map(([path, entry]): TreeItem => {
      if (entry.type !== 'file' || entry.content.deflated?.range === undefined) return [path, entry];
      const { range, ...rest } = entry.content.deflated;
      const raw = readFileSync(range.file).subarray(range.offset, range.offset + range.size);
      const content = { ...entry.content, deflated: { ...rest, open: () => streamOf(raw) } };
      return [path, { ...entry, content }];
    });
    const variants = [items, [...items].reverse(), inMemory];
    const together = await writeLayers(
      variants.map((each) => ({ name, items: each })),
      store,
      { concurrency: 3 },
    );
    const alone = await writeLayers(
      variants.map((each) => ({ name, items: each })),
      store,
      { concurrency: 1, trusts: () => true },
    );
    const small = variants.map((each) => ({ name, items: each.filter(isSmall) }));
    const single = await writeLayers(small, store, { members: 'single' });
    expect(new Set([...together, ...alone].map((layer) => layer.descriptor.digest)).size).toBe(1);
    expect(new Set(single.map((layer) => layer.descriptor.digest)).size).toBe(1);
  });

  it('has these very bytes, on every runtime and every machine', async () => {
    const store = await temporaryStore();
    const items = [
      directory('app'),
      file('app/main.py', plain(prose(5000))),
      file('app/noise.bin', plain(noise(70_000))),
      symlink('app/link', 'main.py'),
    ];
    const layer = await writeLayer(items, store, { name });
    expect(layer.diffId).toBe('sha256:2933cd2c0829fcae4612b4907311186e60323fd481bebf81486d963f3683cf29');
    expect(layer.descriptor.digest).toBe(
      'sha256:6957e5b5ab7b1dd74d898f91c240708df9362310b2e076713d048a9f269bb79d',
    );
  });

  it('makes a hard link of a second file with the same content, and none of empty files', async () => {
    const store = await temporaryStore();
    const shared = plain('shared');
    const empty = plain('');
    const items = [
      file('b', shared),
      file('a', shared),
      file('c', shared, 0o755),
      file('d', empty),
      file('e', empty),
    ];
    const found = await unpack(store, await writeLayer(items, store, { name }));
    expect(found.map(({ header }) => [header.name, header.type, header.linkname])).toEqual([
      ['a', 'file', null],
      ['b', 'link', 'a'],
      ['c', 'file', null],
      ['d', 'file', null],
      ['e', 'file', null],
    ]);
  });

  it('takes the same directory and the same file twice, once', async () => {
    const store = await temporaryStore();
    const items = [directory('a'), file('a/b', 'x'), directory('a', 0o700), file('a/b', 'x')];
    const found = await unpack(store, await writeLayer(items, store, { name }));
    expect(found.map(({ header }) => [header.name, header.mode])).toEqual([
      ['a/', 0o755],
      ['a/b', 0o644],
    ]);
  });
});

describe('a layer that must not be', () => {
  const code = (value: string) => expect.objectContaining({ code: value });
  const wheelEntry = (change: Partial<NonNullable<Content['deflated']>>, size?: number): Content => {
    const content = deflated(prose(40_000));
    const rest = { ...content.deflated!, ...change };
    return { ...content, size: size ?? content.size, deflated: rest };
  };
  const raw = deflateRawSync(prose(40_000));
  const large = deflated(Buffer.concat([noise(5_000_000), prose(9)]));
  const garbage = (bytes: Uint8Array) => {
    const longer = Buffer.concat([bytes, Buffer.from('trailing')]);
    return { size: longer.length, open: () => streamOf(longer) };
  };

  const refused: Record<string, [items: TreeItem[], code: string]> = {
    'another CRC-32 than stated': [[file('a', wheelEntry({ crc32: 1 }))], 'PYC_ARCHIVE_ENTRY_CORRUPT'],
    'another size than stated': [[file('a', wheelEntry({}, 39_999))], 'PYC_ARCHIVE_ENTRY_CORRUPT'],
    'bytes after the deflate data': [[file('a', wheelEntry(garbage(raw)))], 'PYC_ARCHIVE_ENTRY_CORRUPT'],
    'cut deflate data': [
      [file('a', wheelEntry({ size: 100, open: () => streamOf(raw.subarray(0, 100)) }))],
      'PYC_ARCHIVE_ENTRY_CORRUPT',
    ],
    'less than its stated compressed size': [
      [file('a', wheelEntry({ size: raw.length + 1 }))],
      'PYC_LAYER_CONTENT_CHANGED',
    ],
    'a large entry with another CRC-32': [
      [file('a', { ...large, deflated: { ...large.deflated!, crc32: 5 } })],
      'PYC_ARCHIVE_ENTRY_CORRUPT',
    ],
    'a large entry with another size': [
      [file('a', { ...large, size: 4_999_999 })],
      'PYC_ARCHIVE_ENTRY_CORRUPT',
    ],
    'a large entry with another digest': [
      [file('a', { ...large, sha256: ZERO_DIGEST })],
      'PYC_LAYER_CONTENT_CHANGED',
    ],
    'another digest than announced': [
      [file('a', { ...plain('x'), sha256: ZERO_DIGEST })],
      'PYC_LAYER_CONTENT_CHANGED',
    ],
    'a large stream that is shorter': [
      [file('a', { size: 5_000_000, open: () => streamOf(noise(4_999_999)) })],
      'PYC_LAYER_CONTENT_CHANGED',
    ],
    'a large stream that is longer': [
      [file('a', { size: 5_000_000, open: () => streamOf(noise(5_000_001)) })],
      'PYC_LAYER_CONTENT_CHANGED',
    ],
    'a small stream that is longer': [
      [file('a', { size: 5, open: () => streamOf(noise(6)) })],
      'PYC_INPUT_TOO_LARGE',
    ],
    'a file that is not there': [
      [
        file('a', {
          size: 5,
          range: { file: '/nonexistent/x', offset: 0, size: 5 },
          open: () => streamOf(noise(5)),
        }),
      ],
      'PYC_LAYER_SOURCE_UNREADABLE',
    ],
    'a range of another size': [
      [
        file('a', {
          size: 5,
          range: { file: '/nonexistent/x', offset: 0, size: 6 },
          open: () => streamOf(noise(5)),
        }),
      ],
      'PYC_LAYER_CONTENT_CHANGED',
    ],
    'two files at one path': [[file('a', 'x'), file('a', 'y')], 'PYC_LAYER_PATH_CONFLICT'],
    'a file and a directory at one path': [[file('a', 'x'), directory('a')], 'PYC_LAYER_PATH_CONFLICT'],
    'a file below a file': [[file('a', 'x'), file('a.b', 'x'), file('a/b', 'y')], 'PYC_LAYER_PATH_CONFLICT'],
    'a file below a symlink': [[symlink('a', 'b'), file('a/b/c', 'y')], 'PYC_LAYER_PATH_CONFLICT'],
    'a whiteout': [[file('a/.wh.b', '')], 'PYC_LAYER_WHITEOUT'],
  };

  it.each(Object.entries(refused))('refuses %s and leaves nothing', async (_name, [items, expected]) => {
    const store = await temporaryStore();
    await expect(writeLayer(items, store, { name })).rejects.toEqual(code(expected));
    expect(filesBelow(store.directory)).toEqual([]);
  });

  it('ends with the signal’s reason and leaves nothing', async () => {
    const store = await temporaryStore();
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const endless = async function* (): AsyncGenerator<TreeItem> {
      yield file('a', plain(noise(5_000_000)));
      queueMicrotask(() => controller.abort(reason));
    };
    const work = writeLayers([{ name, items: endless() }], store, { signal: controller.signal });
    await expect(work).rejects.toBe(reason);
    expect(filesBelow(store.directory)).toEqual([]);
  });

  it('stops the other layers when one fails', async () => {
    const store = await temporaryStore();
    const good = [file('a', plain(noise(9_000_000)))];
    const work = writeLayers(
      [
        { name, items: good },
        { name, items: [file('b', { ...plain('x'), sha256: ZERO_DIGEST })] },
        { name, items: [file('c', plain(noise(9_000_000, 'c')))] },
      ],
      store,
      { concurrency: 2 },
    );
    await expect(work).rejects.toEqual(code('PYC_LAYER_CONTENT_CHANGED'));
    expect(readdirSync(join(store.directory, 'tmp'))).toEqual([]);
    expect(filesBelow(store.directory).length).toBeLessThan(2);
  });
});

/** Leaves out what takes long to compress. */
function isSmall([, entry]: TreeItem): boolean {
  return entry.type !== 'file' || entry.content.size < 1_000_000;
}

/** Blobs and temporary files that are left. */
function filesBelow(folder: string): string[] {
  return ['blobs/sha256', 'tmp']
    .map((part) => join(folder, part))
    .flatMap((part) => (existsSync(part) ? readdirSync(part) : []));
}
