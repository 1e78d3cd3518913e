import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openZip, type ZipArchive, type ZipLimits } from '../../core/archive/zip.ts';
import { crc32 } from '../../core/runtime/crc32.ts';
import { makeZip, type ZipOptions, type ZipRecipe } from '../../core/testing/zip.ts';
import { codeOf } from '../codes.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyc-zip-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function withZip<T>(bytes: Uint8Array, action: (zip: ZipArchive) => T, limits: Partial<ZipLimits> = {}): T {
  const file = join(folder, 'sample.zip');
  writeFileSync(file, bytes);
  const zip = openZip(file, limits);
  try {
    return action(zip);
  } finally {
    zip.close();
  }
}

/** All contents as texts, by name. */
function read(bytes: Uint8Array, limits?: Partial<ZipLimits>): Record<string, string> {
  return withZip(
    bytes,
    (zip) => Object.fromEntries(zip.entries.map((entry) => [entry.name, zip.read(entry).toString()])),
    limits,
  );
}

const refusal = (recipes: readonly ZipRecipe[], options?: ZipOptions) =>
  codeOf(() => read(makeZip(recipes, options)));

function field(id: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}

/** A Unicode path field that claims to replace one name by another. */
function unicodePath(replaced: string, name: string): Buffer {
  const head = Buffer.from([1, 0, 0, 0, 0]);
  head.writeUInt32LE(crc32(replaced), 1);
  return field(0x7075, Buffer.concat([head, Buffer.from(name)]));
}

function u64(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), index * 8);
  return bytes;
}

const A: ZipRecipe = { name: 'a.txt', content: 'aaaa' };
const B: ZipRecipe = { name: 'b.txt', content: 'bbbb' };
const ALL_ONES = 0xffffffff;

describe('openZip', () => {
  it('reads stored and deflated entries, directories, modes and names in any script', () => {
    const bytes = makeZip([
      { name: 'dir/', method: 0, mode: 0o040755 },
      { name: 'dir/stored', content: 'as it is', method: 0, mode: 0o100755 },
      { name: 'dir/ünï.txt', content: 'x'.repeat(100_000) },
      { name: 'empty', content: '', method: 0 },
      { name: 'deflated empty', content: '' },
    ]);
    expect(read(bytes)).toEqual({
      'dir/': '',
      'dir/stored': 'as it is',
      'dir/ünï.txt': 'x'.repeat(100_000),
      empty: '',
      'deflated empty': '',
    });
    const modes = withZip(bytes, (zip) => zip.entries.map(({ mode }) => mode.toString(8)));
    expect(modes).toEqual(['40755', '100755', '100644', '100644', '100644']);
  });

  it('gives where the raw content lies, and the first bytes of it', () => {
    const content = 'hello '.repeat(10_000);
    const bytes = makeZip([A, { name: 'deflated', content }, { name: 'stored', content, method: 0 }]);
    withZip(bytes, (zip) => {
      for (const entry of zip.entries.slice(1)) {
        expect(zip.readPrefix(entry, 5).toString().slice(0, 5)).toBe('hello');
        const raw = bytes.subarray(entry.dataOffset, entry.dataOffset + entry.compressedSize);
        expect(raw).toHaveLength(entry.compressedSize);
      }
      const stored = zip.entries[2]!;
      expect(bytes.toString('utf8', stored.dataOffset, stored.dataOffset + 5)).toBe('hello');
    });
  });

  it('accepts honest data descriptors, ZIP64, comments, other extra fields and any order', () => {
    const wide = { size: ALL_ONES, compressedSize: ALL_ONES };
    const stored: ZipRecipe = { name: 'c', content: 'cccc', method: 0 };
    const honest: Record<string, Buffer> = {
      signed: makeZip([{ ...A, descriptor: 'signed' }, B]),
      unsigned: makeZip([{ ...A, descriptor: 'unsigned' }, B]),
      wide: makeZip([
        { ...A, descriptor: 'wide' },
        { ...B, descriptor: 'signed' },
      ]),
      zip64: makeZip([A, B], { zip64: true }),
      'zip64 sizes': makeZip([
        {
          ...stored,
          local: { ...wide, extra: field(1, u64(4, 4)) },
          central: { ...wide, extra: field(1, u64(4, 4)) },
        },
        A,
      ]),
      'zip64 field without need': makeZip([{ ...stored, local: { extra: field(1, u64(4, 4)) } }, A]),
      comment: makeZip([A, B], { comment: Buffer.from('made by hand') }),
      'extra field': makeZip([{ ...A, local: { extra: field(0x5455, Buffer.alloc(60)) } }, B]),
      'Unicode path': makeZip([{ ...A, central: { extra: unicodePath('a.txt', 'a.txt') } }]),
    };
    for (const [name, bytes] of Object.entries(honest)) {
      expect([name, read(bytes)['a.txt']]).toEqual([name, 'aaaa']);
    }
    expect(read(makeZip([]))).toEqual({});
    expect(read(swappedDirectory())).toEqual({ 'a.txt': 'aaaa', 'b.txt': 'bbbb' });
  });

  it('reads headers over large and small gaps alike', () => {
    const recipes = Array.from({ length: 400 }, (_, index) => ({
      name: `${index}.bin`,
      content: Buffer.alloc(index % 50 === 0 ? 20_000 : index, index),
      method: 0 as const,
    }));
    const sizes = withZip(makeZip(recipes), (zip) => zip.entries.map((entry) => zip.read(entry).length));
    expect(sizes).toEqual(recipes.map(({ content }) => content.length));
  });

  it('refuses whatever can be read in two ways', async () => {
    const descriptor = Buffer.alloc(16);
    descriptor.writeUInt32LE(0x08074b50);
    const plain = makeZip([A, B]);
    const cases: Record<string, readonly ZipRecipe[] | [readonly ZipRecipe[], ZipOptions]> = {
      'other local name': [{ ...A, local: { name: 'c.txt' } }],
      'other local name of another length': [{ ...A, local: { name: 'longer.txt' } }],
      'other local method': [{ ...A, local: { method: 0 } }],
      'other local flags': [{ ...A, local: { flags: 2 } }],
      'other local size': [{ ...A, local: { size: 5 } }],
      'other local CRC': [{ ...A, local: { crc32: 5 } }],
      'two names': [A, { ...B, name: 'a.txt' }],
      'unlisted entry': [A, { ...B, unlisted: true }],
      'unlisted first entry': [{ ...A, unlisted: true }, B],
      'entry in the directory only': [A, { ...B, central: { offset: 0 } }],
      'overlapping entries': [A, { ...B, central: { offset: 1 } }],
      'offset past the directory': [A, { ...B, central: { offset: 100_000 } }],
      'bytes between entries': [A, { ...B, before: Buffer.from('hidden') }],
      'bytes before': [[A], { before: Buffer.from('MZ') }],
      'bytes after': [[A], { after: Buffer.from('hidden') }],
      'two ends': [[A], { after: plain.subarray(-22) }],
      'two ends, one in a comment': [[A], { comment: plain.subarray(-22) }],
      'two archives': [[A], { before: plain }],
      'more entries than there are': [[A], { end: { entries: 2 } }],
      'fewer entries than there are': [[A, B], { end: { entries: 1 } }],
      'directory elsewhere': [[A], { end: { offset: 3 } }],
      'directory of another size': [[A], { end: { size: 3 } }],
      'ZIP64 locator elsewhere': [[A], { zip64: { locatorOffset: 0 } }],
      'ZIP64 with other entries': [[A], { zip64: { entries: 2 } }],
      'ZIP64 that disagrees': [[A], { zip64: true, end: { entries: 2 } }],
      'ZIP64 sizes that are missing': [{ ...A, central: { size: ALL_ONES } }],
      'ZIP64 sizes that disagree': [{ ...A, local: { extra: field(1, u64(9, 9)) } }],
      'ZIP64 sizes twice': [
        { ...A, central: { size: ALL_ONES, extra: Buffer.concat([field(1, u64(4)), field(1, u64(4))]) } },
      ],
      'ZIP64 size too large': [{ ...A, central: { size: ALL_ONES, extra: field(1, Buffer.alloc(8, 0xff)) } }],
      'ZIP64 field cut off': [{ ...A, central: { size: ALL_ONES, extra: field(1, Buffer.alloc(4)) } }],
      'extra field too long': [{ ...A, central: { extra: Buffer.from([0x55, 0x54, 99, 0]) } }],
      'lying descriptor': [{ ...A, descriptor }, B],
      'missing descriptor': [{ ...A, descriptor: Buffer.alloc(0) }, B],
      'descriptor of another length': [{ ...A, descriptor: Buffer.alloc(17) }, B],
      'Unicode path that differs': [{ ...A, central: { extra: unicodePath('a.txt', 'b.txt') } }],
      'Unicode path that differs, local': [{ ...A, local: { extra: unicodePath('c.txt', 'a.txt') } }],
      'stored with two sizes': [{ ...A, method: 0, central: { size: 5 }, local: { size: 5 } }],
    };
    const answers: [string, unknown][] = [];
    for (const [name, value] of Object.entries(cases)) {
      const [recipes, options] = Array.isArray(value[0]) ? value : [value];
      answers.push([name, await refusal(recipes as readonly ZipRecipe[], options as ZipOptions | undefined)]);
    }
    expect(answers.filter(([, code]) => code !== 'PYC_ZIP_INVALID')).toEqual([]);
  });

  it('refuses names that lie outside or hide something', async () => {
    const names = [
      'a\0b',
      'a\nb',
      'a\x1bb',
      'a\u202eb',
      '../a',
      'a/../../x',
      '..',
      './a',
      'a//b',
      '/etc/passwd',
      '//server/share/a',
      'C:/a',
      'c:a',
      'a\\b',
      '..\\a',
      '',
      '/',
      'a/./b',
      'n'.repeat(256),
    ];
    const answers: [string, unknown][] = [];
    for (const name of names) answers.push([name, await refusal([{ name, content: 'x' }])]);
    answers.push([
      'not UTF-8',
      await refusal([
        {
          ...A,
          local: { name: Buffer.from('\xff.txt', 'latin1') },
          central: { name: Buffer.from('\xff.txt', 'latin1') },
        },
      ]),
    ]);
    answers.push([
      'UTF-8 that is not said to be',
      await refusal([{ name: 'ü', local: { flags: 0 }, central: { flags: 0 } }]),
    ]);
    expect(answers.filter(([, code]) => code !== 'PYC_ZIP_INVALID')).toEqual([]);
  });

  it('refuses links, devices, and directories that are files', async () => {
    const cases: readonly ZipRecipe[] = [
      { ...A, mode: 0o120777 },
      { ...A, mode: 0o020644 },
      { ...A, mode: 0o010644 },
      { ...A, mode: 0o040755 },
      { name: 'a/', content: '', method: 0, mode: 0o100644 },
      { name: 'a/', content: 'x', mode: 0o040755 },
    ];
    for (const recipe of cases) expect(await refusal([recipe])).toBe('PYC_ZIP_INVALID');
  });

  it('refuses encryption, several disks and other methods', async () => {
    const both = (over: object) => [{ ...A, local: over, central: over }];
    const answers = [
      await refusal(both({ flags: 1 })),
      await refusal(both({ flags: 0x41 })),
      await refusal(both({ flags: 0x20 })),
      await refusal(both({ flags: 0x2000 })),
      await refusal(both({ extra: field(0x9901, Buffer.alloc(7)) })),
      await refusal(both({ method: 12 })),
      await refusal(both({ method: 9 })),
      await refusal(both({ method: 93 })),
      await refusal([A], { end: { disk: 1 } }),
    ];
    expect(answers).toEqual(answers.map(() => 'PYC_ZIP_UNSUPPORTED'));
  });

  it('refuses content that is not as stated', async () => {
    const deflated = makeZip([{ ...A, content: 'x'.repeat(500) }]);
    const raw = withZip(deflated, (zip) =>
      deflated.subarray(zip.entries[0]!.dataOffset).subarray(0, zip.entries[0]!.compressedSize),
    );
    const both = (recipe: ZipRecipe, over: object) => [{ ...recipe, local: over, central: over }];
    const long = { ...A, content: 'x'.repeat(500) };
    const answers: Record<string, unknown> = {
      'bad CRC': await refusal(both(long, { crc32: 1 })),
      'bad CRC, stored': await refusal(both({ ...long, method: 0 }, { crc32: 1 })),
      'too short': await refusal(both(long, { size: 501 })),
      'too long': await refusal(both(long, { size: 499 })),
      'nothing stated': await refusal(both(long, { size: 0 })),
      'bytes after the data': await refusal([{ ...long, raw: Buffer.concat([raw, Buffer.from('hidden')]) }]),
      'cut data': await refusal([{ ...long, raw: raw.subarray(0, -2) }]),
      'no deflate data': await refusal([{ ...long, raw: Buffer.from('not deflated at all') }]),
      'two streams': await refusal([{ ...long, raw: Buffer.concat([raw, raw]) }]),
    };
    expect(Object.entries(answers).filter(([, code]) => code !== 'PYC_ARCHIVE_ENTRY_CORRUPT')).toEqual([]);
  });

  it('refuses bombs before it unpacks them, and archives with too many entries', async () => {
    const big = { size: 3_000_000_000, crc32: 0 };
    expect(await refusal([{ ...A, local: big, central: big }])).toBe('PYC_ZIP_TOO_LARGE');
    const bytes = makeZip([A, B]);
    expect(await codeOf(() => read(bytes, { maxEntries: 1 }))).toBe('PYC_ZIP_TOO_LARGE');
    expect(await codeOf(() => read(bytes, { maxEntrySize: 3 }))).toBe('PYC_ZIP_TOO_LARGE');
    expect(await codeOf(() => withZip(bytes, (zip) => zip.read(zip.entries[0]!, 3)))).toBe(
      'PYC_ZIP_TOO_LARGE',
    );
  });

  it('refuses files that are no archives, cut off or missing', async () => {
    const whole = makeZip([A, B]);
    const answers: unknown[] = [];
    for (let size = 0; size < whole.length; size += 1)
      answers.push(await codeOf(() => read(whole.subarray(0, size))));
    answers.push(await codeOf(() => read(Buffer.alloc(100_000, 'PK'))));
    expect(new Set(answers)).toEqual(new Set(['PYC_ZIP_INVALID']));
    expect(await codeOf(() => openZip(join(folder, 'missing.zip')))).toBe('PYC_ARCHIVE_UNREADABLE');
    expect(await codeOf(() => openZip(folder))).toBe('PYC_ARCHIVE_UNREADABLE');
  });

  it('never fails with anything but its own errors, whatever byte is changed', async () => {
    const whole = makeZip(
      [
        { ...A, descriptor: 'signed' },
        { ...B, method: 0 },
        { name: 'ü/', method: 0, mode: 0o040755 },
      ],
      { zip64: true },
    );
    const codes = new Set<unknown>();
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= at % 2 === 0 ? 0xff : 0x01;
      codes.add(await codeOf(() => read(changed)));
    }
    expect([...codes].filter((code) => code !== undefined && !String(code).startsWith('PYC_')).length).toBe(
      0,
    );
    expect(codes.has('PYC_ZIP_INVALID')).toBe(true);
  });
});

/** An honest archive whose directory lists the second entry first. */
function swappedDirectory(): Buffer {
  const bytes = makeZip([A, B]);
  const directory = bytes.readUInt32LE(bytes.length - 6);
  const half = (bytes.length - 22 - directory) / 2;
  const [first, second] = [
    bytes.subarray(directory, directory + half),
    bytes.subarray(directory + half, bytes.length - 22),
  ];
  return Buffer.concat([bytes.subarray(0, directory), second, first, bytes.subarray(-22)]);
}
