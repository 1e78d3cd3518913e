/** Archives of sources that must be refused: nothing may be written outside, and nothing but our own errors may come. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackArchive } from '../../core/archive/unpack.ts';
import { isPycError } from '../../core/primitives/errors.ts';
import { makeZip } from '../../core/testing/zip.ts';
import { block, END, extended, member } from './tar-blocks.ts';

const NAME = 'pkg-1.0.tar.gz';
const SECRET = 'a key';
const inside = member({ path: 'pkg-1.0/setup.py' }, 'x');
const tar = (...parts: Buffer[]): Buffer => gzipSync(Buffer.concat([...parts, END]));
const link = (path: string, linkTarget: string): Buffer => member({ path, type: 'symlink', linkTarget });
const hard = (path: string, linkTarget: string): Buffer => member({ path, type: 'hardlink', linkTarget });
const folder = (path: string): Buffer => member({ path, type: 'directory', mode: 0o755 });

interface Outcome {
  readonly code: string;
  readonly message: string;
  /** What lies beside the folder that it was unpacked into, and should not. */
  readonly beside: readonly string[];
}

/** Unpacks it beside a secret, and looks what is there afterwards. */
async function unpacked(bytes: Uint8Array, name = NAME, limits = {}): Promise<Outcome> {
  const home = mkdtempSync(join(tmpdir(), 'pyc-archive-'));
  try {
    const [file, secret, directory] = ['archive', 'secret', 'into'].map((part) => join(home, part));
    writeFileSync(file!, bytes);
    writeFileSync(secret!, SECRET);
    mkdirSync(directory!);
    const { code, message } = await unpackArchive(file!, {
      name,
      directory: directory!,
      signal: new AbortController().signal,
      limits,
    }).then(
      () => ({ code: 'ok', message: '' }),
      (error: unknown) => {
        if (isPycError(error)) return { code: error.code, message: error.message };
        throw error;
      },
    );
    const beside = readdirSync(home).filter((entry) => !['archive', 'secret', 'into'].includes(entry));
    if (readFileSync(secret!, 'utf8') !== SECRET) beside.push('another secret');
    if (existsSync('/tmp/pyc-escaped')) beside.push('/tmp/pyc-escaped');
    return { code, message, beside };
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** What it is, the code that it ends with, a word that the message has, the archive, its name. */
type Row = readonly [what: string, code: string, names: string, bytes: Uint8Array, name?: string];

/** The rows that end otherwise, or leave something behind. */
async function surprises(rows: readonly Row[]): Promise<readonly unknown[]> {
  const wrong: unknown[] = [];
  for (const [what, code, names, bytes, name] of rows) {
    const got = await unpacked(bytes, name);
    if (got.code !== code || !got.message.includes(names) || got.beside.length > 0) wrong.push([what, got]);
  }
  return wrong;
}

const UNSAFE = 'PYC_ARCHIVE_UNSAFE';
const TAR = 'PYC_TAR_INVALID';
const PATH = 'PYC_PATH_UNSAFE';

describe('an archive of sources is refused', () => {
  it('for links that lead out of it', async () => {
    expect(
      await surprises([
        ['absolute', UNSAFE, 'pkg/key', tar(inside, link('pkg/key', '/etc/passwd'))],
        ['above the top', UNSAFE, 'pkg/key', tar(inside, link('pkg/key', '../../secret'))],
        ['above by a detour', UNSAFE, 'pkg/key', tar(inside, link('pkg/key', 'a/b/../../../../secret'))],
        [
          'above by another link',
          UNSAFE,
          '',
          tar(inside, folder('pkg/d/e'), link('pkg/l', 'd/e/../../..'), link('pkg/key', 'l/../secret')),
        ],
        [
          'through a link before it',
          UNSAFE,
          'pkg/up',
          tar(inside, link('pkg/up', '../..'), link('pkg/key', 'up/secret')),
        ],
        ['a ring', UNSAFE, '', tar(inside, link('a', 'b'), link('b', 'a'))],
        ['itself', UNSAFE, 'pkg/key', tar(inside, link('pkg/key', 'key'))],
        ['a drive', UNSAFE, 'pkg/key', tar(inside, link('pkg/key', 'C:\\secret'))],
        ['backslashes', UNSAFE, 'pkg/key', tar(inside, link('pkg/key', '..\\..\\secret'))],
        ['hard, absolute', TAR, '/etc/passwd', tar(inside, hard('pkg/key', '/etc/passwd'))],
        ['hard, above', PATH, '../secret', tar(inside, hard('pkg/key', '../secret'))],
        [
          'hard, of the working directory',
          UNSAFE,
          'package.json',
          tar(inside, hard('pkg/key', 'package.json')),
        ],
        [
          'hard, to a link',
          UNSAFE,
          'pkg/l',
          tar(inside, link('pkg/l', 'setup.py'), hard('pkg/key', 'pkg/l')),
        ],
        [
          'hard, to what comes later',
          UNSAFE,
          'late',
          tar(hard('key', 'late'), member({ path: 'late' }, 'x')),
        ],
      ]),
    ).toEqual([]);
  });

  it('for entries that stand in each other’s way', async () => {
    expect(
      await surprises([
        [
          'a folder that becomes a link',
          UNSAFE,
          'pkg/d',
          tar(folder('pkg/d'), link('pkg/d', '..'), member({ path: 'pkg/d/x' }, 'x')),
        ],
        [
          'a file below a link',
          UNSAFE,
          'pkg/l',
          tar(inside, link('pkg/l', 'd'), folder('pkg/d'), member({ path: 'pkg/l/x' }, 'x')),
        ],
        ['a file below a file', UNSAFE, 'a', tar(member({ path: 'a' }, 'x'), member({ path: 'a/b' }, 'x'))],
        ['a file that becomes a folder', UNSAFE, 'a', tar(member({ path: 'a' }, 'x'), folder('a'))],
        ['a file twice', UNSAFE, 'a', tar(member({ path: 'a' }, 'x'), member({ path: 'a' }, 'y'))],
        ['a link twice', UNSAFE, 'a', tar(link('a', 'b'), link('a', 'c'))],
        ['nothing', UNSAFE, NAME, tar()],
      ]),
    ).toEqual([]);
  });

  it('for what no source is', async () => {
    const device = { 329: '0000001\0', 337: '0000003\0' };
    expect(
      await surprises([
        [
          'a character device',
          UNSAFE,
          'dev/null',
          tar(inside, block({ path: 'dev/null' }, { 156: '3', ...device })),
        ],
        [
          'a block device',
          UNSAFE,
          'dev/sda',
          tar(inside, block({ path: 'dev/sda' }, { 156: '4', ...device })),
        ],
        ['a FIFO', UNSAFE, 'pipe', tar(inside, block({ path: 'pipe' }, { 156: '6' }))],
        ['a sparse file', TAR, '', tar(extended('x', '22 GNU.sparse.major=1\n'), inside)],
      ]),
    ).toEqual([]);
  });

  it('for headers that lie or contradict each other', async () => {
    const huge = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0x7f)]);
    const zip = makeZip([{ name: 'pkg-1.0/setup.py', content: 'other' }]);
    const plain = Buffer.concat([inside, END]);
    expect(
      await surprises([
        ['a PAX size that differs', TAR, '', tar(extended('x', '9 size=2\n'), inside)],
        ['a negative size', TAR, '', tar(block({}, { 124: Buffer.alloc(12, 0xff) }))],
        ['a huge size', TAR, '', tar(block({}, { 124: huge }))],
        ['a huge PAX size', TAR, '', tar(extended('x', '28 size=9999999999999999999\n'), inside)],
        ['a malformed PAX record', TAR, '', tar(extended('x', '99 path=b\n'), inside)],
        ['a PAX path outside', PATH, '../../b', tar(extended('x', '16 path=../../b\n'), inside)],
        ['a global PAX path', TAR, '', tar(extended('g', '10 path=b\n'), inside)],
        ['a NUL in a path', TAR, '', tar(extended('x', '12 path=b\0c\n'), inside)],
        ['an absolute path', TAR, '/tmp/pyc-escaped', tar(block({ path: '/tmp/pyc-escaped' }, {}))],
        ['a path above', PATH, '../secret', tar(block({ path: '../secret' }, {}))],
        ['a user out of range', TAR, '', tar(block({}, { 108: Buffer.alloc(8, 0xff) }))],
        [
          'a wrong checksum',
          TAR,
          '',
          gzipSync(Buffer.concat([Buffer.from(inside).fill('9', 100, 103), END])),
        ],
        ['a tar that is a ZIP, too', TAR, '', gzipSync(Buffer.concat([plain, zip]))],
        ['a ZIP that is a tar, too', 'PYC_ZIP_INVALID', '', Buffer.concat([plain, zip]), 'pkg-1.0.zip'],
        ['a tar named a ZIP', 'PYC_ZIP_INVALID', '', plain, 'pkg-1.0.zip'],
        ['a ZIP named a tar', 'PYC_COMPRESSION_INVALID', NAME, zip],
        ['a cut tar', TAR, '', gzipSync(inside.subarray(0, 700))],
        ['a cut gzip', 'PYC_COMPRESSION_INVALID', NAME, tar(inside).subarray(0, 60)],
        [
          'bytes after gzip',
          'PYC_COMPRESSION_INVALID',
          NAME,
          Buffer.concat([tar(inside), Buffer.from('more')]),
        ],
        ['bzip2', 'PYC_COMPRESSION_UNSUPPORTED', '', Buffer.from('BZh91AY&SY'), 'pkg-1.0.tar.bz2'],
        ['no archive', TAR, '', Buffer.from('<!DOCTYPE html>'), 'download'],
      ]),
    ).toEqual([]);
  });

  it('for unpacking to far more than it holds', async () => {
    const many = Array.from({ length: 20 }, (_, index) => member({ path: `f${index}` }));
    const zeros = tar(member({ path: 'zeros' }, '\0'.repeat(3_000_000)));
    const copies = tar(member({ path: 'a' }, 'x'.repeat(400)), hard('b', 'a'), hard('c', 'a'));
    const zip = makeZip([{ name: 'a', content: 'x'.repeat(2000) }]);
    const codes = [
      await unpacked(tar(...many), NAME, { maxEntries: 10 }),
      await unpacked(zeros, NAME, { maxBytes: 1_000_000 }),
      await unpacked(copies, NAME, { maxBytes: 1000 }),
      await unpacked(zip, 'a.zip', { maxBytes: 1000 }),
    ].map(({ code, beside }) => [code, ...beside]);
    expect(codes).toEqual([[TAR], [TAR], [UNSAFE], [UNSAFE]]);
  });

  it('with nothing but our own errors, whatever was overwritten', async () => {
    const good = Buffer.concat([
      inside,
      link('pkg-1.0/l', 'setup.py'),
      extended('x', '10 path=b\n'),
      member({ path: 'c' }, 'y'),
      END,
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        async (at, bytes) => {
          const changed = Buffer.from(good);
          changed.set(bytes.subarray(0, good.length - at), at);
          expect((await unpacked(changed, 'pkg.tar')).beside).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
