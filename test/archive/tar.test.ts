import { describe, expect, it } from 'vitest';
import { readTar, type TarEntry } from '../../core/archive/tar.ts';
import { codeOf } from '../codes.ts';
import { block, END, extended, member } from './tar-blocks.ts';

async function* chunks(bytes: Buffer, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size?: number): Promise<(TarEntry & { text: string })[]> {
  const found: (TarEntry & { text: string })[] = [];
  await readTar(chunks(bytes, size), async (entry, body) => {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    found.push({ ...entry, text: Buffer.concat(parts).toString() });
  });
  return found;
}

const refusal = (bytes: Buffer) => codeOf(() => read(bytes));

describe('readTar', () => {
  it('gives every kind of entry with its content, whatever the chunks', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}/ü.txt`;
    const tar = Buffer.concat([
      member({ path: 'd', type: 'directory', mode: 0o4755 }),
      member(
        { path: 'd/a.txt', mode: 0, uid: 3_000_000, gid: 2_500_000, mtime: 5_000_000_000 },
        'x'.repeat(5000),
      ),
      member({ path: long, mode: 0o640 }, 'long'),
      member({ path: 'd/link', type: 'symlink', linkTarget: '../../outside' }),
      member({ path: 'd/hard', type: 'hardlink', linkTarget: './d//a.txt' }),
      END,
    ]);
    for (const size of [1, 511, 513, 1 << 20]) {
      const entries = await read(tar, size);
      expect(entries.map(({ path, type }) => [path, type])).toEqual([
        ['d', 'directory'],
        ['d/a.txt', 'file'],
        [long, 'file'],
        ['d/link', 'symlink'],
        ['d/hard', 'hardlink'],
      ]);
      expect(entries[0]).toMatchObject({ mode: 0o4755 });
      expect(entries[1]).toMatchObject({
        mode: 0,
        uid: 3_000_000,
        gid: 2_500_000,
        mtime: 5_000_000_000,
        size: 5000,
      });
      expect(entries[1]?.text).toBe('x'.repeat(5000));
      expect(entries[3]).toMatchObject({ linkTarget: '../../outside' });
      expect(entries[4]).toMatchObject({ linkTarget: 'd/a.txt' });
    }
  });

  it('normalises names, flags devices, and reports extended attributes', async () => {
    const entries = await read(
      Buffer.concat([
        block({ path: './', type: 'directory' }, {}),
        block({ path: './/usr/./bin/', type: 'directory' }, {}),
        extended('x', '30 SCHILY.xattr.user.mime=\u00ff\n'.replace('30', '29')),
        member({ path: './usr/ping' }, 'p'),
        block({ path: 'dev/null' }, { 156: '3', 329: '0000001\0', 337: '0000003\0' }),
        block({ path: 'pipe' }, { 156: '6' }),
        END,
      ]),
    );
    expect(entries.map(({ path, type }) => [path, type])).toEqual([
      ['', 'directory'],
      ['usr/bin', 'directory'],
      ['usr/ping', 'file'],
      ['dev/null', 'character-device'],
      ['pipe', 'fifo'],
    ]);
    expect(entries[2]?.xattrs).toEqual(['user.mime']);
    expect(entries[3]?.device).toEqual({ major: 1, minor: 3 });
  });

  it('reads GNU long names, comments in global headers and times with fractions', async () => {
    const name = `${'n'.repeat(150)}.txt`;
    const entries = await read(
      Buffer.concat([
        extended('g', '19 comment=abcdef0\n'),
        extended('L', `${name}\0`),
        member({ path: 'short' }, 'a'),
        extended('x', '20 mtime=12345.6789\n'),
        member({ path: 'timed' }, 'b'),
        END,
      ]),
    );
    expect(entries.map(({ path, mtime, text }) => [path, mtime, text])).toEqual([
      [name, 1, 'a'],
      ['timed', 12345, 'b'],
    ]);
  });

  it('lets a visitor leave a body unread, half read, or the whole tar', async () => {
    const tar = Buffer.concat([
      member({ path: 'a' }, 'a'.repeat(90_000)),
      member({ path: 'b' }, 'b'),
      member({ path: 'c' }),
      END,
    ]);
    const seen: string[] = [];
    await readTar(chunks(tar), async (entry, body) => {
      seen.push(entry.path);
      for await (const _ of body) break;
    });
    await readTar(chunks(tar), (entry) => {
      seen.push(entry.path);
    });
    await readTar(chunks(tar), (entry) => {
      seen.push(entry.path);
      return entry.path !== 'b';
    });
    expect(seen).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b']);
  });

  it('passes on what the visitor throws and what the signal says', async () => {
    const tar = Buffer.concat([member({ path: 'a' }, 'x'), END]);
    const failing = readTar(chunks(tar), () => Promise.reject(new RangeError('mine')));
    await expect(failing).rejects.toThrow(RangeError);
    const aborted = readTar(chunks(tar), () => undefined, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  it('refuses what is damaged, ambiguous or lies outside', async () => {
    const file = member({ path: 'a' }, 'x');
    const cases: Record<string, Buffer> = {
      'PAX size that differs': Buffer.concat([extended('x', '9 size=2\n'), file, END]),
      'PAX length too long': Buffer.concat([extended('x', '99 path=b\n'), file, END]),
      'PAX length too short': Buffer.concat([extended('x', '4 path=b\n'), file, END]),
      'PAX without key': Buffer.concat([extended('x', '5 =b\n'), file, END]),
      'PAX key twice': Buffer.concat([extended('x', '10 path=b\n10 path=c\n'), file, END]),
      'PAX path with NUL': Buffer.concat([extended('x', '12 path=b\0c\n'), file, END]),
      'PAX path outside': Buffer.concat([extended('x', '16 path=../../b\n'), file, END]),
      'PAX negative size': Buffer.concat([extended('x', '11 size=-1\n'), file, END]),
      'PAX huge size': Buffer.concat([extended('x', '28 size=9999999999999999999\n'), file, END]),
      'global PAX path': Buffer.concat([extended('g', '10 path=b\n'), file, END]),
      'name said twice': Buffer.concat([extended('L', 'b\0'), extended('x', '10 path=c\n'), file, END]),
      'negative size': Buffer.concat([block({}, { 124: Buffer.alloc(12, 0xff) }), END]),
      'huge size': Buffer.concat([
        block({}, { 124: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0x7f)]) }),
        END,
      ]),
      'size that is no number': Buffer.concat([block({}, { 124: '12345678zzz\0' }), END]),
      'user out of range': Buffer.concat([block({}, { 108: Buffer.alloc(8, 0xff) }), END]),
      'absolute path': Buffer.concat([block({ path: '/etc/passwd' }, {}), END]),
      'parent in path': Buffer.concat([block({ path: 'a/../../b' }, {}), END]),
      'backslash in path': Buffer.concat([block({ path: 'a\\b' }, {}), END]),
      'newline in path': Buffer.concat([extended('x', '12 path=b\nc\n'), file, END]),
      'absolute hard link': Buffer.concat([member({ type: 'hardlink', linkTarget: '/etc/passwd' }), END]),
      'hard link outside': Buffer.concat([member({ type: 'hardlink', linkTarget: '../b' }), END]),
      'link without target': Buffer.concat([member({ type: 'symlink' }), END]),
      'directory with content': Buffer.concat([
        block({ type: 'directory' }, { 124: '00000001000\0' }),
        Buffer.alloc(512),
        END,
      ]),
      'sparse file': Buffer.concat([extended('x', '22 GNU.sparse.major=1\n'), file, END]),
      'unknown type': Buffer.concat([block({}, { 156: 'S' }), END]),
      'name that is not UTF-8': Buffer.concat([block({}, { 0: Buffer.from([0x61, 0xff]) }), END]),
      'wrong checksum': Buffer.concat([Buffer.from(file).fill('9', 100, 103), END]),
      'data after the end': Buffer.concat([file, END, Buffer.from('PK\x03\x04'.padEnd(512, 'z'))]),
      'cut in a header': Buffer.concat([file, file.subarray(0, 100)]),
      'cut in content': member({ size: 5000 }, 'only this'),
      'end after an extended header': Buffer.concat([extended('x', '10 path=b\n'), END]),
    };
    const answers: Record<string, unknown> = {};
    for (const [name, tar] of Object.entries(cases)) answers[name] = await refusal(tar);
    const refused = ['PYC_TAR_INVALID', 'PYC_PATH_UNSAFE'];
    expect(Object.entries(answers).filter(([, code]) => !refused.includes(String(code)))).toEqual([]);
  });

  it('bounds the number of entries and their size', async () => {
    const tar = Buffer.concat([member({ path: 'a' }, 'xyz'), member({ path: 'b' }), END]);
    const limited = (limits: object) => codeOf(() => readTar(chunks(tar), () => undefined, { limits }));
    expect(await limited({ maxEntries: 1 })).toBe('PYC_TAR_INVALID');
    expect(await limited({ maxEntrySize: 2 })).toBe('PYC_TAR_INVALID');
    expect(await limited({ maxEntries: 2, maxEntrySize: 3 })).toBeUndefined();
  });
});
