/**
 * Layers and records of parts that machines share by way of a cache: what the values under its keys are, and when one
 * of them may be used. How a cache is spoken to, and that it holds nothing up, is the store's and the registry's.
 */
import type { Descriptor, Layer } from '../oci/image.ts';
import { layerInStore } from '../oci/layer/write-layers.ts';
import { readLayerTar } from '../oci/layer-tar.ts';
import { OCI_LAYER_GZIP } from '../oci/media-types.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import { type Digest, isDigest } from '../primitives/digest.ts';
import { messageOf } from '../primitives/errors.ts';
import type { PartRecord, RecordedEntry } from '../primitives/file-tree.ts';
import { isPartRecord } from '../primitives/part-record.ts';
import { parseTreePath } from '../primitives/path.ts';
import { RemoteEntryError } from '../store/remote.ts';
import type { RemoteCache } from '../store/remote-cache.ts';
import { isSize, type PartRecords, recordKey, sizeKey } from './collect/part-records.ts';
import type { Session } from './session.ts';

/** A layer to share, and the key that it is found by. */
export interface KeyedLayer {
  readonly key: Digest;
  readonly layer: Layer;
}

export interface SharedLayers {
  /** The store's records, and those of the cache where it has none. */
  readonly records: PartRecords;
  /**
   * The layer under a key.
   *
   * @param records - of the parts in it: they bound how large it can be
   */
  find(key: Digest, records: readonly PartRecord[]): Promise<Layer | undefined>;
  /** Puts there what is not there yet. The layers are given back, those in the cache with the place of it. */
  share(layers: readonly KeyedLayer[]): Promise<readonly Layer[]>;
}

export interface SharedLayersOptions {
  readonly cache: RemoteCache;
  readonly records: PartRecords;
  readonly session: Pick<Session, 'store' | 'signal' | 'noCache'>;
  /** True where all that is published goes to the cache's own registry, which mounts the layers: nobody needs their bytes here. */
  readonly isMounted: boolean;
}

/** Requests at once. */
const PARALLEL = 8;

export function createSharedLayers(options: SharedLayersOptions): SharedLayers {
  const { cache, session, isMounted } = options;
  const { store, signal } = session;
  const { records, own } = sharedRecords(options);
  const place = cache.registry === undefined ? {} : { registry: cache.registry };

  const lazily = (key: Digest, descriptor: Descriptor, diffId: Digest): Layer => ({
    descriptor,
    diffId,
    isVerified: true,
    ...place,
    async open() {
      if (!(await cache.fetch(descriptor, store)))
        throw new RemoteEntryError(`the cache \`${cache.name}\` lost the layer of \`${key}\``, {
          hint: 'run the command again with `--no-cache`',
        });
      return store.open(descriptor.digest);
    },
  });

  return {
    records,

    async find(key, recorded) {
      if (session.noCache) return undefined;
      const value = await cache.get(key);
      if (value === undefined) return undefined;
      const found = layerIn(value);
      const most = mostBytes(recorded);
      if (found === undefined || found.descriptor.size > most) {
        cache.distrust(
          key,
          found === undefined ? 'names no layer' : `names a layer of more than ${most} bytes`,
        );
        return undefined;
      }
      const { descriptor, diffId } = found;
      const isThere = isMounted ? await cache.hasBlob(descriptor) : await cache.fetch(descriptor, store);
      if (!isThere) {
        cache.forget(key);
        return undefined;
      }
      if (isMounted) return lazily(key, descriptor, diffId);
      const layer = layerInStore(store, descriptor, diffId);
      const fault = await faultOf(layer, most, signal);
      if (fault === undefined) return { ...layer, ...place };
      cache.distrust(key, fault);
      return undefined;
    },

    async share(layers) {
      if (!cache.isWritten) return layers.map(({ layer }) => layer);
      const known = await mapConcurrently(layers, PARALLEL, signal, ({ key }) => cache.has(key));
      // Who finds a layer also finds what is said of its parts.
      if (known.includes(false)) {
        await mapConcurrently([...own()], PARALLEL, signal, async ([key, value]) => {
          if ((await cache.has(key)) || (await cache.put(key, value))) own().delete(key);
        });
      }
      return await mapConcurrently(
        layers.map((one, index) => ({ ...one, isKnown: known[index] === true })),
        PARALLEL,
        signal,
        async ({ key, layer, isKnown }) => {
          const { descriptor, diffId } = layer;
          const blob = { ...descriptor, open: (inner: AbortSignal) => layer.open(inner) };
          const isThere = isKnown || (await cache.put(key, { descriptor, diffId }, blob));
          return isThere ? { ...layer, ...place } : layer;
        },
      );
    },
  };
}

/** `own` gives what was met, by the cache's keys, what came from the cache left out. */
function sharedRecords({ cache, records, session }: SharedLayersOptions): {
  readonly records: PartRecords;
  own(): Map<Digest, PartRecord | number>;
} {
  const asked = new Map<Digest, Promise<PartRecord | undefined>>();
  const own = new Map<Digest, PartRecord | number>();
  const find = async (key: Digest): Promise<PartRecord | undefined> => {
    const known = await records.get(key);
    if (known !== undefined) {
      own.set(recordKey(key), known);
      return known;
    }
    const value = session.noCache ? undefined : await cache.get(recordKey(key));
    if (value === undefined) return undefined;
    if (!isPartRecord(value) || !value.entries.every(hasGoodPath)) {
      cache.distrust(recordKey(key), 'lists no files of a part');
      return undefined;
    }
    await records.set(key, value);
    return value;
  };
  return {
    own: () => own,
    records: {
      get(key) {
        const before = asked.get(key) ?? find(key);
        asked.set(key, before);
        return before;
      },
      async set(key, record) {
        asked.set(key, Promise.resolve(record));
        own.set(recordKey(key), record);
        await records.set(key, record);
      },
      async sizeOf(wheel) {
        const known = await records.sizeOf(wheel);
        if (known !== undefined) own.set(sizeKey(wheel), known);
        if (known !== undefined || session.noCache) return known;
        const value = await cache.get(sizeKey(wheel));
        if (value === undefined) return undefined;
        if (!isSize(value)) {
          cache.distrust(sizeKey(wheel), 'is no size');
          return undefined;
        }
        await records.setSize(wheel, value);
        return value;
      },
      async setSize(wheel, size) {
        own.set(sizeKey(wheel), size);
        await records.setSize(wheel, size);
      },
      flush: () => records.flush(),
    },
  };
}

/** A path that came from outside, as strict as every other one. */
function hasGoodPath({ path }: RecordedEntry): boolean {
  try {
    return parseTreePath(path) === path;
  } catch {
    return false;
  }
}

function layerIn(value: unknown): { readonly descriptor: Descriptor; readonly diffId: Digest } | undefined {
  const { descriptor, diffId } = (value ?? {}) as {
    readonly descriptor?: Partial<Descriptor> | null;
    readonly diffId?: unknown;
  };
  const { mediaType, digest, size } = descriptor ?? {};
  const isLayer = isDigest(diffId) && isDigest(digest) && Number.isSafeInteger(size) && size! > 0;
  return isLayer && mediaType === OCI_LAYER_GZIP
    ? { descriptor: { mediaType, digest, size: size! }, diffId }
    : undefined;
}

/** Of a layer with these files, packed or not: each with headers and padding, twice as long a path, and what gzip adds. */
function mostBytes(records: readonly PartRecord[]): number {
  let most = 1024 * 1024;
  for (const { entries } of records) {
    for (const entry of entries) most += 8192 + (entry.type === 'file' ? entry.size : 0);
  }
  return most;
}

/** What is wrong with a layer in the store, if anything is. @throws the signal's reason */
async function faultOf(layer: Layer, most: number, signal: AbortSignal): Promise<string | undefined> {
  let size = 0;
  try {
    for await (const chunk of readLayerTar(layer, signal)) {
      size += chunk.length;
      if (size > most) return `names a layer that unpacks to more than ${most} bytes`;
    }
    return undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    return `names a layer that is not right: ${messageOf(thrown)}`;
  }
}
