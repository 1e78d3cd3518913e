/**
 * As much of an ELF file as says what it runs on: class, byte order, machine, and the loader that its
 * PT_INTERP names (System V gABI, "ELF Header" and "Program Header"). Nothing is executed, and a file that
 * lies about its offsets is no ELF file.
 */

export interface Elf {
  /** OCI's word for the machine; absent for those that no image has. */
  readonly architecture: string | undefined;
  /** The dynamic loader's path, such as `/lib64/ld-linux-x86-64.so.2`; absent for libraries and static programs. */
  readonly loader: string | undefined;
}

const PT_INTERP = 3;
const LONGEST_PATH = 4096;

/** `e_machine` with the class and byte order that tell OCI's architectures apart. */
const MACHINES: Readonly<Record<string, string>> = {
  '3:32:le': '386',
  '8:64:le': 'mips64le',
  '21:64:be': 'ppc64',
  '21:64:le': 'ppc64le',
  '22:64:be': 's390x',
  '40:32:le': 'arm',
  '62:64:le': 'amd64',
  '183:64:le': 'arm64',
  '243:64:le': 'riscv64',
  '258:64:le': 'loong64',
};

/** Reads a file's headers; `undefined` where it is no ELF file. */
export function readElf(bytes: Uint8Array): Elf | undefined {
  const wide = bytes[4] === 2;
  if (bytes.length < (wide ? 64 : 52) || !hasMagic(bytes) || (bytes[4] !== 1 && !wide)) return undefined;
  if (bytes[5] !== 1 && bytes[5] !== 2) return undefined;
  const little = bytes[5] === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine = view.getUint16(18, little);
  return {
    architecture: MACHINES[`${machine}:${wide ? 64 : 32}:${little ? 'le' : 'be'}`],
    loader: loaderOf(bytes, view, wide, little),
  };
}

function loaderOf(bytes: Uint8Array, view: DataView, wide: boolean, little: boolean): string | undefined {
  const word = (at: number): number =>
    wide ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const start = word(wide ? 32 : 28);
  const size = view.getUint16(wide ? 54 : 42, little);
  const count = view.getUint16(wide ? 56 : 44, little);
  if (size < (wide ? 56 : 32) || start + size * count > bytes.length) return undefined;
  for (let at = start; at < start + size * count; at += size) {
    if (view.getUint32(at, little) !== PT_INTERP) continue;
    const offset = word(at + (wide ? 8 : 4));
    const length = word(at + (wide ? 32 : 16));
    if (length > LONGEST_PATH || offset + length > bytes.length) return undefined;
    return Buffer.from(bytes.subarray(offset, offset + length))
      .toString('latin1')
      .replace(/\0.*$/s, '');
  }
  return undefined;
}

function hasMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}
