/**
 * Inflates raw deflate data (RFC 1951) that states its size and CRC-32, and refuses what does not turn out
 * exactly so: bytes left over, too many or too few, another checksum. It knows nothing of the archive around it.
 */
import { pipeline, type Readable } from 'node:stream';
import { createInflateRaw, inflateRawSync, constants as zlib } from 'node:zlib';
import { messageOf, PycError } from '../primitives/errors.ts';
import { crc32 } from '../runtime/crc32.ts';

/**
 * The content of an archive's entry is not what the archive states of it: its size, its CRC-32, its deflate data,
 * or the hash in RECORD. The file is damaged or was changed; nothing of it goes into an image.
 */
export class EntryCorruptError extends PycError {
  readonly code = 'PYC_ARCHIVE_ENTRY_CORRUPT';
  static override readonly usualHint =
    'get the archive anew; where that does not help, report it to its authors';
}

/** What an archive states about one of its entries. */
export interface StatedContent {
  /** Bytes once inflated. */
  readonly size: number;
  /** CRC-32 of the inflated bytes, unsigned. */
  readonly crc32: number;
  /** Bytes as deflated. */
  readonly compressedSize: number;
}

/** The default of 16 KiB costs a trip through the thread pool for each. */
const STREAM_CHUNK = 256 * 1024;
/** How far the thread pool may be ahead of whoever hashes; without room it would wait meanwhile. */
const STREAM_AHEAD = 1024 * 1024;

/** One chunk that holds everything and has room to spare saves a second one and the copy; a lie allocates little. */
export function chunkFor(size: number): number {
  return Math.min(size, 4 * 1024 * 1024) + 64;
}

/** `bytesWritten` counts what the engine consumed, on Node, Bun and Deno alike: it tells what was left over. */
interface InflateResult {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * Inflates data that lies in memory whole.
 *
 * @param what names the content in errors, as in `` `pkg/mod.py` in `pkg-1.0-py3-none-any.whl` ``.
 * @throws EntryCorruptError where size, CRC-32 or the number of bytes consumed differ from what is stated.
 */
export function inflateWhole(raw: Uint8Array, stated: StatedContent, what: string): Buffer {
  let result: InflateResult;
  try {
    const options = {
      info: true,
      maxOutputLength: Math.max(stated.size, 1),
      chunkSize: chunkFor(stated.size),
    };
    result = inflateRawSync(raw, options) as unknown as InflateResult;
  } catch (cause) {
    const tooLong = (cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    const reason = tooLong
      ? `inflates to more than the ${stated.size} bytes stated`
      : `does not inflate: ${messageOf(cause)}`;
    throw new EntryCorruptError(`${what} ${reason}`, { cause });
  }
  checkInflated(result.buffer.length, crc32(result.buffer), result.engine.bytesWritten, stated, what);
  return result.buffer;
}

/** Inflates a stream chunk by chunk; the checks of {@link inflateWhole} come with its end. */
export async function* inflateChunks(
  source: Readable,
  stated: StatedContent,
  what: string,
): AsyncGenerator<Buffer> {
  const options = { chunkSize: STREAM_CHUNK, highWaterMark: STREAM_AHEAD };
  const engine = createInflateRaw(options);
  pipeline(source, engine, () => undefined);
  let size = 0;
  let checksum = 0;
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > stated.size) break;
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (cause) {
    throw new EntryCorruptError(`${what} does not inflate: ${messageOf(cause)}`, { cause });
  }
  checkInflated(size, checksum, engine.bytesWritten, stated, what);
}

/**
 * The first bytes of what deflated data holds: at least `wanted` where there are so many. Sizes and checksum are
 * not looked at.
 *
 * @throws EntryCorruptError for data that is no deflate data.
 */
export function inflatePrefix(raw: Uint8Array, wanted: number, what: string): Buffer {
  try {
    for (let length = 1024; ; length *= 4) {
      const part = raw.subarray(0, length);
      const head = inflateRawSync(part, { finishFlush: zlib.Z_SYNC_FLUSH });
      if (head.length >= wanted || part.length === raw.length) return head;
    }
  } catch (cause) {
    throw new EntryCorruptError(`${what} does not inflate: ${messageOf(cause)}`, { cause });
  }
}

/** @throws EntryCorruptError where the bytes' size or CRC-32 is not the one stated; for content that is not deflated. */
export function checkStored(bytes: Uint8Array, stated: StatedContent, what: string): void {
  checkInflated(bytes.length, crc32(bytes), stated.compressedSize, stated, what);
}

/** @throws EntryCorruptError where what was counted while inflating is not what is stated. */
export function checkInflated(
  size: number,
  checksum: number,
  consumed: number,
  stated: StatedContent,
  what: string,
): void {
  if (size !== stated.size) {
    throw new EntryCorruptError(
      `${what} has ${size > stated.size ? 'more' : 'fewer'} bytes than the ${stated.size} stated`,
    );
  }
  if (consumed !== stated.compressedSize) {
    throw new EntryCorruptError(
      `${what} has ${stated.compressedSize - consumed} bytes after the end of its data`,
    );
  }
  if (checksum !== stated.crc32) throw new EntryCorruptError(`${what} does not have the CRC-32 stated`);
}
