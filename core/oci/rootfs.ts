/**
 * Reads files out of an image without unpacking it: each layer is streamed once, where it is not remembered, and a second
 * time only where a wanted link turns out to lead to a file that had passed. Which files are wanted is the caller's to say.
 */
import type { TarEntry } from '../archive/tar/entry.ts';
import { readTar } from '../archive/tar.ts';
import { readAll } from '../primitives/bytes.ts';
import { visible } from '../primitives/path.ts';
import type { Image } from './image.ts';
import { readLayerTar } from './layer-tar.ts';
import { createFileSystem, RootfsError } from './rootfs/file-system.ts';
import { type LayerContents, readLayerContents } from './rootfs/layer-contents.ts';
import type { LayerMemory, ListedEntry } from './rootfs/layer-memory.ts';

/** The wanted files of an image. Paths are relative to its root, without a leading slash. */
export interface Rootfs {
  /** A file's bytes; links are followed and stay inside the image. Undefined where there is none, or it was not wanted. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Sorted paths of all wanted files and links that begin with the prefix. */
  list(prefix: string): Promise<readonly string[]>;
}

export interface RootfsOptions {
  /** Matched against real paths: those that lead through no link. */
  readonly wanted: readonly RegExp[];
  /** What it knows of a layer is not read again. */
  readonly memory?: LayerMemory | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of one wanted file, and of all together. */
const MAX_FILE = 256 * 1024 * 1024;
const MAX_TOTAL = 512 * 1024 * 1024;

/**
 * @throws RootfsError for layers that no engine would unpack and wanted files that are too large; TarError;
 * BlobContentError where a layer is not what the image says
 */
export async function openRootfs(image: Image, options: RootfsOptions): Promise<Rootfs> {
  const { wanted, memory, signal } = options;
  const isWanted = (path: string): boolean => wanted.some((pattern) => pattern.test(path));
  const files = createFileSystem();
  let total = 0;
  const demandRoom = (path: string, size: number): void => {
    total += size;
    if (size > MAX_FILE || total > MAX_TOTAL) {
      throw new RootfsError(`\`${visible(path)}\` in the image is too large to be read`);
    }
  };
  const take = async (entry: TarEntry, body: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
    demandRoom(entry.path, entry.size);
    return readAll(body, entry.size, `\`${visible(entry.path)}\``);
  };

  const fetch = async ({ table, contents }: ReadLayer, ordinal: number): Promise<void> => {
    const { path, size } = table!.entries[ordinal]!;
    demandRoom(path, size);
    contents.set(ordinal, await table!.read(ordinal, signal));
  };
  const layers: ReadLayer[] = [];
  for (const [layer, { diffId }] of image.layers.entries()) {
    const known = await memory?.recall(diffId);
    const read: ReadLayer = { entries: [], contents: new Map(known?.contents), isNews: known === undefined };
    layers.push(read);
    for (const [ordinal, entry] of known?.entries.entries() ?? []) {
      files.apply(entry, layer, ordinal);
      read.entries.push(entry);
    }
    if (known !== undefined) continue;
    read.table = await readLayerContents(image.layers[layer]!, signal);
    if (read.table !== undefined) {
      // What a manifest states of a table is not to be believed for other images with the same layer.
      read.isNews = false;
      for (const [ordinal, entry] of read.table.entries.entries()) {
        const path = files.apply(entry, layer, ordinal);
        if (entry.type === 'file' && isWanted(path)) await fetch(read, ordinal);
      }
      continue;
    }
    await eachEntry(image, layer, signal, async (entry, body, ordinal) => {
      const path = files.apply(entry, layer, ordinal);
      read.entries.push(entry);
      // Its own path counts as well: in another image nothing may lead elsewhere.
      if (entry.type !== 'file' || !(isWanted(path) || isWanted(entry.path))) return;
      read.contents.set(ordinal, await take(entry, body));
    });
  }
  const paths = [...files.walk()]
    .map(([path]) => path)
    .filter(isWanted)
    .sort();
  const missing = new Map<number, Set<number>>();
  for (const path of paths) {
    const node = files.find(path);
    if (node?.type !== 'file' || layers[node.source.layer]?.contents.has(node.source.entry)) continue;
    const ordinals = missing.get(node.source.layer) ?? new Set();
    missing.set(node.source.layer, ordinals.add(node.source.entry));
  }
  for (const [layer, ordinals] of missing) {
    const read = layers[layer]!;
    if (read.table !== undefined) {
      for (const ordinal of ordinals) await fetch(read, ordinal);
      continue;
    }
    read.isNews = true;
    await eachEntry(image, layer, signal, async (entry, body, ordinal) => {
      if (ordinals.has(ordinal)) read.contents.set(ordinal, await take(entry, body));
    });
  }
  for (const [layer, read] of layers.entries()) {
    if (read.isNews) await memory?.keep(image.layers[layer]!.diffId, read);
  }
  return {
    async read(path) {
      const node = files.find(path);
      return node?.type === 'file' ? layers[node.source.layer]?.contents.get(node.source.entry) : undefined;
    },
    list: async (prefix) => paths.filter((path) => path.startsWith(prefix)),
  };
}

/** What is known of a layer while an image is read. */
interface ReadLayer {
  readonly entries: ListedEntry[];
  readonly contents: Map<number, Uint8Array>;
  /** Where the layer says itself what lies where. */
  table?: LayerContents | undefined;
  /** True where there is more than was remembered. */
  isNews: boolean;
}

/** The files whose paths match, by path; links to files count as files. */
export async function readImageFiles(
  image: Image,
  patterns: readonly RegExp[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rootfs = await openRootfs(image, { wanted: patterns, signal });
  const found = new Map<string, Uint8Array>();
  for (const path of await rootfs.list('')) {
    const bytes = await rootfs.read(path);
    if (bytes !== undefined) found.set(path, bytes);
  }
  return found;
}

async function eachEntry(
  image: Image,
  index: number,
  signal: AbortSignal | undefined,
  visit: (entry: TarEntry, body: AsyncIterable<Uint8Array>, ordinal: number) => Promise<void>,
): Promise<void> {
  let ordinal = 0;
  const limits = { backslashes: true };
  await readTar(readLayerTar(image.layers[index]!, signal), (entry, body) => visit(entry, body, ordinal++), {
    limits,
    signal,
  });
}
