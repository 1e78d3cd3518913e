/**
 * Layers that say what lies where: eStargz and zstd:chunked append a table of contents, whose digest the manifest states. Their
 * names are read without their files, and files by themselves. The formats are containerd's and containers/storage's.
 */
import { gunzipSync } from 'node:zlib';
import { parseTarHeader } from '../../archive/tar/header.ts';
import { type Digest, digestOf, isDigest } from '../../primitives/digest.ts';
import { MAX_ENTRIES } from '../../primitives/limits.ts';
import { parseTreePath } from '../../primitives/path.ts';
import type { Layer } from '../image.ts';
import { BlobContentError } from '../verified.ts';
import type { ListedEntry } from './layer-memory.ts';

const ESTARGZ = 'containerd.io/snapshot/stargz/toc.digest';
const ZSTD_CHECKSUM = 'io.github.containers.zstd-chunked.manifest-checksum';
const ZSTD_POSITION = 'io.github.containers.zstd-chunked.manifest-position';
/** Bytes of eStargz's last gzip member, which says where its table begins. */
const FOOTER = 51;
/** Bytes of a table, packed and unpacked. */
const MAX_PACKED = 64 * 1024 * 1024;
const MAX_TABLE = 256 * 1024 * 1024;
const BLOCK = 512;
/** Entries that are no part of the image. */
const MARKS = new Set(['.prefetch.landmark', '.no.prefetch.landmark', 'stargz.index.json']);

/** A layer whose names are known and whose files are read one by one. */
export interface LayerContents {
  readonly entries: readonly ListedEntry[];
  /** A file's bytes, verified. @throws BlobContentError where they are not what the table says */
  read(ordinal: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** The digest that the manifest states of a layer's table of contents. */
export function tableDigestOf({ descriptor: { annotations = {} } }: Layer): Digest | undefined {
  const stated = annotations[ESTARGZ] ?? annotations[ZSTD_CHECKSUM];
  return isDigest(stated) ? stated : undefined;
}

/** Undefined for a layer without a table, and where what it has is not what the manifest states: it is read whole then. */
export async function readLayerContents(
  layer: Layer,
  signal?: AbortSignal,
): Promise<LayerContents | undefined> {
  const digest = tableDigestOf(layer);
  if (digest === undefined || layer.readRange === undefined) return undefined;
  const { annotations = {} } = layer.descriptor;
  const isGzip = annotations[ESTARGZ] !== undefined;
  try {
    const { json, end } = isGzip
      ? await readGzipTable(layer, digest, signal)
      : await readZstdTable(layer, digest, annotations[ZSTD_POSITION] ?? '', signal);
    return contentsOf(layer, JSON.parse(Buffer.from(json).toString()), end, isGzip);
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}

interface Table {
  readonly json: Uint8Array;
  /** Where the table begins and files end. */
  readonly end: number;
}

async function readGzipTable(layer: Layer, digest: Digest, signal?: AbortSignal): Promise<Table> {
  const { size } = layer.descriptor;
  const footer = Buffer.from(await readWithin(layer, size - FOOTER, size, signal)).toString('latin1');
  const end = Number.parseInt(/([0-9a-f]{16})STARGZ/.exec(footer)?.[1] ?? '', 16);
  const tar = unzipped(await readWithin(layer, end, size - FOOTER, signal));
  const header = parseTarHeader(tar.subarray(0, BLOCK));
  const json = tar.subarray(BLOCK, BLOCK + header.size);
  demandDigest(json, digest);
  return { json, end };
}

async function readZstdTable(
  layer: Layer,
  digest: Digest,
  position: string,
  signal?: AbortSignal,
): Promise<Table> {
  const [, from, length, unpacked] = (/^(\d{1,15}):(\d{1,9}):(\d{1,9}):1$/.exec(position) ?? []).map(Number);
  if (from === undefined || length === undefined || unpacked === undefined || unpacked > MAX_TABLE)
    throw wrong();
  const packed = await readWithin(layer, from, from + length, signal);
  demandDigest(packed, digest);
  return { json: await unpackedZstd(packed, unpacked), end: from };
}

async function readWithin(layer: Layer, from: number, to: number, signal?: AbortSignal): Promise<Uint8Array> {
  const isWithin = from >= 0 && from < to && to <= layer.descriptor.size && to - from <= MAX_PACKED;
  if (!isWithin) throw wrong();
  return layer.readRange!(from, to, signal);
}

function unzipped(bytes: Uint8Array): Buffer {
  return gunzipSync(bytes, { maxOutputLength: MAX_TABLE });
}

async function unpackedZstd(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const unpacked = Buffer.alloc(size);
  let length = 0;
  const engine = new Decompress((chunk) => {
    if (length + chunk.length > size) throw wrong();
    unpacked.set(chunk, length);
    length += chunk.length;
  });
  engine.push(bytes, true);
  if (length !== size) throw wrong();
  return unpacked;
}

/** What both formats write of an entry. */
interface Row {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly size?: unknown;
  readonly linkName?: unknown;
  readonly digest?: unknown;
  readonly offset?: unknown;
  readonly endOffset?: unknown;
  /** Of eStargz: where the bytes begin in what is unpacked. */
  readonly innerOffset?: unknown;
  readonly chunkSize?: unknown;
  readonly chunkType?: unknown;
}

const TYPES: ReadonlyMap<unknown, ListedEntry['type']> = new Map([
  ['reg', 'file'],
  ['dir', 'directory'],
  ['symlink', 'symlink'],
  ['hardlink', 'hardlink'],
  ['char', 'character-device'],
  ['block', 'block-device'],
  ['fifo', 'fifo'],
]);

interface FoundFile {
  readonly digest: Digest | undefined;
  readonly chunks: Row[];
}

function contentsOf(layer: Layer, document: unknown, end: number, isGzip: boolean): LayerContents {
  const { entries: rows } = (document ?? {}) as { entries?: unknown };
  if (!Array.isArray(rows) || rows.length > MAX_ENTRIES) throw wrong();
  const entries: ListedEntry[] = [];
  const files = new Map<number, FoundFile>();
  const offsets = new Set<number>([end]);
  for (const row of rows as Row[]) {
    if (typeof row.offset === 'number') offsets.add(row.offset);
    if (row.type === 'chunk') {
      files.get(entries.length - 1)?.chunks.push(row);
      continue;
    }
    const type = TYPES.get(row.type);
    if (type === undefined) throw wrong();
    const path = pathOf(row.name);
    if (MARKS.has(path)) continue;
    const size = type === 'file' ? naturalOf(row.size ?? 0) : 0;
    const target = type === 'hardlink' ? pathOf(row.linkName) : row.linkName;
    const link = type === 'hardlink' || type === 'symlink' ? { linkTarget: String(target) } : {};
    entries.push({ path, type, size, ...link });
    if (type === 'file')
      files.set(entries.length - 1, { digest: isDigest(row.digest) ? row.digest : undefined, chunks: [row] });
  }
  const sorted = [...offsets].sort((a, b) => a - b);
  return {
    entries,
    async read(ordinal, signal) {
      const { size = 0 } = entries[ordinal] ?? {};
      const { digest, chunks = [] } = files.get(ordinal) ?? {};
      const bytes = Buffer.alloc(size);
      let at = 0;
      for (const chunk of size === 0 ? [] : chunks) {
        const length = naturalOf(chunk.chunkSize ?? 0) || size - at;
        if (at + length > size) throw wrong();
        if (chunk.chunkType !== 'zeros') {
          const from = naturalOf(chunk.offset);
          const to = isGzip ? sorted.find((offset) => offset > from) : naturalOf(chunk.endOffset ?? end);
          const packed = await readWithin(layer, from, to ?? end, signal);
          const inner = naturalOf(chunk.innerOffset ?? 0);
          const plain = isGzip
            ? unzipped(packed).subarray(inner, inner + length)
            : await unpackedZstd(packed, length);
          bytes.set(plain, at);
        }
        at += length;
      }
      if (digest !== undefined || size > 0) demandDigest(bytes, digest);
      return bytes;
    },
  };
}

function pathOf(name: unknown): ListedEntry['path'] {
  if (typeof name !== 'string') throw wrong();
  const path = name
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
  return path === '' ? '' : parseTreePath(path, { backslashes: true });
}

function naturalOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong();
  return value as number;
}

function demandDigest(bytes: Uint8Array, digest: Digest | undefined): void {
  if (digest === undefined || digestOf(bytes) !== digest) throw wrong();
}

function wrong(): BlobContentError {
  return new BlobContentError('a layer is not what its table of contents says', {
    hint: 'use another image: this one was put together wrongly',
  });
}
