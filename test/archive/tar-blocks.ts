/** Tar files block by block, so that a test can make those that no program writes. */
import { encodeTarHeader, type TarMember, tarPadding } from '../../core/archive/tar-header.ts';

const MEMBER: TarMember = { path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 1, size: 0 };

/** What ends every tar. */
export const END = Buffer.alloc(1024);

/** An honest entry, unless a size is stated. */
export function member(over: Partial<TarMember>, content = ''): Buffer {
  const body = Buffer.from(content);
  const header = encodeTarHeader({ ...MEMBER, ...over, size: over.size ?? body.length });
  return Buffer.concat([header, body, Buffer.alloc(tarPadding(body.length))]);
}

/** A header block with fields overwritten and the checksum made right again. */
export function block(
  over: Partial<TarMember>,
  fields: Readonly<Record<number, string | Uint8Array>>,
): Buffer {
  const bytes = Buffer.from(encodeTarHeader({ ...MEMBER, ...over }));
  for (const [at, value] of Object.entries(fields)) bytes.set(Buffer.from(value as string), Number(at));
  bytes.fill(' ', 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** An entry that says something of the next one (PAX `x`, GNU `L` and `K`) or of all (PAX `g`). */
export function extended(type: string, data: string | Buffer): Buffer {
  const body = Buffer.from(data);
  return Buffer.concat([
    block({ path: 'x', size: body.length }, { 156: type }),
    body,
    Buffer.alloc(tarPadding(body.length)),
  ]);
}
