/**
 * Records of parts in the store. New ones are kept only when the layers that hold the parts were written, because that is when
 * their contents were checked.
 */
import { type Digest, digestOfJson } from '../../primitives/digest.ts';
import type { PartRecord } from '../../primitives/file-tree.ts';
import { isPartRecord } from '../../primitives/part-record.ts';
import type { RecordCache } from '../../python/install/part.ts';
import type { Session } from '../session.ts';

export interface PartRecords extends RecordCache {
  /** Bytes of a wheel that was met before. Locks that were made against an HTML index state none, and layers are cut by them. */
  sizeOf(wheel: Digest): Promise<number | undefined>;
  setSize(wheel: Digest, size: number): Promise<void>;
  /** Keeps what was learnt since the last time. */
  flush(): Promise<void>;
}

/** To be counted up whenever a record says more of a part than before. */
const RECORD_RULES = 2;

/** What the record of a part with this key is kept under. */
export function recordKey(key: Digest): Digest {
  return digestOfJson({ what: 'record of a part', rules: RECORD_RULES, key });
}

/** What the size of a wheel is kept under. */
export function sizeKey(wheel: Digest): Digest {
  return digestOfJson({ what: 'size of a wheel', digest: wheel });
}

/** True for what can be a wheel's size. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** The records of one run: what one image has learnt, the next one need not. */
export function createPartRecords({ store, noCache }: Session): PartRecords {
  const known = new Map<Digest, PartRecord>();
  const fresh = new Map<Digest, PartRecord>();
  const sizes = new Map<Digest, number>();
  return {
    async sizeOf(wheel) {
      const before = sizes.get(wheel);
      if (before !== undefined) return before;
      const size = (await store.find(wheel))?.size ?? (await store.readAction(sizeKey(wheel)));
      if (!isSize(size)) return undefined;
      sizes.set(wheel, size);
      return size;
    },
    async setSize(wheel, size) {
      sizes.set(wheel, size);
      await store.writeAction(sizeKey(wheel), size);
    },
    async get(key) {
      const before = known.get(key);
      if (before !== undefined) return before;
      const value = noCache ? undefined : await store.readAction(recordKey(key));
      if (!isPartRecord(value)) return undefined;
      known.set(key, value);
      return value;
    },
    async set(key, record) {
      known.set(key, record);
      fresh.set(key, record);
    },
    async flush() {
      await Promise.all([...fresh].map(([key, record]) => store.writeAction(recordKey(key), record)));
      fresh.clear();
    },
  };
}
