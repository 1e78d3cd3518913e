/** Reads the central directory (APPNOTE 4.3.12). It does not compare it with the local headers. */
import type { RandomAccessFile } from '../random-access-file.ts';
import type { EndOfDirectory } from './end-of-directory.ts';
import { decodeEntryName } from './entry-name.ts';
import { quoted, ZipError, ZipTooLargeError, ZipUnsupportedError } from './errors.ts';
import { applyExtraFields } from './extra-fields.ts';

/** How an entry's bytes are kept: 0 as they are, 8 deflated. */
export type ZipMethod = 0 | 8;

/** An entry as the central directory states it. */
export interface CentralEntry {
  readonly name: string;
  /** The name as it stands in the archive, to be compared with the local header's. */
  readonly nameBytes: Buffer;
  readonly flags: number;
  readonly method: ZipMethod;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** The 16 bits of a Unix mode, type included; 0 where the archive does not state one. */
  readonly mode: number;
  /** Where the local header lies. */
  readonly offset: number;
}

/** Bounds on an archive. */
export interface ZipLimits {
  readonly maxEntries: number;
  /** Inflated bytes of one entry. */
  readonly maxEntrySize: number;
  /** How many times the archive's own size all entries may inflate to, past the first 256 MiB. */
  readonly maxRatio: number;
}

const ENTRY = 0x02014b50;
const ENTRY_SIZE = 46;
const ENCRYPTED = 0x2041;
/** Options of deflate (two bits), a data descriptor, a UTF-8 name. */
const KNOWN_FLAGS = 0x080e;
const UTF_8_NAME = 0x0800;
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;
const DOS_DIRECTORY = 0x10;
const RATIO_FLOOR = 256 * 1024 * 1024;

/**
 * @throws ZipError for a directory that contradicts itself
 * @throws ZipUnsupportedError for encryption, several disks and methods other than stored and deflated
 * @throws ZipTooLargeError past the limits
 */
export function readCentralDirectory(
  file: RandomAccessFile,
  end: EndOfDirectory,
  limits: ZipLimits,
): CentralEntry[] {
  if (end.entries > limits.maxEntries) {
    throw new ZipTooLargeError(`the archive has ${end.entries} entries; the limit is ${limits.maxEntries}`);
  }
  if (end.entries * ENTRY_SIZE > end.size)
    throw new ZipError('the central directory is shorter than its entries');
  // Three fields of an entry have lengths of two bytes each.
  if (end.size > end.entries * (ENTRY_SIZE + 3 * 0xffff))
    throw new ZipError('the central directory is longer than its entries');
  const bytes = file.read(end.offset, end.size);
  const entries: CentralEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  let total = 0;
  while (entries.length < end.entries) {
    if (at + ENTRY_SIZE > bytes.length || bytes.readUInt32LE(at) !== ENTRY) {
      throw new ZipError(`the central directory has ${entries.length} entries instead of ${end.entries}`);
    }
    const next =
      at +
      ENTRY_SIZE +
      bytes.readUInt16LE(at + 28) +
      bytes.readUInt16LE(at + 30) +
      bytes.readUInt16LE(at + 32);
    if (next > bytes.length) throw new ZipError('the last entry of the central directory is cut off');
    const entry = parseEntry(bytes, at, limits);
    names.add(entry.name);
    entries.push(entry);
    if (names.size !== entries.length) throw new ZipError(`the entry ${quoted(entry.name)} is there twice`);
    total += entry.size;
    at = next;
  }
  if (at !== bytes.length) throw new ZipError('the central directory has more than its entries');
  if (total > Math.max(RATIO_FLOOR, file.size * limits.maxRatio)) {
    throw new ZipTooLargeError(`the archive of ${file.size} bytes unpacks to ${total} bytes`);
  }
  return entries;
}

function parseEntry(bytes: Buffer, at: number, limits: ZipLimits): CentralEntry {
  const flags = bytes.readUInt16LE(at + 8);
  const nameEnd = at + ENTRY_SIZE + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const nameBytes = bytes.subarray(at + ENTRY_SIZE, nameEnd);
  const name = decodeEntryName(nameBytes, (flags & UTF_8_NAME) !== 0);
  const method = bytes.readUInt16LE(at + 10);
  checkFlags(name, flags, method);
  if (bytes.readUInt16LE(at + 34) !== 0)
    throw new ZipUnsupportedError(`the entry ${quoted(name)} is on another disk`);
  const stated = {
    compressedSize: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    offset: bytes.readUInt32LE(at + 42),
  };
  const extra = bytes.subarray(nameEnd, extraEnd);
  const sizes = applyExtraFields(extra, stated, name, nameBytes);
  const attributes = bytes.readUInt32LE(at + 38);
  const entry: CentralEntry = {
    name,
    nameBytes,
    flags,
    method: method as ZipMethod,
    crc32: bytes.readUInt32LE(at + 16),
    compressedSize: sizes.compressedSize,
    size: sizes.size,
    mode: attributes >>> 16,
    offset: sizes.offset,
  };
  checkType(entry, (attributes & DOS_DIRECTORY) !== 0);
  checkSizes(entry, limits);
  return entry;
}

function checkFlags(name: string, flags: number, method: number): void {
  if ((flags & ENCRYPTED) !== 0) throw new ZipUnsupportedError(`the entry ${quoted(name)} is encrypted`);
  if ((flags & ~KNOWN_FLAGS) !== 0) {
    throw new ZipUnsupportedError(`the entry ${quoted(name)} has the unknown flags 0x${flags.toString(16)}`);
  }
  if (method !== 0 && method !== 8) {
    throw new ZipUnsupportedError(`the entry ${quoted(name)} is compressed by the unknown method ${method}`);
  }
}

/** Files and directories only, and name and mode must agree about which it is. */
function checkType(entry: CentralEntry, dosDirectory: boolean): void {
  const type = entry.mode & FILE_TYPE;
  if (type === SYMLINK) throw new ZipError(`the entry ${quoted(entry.name)} is a symbolic link`);
  const named = entry.name.endsWith('/');
  const stated = type === DIRECTORY || (type === 0 && dosDirectory);
  if (
    (type !== 0 && type !== REGULAR && type !== DIRECTORY) ||
    (stated && !named) ||
    (named && type === REGULAR)
  ) {
    throw new ZipError(`the entry ${quoted(entry.name)} is neither a file nor a directory`);
  }
  if (named && entry.size !== 0) throw new ZipError(`the directory ${quoted(entry.name)} has content`);
}

function checkSizes(entry: CentralEntry, limits: ZipLimits): void {
  if (entry.size > limits.maxEntrySize) {
    throw new ZipTooLargeError(
      `the entry ${quoted(entry.name)} has ${entry.size} bytes; the limit is ${limits.maxEntrySize}`,
    );
  }
  if (entry.method === 0 && entry.size !== entry.compressedSize) {
    throw new ZipError(`the entry ${quoted(entry.name)} is stored in another size than it has`);
  }
}
