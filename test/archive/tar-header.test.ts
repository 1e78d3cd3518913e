import { extract, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { encodeTarHeader, TAR_BLOCK, TAR_END, type TarMember } from '../../core/archive/tar-header.ts';

const member: TarMember = { path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };

/** What another reader makes of the header. */
async function read(wanted: TarMember): Promise<{ header: Header; blocks: number }> {
  const bytes = encodeTarHeader(wanted);
  const splitter = extract();
  splitter.end(Buffer.concat([bytes, Buffer.alloc(TAR_END)]));
  for await (const entry of splitter) return { header: entry.header, blocks: bytes.length / TAR_BLOCK };
  throw new Error('the tar is empty');
}

const long = (length: number): string =>
  'd'
    .repeat(90)
    .concat('/')
    .repeat(4)
    .slice(0, length - 4)
    .concat('/end');

describe('a tar header', () => {
  it('is one ustar block where that says everything', async () => {
    const plain: TarMember[] = [
      { ...member, path: 'x'.repeat(100), mode: 0o4755, uid: 0o7777777, gid: 65532, mtime: 0o77777777777 },
      { ...member, path: `${'p'.repeat(155)}/${'n'.repeat(100)}` },
      { ...member, path: `${'p'.repeat(60)}/${'q'.repeat(90)}/${'n'.repeat(99)}`, type: 'directory' },
      { ...member, type: 'symlink', linkTarget: 't'.repeat(100) },
      { ...member, type: 'hardlink', linkTarget: 'b/c' },
    ];
    for (const wanted of plain) {
      const { header, blocks } = await read(wanted);
      expect(blocks).toBe(1);
      expect(header.name).toBe(wanted.type === 'directory' ? `${wanted.path}/` : wanted.path);
      expect([header.mode, header.uid, header.gid]).toEqual([wanted.mode, wanted.uid, wanted.gid]);
      expect(header.mtime?.getTime()).toBe(wanted.mtime * 1000);
      expect(header.linkname ?? '').toBe(wanted.linkTarget ?? '');
      expect(header.pax).toBeNull();
    }
  });

  it('has PAX records for exactly what ustar cannot say', async () => {
    const cases: [TarMember, Record<string, string>][] = [
      [{ ...member, path: 'x'.repeat(101) }, { path: 'x'.repeat(101) }],
      [{ ...member, path: long(300) }, { path: long(300) }],
      [{ ...member, path: 'café' }, { path: 'café' }],
      [{ ...member, type: 'symlink', linkTarget: 'é' }, { linkpath: 'é' }],
      [{ ...member, type: 'symlink', linkTarget: 't'.repeat(101) }, { linkpath: 't'.repeat(101) }],
      [
        { ...member, uid: 0o10000000, gid: 0o10000000 },
        { gid: '2097152', uid: '2097152' },
      ],
      [{ ...member, mtime: 0o100000000000 }, { mtime: '8589934592' }],
    ];
    for (const [wanted, pax] of cases) {
      const { header } = await read(wanted);
      expect(header.pax).toEqual(pax);
      expect(header.name).toBe(wanted.path);
      expect(header.linkname ?? '').toBe(wanted.linkTarget ?? '');
    }
    const huge = Buffer.from(encodeTarHeader({ ...member, size: 0o100000000000 }));
    expect(huge.includes('19 size=8589934592\n')).toBe(true);
  });

  it('counts its own length in a PAX record, also where that adds a digit', () => {
    for (let length = 101; length < 130; length++) {
      const text = Buffer.from(encodeTarHeader({ ...member, path: 'x'.repeat(length) })).toString('latin1');
      const record = /[0-9]+ path=x+\n/.exec(text)?.[0] ?? '';
      expect(Number.parseInt(record, 10)).toBe(record.length);
    }
  });

  it('refuses what a tar cannot hold', () => {
    const bad = [{ size: -1 }, { mtime: 0.5 }, { uid: Number.NaN }, { gid: 2 ** 60 }, { path: 'a\0b' }];
    for (const change of bad) {
      expect(() => encodeTarHeader({ ...member, ...change })).toThrow(
        expect.objectContaining({ code: 'PYC_TAR_HEADER_UNWRITABLE' }),
      );
    }
  });
});
