import { execFile, spawn } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readAll, streamOf } from '../../core/primitives/bytes.ts';
import { type Digest, digestOf, digestOfJson, hexOf } from '../../core/primitives/digest.ts';
import { createDiskStore, type DiskStore } from '../../core/store/disk-store.ts';
import { storeFault } from '../../core/store/errors.ts';

const HOUR = 3_600_000;
const bytes = (text: string): Uint8Array => Buffer.from(text);
let directory: string;
let store: DiskStore;

function openStore(limit = 1e9): DiskStore {
  const made = createDiskStore({ directory, limit });
  onTestFinished(() => made.close());
  return made;
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code ?? (error as Error).message,
  );
}

async function filesIn(...folder: string[]): Promise<string[]> {
  return readdir(join(directory, ...folder)).catch(() => []);
}

async function put(text: string): Promise<Digest> {
  return (await store.write(streamOf(bytes(text)), { what: 'test' })).digest;
}

async function age(digest: Digest, milliseconds: number): Promise<void> {
  const time = new Date(Date.now() - milliseconds);
  await utimes(store.fileOf(digest), time, time);
}

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'pyc-store-')), 'cache');
  store = openStore();
  return () => rm(join(directory, '..'), { recursive: true, force: true });
});

describe('blobs', () => {
  it('are written, found, opened and read', async () => {
    const large = Buffer.alloc(3_000_000, 'abcdefg');
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < large.length; at += 70_000) yield large.subarray(at, at + 70_000);
    };
    const info = await store.write(chunks(), { what: 'large', digest: digestOf(large), size: large.length });
    expect(info).toEqual({ digest: digestOf(large), size: large.length });
    expect(await store.find(info.digest)).toEqual(info);
    expect(store.fileOf(info.digest)).toBe(join(directory, 'blobs', 'sha256', hexOf(info.digest)));
    expect(large.equals(await store.read(info.digest))).toBe(true);
    expect(large.equals(await readAll(store.open(info.digest), 1e7, 'large'))).toBe(true);
    expect(await filesIn('tmp')).toEqual([]);
  });

  it('can be empty', async () => {
    const digest = await put('');
    expect(await store.find(digest)).toEqual({ digest, size: 0 });
    expect((await readAll(store.open(digest), 1, 'empty')).length).toBe(0);
  });

  it('that are missing are undefined or an error, and make no folder', async () => {
    const absent = digestOf('absent');
    expect(await store.find(absent)).toBeUndefined();
    expect(await store.find('sha256:../../etc/passwd' as Digest)).toBeUndefined();
    expect(await codeOf(store.read(absent))).toBe('PYC_STORE_BLOB_MISSING');
    expect(await codeOf(readAll(store.open(absent), 1, 'absent'))).toBe('PYC_STORE_BLOB_MISSING');
    expect(await store.readAction(absent)).toBeUndefined();
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that are not what was expected leave nothing and name both sides', async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(1000);
    };
    const wanted = digestOf('wanted');
    const failure = await store
      .write(streamOf(bytes('other')), { what: 'a.whl', digest: wanted })
      .catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'PYC_STORE_BLOB_MISMATCH', actual: { digest: digestOf('other') } });
    for (const part of ['a.whl', wanted, digestOf('other')])
      expect((failure as Error).message).toContain(part);
    expect(
      await Promise.all([
        codeOf(store.write(streamOf(bytes('other')), { what: 'x', size: 4 })),
        codeOf(store.write(streamOf(bytes('other')), { what: 'x', size: 6 })),
        codeOf(store.write(endless(), { what: 'x', limit: 5000 })),
        codeOf(store.write(endless(), { what: 'x', size: 5000 })),
      ]),
    ).toEqual(Array(4).fill('PYC_STORE_BLOB_MISMATCH'));
    expect([...(await filesIn('blobs', 'sha256')), ...(await filesIn('tmp'))]).toEqual([]);
  });

  it('whose source fails or is aborted leave nothing', async () => {
    const controller = new AbortController();
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(600_000);
      throw new Error('cut');
    };
    const aborted = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      controller.abort(new Error('stopped'));
      yield Buffer.alloc(10);
    };
    expect(await codeOf(store.write(broken(), { what: 'x' }))).toBe('cut');
    expect(await codeOf(store.write(aborted(), { what: 'x' }, controller.signal))).toBe('stopped');
    expect([...(await filesIn('blobs', 'sha256')), ...(await filesIn('tmp'))]).toEqual([]);
  });

  it('that were damaged are found out, removed, and can be written again', async () => {
    for (const damage of [
      (file: string) => writeFile(file, 'hellO'),
      (file: string) => truncate(file, 3),
      (file: string) => writeFile(file, ''),
    ]) {
      const digest = await put('hello');
      await damage(store.fileOf(digest));
      expect(await codeOf(readAll(store.open(digest), 100, 'x'))).toBe('PYC_STORE_BLOB_DAMAGED');
      expect(await store.find(digest)).toBeUndefined();
      await put('hello');
      await damage(store.fileOf(digest));
      expect(await codeOf(store.read(digest))).toBe('PYC_STORE_BLOB_DAMAGED');
      expect(await store.find(digest)).toBeUndefined();
    }
  });

  it('can be drafted by someone else', async () => {
    const draft = await store.draft();
    await writeFile(draft.file, 'draft');
    const info = { digest: digestOf('draft'), size: 5 };
    expect(await draft.commit(info)).toEqual(info);
    await draft.discard();
    expect(Buffer.from(await store.read(info.digest)).toString()).toBe('draft');
    const dropped = await store.draft();
    await dropped.discard();
    const short = await store.draft();
    expect(await codeOf(short.commit(info))).toBe('PYC_STORE_BLOB_MISMATCH');
    await store.draft();
    await store.close();
    expect([...(await filesIn('tmp')), ...(await filesIn('sessions'))]).toEqual([]);
  });

  it('are found by the dozen within milliseconds', async () => {
    const digests = await Promise.all(Array.from({ length: 30 }, (_, index) => put(`blob ${index}`)));
    for (const digest of digests) await age(digest, 2 * HOUR);
    const started = performance.now();
    const found = await Promise.all(digests.map((digest) => store.find(digest)));
    expect(found.every((info) => info !== undefined)).toBe(true);
    expect(performance.now() - started).toBeLessThan(500);
    const { mtimeMs } = await stat(store.fileOf(digests[0]!));
    expect(Date.now() - mtimeMs).toBeLessThan(HOUR);
  });
});

describe('actions', () => {
  const key = digestOfJson({ a: 1 });
  const file = (of: Digest = key): string => join(directory, 'actions', hexOf(of));

  it('keep a value under a key', async () => {
    const value = { list: [1, 'ü', null], nested: { a: true } };
    await store.writeAction(key, value);
    expect(await openStore().readAction(key)).toEqual(value);
    await store.writeAction(key, 'changed');
    expect(await store.readAction(key)).toBe('changed');
    expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ key, value: 'changed' });
  });

  it('that were damaged, cut, swapped or forged are misses and are removed', async () => {
    const other = digestOfJson({ a: 2 });
    const intact = async (): Promise<string> => {
      await store.writeAction(other, { layer: 'theirs' });
      await store.writeAction(key, { layer: 'ours' });
      return readFile(file(), 'utf8');
    };
    const damages: ((text: string) => Promise<void>)[] = [
      (text) => writeFile(file(), text.replace('ours', 'evil')),
      (text) => writeFile(file(), text.slice(0, -3)),
      () => writeFile(file(), ''),
      () => writeFile(file(), '{"value":1}'),
      () => rename(file(other), file()),
      async () => writeFile(file(), (await readFile(file(other), 'utf8')).replaceAll(other, key)),
    ];
    for (const damage of damages) {
      await damage(await intact());
      expect(await store.readAction(key)).toBeUndefined();
      expect(await filesIn('actions')).not.toContain(hexOf(key));
    }
  });
});

describe('exclusive work', () => {
  it('runs one at a time, in one process and among several stores, and passes results and errors on', async () => {
    const other = openStore();
    let running = 0;
    let most = 0;
    const work = async (): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await sleep(10);
      running -= 1;
      return most;
    };
    await Promise.all([store, other, store, other, store].map((each) => each.exclusive('key', work)));
    expect(most).toBe(1);
    expect(await codeOf(store.exclusive('key', () => Promise.reject(new Error('failed'))))).toBe('failed');
    expect(await store.exclusive('key', async () => 7)).toBe(7);
    expect(await filesIn('locks')).toEqual([]);
  });

  it('does not hold up other keys, and waiting for it can be aborted', async () => {
    const other = openStore();
    const controller = new AbortController();
    let release: () => void = () => undefined;
    const held = store.exclusive(
      'a',
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    await sleep(20);
    expect(await other.exclusive('b', async () => 'free')).toBe('free');
    const waiting = [store, other].map((each) =>
      codeOf(each.exclusive('a', async () => 1, controller.signal)),
    );
    await sleep(20);
    controller.abort(new Error('enough'));
    expect(await Promise.all(waiting)).toEqual(['enough', 'enough']);
    release();
    await held;
    expect(await store.exclusive('a', async () => 2)).toBe(2);
  });

  it('takes over from a process that died, and from one elsewhere that fell silent', async () => {
    await store.exclusive('x', async () => undefined);
    const { lockFile } = await import('../../core/store/lock.ts');
    const { ownToken } = await import('../../core/store/owner.ts');
    const file = lockFile(join(directory, 'locks'), 'x');
    await writeFile(file, `${ownToken().replace(/-\d+-/, '-4194303-')}-dead`);
    expect(await store.exclusive('x', async () => 'mine')).toBe('mine');
    await writeFile(file, '00000000-1-1-elsewhere');
    const controller = new AbortController();
    const waiting = codeOf(store.exclusive('x', async () => 1, controller.signal));
    await sleep(30);
    controller.abort(new Error('still held'));
    expect(await waiting).toBe('still held');
    await utimes(file, new Date(Date.now() - 61_000), new Date(Date.now() - 61_000));
    expect(await store.exclusive('x', async () => 'mine')).toBe('mine');
  });
});

describe('eviction', () => {
  it('removes the least recently used past the limit, and what was used of late never', async () => {
    const names = ['oldest', 'old', 'used', 'new'];
    const digests: Digest[] = [];
    for (const name of names) digests.push(await put(name.padEnd(1000)));
    await store.close();
    for (const [index, digest] of digests.slice(0, 3).entries()) await age(digest, (10 - index) * HOUR);
    store = openStore();
    await store.find(digests[2]!);
    expect(await store.usage()).toEqual({ bytes: 4000, blobs: 4, actions: 0 });
    expect(await store.evict(3500)).toEqual({ entries: 1, bytes: 1000 });
    expect(await store.evict(100)).toEqual({ entries: 1, bytes: 1000 });
    const left = await Promise.all(digests.map(async (digest) => (await store.find(digest)) !== undefined));
    expect(left).toEqual([false, false, true, true]);
  });

  it('spares what a living process has looked at, and forgets sessions of the dead', async () => {
    const digest = await put('held'.padEnd(1000));
    await store.close();
    await age(digest, HOUR);
    const { ownToken } = await import('../../core/store/owner.ts');
    const session = join(directory, 'sessions', `${ownToken()}-other`);
    await writeFile(session, String(Date.now() - 2 * HOUR));
    expect(await store.evict(10)).toEqual({ entries: 0, bytes: 0 });
    const dead = join(directory, 'sessions', `${ownToken().replace(/-\d+-/, '-4194303-')}-dead`);
    await rename(session, dead);
    expect(await store.evict(10)).toEqual({ entries: 1, bytes: 1000 });
    expect(await filesIn('sessions')).toEqual([]);
  });

  it('happens when a store that wrote something is closed', async () => {
    const digest = await put('old'.padEnd(1000));
    await age(digest, 3 * HOUR);
    await store.close();
    store = createDiskStore({ directory, limit: 500 });
    await rm(join(directory, 'evicted'), { force: true });
    await store.writeAction(digest, 1);
    await store.close();
    expect(await filesIn('blobs', 'sha256')).toEqual([]);
  });
});

describe('a store that cannot be written', () => {
  it('says so and names the way out, and can still be read', async () => {
    await mkdir(join(directory, '..'), { recursive: true });
    await writeFile(directory, 'a file');
    await expect(put('x')).rejects.toMatchObject({
      code: expect.stringMatching(/^PYC_STORE_UNWRITABLE$/),
      hint: expect.stringContaining('PYC_CACHE_DIR'),
    });
    expect(await store.find(digestOf('x'))).toBeUndefined();
  });

  it('tells a full disk from one that refuses', () => {
    const failure = (code: string): unknown =>
      (storeFault(Object.assign(new Error(code), { code }), '/c') as { code: string }).code;
    expect(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO'].map(failure)).toEqual([
      'PYC_STORE_FULL',
      'PYC_STORE_FULL',
      'PYC_STORE_UNWRITABLE',
      'PYC_STORE_UNWRITABLE',
      'EIO',
    ]);
  });
});

describe('processes that are killed', () => {
  it('leave no corrupt entry, and the next one removes their temporary files and takes their locks', async () => {
    const script = join(directory, '..', 'writer.mjs');
    await build({
      stdin: {
        contents: `
          import { createDiskStore } from './core/store/disk-store.ts';
          const store = createDiskStore({ directory: process.argv[2], limit: 1e9 });
          await store.exclusive('killed', async () => {
            process.stdout.write('started');
            for (let round = 0; ; round++) {
              const part = Buffer.alloc(300_000, String(round));
              await store.write((async function* () { for (let i = 0; i < 5; i++) yield part; })(), { what: 'x' });
              await store.writeAction('sha256:' + String(round % 10).repeat(64), { round });
            }
          });`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
      logLevel: 'error',
    });
    for (const delay of [15, 40, 90]) {
      const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await sleep(delay);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    }
    const before = await filesIn('blobs', 'sha256');
    expect(before.length).toBeGreaterThan(0);
    for (const hex of before) {
      const digest = `sha256:${hex}` as Digest;
      expect(digestOf(await store.read(digest))).toBe(digest);
    }
    await put('next');
    expect(await filesIn('tmp')).toEqual([]);
    expect(await store.exclusive('killed', async () => 'taken over')).toBe('taken over');
    for (const name of await filesIn('actions')) {
      expect(await store.readAction(`sha256:${name}` as Digest)).toBeDefined();
    }
  });

  it('can share a store while they live', async () => {
    const script = join(directory, '..', 'counter.mjs');
    await build({
      stdin: {
        contents: `
          import { readFileSync, writeFileSync } from 'node:fs';
          import { createDiskStore } from './core/store/disk-store.ts';
          const store = createDiskStore({ directory: process.argv[2], limit: 1e9 });
          for (let i = 0; i < 10; i++) await store.exclusive('count', async () => {
            const count = Number(readFileSync(process.argv[3], 'utf8'));
            await new Promise((r) => setTimeout(r, 2));
            writeFileSync(process.argv[3], String(count + 1));
          });
          await store.close();`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
      logLevel: 'error',
    });
    const counter = join(directory, '..', 'count');
    await writeFile(counter, '0');
    const run = promisify(execFile);
    await Promise.all([1, 2, 3].map(() => run(process.execPath, [script, directory, counter])));
    expect(await readFile(counter, 'utf8')).toBe('30');
    expect([...(await filesIn('locks')), ...(await filesIn('sessions'))]).toEqual([]);
  });
});
