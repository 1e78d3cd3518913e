/**
 * Files of base images for all who ask in one build. To read a base means to stream its layers, so whoever
 * knows early what it will want says so, and one pass gathers everything. What the files mean is not known here.
 */
import type { Image, Layer } from '../oci/image.ts';
import { createLayerMemory } from '../oci/rootfs/layer-memory.ts';
import { openRootfs, type Rootfs } from '../oci/rootfs.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Store } from '../store/store.ts';
import { imageKey } from './image-key.ts';

export interface BaseFileReader {
  /** Says what will be asked for, so that the first pass over a base gathers it. */
  announce(patterns: readonly RegExp[]): void;
  /**
   * The files that the patterns match, and perhaps some that others announced.
   *
   * @throws what `openRootfs` throws
   */
  open(image: Image, patterns: readonly RegExp[]): Promise<Rootfs>;
  /** The files whose paths the patterns match; links to files count as files. */
  read(image: Image, patterns: readonly RegExp[]): Promise<ReadonlyMap<string, Uint8Array>>;
}

/**
 * Makes a reader that keeps what it read until the build ends.
 *
 * @param options.needsLayers true (default) where the layers are to lie on this host anyway; otherwise they only pass through
 * @param options.store remembers layers for other builds; default: none
 */
export function createBaseFileReader(
  signal: AbortSignal,
  { needsLayers = true, store }: { readonly needsLayers?: boolean; readonly store?: Store } = {},
): BaseFileReader {
  const announced = new Set<RegExp>();
  const passes = new Map<Digest, Pass[]>();

  const open = (image: Image, patterns: readonly RegExp[]): Promise<Rootfs> => {
    const key = imageKey(image);
    const before = passes.get(key) ?? [];
    const fitting = before.find(({ wanted }) => patterns.every((pattern) => wanted.has(pattern)));
    if (fitting !== undefined) return fitting.rootfs;
    const wanted = new Set([...announced, ...patterns]);
    const memory = store === undefined ? undefined : createLayerMemory(store, [...wanted], signal);
    const read = needsLayers ? image : { ...image, layers: image.layers.map(passing) };
    const rootfs = openRootfs(read, { wanted: [...wanted], memory, signal });
    passes.set(key, [...before, { wanted, rootfs }]);
    return rootfs;
  };
  return {
    announce(patterns) {
      for (const pattern of patterns) announced.add(pattern);
    },
    open,
    async read(image, patterns) {
      const rootfs = await open(image, patterns);
      const found = new Map<string, Uint8Array>();
      for (const path of await rootfs.list('')) {
        if (!patterns.some((pattern) => pattern.test(path))) continue;
        const bytes = await rootfs.read(path);
        if (bytes !== undefined) found.set(path, bytes);
      }
      return found;
    },
  };
}

function passing(layer: Layer): Layer {
  const { pass } = layer;
  return pass === undefined ? layer : { ...layer, open: pass };
}

interface Pass {
  readonly wanted: ReadonlySet<RegExp>;
  readonly rootfs: Promise<Rootfs>;
}
