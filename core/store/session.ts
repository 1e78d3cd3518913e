/** Tells other processes that this one uses the store, and since when, so that nobody evicts what it looked at. */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startHeartbeat } from './heartbeat.ts';
import { isAlive, ownToken } from './owner.ts';

/** Milliseconds between two signs of life, and without one after which an unseen process counts as gone. */
const HEARTBEAT = 60_000;
const SILENCE = 300_000;

/** A session that is open. */
export interface Session {
  close(): Promise<void>;
}

/** Opens one; undefined where the folder does not exist or cannot be written. */
export async function openSession(directory: string, name: string): Promise<Session | undefined> {
  const file = join(directory, `${ownToken()}-${name}`);
  try {
    await writeFile(file, String(Date.now()));
  } catch {
    return undefined;
  }
  const stop = startHeartbeat(file, HEARTBEAT);
  return {
    async close() {
      stop();
      await rm(file, { force: true }).catch(() => undefined);
    },
  };
}

/** When the oldest living session began, in milliseconds since 1970; Infinity without any. Removes those of the dead. */
export async function oldestSession(directory: string): Promise<number> {
  let oldest = Number.POSITIVE_INFINITY;
  for (const name of await readdir(directory).catch(() => [])) {
    const file = join(directory, name);
    try {
      const alive = isAlive(name) ?? Date.now() - (await stat(file)).mtimeMs < SILENCE;
      if (!alive) await rm(file, { force: true });
      else oldest = Math.min(oldest, Number(await readFile(file, 'utf8')) || (await stat(file)).mtimeMs);
    } catch {
      // It ended while it was looked at.
    }
  }
  return oldest;
}
