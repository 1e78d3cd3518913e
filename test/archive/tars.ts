/** Tars for tests: entries as they are stated, hostile ones among them. */
import { gzipSync } from 'node:zlib';
import { encodeTarHeader, type TarMember, tarPadding } from '../../core/archive/tar-header.ts';

const MEMBER: TarMember = { path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 1, size: 0 };

export type TarEntryRecipe = Partial<TarMember> & {
  readonly path: string;
  readonly text?: string;
  /** The type flag in place of the true one, as `6` of a pipe. */
  readonly flag?: string;
};

/** A tar, not compressed. */
export function makeTar(entries: readonly TarEntryRecipe[]): Buffer {
  const parts = entries.flatMap(({ text = '', flag, ...over }) => {
    const body = Buffer.from(text);
    const header = Buffer.from(encodeTarHeader({ ...MEMBER, ...over, size: body.length }));
    if (flag !== undefined) setFlag(header, flag);
    return [header, body, Buffer.alloc(tarPadding(body.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function setFlag(header: Buffer, flag: string): void {
  header.write(flag, 156, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/** A tar of files by path, below one folder, compressed as an sdist is. */
export function makeSdist(top: string, files: Readonly<Record<string, string>>): Buffer {
  return gzipSync(makeTar(Object.entries(files).map(([path, text]) => ({ path: `${top}/${path}`, text }))));
}
