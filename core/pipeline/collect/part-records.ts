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
  /** Keeps what was learnt since the last time. */
  flush(): Promise<void>;
}

/** The records of one run: what one image has learnt, the next one need not. */
export function createPartRecords({ store, noCache }: Session): PartRecords {
  const keyOf = (key: Digest): Digest => digestOfJson({ what: 'record of a part', key });
  const known = new Map<Digest, PartRecord>();
  const fresh = new Map<Digest, PartRecord>();
  return {
    async get(key) {
      const before = known.get(key);
      if (before !== undefined) return before;
      const value = noCache ? undefined : await store.readAction(keyOf(key));
      if (!isPartRecord(value)) return undefined;
      known.set(key, value);
      return value;
    },
    async set(key, record) {
      known.set(key, record);
      fresh.set(key, record);
    },
    async flush() {
      await Promise.all([...fresh].map(([key, record]) => store.writeAction(keyOf(key), record)));
      fresh.clear();
    },
  };
}
