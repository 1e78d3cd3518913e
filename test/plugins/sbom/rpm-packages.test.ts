import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASE_PATTERNS, readBase } from '../../../plugins/sbom/base-packages.ts';
import { packageUrl } from '../../../plugins/sbom/package-url.ts';

/** A header as rpm keeps it: number of entries, of bytes, the entries, the bytes. */
function headerOf(tags: Readonly<Record<number, string>>): Buffer {
  const texts = Object.entries(tags).map(([tag, text]) => ({
    tag: Number(tag),
    bytes: Buffer.from(`${text}\0`),
  }));
  const head = Buffer.alloc(8 + 16 * texts.length);
  head.writeUInt32BE(texts.length, 0);
  head.writeUInt32BE(
    texts.reduce((sum, { bytes }) => sum + bytes.length, 0),
    4,
  );
  let offset = 0;
  for (const [index, { tag, bytes }] of texts.entries()) {
    head.writeUInt32BE(tag, 8 + 16 * index);
    head.writeUInt32BE(6, 12 + 16 * index);
    head.writeUInt32BE(offset, 16 + 16 * index);
    head.writeUInt32BE(1, 20 + 16 * index);
    offset += bytes.length;
  }
  return Buffer.concat([head, ...texts.map(({ bytes }) => bytes)]);
}

const varint = (value: number): Buffer =>
  value < 128
    ? Buffer.from([value])
    : Buffer.from([0x80 | (value >> 14), 0x80 | ((value >> 7) & 0x7f), value & 0x7f]);

/** A row: a header of serial types, then the values; whole numbers are bytes. */
function record(values: readonly (string | number | Buffer)[]): Buffer {
  const types = values.map((value) =>
    typeof value === 'number' ? varint(1) : varint(2 * value.length + (typeof value === 'string' ? 13 : 12)),
  );
  const head = Buffer.concat(types);
  return Buffer.concat([
    varint(head.length + 1),
    head,
    ...values.map((value) =>
      typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value as string),
    ),
  ]);
}

const PAGE = 512;

/** A leaf page with one row, and the pages that the rest of a long row takes. */
function leaf(row: Buffer, head: number, nextPage: number): Buffer[] {
  const least = Math.floor(((PAGE - 12) * 32) / 255) - 23;
  const fitting = least + ((row.length - least) % (PAGE - 4));
  const local = row.length <= PAGE - 35 ? row.length : fitting <= PAGE - 35 ? fitting : least;
  const link = Buffer.alloc(local === row.length ? 0 : 4);
  if (link.length > 0) link.writeUInt32BE(nextPage);
  const cell = Buffer.concat([varint(row.length), varint(1), row.subarray(0, local), link]);
  const page = Buffer.alloc(PAGE);
  page[head] = 13;
  page.writeUInt16BE(1, head + 3);
  const at = PAGE - cell.length;
  page.writeUInt16BE(at, head + 8);
  cell.copy(page, at);
  const pages = [page];
  for (let from = local, number = nextPage; from < row.length; from += PAGE - 4, number += 1) {
    const overflow = Buffer.alloc(PAGE);
    overflow.writeUInt32BE(from + PAGE - 4 < row.length ? number + 1 : 0);
    row.copy(overflow, 4, from);
    pages.push(overflow);
  }
  return pages;
}

function database(header: Buffer): Buffer {
  const [first] = leaf(record(['table', 'Packages', 'Packages', 2, 'CREATE TABLE Packages']), 100, 0);
  first!.write('SQLite format 3\0', 'latin1');
  first!.writeUInt16BE(PAGE, 16);
  return Buffer.concat([first!, ...leaf(record([1, header]), 0, 3)]);
}

const BASH = {
  1000: 'bash',
  1001: '5.2.26',
  1002: '3.fc42',
  1004: 'The GNU Bourne Again shell',
  1014: 'GPL-3.0-or-later',
  1022: 'x86_64',
};
const read = (path: string, bytes: Buffer): ReturnType<typeof readBase> =>
  readBase(
    new Map([
      ['etc/os-release', Buffer.from('ID=fedora\nVERSION_ID=42\n')],
      [path, bytes],
    ]),
  );
const urls = (contents: ReturnType<typeof readBase>): string[] =>
  contents.components.map(({ facts }) => packageUrl(facts));

describe("rpm's database", () => {
  it('is read where it is one of SQLite, rows that take several pages too', () => {
    for (const padding of [0, 3000]) {
      const bytes = database(headerOf({ ...BASH, 1005: 'x'.repeat(padding) }));
      const found = read('usr/lib/sysimage/rpm/rpmdb.sqlite', bytes);
      expect(urls(found)).toEqual(['pkg:rpm/fedora/bash@5.2.26-3.fc42?arch=x86_64&distro=fedora-42']);
      expect(found.components[0]?.facts.license).toBe('GPL-3.0-or-later');
    }
  });

  it('is read where it is of its own format', () => {
    const header = headerOf(BASH);
    const file = Buffer.alloc(4096 + 16 + header.length);
    file.write('RpmP', 0, 'latin1');
    file.writeUInt32LE(1, 12);
    file.write('Slot', 32, 'latin1');
    file.writeUInt32LE(7, 36);
    file.writeUInt32LE(256, 40);
    file.write('BlbS', 4096, 'latin1');
    file.writeUInt32LE(7, 4100);
    file.writeUInt32LE(header.length, 4108);
    header.copy(file, 4112);
    expect(urls(read('var/lib/rpm/Packages.db', file))).toHaveLength(1);
  });

  it('is said to be unread where it is a Berkeley DB or damaged', () => {
    expect(read('var/lib/rpm/Packages', Buffer.alloc(100)).unread).toHaveLength(1);
    expect(read('var/lib/rpm/rpmdb.sqlite', Buffer.from('SQLite format 3\0')).unread).toHaveLength(1);
    expect(BASE_PATTERNS.some((pattern) => pattern.test('var/lib/rpm/rpmdb.sqlite-shm'))).toBe(false);
  });

  it('survives any bytes', () => {
    const whole = database(headerOf({ ...BASH, 1005: 'x'.repeat(900) }));
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(edits, fc.nat(whole.length), (changes, length) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        read('var/lib/rpm/rpmdb.sqlite', bytes.subarray(0, length));
        bytes.write('RpmP', 0, 'latin1');
        read('var/lib/rpm/Packages.db', bytes);
      }),
      { numRuns: 500 },
    );
  });
});
