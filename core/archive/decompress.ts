/**
 * Decompresses a stream by what its first bytes say: gzip (all members), xz, zstd (all frames), or nothing at all.
 * Output is bounded. What was compressed is not looked at.
 */
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TooLargeError } from '../primitives/bytes.ts';
import { isPycError, messageOf, PycError } from '../primitives/errors.ts';

/**
 * Compressed data that does not decompress: it is damaged, cut off, or not of the compression that its name or
 * media type says. Fetch or make the file again.
 */
export class DecompressError extends PycError {
  readonly code = 'PYC_COMPRESSION_INVALID';
  static override readonly usualHint = 'get the file anew; where that does not help, report it to its makers';
}

/** Data in a compression that is recognised and not read here, bzip2 or lzip. gzip, xz and zstd are read. */
export class CompressionUnsupportedError extends PycError {
  readonly code = 'PYC_COMPRESSION_UNSUPPORTED';
}

export type Compression = 'none' | 'gzip' | 'xz' | 'zstd';

export interface DecompressOptions {
  /** Names the input in errors, as in `` `data.tar.xz` ``. */
  readonly what: string;
  /** Bytes of output past which the input is refused. */
  readonly limit: number;
  /** Demands one compression, as a media type or a file name says; default is what the first bytes say. */
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the thread pool inflates at once: each trip to it costs some 50 µs. */
const CHUNK = 256 * 1024;
/** How far the pool may be ahead of whoever reads; without room it would wait while a chunk is looked at. */
const AHEAD = 1024 * 1024;

/** The longest of the signatures. */
const HEAD = 6;

/** What the first bytes say. @throws CompressionUnsupportedError for bzip2 and lzip */
export function detectCompression(head: Uint8Array, what: string): Compression {
  const hex = Buffer.from(head.subarray(0, HEAD)).toString('hex');
  if (hex.startsWith('1f8b')) return 'gzip';
  if (hex.startsWith('fd377a585a00')) return 'xz';
  // A frame, or a skippable one (RFC 8878 §3.1).
  if (hex.startsWith('28b52ffd') || /^5.2a4d18/.test(hex)) return 'zstd';
  const refused = hex.startsWith('425a68') ? 'bzip2' : hex.startsWith('4c5a4950') ? 'lzip' : undefined;
  if (refused === undefined) return 'none';
  throw new CompressionUnsupportedError(`${what} is compressed with ${refused}, which is not supported`, {
    hint: 'compress it with gzip, xz or zstd instead',
  });
}

/**
 * The decompressed bytes.
 *
 * @throws DecompressError where the data is damaged, cut off or not of the compression demanded; TooLargeError past the limit
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  options: DecompressOptions,
): AsyncGenerator<Uint8Array> {
  const { what, limit, signal } = options;
  const { head, whole } = await peek(source);
  const found = detectCompression(head, what);
  if (options.compression !== undefined && options.compression !== found) {
    throw new DecompressError(
      `${what} should be compressed with \`${options.compression}\`, and is \`${found}\``,
    );
  }
  let size = 0;
  try {
    for await (const chunk of await decompressor(found, whole)) {
      signal?.throwIfAborted();
      size += chunk.length;
      if (size > limit) throw new TooLargeError(`${what} unpacks to more than ${limit} bytes`);
      yield chunk;
    }
  } catch (cause) {
    if (found === 'none' || isPycError(cause) || signal?.aborted) throw cause;
    throw new DecompressError(`${what} does not decompress with ${found}: ${messageOf(cause)}`, { cause });
  }
}

async function decompressor(
  compression: Compression,
  source: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  if (compression === 'gzip') return gunzip(source);
  if (compression === 'xz') return (await import('./decompress/xz.ts')).decompressXz(source);
  if (compression === 'zstd') return (await import('./decompress/zstd.ts')).decompressZstd(source);
  return source;
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let total = 0;
  const counted = (async function* () {
    for await (const chunk of source) {
      total += chunk.length;
      yield chunk;
    }
  })();
  const options = { chunkSize: CHUNK, highWaterMark: AHEAD };
  const engine = createGunzip(options);
  pipeline(Readable.from(counted, { objectMode: false }), engine, () => undefined);
  yield* engine as AsyncIterable<Buffer>;
  if (engine.bytesWritten !== total) throw new Error(`${total - engine.bytesWritten} bytes follow its end`);
}

/** The first bytes, and the whole stream with them. */
async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; whole: AsyncIterable<Uint8Array> }> {
  const chunks = source[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD) {
    const next = await chunks.next();
    if (next.done === true) break;
    parts.push(next.value);
    size += next.value.length;
  }
  const whole = (async function* () {
    try {
      yield* parts;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  })();
  return { head: Buffer.concat(parts).subarray(0, HEAD), whole };
}
