/**
 * The store in a folder. Every write goes to a temporary file, is flushed and renamed, so that whatever ends
 * a process leaves no half-written entry; what is read is checked against its digest.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open as openFile, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Digest, digestOf, hexOf, isDigest } from '../primitives/digest.ts';
import { formatAction, parseAction } from './action-file.ts';
import { writeBlob } from './blob-writer.ts';
import { BlobDamagedError, BlobMismatchError, BlobMissingError, isMissing, storeFault } from './errors.ts';
import { type Eviction, evict, TOUCH_INTERVAL, type Usage, usageOf } from './eviction.ts';
import { actionFile, blobFile, type Folders, foldersIn, makeFolders, temporaryFile } from './folders.ts';
import { acquire, type Lock, lockFile } from './lock.ts';
import { openSession, type Session } from './session.ts';
import type { BlobInfo, Store } from './store.ts';

export interface DiskStoreOptions {
  /** Absolute path; made when something is written. */
  readonly directory: string;
  /** Bytes past which old entries go. */
  readonly limit: number;
}

/** A store in a folder, with what looks after it. */
export interface DiskStore extends Store {
  usage(): Promise<Usage>;
  /** Removes the least recently used entries past the limit (default the store's own). */
  evict(limit?: number): Promise<Eviction>;
}

/** Milliseconds between two evictions by whoever closes the store. */
const EVICTION_INTERVAL = 10 * 60 * 1000;
const READ_SIZE = 256 * 1024;

/** Opens a store. Nothing is read or written before it is used. */
export function createDiskStore(options: DiskStoreOptions): DiskStore {
  const folders = foldersIn(options.directory);
  const temporary = new Set<string>();
  const locks = new Set<Lock>();
  const queues = new Map<string, Promise<unknown>>();
  let made: Promise<void> | undefined;
  let session: Promise<Session | undefined> | undefined;
  let written = 0;

  const startSession = (): Promise<Session | undefined> =>
    openSession(folders.sessions, randomBytes(4).toString('hex'));
  const enter = (): void => {
    session ??= startSession();
  };
  const prepare = (): Promise<void> => {
    made ??= (async () => {
      await makeFolders(folders);
      // A store that did not exist yet had no place for a session.
      if ((await session) === undefined) session = startSession();
    })();
    return made;
  };
  const writing = async <T>(work: (file: string) => Promise<T>): Promise<T> => {
    await prepare();
    const file = temporaryFile(folders);
    temporary.add(file);
    try {
      return await work(file);
    } catch (thrown) {
      await discard(file);
      throw storeFault(thrown, folders.root);
    }
  };
  const discard = async (file: string): Promise<void> => {
    temporary.delete(file);
    // Also where the store was closed before: what was under way then may have made the file since.
    await rm(file, { force: true }).catch(() => undefined);
  };
  const settle = async (file: string, target: string): Promise<void> => {
    await rename(file, target);
    temporary.delete(file);
    written += 1;
  };

  return {
    directory: folders.root,
    fileOf: (digest) => blobFile(folders, digest),

    async find(digest) {
      if (!isDigest(digest)) return undefined;
      enter();
      const info = await touch(blobFile(folders, digest));
      return info === undefined ? undefined : { digest, size: info.size };
    },

    open(digest) {
      enter();
      return Readable.from(verified(folders, digest), { objectMode: false, highWaterMark: READ_SIZE });
    },

    async read(digest) {
      enter();
      const bytes = await readFile(blobFile(folders, digest)).catch((thrown: unknown) => {
        throw isMissing(thrown) ? missing(digest) : thrown;
      });
      if (digestOf(bytes) !== digest) await removeDamaged(folders, digest);
      return bytes;
    },

    write: (source, expected, signal) =>
      writing(async (file) => {
        const info = await writeBlob(source, file, expected, signal);
        await settle(file, blobFile(folders, info.digest));
        return info;
      }),

    draft: () =>
      writing(async (file) => {
        await writeFile(file, '', { flag: 'wx' });
        return {
          file,
          discard: () => discard(file),
          async commit(info) {
            try {
              await flush(file, info);
              await settle(file, blobFile(folders, info.digest));
              return info;
            } catch (thrown) {
              await discard(file);
              throw storeFault(thrown, folders.root);
            }
          },
        };
      }),

    async readAction(key) {
      enter();
      const file = actionFile(folders, key);
      const text = await readFile(file, 'utf8').catch(() => undefined);
      if (text === undefined) return undefined;
      const value = parseAction(key, text);
      if (value === undefined) await rm(file, { force: true }).catch(() => undefined);
      else await touch(file);
      return value;
    },

    // Not flushed: an action that the disk lost or cut is a miss.
    writeAction: (key, value) =>
      writing(async (file) => {
        await writeFile(file, formatAction(key, value), { flag: 'wx' });
        await settle(file, actionFile(folders, key));
      }),

    async exclusive(key, work, signal) {
      await prepare();
      // Callers of one process queue here, so that only one of them polls for the file.
      const before = queues.get(key);
      const mine = (async () => {
        if (before !== undefined) await settled(before, signal);
        const lock = await acquire(lockFile(folders.locks, key), signal).catch((thrown: unknown) => {
          throw storeFault(thrown, folders.root);
        });
        locks.add(lock);
        try {
          return await work();
        } finally {
          locks.delete(lock);
          await lock.release();
        }
      })();
      queues.set(key, mine);
      try {
        return await mine;
      } finally {
        if (queues.get(key) === mine) queues.delete(key);
      }
    },

    usage: () => usageOf(folders),
    evict: (limit) => evict(folders, limit ?? options.limit),

    async close() {
      await Promise.all([...[...temporary].map(discard), ...[...locks].map((lock) => lock.release())]);
      await (await session)?.close();
      session = undefined;
      if (written > 0) await evictAtTimes(folders, options.limit);
      written = 0;
    },
  };
}

/** Waits for the end of something, whatever it is. @throws the signal's reason when aborted first */
async function settled(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    work.then(
      () => resolve(),
      () => resolve(),
    );
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  signal?.throwIfAborted();
}

/** The file's facts, with its time of use renewed; undefined where there is none. */
async function touch(file: string): Promise<{ readonly size: number } | undefined> {
  try {
    const info = await stat(file);
    if (!info.isFile()) return undefined;
    const now = Date.now();
    if (now - info.mtimeMs > TOUCH_INTERVAL) {
      await utimes(file, new Date(now), new Date(now)).catch((thrown: unknown) => {
        // Evicted this moment. A store that can only be read is fine.
        if (isMissing(thrown)) throw thrown;
      });
    }
    return info;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

async function* verified(folders: Folders, digest: Digest): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  try {
    const stream = createReadStream(blobFile(folders, digest), { highWaterMark: READ_SIZE });
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (thrown) {
    throw isMissing(thrown) ? missing(digest) : thrown;
  }
  if (hash.digest('hex') !== hexOf(digest)) await removeDamaged(folders, digest);
}

async function removeDamaged(folders: Folders, digest: Digest): Promise<never> {
  await rm(blobFile(folders, digest), { force: true }).catch(() => undefined);
  throw new BlobDamagedError(`\`${digest}\` was damaged in the cache \`${folders.root}\` and was removed`, {
    hint: 'run the command again; it will be fetched or made anew',
  });
}

function missing(digest: Digest): BlobMissingError {
  return new BlobMissingError(`\`${digest}\` is not in the cache`, {
    hint: 'run the command again; it will be fetched or made anew',
  });
}

/** Flushes a file that someone else wrote. @throws BlobMismatchError where its size is another one */
async function flush(file: string, info: BlobInfo): Promise<void> {
  const handle = await openFile(file, 'r+');
  try {
    const { size } = await handle.stat();
    if (size !== info.size) throw new BlobMismatchError('a blob', info, { digest: info.digest, size });
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function evictAtTimes(folders: Folders, limit: number): Promise<void> {
  const stamp = join(folders.root, 'evicted');
  const last = await stat(stamp).catch(() => undefined);
  if (last !== undefined && Date.now() - last.mtimeMs < EVICTION_INTERVAL) return;
  await writeFile(stamp, '').catch(() => undefined);
  await evict(folders, limit).catch(() => undefined);
}
