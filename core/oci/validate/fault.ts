/** What is wrong with an image, as a list that grows. */
import { messageOf } from '../../primitives/errors.ts';

/** What kind of thing is wrong. */
export type FaultKind =
  | 'layout'
  | 'blob'
  | 'descriptor'
  | 'document'
  | 'platform'
  | 'config'
  | 'history'
  | 'layer'
  | 'tar'
  | 'subject'
  | 'tag';

export interface ImageFault {
  readonly kind: FaultKind;
  /** The path to it: entries of index.json, digests, names of members. */
  readonly where: string;
  readonly message: string;
}

/** Gathers faults. */
export interface Faults {
  readonly list: ImageFault[];
  add(kind: FaultKind, where: string, message: string): void;
  /** Runs a check; what it throws becomes a fault, and the result undefined. */
  attempt<T>(kind: FaultKind, where: string, check: () => Promise<T>): Promise<T | undefined>;
}

export function createFaults(): Faults {
  const list: ImageFault[] = [];
  const add: Faults['add'] = (kind, where, message) => {
    list.push({ kind, where, message });
  };
  return {
    list,
    add,
    async attempt(kind, where, check) {
      try {
        return await check();
      } catch (thrown) {
        add(kind, where, messageOf(thrown));
        return undefined;
      }
    },
  };
}
