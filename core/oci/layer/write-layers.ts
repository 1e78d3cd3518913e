/**
 * Writes layers into the store, several at once. The bytes do not depend on how many, nor on the order in which
 * entries came.
 */
import { availableParallelism } from 'node:os';
import { mapConcurrently } from '../../primitives/concurrency.ts';
import type { Digest } from '../../primitives/digest.ts';
import type { TreeItem } from '../../primitives/file-tree.ts';
import type { Store } from '../../store/store.ts';
import type { Descriptor, Layer } from '../image.ts';
import { OCI_LAYER_GZIP } from '../media-types.ts';
import type { MemberStyle } from './gzip-tar.ts';
import { planRows } from './rows.ts';
import { writeTar } from './write-tar.ts';

/** Entries in any order, without the directories above the layer's prefix. */
export type LayerItems = Iterable<TreeItem> | AsyncIterable<TreeItem>;

/** What becomes one layer. */
export interface LayerRequest {
  /** Shown in errors, as in `dependencies: numpy`. */
  readonly name: string;
  readonly items: LayerItems;
}

export interface WriteLayerOptions {
  readonly signal?: AbortSignal;
  /**
   * `spliced` (default) takes wheels' deflate data as it is, in a gzip file of many members; `single` compresses all
   * again into one member, for readers that stop after the first.
   */
  readonly members?: MemberStyle;
  /** True for a host file whose entries were hashed before: their size and CRC-32 are enough then. */
  readonly trusts?: (file: string) => boolean;
  /** Layers at once; default one a processor, at most four. */
  readonly concurrency?: number;
}

/** A layer in the store. */
export interface StoredLayer extends Layer {
  readonly file: string;
}

/** A layer in the store, with what was learnt while writing it. */
export interface WrittenLayer extends StoredLayer {
  /** Bytes of the tar. */
  readonly tarSize: number;
}

/** More would not be faster: hashing has one thread, and what it waits for are four threads of the pool. */
const MAX_CONCURRENCY = 4;

/** One layer. @see writeLayers */
export async function writeLayer(
  items: LayerItems,
  store: Store,
  options: WriteLayerOptions & { readonly name: string },
): Promise<WrittenLayer> {
  const [layer] = await writeLayers([{ name: options.name, items }], store, options);
  return layer!;
}

/**
 * All of them, in the order asked for. Where one fails, the others are stopped, and none of their temporary files
 * is left.
 *
 * @throws what `planRows` and `writeTar` throw; the signal's reason
 */
export async function writeLayers(
  requests: readonly LayerRequest[],
  store: Store,
  options: WriteLayerOptions = {},
): Promise<WrittenLayer[]> {
  const signal = options.signal ?? new AbortController().signal;
  const limit = options.concurrency ?? Math.min(availableParallelism(), MAX_CONCURRENCY);
  return mapConcurrently(requests, Math.max(limit, 1), signal, (request, stop) =>
    writeOne(request, store, options, stop),
  );
}

/** A layer that the store has, from what was remembered of it. */
export function layerInStore(store: Store, descriptor: Descriptor, diffId: Digest): StoredLayer {
  return {
    descriptor,
    diffId,
    file: store.fileOf(descriptor.digest),
    open: async () => store.open(descriptor.digest),
    isVerified: true,
  };
}

async function writeOne(
  { name, items }: LayerRequest,
  store: Store,
  options: WriteLayerOptions,
  signal: AbortSignal,
): Promise<WrittenLayer> {
  const collected: TreeItem[] = [];
  for await (const item of items) collected.push(item);
  const rows = planRows(collected, name, options.trusts);
  const draft = await store.draft();
  try {
    const { digest, size, diffId, tarSize } = await writeTar(
      rows,
      draft.file,
      options.members ?? 'spliced',
      signal,
    );
    await draft.commit({ digest, size });
    const descriptor = { mediaType: OCI_LAYER_GZIP, digest, size };
    return { ...layerInStore(store, descriptor, diffId), tarSize };
  } finally {
    await draft.discard();
  }
}
