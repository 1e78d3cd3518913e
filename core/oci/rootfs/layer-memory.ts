/**
 * Remembers what was read of a layer, by its diffID: its entries and the files that were wanted. Images that share a layer
 * need it once. How entries become a file system is not known here.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { TarEntry } from '../../archive/tar/entry.ts';
import { streamOf } from '../../primitives/bytes.ts';
import { type Digest, digestOfJson, isDigest } from '../../primitives/digest.ts';
import type { Store } from '../../store/store.ts';

/** What a file system is made of. */
export type ListedEntry = Pick<TarEntry, 'path' | 'type' | 'size' | 'linkTarget'>;

/** A layer as it was read once. */
export interface LayerFiles {
  /** In the order of the tar. */
  readonly entries: readonly ListedEntry[];
  /** By the number of the entry. */
  readonly contents: ReadonlyMap<number, Uint8Array>;
}

export interface LayerMemory {
  /** What is kept of a layer; undefined where it is not known, or not whole. */
  recall(diffId: Digest): Promise<LayerFiles | undefined>;
  keep(diffId: Digest, files: LayerFiles): Promise<void>;
}

/** Changes with what is kept. */
const RULES = 1;
/** Characters of the names in a layer that is remembered; unpacked bytes of what is written. */
const MAX_NAMES = 32 * 1024 * 1024;
const MAX_LIST = 256 * 1024 * 1024;

/** @param wanted whose files are kept; others have a memory of their own */
export function createLayerMemory(
  store: Store,
  wanted: readonly RegExp[],
  signal?: AbortSignal,
): LayerMemory {
  const patterns = wanted.map(String).sort();
  const keyOf = (diffId: Digest): Digest =>
    digestOfJson({ what: 'files of a layer', rules: RULES, diffId, patterns });
  const write = async (bytes: Uint8Array, what: string): Promise<Digest> =>
    (await store.write(streamOf(bytes), { what }, signal)).digest;
  const read = async (digest: unknown): Promise<Uint8Array | undefined> =>
    isDigest(digest) && (await store.find(digest)) !== undefined
      ? store.read(digest).catch(() => undefined)
      : undefined;
  return {
    async recall(diffId) {
      const listed = await read(await store.readAction(keyOf(diffId)));
      if (listed === undefined) return undefined;
      const { entries, files } = JSON.parse(
        gunzipSync(listed, { maxOutputLength: MAX_LIST }).toString(),
      ) as Listing;
      const contents = new Map<number, Uint8Array>();
      for (const [ordinal, digest] of files) {
        const bytes = await read(digest);
        if (bytes === undefined) return undefined;
        contents.set(ordinal, bytes);
      }
      return { entries: entries.map(entryOf), contents };
    },
    async keep(diffId, { entries, contents }) {
      const names = entries.reduce(
        (sum, { path, linkTarget = '' }) => sum + path.length + linkTarget.length,
        0,
      );
      if (names > MAX_NAMES) return;
      const files: [number, Digest][] = [];
      for (const [ordinal, bytes] of contents) files.push([ordinal, await write(bytes, 'a file of a layer')]);
      const listing: Listing = { entries: entries.map(rowOf), files };
      const packed = gzipSync(JSON.stringify(listing), { level: 1 });
      await store.writeAction(keyOf(diffId), await write(packed, 'the entries of a layer'));
    },
  };
}

/** What is written. The store gives nothing back that it was not given: its blobs have digests. */
interface Listing {
  readonly entries: readonly Row[];
  readonly files: readonly (readonly [ordinal: number, digest: Digest])[];
}
type Row = readonly [path: TarEntry['path'], type: TarEntry['type'], size: number, linkTarget?: string];

function rowOf({ path, type, size, linkTarget }: ListedEntry): Row {
  return linkTarget === undefined ? [path, type, size] : [path, type, size, linkTarget];
}

function entryOf([path, type, size, linkTarget]: Row): ListedEntry {
  return { path, type, size, ...(linkTarget === undefined ? {} : { linkTarget }) };
}
