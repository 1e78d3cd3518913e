/** Makes the smallest ELF files that the tests of detection need: headers, a PT_INTERP, and a tail of any bytes. */

export interface ElfOptions {
  /** `e_machine`; 62 is x86-64. */
  readonly machine?: number;
  readonly bits?: 32 | 64;
  readonly bigEndian?: boolean;
  readonly loader?: string;
  readonly tail?: string;
}

export function makeElf({
  machine = 62,
  bits = 64,
  bigEndian = false,
  loader,
  tail = '',
}: ElfOptions = {}): Buffer {
  const wide = bits === 64;
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const path = Buffer.from(loader === undefined ? '' : `${loader}\0`, 'latin1');
  const head = Buffer.alloc(headerSize + 2 * entrySize);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const word = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), !bigEndian) : view.setUint32(at, value, !bigEndian);
  head.write('\x7fELF', 'latin1');
  head[4] = wide ? 2 : 1;
  head[5] = bigEndian ? 2 : 1;
  view.setUint16(18, machine, !bigEndian);
  word(wide ? 32 : 28, headerSize);
  view.setUint16(wide ? 54 : 42, entrySize, !bigEndian);
  view.setUint16(wide ? 56 : 44, loader === undefined ? 1 : 2, !bigEndian);
  view.setUint32(headerSize, 1, !bigEndian);
  const interp = headerSize + entrySize;
  view.setUint32(interp, 3, !bigEndian);
  word(interp + (wide ? 8 : 4), head.length);
  word(interp + (wide ? 32 : 16), path.length);
  return Buffer.concat([head, path, Buffer.from(tail, 'latin1')]);
}
