/**
 * Reads a zip archive on this host entry by entry, as raw bytes: its directories are read and compared, nothing is
 * inflated until it is asked for. It refuses whatever two readers could understand in two ways; it knows nothing of wheels.
 */
import { MAX_ENTRIES, MAX_ENTRY_SIZE } from '../primitives/limits.ts';
import { crc32 } from '../runtime/crc32.ts';
import { checkInflated, checkStored, inflatePrefix, inflateWhole } from './inflate.ts';
import { openRandomAccessFile, type RandomAccessFile } from './random-access-file.ts';
import {
  type CentralEntry,
  readCentralDirectory,
  type ZipLimits,
  type ZipMethod,
} from './zip/central-directory.ts';
import { readEndOfDirectory } from './zip/end-of-directory.ts';
import { quoted, ZipTooLargeError } from './zip/errors.ts';
import { locateContents } from './zip/local-headers.ts';

export type { ZipLimits, ZipMethod } from './zip/central-directory.ts';
export { ZipError, ZipTooLargeError, ZipUnsupportedError } from './zip/errors.ts';

/** One entry, whose two descriptions agree. */
export interface ZipEntry {
  /** Relative, `/`-separated, safe to join; a directory's ends in a slash. */
  readonly name: string;
  readonly method: ZipMethod;
  /** Of the content, unsigned. Stated, not yet checked. */
  readonly crc32: number;
  /** Bytes in the archive. */
  readonly compressedSize: number;
  /** Bytes once inflated. Stated, not yet checked. */
  readonly size: number;
  /** The 16 bits of a Unix mode, type included; 0 where the archive does not state one. */
  readonly mode: number;
  /** Where the content lies in the archive. */
  readonly dataOffset: number;
}

export interface ZipArchive {
  /** Absolute path. */
  readonly path: string;
  /** Bytes of the archive. */
  readonly size: number;
  /** In the directory's order. */
  readonly entries: readonly ZipEntry[];
  /** The content, inflated and checked. @throws ZipTooLargeError past `limit` bytes, EntryCorruptError where it is not as stated */
  read(entry: ZipEntry, limit?: number): Buffer;
  /** Reads a stored entry's content piece by piece and checks its CRC-32. @throws EntryCorruptError */
  check(entry: ZipEntry): void;
  /** The content's first bytes, at least `wanted` where it has so many. Not checked. */
  readPrefix(entry: ZipEntry, wanted: number): Buffer;
  close(): void;
}

const PIECE = 1024 * 1024;
const DEFAULT_LIMITS: ZipLimits = { maxEntries: MAX_ENTRIES, maxEntrySize: MAX_ENTRY_SIZE, maxRatio: 100 };

/**
 * Opens an archive; {@link ZipArchive.close} must follow. What is read holds for as long as the file does not change.
 *
 * @throws ZipError, ZipUnsupportedError, ZipTooLargeError for what is refused; ArchiveUnreadableError
 */
export function openZip(path: string, limits: Partial<ZipLimits> = {}): ZipArchive {
  const file = openRandomAccessFile(path);
  try {
    const end = readEndOfDirectory(file);
    const central = readCentralDirectory(file, end, { ...DEFAULT_LIMITS, ...limits });
    const offsets = locateContents(file, central, end.offset);
    return archiveOf(
      file,
      central.map((entry, index) => entryOf(entry, offsets[index]!)),
    );
  } catch (error) {
    file.close();
    throw error;
  }
}

function entryOf(central: CentralEntry, dataOffset: number): ZipEntry {
  const { name, method, crc32, compressedSize, size, mode } = central;
  return { name, method, crc32, compressedSize, size, mode, dataOffset };
}

function archiveOf(file: RandomAccessFile, entries: readonly ZipEntry[]): ZipArchive {
  return {
    path: file.path,
    size: file.size,
    entries,
    read(entry, limit = MAX_ENTRY_SIZE) {
      const what = `the entry ${quoted(entry.name)}`;
      if (entry.size > limit)
        throw new ZipTooLargeError(`${what} has ${entry.size} bytes; the limit is ${limit}`);
      const raw = file.read(entry.dataOffset, entry.compressedSize);
      if (entry.method === 8) return inflateWhole(raw, entry, what);
      checkStored(raw, entry, what);
      return raw;
    },
    check(entry) {
      let checksum = 0;
      for (let done = 0; done < entry.size; done += PIECE) {
        checksum = crc32(file.read(entry.dataOffset + done, Math.min(PIECE, entry.size - done)), checksum);
      }
      checkInflated(entry.size, checksum, entry.compressedSize, entry, `the entry ${quoted(entry.name)}`);
    },
    readPrefix(entry, wanted) {
      if (entry.method === 0) return file.read(entry.dataOffset, Math.min(entry.size, wanted));
      const raw = file.read(entry.dataOffset, Math.min(entry.compressedSize, 64 * 1024));
      return inflatePrefix(raw, wanted, `the entry ${quoted(entry.name)}`);
    },
    close: () => file.close(),
  };
}
