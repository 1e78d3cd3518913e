/**
 * Reads files out of an image without unpacking it: layers are streamed, upper ones hide lower ones, whiteouts and
 * links are followed inside the root (image specification, "Representing Changes"). Nothing touches the disk.
 */
import { posix } from 'node:path';
import { decompress } from '../archive/decompress.ts';
import { readTar, type TarEntry } from '../archive/tar.ts';
import { readAll } from '../primitives/bytes.ts';
import type { Image, Layer } from './image.ts';

/** The wanted files of an image. Paths are relative to the root, without a leading slash. */
export interface Rootfs {
  /** A file's bytes; links are followed. Undefined where there is none, or none that was wanted. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Paths of the wanted files and links that begin with the prefix, as they lie in the layers, sorted. */
  list(prefix: string): Promise<readonly string[]>;
}

export interface RootfsOptions {
  /** Patterns of real paths whose content is wanted. */
  readonly wanted: readonly RegExp[];
  readonly signal?: AbortSignal;
}

/** Bytes of one wanted file: an interpreter with its library inside is some tens of megabytes. */
const MAX_FILE = 256 * 1024 * 1024;
/** Bytes that one layer may unpack to. */
const MAX_LAYER = 64 * 1024 * 1024 * 1024;
const MAX_LINKS = 40;
/** Passes over the layers: links can lead to files that the patterns did not name. */
const MAX_PASSES = 4;

type Node =
  | { readonly kind: 'file'; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'hardlink'; readonly target: string }
  | { readonly kind: 'other' };

/** Gathers what the patterns name in one pass over the layers, and what links lead to in further ones. */
export async function openRootfs(image: Image, options: RootfsOptions): Promise<Rootfs> {
  const isWanted = (path: string): boolean => options.wanted.some((pattern) => pattern.test(path));
  let nodes = await gather(image.layers, isWanted, options.signal);
  const wanted = [...nodes.keys()].filter(isWanted).sort();
  const further = new Set<string>();
  for (let pass = 1; pass < MAX_PASSES; pass++) {
    const missing = wanted
      .map((path) => resolveIn(nodes, path))
      .filter(
        (path): path is string => path !== undefined && !further.has(path) && isUnread(nodes.get(path)),
      );
    if (missing.length === 0) break;
    for (const path of missing) further.add(path);
    nodes = await gather(image.layers, (path) => isWanted(path) || further.has(path), options.signal);
  }
  return {
    async read(path) {
      const real = resolveIn(nodes, path);
      const node = real === undefined ? undefined : nodes.get(real);
      return node?.kind === 'file' ? node.bytes : undefined;
    },
    list: async (prefix) => wanted.filter((path) => path.startsWith(prefix)),
  };
}

/** The wanted files by their path; links give the bytes of what they lead to. */
export async function readImageFiles(
  image: Image,
  patterns: readonly RegExp[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rootfs = await openRootfs(image, { wanted: patterns, ...(signal === undefined ? {} : { signal }) });
  const found = new Map<string, Uint8Array>();
  for (const path of await rootfs.list('')) {
    const bytes = await rootfs.read(path);
    if (bytes !== undefined) found.set(path, bytes);
  }
  return found;
}

/** All links, and the files that are wanted, of the topmost layer that has each path. */
async function gather(
  layers: readonly Layer[],
  isWanted: (path: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<Map<string, Node>> {
  const nodes = new Map<string, Node>();
  const hidden = new Hidden();
  for (const layer of [...layers].reverse()) {
    const own = new Map<string, Node>();
    const hides = new Hidden();
    await readLayer(layer, signal, async (entry, body) => {
      const { path } = entry;
      const name = posix.basename(path);
      const folder = posix.dirname(path) === '.' ? '' : posix.dirname(path);
      if (name === '.wh..wh..opq') hides.hideBelow(folder);
      else if (name.startsWith('.wh.')) hides.hide(posix.join(folder, name.slice('.wh.'.length)));
      else if (entry.type !== 'directory') {
        hides.hide(path);
        if (hidden.has(path)) return;
        const node = await nodeOf(entry, body, isWanted);
        if (node !== undefined) own.set(path, node);
        else own.delete(path);
      }
    });
    for (const [path, node] of own) nodes.set(path, node);
    hidden.add(hides);
  }
  return nodes;
}

async function nodeOf(
  entry: TarEntry,
  body: AsyncIterable<Uint8Array>,
  isWanted: (path: string) => boolean,
): Promise<Node | undefined> {
  switch (entry.type) {
    case 'symlink':
      return { kind: 'link', target: entry.linkTarget ?? '' };
    case 'hardlink':
      return isWanted(entry.path) ? { kind: 'hardlink', target: entry.linkTarget ?? '' } : undefined;
    case 'file':
      return isWanted(entry.path)
        ? { kind: 'file', bytes: await readAll(body, MAX_FILE, `\`/${entry.path}\` in the base image`) }
        : undefined;
    default:
      return isWanted(entry.path) ? { kind: 'other' } : undefined;
  }
}

async function readLayer(
  layer: Layer,
  signal: AbortSignal | undefined,
  visit: (entry: TarEntry, body: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const { digest } = layer.descriptor;
  const source = (await layer.open(signal)) as AsyncIterable<Uint8Array>;
  await readTar(decompress(source, { what: `layer ${digest}`, limit: MAX_LAYER, signal }), visit, { signal });
}

/** Follows links of the path and of every folder in it, never above the root; undefined where they go in circles. */
function resolveIn(nodes: ReadonlyMap<string, Node>, path: string): string | undefined {
  let rest = path.split('/').filter((segment) => segment !== '');
  let at = '';
  for (let links = 0; rest.length > 0; ) {
    const [segment, ...after] = rest as [string, ...string[]];
    rest = after;
    if (segment === '.') continue;
    if (segment === '..') {
      at = posix.dirname(at) === '.' ? '' : posix.dirname(at);
      continue;
    }
    const next = at === '' ? segment : `${at}/${segment}`;
    const node = nodes.get(next);
    if (node?.kind !== 'link' && node?.kind !== 'hardlink') {
      at = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return undefined;
    if (node.kind === 'hardlink' || node.target.startsWith('/')) at = '';
    rest = [...node.target.split('/').filter((part) => part !== ''), ...rest];
  }
  return at;
}

/** True for what a further pass could read: nothing is known of the path, or its content was not wanted before. */
function isUnread(node: Node | undefined): boolean {
  return node === undefined || (node.kind === 'file' && node.bytes === undefined);
}

/** Paths that lower layers no longer show. */
class Hidden {
  readonly #whole = new Set<string>();
  readonly #below = new Set<string>();

  /** The path and everything below it. */
  hide(path: string): void {
    this.#whole.add(path);
  }

  /** Everything below the path; an empty path is the root. */
  hideBelow(path: string): void {
    this.#below.add(path);
  }

  add(other: Hidden): void {
    for (const path of other.#whole) this.#whole.add(path);
    for (const path of other.#below) this.#below.add(path);
  }

  has(path: string): boolean {
    if (this.#whole.has(path) || (path !== '' && this.#below.has(''))) return true;
    for (let at = path.lastIndexOf('/'); at !== -1; at = path.lastIndexOf('/', at - 1)) {
      const above = path.slice(0, at);
      if (this.#whole.has(above) || this.#below.has(above)) return true;
    }
    return false;
  }
}
