/**
 * A shared cache as a build uses it: nothing in it is believed before it was checked, and nothing that goes wrong
 * with it fails a build or holds it up for long. What is said of it is said once.
 */
import type { Digest } from '../primitives/digest.ts';
import { messageOf, PycError } from '../primitives/errors.ts';
import type { Log } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import { formatAction, parseAction } from './action-file.ts';
import { BlobMismatchError } from './errors.ts';
import { type RemoteBackend, type RemoteBlob, RemoteEntryError } from './remote.ts';
import type { BlobInfo, Store } from './store.ts';

export interface RemoteCacheOptions {
  readonly log: Log;
  /** Ends the run; what it interrupts is thrown. */
  readonly signal: AbortSignal;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  readonly times?: Partial<RemoteTimes>;
}

/** Bounds of waiting for a shared cache. */
export interface RemoteTimes {
  /** Milliseconds for a request without a blob. */
  readonly lookup: number;
  /** Bytes in a millisecond that a blob must come at, on top of the time for a lookup. */
  readonly slowest: number;
}

export interface RemoteCache {
  readonly name: string;
  readonly registry?: { readonly host: string; readonly repository: string };
  /** False also where it may not be written, or cannot be any more. */
  readonly isWritten: boolean;
  /** The value under a key; undefined where there is none that is intact, or the cache cannot be read. */
  get(key: Digest): Promise<unknown>;
  /** Whether there is something under the key. */
  has(key: Digest): Promise<boolean>;
  /** True where the cache has the blob in this size. */
  hasBlob(blob: BlobInfo): Promise<boolean>;
  /** Brings a blob into the store, verified; false where that cannot be done. */
  fetch(blob: BlobInfo, store: Store): Promise<boolean>;
  /** Keeps a value; false where that cannot be done. */
  put(key: Digest, value: unknown, blob?: RemoteBlob): Promise<boolean>;
  /** Takes note that the entry is of no use, so that whoever may write replaces it. */
  forget(key: Digest): void;
  /** The same, and says that the entry is not what it should be. */
  distrust(key: Digest, why: string): void;
}

const TIMES: RemoteTimes = { lookup: 5_000, slowest: 512 };

export function createRemoteCache(backend: RemoteBackend, options: RemoteCacheOptions): RemoteCache {
  const { log, signal } = options;
  const times = { ...TIMES, ...options.times };
  const may = { read: options.mayRead, write: options.mayWrite };
  let isDistrusted = false;
  /** Keys that have an entry: a run need not ask twice. */
  const known = new Set<Digest>();
  /** Keys and digests of what is not right: whoever may write replaces it. */
  const wrong = new Set<Digest>();

  const forget = (key: Digest): void => {
    known.delete(key);
    wrong.add(key);
  };

  const distrust: RemoteCache['distrust'] = (key, why) => {
    forget(key);
    log.debug(`\`${backend.name}\`: the entry \`${key}\` ${why}`);
    if (isDistrusted) return;
    isDistrusted = true;
    const { code } = new RemoteEntryError('');
    log.warn({
      code,
      message: `the cache \`${backend.name}\` has an entry that is left unused: \`${key}\` ${visible(why)}`,
      hint: 'look who may write to the cache; `--verbose` names every such entry',
    });
  };

  /** Does work for which the cache is needed; undefined where it cannot be done. */
  const attempt = async <T>(
    direction: 'read' | 'write',
    key: Digest,
    size: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> => {
    if (!may[direction]) return undefined;
    const limit = Math.ceil(times.lookup + size / times.slowest);
    const late = AbortSignal.timeout(limit);
    try {
      return await work(AbortSignal.any([signal, late]));
    } catch (thrown) {
      signal.throwIfAborted();
      if (isOwnFault(thrown)) throw thrown;
      if (thrown instanceof RemoteEntryError || thrown instanceof BlobMismatchError) {
        distrust(key, messageOf(thrown));
      } else
        giveUp(direction, late.aborted ? `no answer within ${limit / 1000} s` : messageOf(thrown), thrown);
      return undefined;
    }
  };

  const giveUp = (direction: 'read' | 'write', why: string, thrown: unknown): void => {
    const isFirst = may[direction];
    may[direction] = false;
    // Who may not read what does not exist yet may perhaps write it; a place that does not answer is let alone.
    if (!isRefusal(thrown)) may.write = false;
    if (!isFirst) return;
    log.warn({
      /**
       * The cache that `cache` names cannot be reached, does not answer in time, or refuses what is asked. The build
       * goes on without it. Look at the address and the credentials for it.
       */
      code: 'PYC_CACHE_UNAVAILABLE',
      message: `the cache \`${backend.name}\` cannot be ${direction === 'read' ? 'read' : 'written'}: ${why}`,
      hint: 'the build goes on without it; look at its address and at the credentials for it',
    });
  };

  return {
    name: backend.name,
    ...(backend.registry === undefined ? {} : { registry: backend.registry }),
    get isWritten() {
      return may.write;
    },
    forget,
    distrust,

    async get(key) {
      const text = await attempt('read', key, 0, (inner) => backend.read(key, inner));
      if (text === undefined) return undefined;
      const value = intactValue(key, text);
      if (value === undefined) distrust(key, 'is not intact, or belongs to another key');
      else known.add(key);
      return value;
    },

    async has(key) {
      if (known.has(key) || wrong.has(key)) return known.has(key);
      const found = await attempt('write', key, 0, (inner) => backend.has(key, inner));
      if (found === true) known.add(key);
      return found === true;
    },

    async hasBlob({ digest, size }) {
      const found = await attempt('read', digest, 0, (inner) => backend.findBlob(digest, inner));
      if (found !== undefined && found !== size) distrust(digest, `has ${found} bytes instead of ${size}`);
      return found === size;
    },

    async fetch(blob, store) {
      const { digest, size } = blob;
      const isKept = async (): Promise<boolean> => (await store.find(digest))?.size === size;
      if (await isKept()) return true;
      return store.exclusive(
        `blob of a cache ${digest}`,
        async () => {
          if (await isKept()) return true;
          const expected = { digest, size, what: 'a blob of the cache' };
          const work = (inner: AbortSignal) => {
            const stalled = new AbortController();
            const either = AbortSignal.any([inner, stalled.signal]);
            const stop = (): void =>
              stalled.abort(new Error(`nothing more came for ${times.lookup / 1000} s`));
            return store.write(watched(backend.open(blob, either), times.lookup, stop), expected, either);
          };
          return (await attempt('read', digest, size, work)) !== undefined;
        },
        signal,
      );
    },

    async put(key, value, blob) {
      const text = formatAction(key, value);
      const size = text.length + (blob?.size ?? 0);
      const done = await attempt('write', key, size, async (inner) => {
        const isDamaged = blob !== undefined && wrong.has(blob.digest);
        await backend.write(key, text, blob && { ...blob, isDamaged }, inner);
        return true;
      });
      if (done === true) {
        known.add(key);
        wrong.delete(key);
        if (blob !== undefined) wrong.delete(blob.digest);
      }
      return done === true;
    },
  };
}

/** Passes the bytes on, and says so where none come for that many milliseconds. */
async function* watched(
  source: AsyncIterable<Uint8Array>,
  milliseconds: number,
  stalled: () => void,
): AsyncGenerator<Uint8Array> {
  const timer = setTimeout(stalled, milliseconds);
  try {
    for await (const chunk of source) {
      timer.refresh();
      yield chunk;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined also for a text that is no JSON, whatever its integrity. */
function intactValue(key: Digest, text: string): unknown {
  try {
    return parseAction(key, text);
  } catch {
    return undefined;
  }
}

/** The store of this machine has its own ways to fail. */
function isOwnFault(thrown: unknown): boolean {
  return (
    thrown instanceof PycError &&
    thrown.code.startsWith('PYC_STORE_') &&
    !(thrown instanceof BlobMismatchError)
  );
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof PycError && thrown.code.endsWith('_ACCESS');
}
