/** Contents of files in the tree: those that still lie in a wheel, and those made here. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { EntryCorruptError, inflateChunks, type StatedContent } from '../../archive/inflate.ts';
import type { ZipEntry } from '../../archive/zip.ts';
import { streamOf } from '../../primitives/bytes.ts';
import { type Digest, digestFromHex, digestOf } from '../../primitives/digest.ts';
import type { Content, FileRange } from '../../primitives/file-tree.ts';
import { visible } from '../../primitives/path.ts';
import { crc32 } from '../../runtime/crc32.ts';

/** Content made here. */
export function contentOfBytes(bytes: Uint8Array): Content & { readonly sha256: Digest } {
  return { size: bytes.length, sha256: digestOf(bytes), bytes, open: () => streamOf(bytes) };
}

/**
 * Content that lies in a wheel. Reading it checks size, CRC-32 and SHA-256; whoever reads the range or the deflated bytes
 * instead checks them itself.
 *
 * @param file absolute path of the wheel
 * @param fileName the wheel's own name, for errors
 */
export function contentOfEntry(file: string, fileName: string, entry: ZipEntry, sha256: Digest): Content {
  const { size, crc32, method, compressedSize } = entry;
  const range: FileRange = { file, offset: entry.dataOffset, size: compressedSize };
  const open = () => {
    const what = `\`${visible(entry.name)}\` in \`${fileName}\``;
    const raw = readRange(range);
    const chunks = method === 8 ? inflateChunks(raw, entry, what) : storedChunks(raw, entry, what);
    return Readable.from(withDigest(chunks, sha256, what), { objectMode: false });
  };
  if (method === 0) return { size, sha256, range, origin: fileName, open };
  return {
    size,
    sha256,
    origin: fileName,
    open,
    deflated: { crc32, size: compressedSize, range, open: () => readRange(range) },
  };
}

function readRange({ file, offset, size }: FileRange): Readable {
  if (size === 0) return streamOf(new Uint8Array(0));
  return createReadStream(file, { start: offset, end: offset + size - 1 });
}

async function* storedChunks(raw: Readable, stated: StatedContent, what: string): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    checksum = crc32(chunk, checksum);
    size += chunk.length;
    yield chunk;
  }
  if (size !== stated.size) throw new EntryCorruptError(`${what} is cut off`);
  if (checksum !== stated.crc32) throw new EntryCorruptError(`${what} does not have the CRC-32 stated`);
}

async function* withDigest(
  chunks: AsyncIterable<Uint8Array>,
  sha256: Digest,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (digestFromHex(hash.digest('hex')) !== sha256)
    throw new EntryCorruptError(`${what} does not have the hash that RECORD states`);
}
