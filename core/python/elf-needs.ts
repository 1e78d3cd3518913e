/**
 * What a shared library needs of the system that loads it: the libraries that it names and the versions of their symbols
 * (System V gABI, "Dynamic Section"; LSB, "Symbol Versioning"). A file that lies about its offsets needs nothing that is known.
 */
import { readElf } from './elf.ts';

export interface ElfNeeds {
  /** OCI's word for the machine; absent for those that no image has. */
  readonly architecture: string | undefined;
  /** Names as in `libc.so.6`, `libc.musl-x86_64.so.1`, `libpq.so.5`. */
  readonly libraries: readonly string[];
  /** Names as in `GLIBC_2.34`, each once. */
  readonly versions: readonly string[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_VERNEED = 0x6ffffffe;
const DT_VERNEEDNUM = 0x6fffffff;
const MOST = 4096;

/** `undefined` where it is no ELF file. */
export function readElfNeeds(bytes: Uint8Array): ElfNeeds | undefined {
  const elf = readElf(bytes);
  if (elf === undefined) return undefined;
  try {
    return { architecture: elf.architecture, ...needsOf(new Words(bytes)) };
  } catch (error) {
    if (error instanceof RangeError) return { architecture: elf.architecture, libraries: [], versions: [] };
    throw error;
  }
}

/** Reads past the end throw RangeError, as a DataView does. */
class Words {
  readonly wide: boolean;
  readonly #little: boolean;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wide = bytes[4] === 2;
    this.#little = bytes[5] === 1;
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  word(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  /** An address or a size. */
  long(at: number): number {
    return this.wide ? Number(this.#view.getBigUint64(at, this.#little)) : this.word(at);
  }

  text(at: number): string {
    const end = this.#bytes.indexOf(0, at);
    if (at < 0 || end === -1 || end - at > MOST) throw new RangeError('no text');
    return Buffer.from(this.#bytes.subarray(at, end)).toString('latin1');
  }
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

function needsOf(words: Words): Pick<ElfNeeds, 'libraries' | 'versions'> {
  const segments = segmentsOf(words);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return { libraries: [], versions: [] };
  const step = words.wide ? 16 : 8;
  const rows: (readonly [tag: number, value: number])[] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size && rows.length < MOST; at += step) {
    rows.push([words.long(at), words.long(at + step / 2)]);
  }
  const tagged = (tag: number): number | undefined => rows.find(([one]) => one === tag)?.[1];
  const texts = offsetOf(tagged(DT_STRTAB) ?? -1, segments);
  const libraries = rows.filter(([tag]) => tag === DT_NEEDED).map(([, value]) => words.text(texts + value));
  const table = tagged(DT_VERNEED);
  const count = Math.min(tagged(DT_VERNEEDNUM) ?? 0, MOST);
  const versions = table === undefined ? [] : versionsOf(words, offsetOf(table, segments), count, texts);
  return { libraries, versions: [...new Set(versions)] };
}

function segmentsOf(words: Words): readonly Segment[] {
  const start = words.long(words.wide ? 32 : 28);
  const size = words.half(words.wide ? 54 : 42);
  const count = words.half(words.wide ? 56 : 44);
  return Array.from({ length: count }, (_, index): Segment => {
    const at = start + index * size;
    return words.wide
      ? {
          type: words.word(at),
          offset: words.long(at + 8),
          address: words.long(at + 16),
          size: words.long(at + 32),
        }
      : {
          type: words.word(at),
          offset: words.word(at + 4),
          address: words.word(at + 8),
          size: words.word(at + 16),
        };
  });
}

/** Where in the file an address lies. */
function offsetOf(address: number, segments: readonly Segment[]): number {
  const holder = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
  );
  if (holder === undefined) throw new RangeError('the address is not loaded');
  return address - holder.address + holder.offset;
}

function versionsOf(words: Words, start: number, count: number, texts: number): string[] {
  const found: string[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    let auxiliary = at + words.word(at + 8);
    for (let left = words.half(at + 2); left > 0 && found.length < MOST; left--) {
      found.push(words.text(texts + words.word(auxiliary + 8)));
      const next = words.word(auxiliary + 12);
      if (next === 0) break;
      auxiliary += next;
    }
    const next = words.word(at + 12);
    if (next === 0) break;
    at += next;
  }
  return found;
}
