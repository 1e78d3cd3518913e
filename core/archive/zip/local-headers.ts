/**
 * Compares local headers (APPNOTE 4.3.7) and data descriptors (4.3.9) with the central directory, and checks that
 * entries lie one behind the other from the first byte on: none overlaps, hides between others or stands alone.
 */
import type { RandomAccessFile } from '../random-access-file.ts';
import type { CentralEntry } from './central-directory.ts';
import { quoted, ZipError } from './errors.ts';
import { applyExtraFields } from './extra-fields.ts';

const HEADER = 0x04034b50;
const HEADER_SIZE = 30;
const DESCRIPTOR = 0x08074b50;
const HAS_DESCRIPTOR = 0x0008;
/** Local extra fields are rarely longer; where they are, the header is read again. */
const USUAL_EXTRA = 36;
/** One read of up to this many bytes… */
const WINDOW = 256 * 1024;
/** …goes on over the content between two headers where that is shorter than another read costs. */
const MAX_GAP = 8 * 1024;

/**
 * Where each entry's content begins, in the order of `entries`.
 *
 * @param end where the central directory begins
 * @throws ZipError where the two directories disagree
 */
export function locateContents(
  file: RandomAccessFile,
  entries: readonly CentralEntry[],
  end: number,
): Float64Array {
  const order = orderByOffset(entries);
  const offsets = new Float64Array(entries.length);
  const window = new HeaderWindow(file, entries, order, end);
  let expected = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const index = order[rank]!;
    const entry = entries[index]!;
    if (entry.offset !== expected) {
      const what =
        entry.offset < expected ? 'overlaps another one' : 'does not begin where the one before it ends';
      throw new ZipError(`the entry ${quoted(entry.name)} ${what}`, {
        hint: 'the archive hides something: do not use it',
      });
    }
    const next = rank + 1 < order.length ? entries[order[rank + 1]!]!.offset : end;
    const content = checkHeader(window, rank, entry, next);
    const contentEnd = content + entry.compressedSize;
    if (contentEnd > next) throw new ZipError(`the entry ${quoted(entry.name)} overlaps what follows it`);
    if ((entry.flags & HAS_DESCRIPTOR) !== 0) checkDescriptor(window, rank, entry, contentEnd, next);
    else if (contentEnd !== next) throw new ZipError(`unknown bytes follow the entry ${quoted(entry.name)}`);
    offsets[index] = content;
    expected = next;
  }
  if (expected !== end) throw new ZipError('unknown bytes lie before the central directory');
  return offsets;
}

/** Indexes by place in the file, which nearly always is the directory's own order. */
function orderByOffset(entries: readonly CentralEntry[]): Uint32Array {
  const order = Uint32Array.from(entries.keys());
  const sorted = entries.every((entry, index) => index === 0 || entries[index - 1]!.offset <= entry.offset);
  return sorted ? order : order.sort((a, b) => entries[a]!.offset - entries[b]!.offset);
}

/** Checks one local header and returns where the content behind it begins. */
function checkHeader(window: HeaderWindow, rank: number, entry: CentralEntry, limit: number): number {
  const fixed = HEADER_SIZE + entry.nameBytes.length;
  if (entry.offset + fixed > limit)
    throw new ZipError(`the entry ${quoted(entry.name)} overlaps what follows it`);
  let header = window.at(rank, entry.offset, fixed);
  const same =
    header.readUInt32LE(0) === HEADER &&
    header.readUInt16LE(6) === entry.flags &&
    header.readUInt16LE(8) === entry.method &&
    header.readUInt16LE(26) === entry.nameBytes.length &&
    header.compare(entry.nameBytes, 0, entry.nameBytes.length, HEADER_SIZE, fixed) === 0;
  if (!same)
    throw new ZipError(`the entry ${quoted(entry.name)} is described differently in front of its content`);
  const extraSize = header.readUInt16LE(28);
  const content = entry.offset + fixed + extraSize;
  if (content > limit) throw new ZipError(`the entry ${quoted(entry.name)} overlaps what follows it`);
  const stated = { compressedSize: header.readUInt32LE(18), size: header.readUInt32LE(22) };
  const crc32 = header.readUInt32LE(14);
  if (extraSize > 0) header = window.at(rank, entry.offset, fixed + extraSize);
  const extra = header.subarray(fixed, fixed + extraSize);
  const sizes = applyExtraFields(extra, stated, entry.name, entry.nameBytes);
  const agrees =
    crc32 === entry.crc32 && sizes.size === entry.size && sizes.compressedSize === entry.compressedSize;
  // What a descriptor will say may be left at zero here.
  const postponed =
    (entry.flags & HAS_DESCRIPTOR) !== 0 && crc32 === 0 && sizes.size === 0 && sizes.compressedSize === 0;
  if (!agrees && !postponed) {
    throw new ZipError(`the entry ${quoted(entry.name)} has another size or CRC-32 in front of its content`);
  }
  return content;
}

/** A descriptor has 12 or, for ZIP64, 20 bytes, and may begin with a signature of 4. */
function checkDescriptor(
  window: HeaderWindow,
  rank: number,
  entry: CentralEntry,
  at: number,
  next: number,
): void {
  const size = next - at;
  const wide = size === 20 || size === 24;
  if (!wide && size !== 12 && size !== 16) {
    throw new ZipError(`the entry ${quoted(entry.name)} has no data descriptor where it should be`);
  }
  const bytes = window.at(rank, at, size);
  const signed = size === 16 || size === 24;
  const from = signed ? 4 : 0;
  const sizeAt = (place: number) =>
    wide ? bytes.readBigUInt64LE(from + 4 + place * 8) : BigInt(bytes.readUInt32LE(from + 4 + place * 4));
  const honest =
    (!signed || bytes.readUInt32LE(0) === DESCRIPTOR) &&
    bytes.readUInt32LE(from) === entry.crc32 &&
    sizeAt(0) === BigInt(entry.compressedSize) &&
    sizeAt(1) === BigInt(entry.size);
  if (!honest) throw new ZipError(`the data descriptor of the entry ${quoted(entry.name)} lies`);
}

/** A part of the file, read ahead over the headers that lie close to each other. */
class HeaderWindow {
  private readonly file: RandomAccessFile;
  private readonly entries: readonly CentralEntry[];
  private readonly order: Uint32Array;
  private readonly end: number;
  private start = 0;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(file: RandomAccessFile, entries: readonly CentralEntry[], order: Uint32Array, end: number) {
    this.file = file;
    this.entries = entries;
    this.order = order;
    this.end = end;
  }

  /** Bytes at an offset that belongs to the entry of this rank. */
  at(rank: number, offset: number, length: number): Buffer {
    const inside = offset >= this.start && offset + length <= this.start + this.bytes.length;
    if (!inside) {
      this.start = offset;
      this.bytes = this.file.read(offset, this.extent(rank, offset, length));
    }
    return this.bytes.subarray(offset - this.start, offset - this.start + length);
  }

  private extent(rank: number, offset: number, length: number): number {
    let to = Math.min(offset + length + USUAL_EXTRA, this.end);
    for (let ahead = rank + 1; ahead < this.order.length; ahead++) {
      const entry = this.entries[this.order[ahead]!]!;
      const headerEnd = Math.min(entry.offset + HEADER_SIZE + entry.nameBytes.length + USUAL_EXTRA, this.end);
      if (entry.offset - to > MAX_GAP || headerEnd - offset > WINDOW) break;
      to = Math.max(to, headerEnd);
    }
    return Math.max(to - offset, length);
  }
}
