/** Which entries go when the store is too large: the least recently used, never one that may be in use. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Folders } from './folders.ts';
import { isAbandoned } from './lock.ts';
import { oldestSession } from './session.ts';

/** An entry's time of use is renewed when it is older than this. Milliseconds. */
export const TOUCH_INTERVAL = 10 * 60 * 1000;
/** Used that short ago, an entry stays. Milliseconds. */
const RECENT = 10 * 60 * 1000;
/** Removing goes on down to this share of the limit, so that not every build has to. */
const TARGET = 0.9;

/** What lies in a store. */
export interface Usage {
  /** Bytes of all entries. */
  readonly bytes: number;
  readonly blobs: number;
  readonly actions: number;
}

/** What an eviction removed. */
export interface Eviction {
  readonly entries: number;
  readonly bytes: number;
}

interface Entry {
  readonly file: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly used: number;
}

/** Counts what is there. */
export async function usageOf(folders: Folders): Promise<Usage> {
  const [blobs, actions] = await Promise.all([entriesIn(folders.blobs), entriesIn(folders.actions)]);
  return { bytes: sum(blobs) + sum(actions), blobs: blobs.length, actions: actions.length };
}

/** Removes the least recently used entries while there are more than `limit` bytes. */
export async function evict(folders: Folders, limit: number): Promise<Eviction> {
  await removeAbandonedLocks(folders.locks);
  const [oldest, blobs, actions] = await Promise.all([
    oldestSession(folders.sessions),
    entriesIn(folders.blobs),
    entriesIn(folders.actions),
  ]);
  const entries = [...blobs, ...actions];
  let bytes = sum(entries);
  if (bytes <= limit) return { entries: 0, bytes: 0 };
  const before = bytes;
  let removed = 0;
  // What a living process looked at since it began has been used no longer than the interval before that.
  const protectedFrom = Math.min(Date.now() - RECENT, oldest) - TOUCH_INTERVAL;
  for (const entry of entries.sort((a, b) => a.used - b.used)) {
    if (bytes <= limit * TARGET || entry.used >= protectedFrom) break;
    const now = await stat(entry.file).catch(() => undefined);
    if (now === undefined || now.mtimeMs !== entry.used) continue;
    await rm(entry.file, { force: true });
    bytes -= entry.size;
    removed += 1;
  }
  return { entries: removed, bytes: before - bytes };
}

async function entriesIn(directory: string): Promise<Entry[]> {
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      const info = await stat(file).catch(() => undefined);
      return info === undefined ? [] : [{ file, size: info.size, used: info.mtimeMs }];
    }),
  );
  return found.flat();
}

async function removeAbandonedLocks(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const file = join(directory, name);
    if (await isAbandoned(file).catch(() => false)) await rm(file, { force: true });
  }
}

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, entry) => total + entry.size, 0);
}
