/**
 * The first files of a layer, from the first bytes of its blob: what a system says of itself mostly lies there. A
 * part of a blob has no digest, so that what is read here is the word of whoever served it.
 */
import { constants, gunzipSync } from 'node:zlib';
import { detectCompression } from '../archive/decompress.ts';
import { parseTarHeader } from '../archive/tar/header.ts';
import { isPycError } from '../primitives/errors.ts';
import type { Layer } from './image.ts';

/** Uncompressed bytes that are looked at: bounds a bomb. */
const MAX_HEAD = 64 * 1024 * 1024;
const BLOCK = 512;
/** Types of headers that are about the next one. */
const EXTENDED = 'xgLK';

/** A small file of a layer's beginning. */
export interface HeadFile {
  /** Without a leading `./`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The regular files that lie whole within the first `size` bytes of a blob, in the order of the tar. None where the blob
 * is neither gzip nor zstd nor a tar: whoever reads it whole says what is wrong.
 */
export async function readLayerHead(layer: Layer, size: number, signal?: AbortSignal): Promise<HeadFile[]> {
  const tar = await unpackedHead(await headOf(layer, size, signal));
  const files: HeadFile[] = [];
  let isOverridden = false;
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const header = headerAt(tar, at);
    if (header === undefined) break;
    const start = at + BLOCK;
    const end = start + header.size;
    at = start + Math.ceil(header.size / BLOCK) * BLOCK;
    if (EXTENDED.includes(header.type)) {
      // A name in an extended header is a long one: none that anybody looks for here.
      if (header.type !== 'g') isOverridden = true;
      continue;
    }
    const isFile = header.type === '0' && !isOverridden && end <= tar.length;
    if (isFile) files.push({ path: header.name.replace(/^(?:\.?\/)+/, ''), bytes: tar.subarray(start, end) });
    isOverridden = false;
  }
  return files;
}

function headerAt(tar: Buffer, at: number): ReturnType<typeof parseTarHeader> | undefined {
  try {
    return parseTarHeader(tar.subarray(at, at + BLOCK));
  } catch {
    // The end, or no tar.
    return undefined;
  }
}

async function headOf(layer: Layer, size: number, signal?: AbortSignal): Promise<Uint8Array> {
  if (layer.readRange !== undefined) {
    return layer.readRange(0, size, signal).catch((error: unknown) => {
      // A registry that gives no stretches may give the whole, and whoever reads that is told what else is wrong.
      if (isPycError(error)) return new Uint8Array(0);
      throw error;
    });
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of await layer.open(signal)) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    if (length >= size) break;
  }
  return Buffer.concat(chunks).subarray(0, size);
}

/** What can be unpacked of data that is cut off; empty for what cannot be. */
async function unpackedHead(bytes: Uint8Array): Promise<Buffer> {
  try {
    switch (detectCompression(bytes, 'a layer')) {
      case 'gzip':
        return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_HEAD });
      case 'zstd':
        return await unpackedZstd(bytes);
      case 'none':
        return Buffer.from(bytes);
      default:
        return Buffer.alloc(0);
    }
  } catch {
    return Buffer.alloc(0);
  }
}

async function unpackedZstd(bytes: Uint8Array): Promise<Buffer> {
  const { Decompress } = await import('fzstd');
  const chunks: Uint8Array[] = [];
  let length = 0;
  const engine = new Decompress((chunk) => {
    length += chunk.length;
    if (length > MAX_HEAD) throw new RangeError('the head of a layer unpacks to too much');
    chunks.push(chunk);
  });
  engine.push(bytes);
  return Buffer.concat(chunks);
}
