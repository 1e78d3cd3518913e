/**
 * Reads files out of an image without unpacking it: each layer is streamed once, and a second time only where a
 * wanted link turns out to lead to a file that had passed. Which files are wanted is the caller's to say.
 */
import type { TarEntry } from '../archive/tar/entry.ts';
import { readTar } from '../archive/tar.ts';
import { readAll } from '../primitives/bytes.ts';
import { visible } from '../primitives/path.ts';
import type { Image } from './image.ts';
import { readLayerTar } from './layer-tar.ts';
import { createFileSystem, type FileNode, RootfsError } from './rootfs/file-system.ts';

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
  const isWanted = (path: string): boolean => options.wanted.some((pattern) => pattern.test(path));
  const files = createFileSystem();
  const contents = new Map<string, Uint8Array>();
  let total = 0;
  const keep = async (entry: TarEntry, body: AsyncIterable<Uint8Array>, key: string): Promise<void> => {
    total += entry.size;
    if (entry.size > MAX_FILE || total > MAX_TOTAL) {
      throw new RootfsError(`\`${visible(entry.path)}\` in the image is too large to be read`);
    }
    contents.set(key, await readAll(body, entry.size, `\`${visible(entry.path)}\``));
  };

  for (const layer of image.layers.keys()) {
    await eachEntry(image, layer, options.signal, async (entry, body, ordinal) => {
      const path = files.apply(entry, layer, ordinal);
      if (entry.type === 'file' && isWanted(path)) await keep(entry, body, keyOf({ layer, entry: ordinal }));
    });
  }
  const paths = [...files.walk()]
    .map(([path]) => path)
    .filter(isWanted)
    .sort();
  const missing = new Map<number, Set<number>>();
  for (const path of paths) {
    const node = files.find(path);
    if (node?.type !== 'file' || contents.has(keyOf(node.source))) continue;
    const ordinals = missing.get(node.source.layer) ?? new Set();
    missing.set(node.source.layer, ordinals.add(node.source.entry));
  }
  for (const [layer, ordinals] of missing) {
    await eachEntry(image, layer, options.signal, async (entry, body, ordinal) => {
      if (ordinals.has(ordinal)) await keep(entry, body, keyOf({ layer, entry: ordinal }));
    });
  }
  return {
    async read(path) {
      const node = files.find(path);
      return node?.type === 'file' ? contents.get(keyOf(node.source)) : undefined;
    },
    list: async (prefix) => paths.filter((path) => path.startsWith(prefix)),
  };
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

function keyOf({ layer, entry }: FileNode['source']): string {
  return `${layer}:${entry}`;
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
