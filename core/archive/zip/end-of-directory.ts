/**
 * Finds the end of central directory record (APPNOTE 4.3.16) and ZIP64's (4.3.14, 4.3.15). There must be exactly
 * one reading: the directory, the ZIP64 records and the record itself touch each other, and nothing follows.
 */
import type { RandomAccessFile } from '../random-access-file.ts';
import { ZipError, ZipUnsupportedError } from './errors.ts';

/** Where the central directory lies. */
export interface EndOfDirectory {
  /** Number of entries. */
  readonly entries: number;
  /** Byte offset of the directory. */
  readonly offset: number;
  /** Bytes of the directory. */
  readonly size: number;
}

const END = 0x06054b50;
const END_SIZE = 22;
const LOCATOR = 0x07064b50;
const LOCATOR_SIZE = 20;
const END64 = 0x06064b50;
const END64_SIZE = 56;
const MAX_COMMENT = 0xffff;
const SIGNATURE = Buffer.from([0x50, 0x4b, 0x05, 0x06]);

/**
 * @throws ZipError where there is no such record, more than one, bytes after it, or ZIP64 records that disagree with it
 * @throws ZipUnsupportedError for an archive on several disks
 */
export function readEndOfDirectory(file: RandomAccessFile): EndOfDirectory {
  if (file.size < END_SIZE) throw new ZipError('the file is too short for a zip archive');
  const at = locate(file);
  const head = Math.max(0, at - LOCATOR_SIZE - END64_SIZE);
  const bytes = file.read(head, at - head + END_SIZE);
  const stated = parseEnd(bytes, at - head);
  const locatorAt = at - head - LOCATOR_SIZE;
  const has64 = locatorAt >= END64_SIZE && bytes.readUInt32LE(locatorAt) === LOCATOR;
  const end = has64 ? parseEnd64(bytes, locatorAt, head, stated) : stated;
  const directoryEnd = has64 ? at - LOCATOR_SIZE - END64_SIZE : at;
  if (end.offset + end.size !== directoryEnd) {
    throw new ZipError('the central directory does not end where the record of its end begins', {
      hint: 'bytes were put before, after or into the archive: get it anew',
    });
  }
  return end;
}

/** The record's offset: the last signature in the file, whose comment must end with the file. */
function locate(file: RandomAccessFile): number {
  const start = Math.max(0, file.size - END_SIZE);
  const tail = file.read(start, END_SIZE);
  if (tail.readUInt32LE(0) === END && tail.readUInt16LE(20) === 0) return start;
  const from = Math.max(0, file.size - END_SIZE - MAX_COMMENT);
  const window = file.read(from, file.size - from);
  const found = window.lastIndexOf(SIGNATURE);
  if (found === -1) throw new ZipError('the file is no zip archive: it has no end of central directory');
  if (found + END_SIZE > window.length) throw new ZipError('the end of central directory is cut off');
  if (found + END_SIZE + window.readUInt16LE(found + 20) !== window.length) {
    throw new ZipError('bytes follow the end of central directory');
  }
  return from + found;
}

function parseEnd(bytes: Buffer, at: number): EndOfDirectory {
  const [disk, startDisk] = [bytes.readUInt16LE(at + 4), bytes.readUInt16LE(at + 6)];
  const [here, entries] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
  if (disk !== 0 || startDisk !== 0 || here !== entries) {
    throw new ZipUnsupportedError('the archive spans several disks');
  }
  return { entries, size: bytes.readUInt32LE(at + 12), offset: bytes.readUInt32LE(at + 16) };
}

/** ZIP64's record must lie right before its locator, have no extension, and agree with what the old record can say. */
function parseEnd64(bytes: Buffer, locatorAt: number, base: number, stated: EndOfDirectory): EndOfDirectory {
  const at = locatorAt - END64_SIZE;
  if (bytes.readUInt32LE(locatorAt + 4) !== 0 || bytes.readUInt32LE(locatorAt + 16) !== 1) {
    throw new ZipUnsupportedError('the archive spans several disks');
  }
  const pointsThere = bytes.readBigUInt64LE(locatorAt + 8) === BigInt(base + at);
  if (!pointsThere || bytes.readUInt32LE(at) !== END64) {
    throw new ZipError('the ZIP64 locator does not point to the ZIP64 record before it');
  }
  if (bytes.readBigUInt64LE(at + 4) !== BigInt(END64_SIZE - 12)) {
    throw new ZipError('the ZIP64 record has a size of its own');
  }
  if (bytes.readUInt32LE(at + 16) !== 0 || bytes.readUInt32LE(at + 20) !== 0) {
    throw new ZipUnsupportedError('the archive spans several disks');
  }
  const here = safeUInt64(bytes, at + 24);
  const end = {
    entries: safeUInt64(bytes, at + 32),
    size: safeUInt64(bytes, at + 40),
    offset: safeUInt64(bytes, at + 48),
  };
  const agrees =
    here === end.entries &&
    (stated.entries === 0xffff || stated.entries === end.entries) &&
    (stated.size === 0xffffffff || stated.size === end.size) &&
    (stated.offset === 0xffffffff || stated.offset === end.offset);
  if (!agrees) throw new ZipError('the ZIP64 record disagrees with the end of central directory');
  return end;
}

/**
 * An unsigned 64-bit number.
 *
 * @throws ZipError past 2^53 - 1, which no file's size reaches
 */
export function safeUInt64(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ZipError('the archive states an impossible size');
  return Number(value);
}
