/**
 * Locks among processes, as files: held by whoever created the file, taken over from whoever died. They only
 * keep work from being done twice; nothing becomes wrong where two hold one lock.
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './errors.ts';
import { startHeartbeat } from './heartbeat.ts';
import { isAlive, ownToken } from './owner.ts';

/** Milliseconds between two signs of life. */
const HEARTBEAT = 10_000;
/** Milliseconds without a sign of life after which a holder counts as dead: where its process cannot be seen, and where it can. */
const SILENCE_UNSEEN = 60_000;
const SILENCE_SEEN = 300_000;
const LONGEST_WAIT = 200;

/** A held lock. */
export interface Lock {
  release(): Promise<void>;
}

/** Where the lock of a key lies. */
export function lockFile(directory: string, key: string): string {
  return join(directory, createHash('sha256').update(key).digest('hex'));
}

/** Waits until the lock is ours. The folder must exist. @throws the signal's reason when aborted */
export async function acquire(file: string, signal?: AbortSignal): Promise<Lock> {
  const mark = `${ownToken()}-${randomBytes(6).toString('hex')}`;
  for (let wait = 5; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    signal?.throwIfAborted();
    if (await create(file, mark)) return hold(file, mark);
    if (await isAbandoned(file)) await takeAway(file);
    else await pause(wait, signal);
  }
}

/** True where the holder died, or has been silent for too long. */
export async function isAbandoned(file: string): Promise<boolean> {
  try {
    const [holder, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    const alive = isAlive(holder);
    const silence = Date.now() - mtimeMs;
    // An empty file is one that was created this instant, or by a process that died right after.
    return alive === false || silence > (alive === true ? SILENCE_SEEN : SILENCE_UNSEEN);
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

async function create(file: string, mark: string): Promise<boolean> {
  try {
    await writeFile(file, mark, { flag: 'wx' });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

function hold(file: string, mark: string): Lock {
  const stop = startHeartbeat(file, HEARTBEAT);
  return {
    async release() {
      stop();
      const holder = await readFile(file, 'utf8').catch(() => '');
      if (holder === mark) await rm(file, { force: true });
    },
  };
}

/**
 * Removes an abandoned lock. Another process may have done the same and hold a fresh lock by now: the file is
 * moved aside first, looked at again, and put back where it is a living one.
 */
async function takeAway(file: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (thrown) {
    if (isMissing(thrown)) return;
    throw thrown;
  }
  if (!(await isAbandoned(aside))) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
  });
}
