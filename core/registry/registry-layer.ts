/**
 * A layer in a registry: fetched when somebody wants its bytes, and only once among all who do. Whoever is first
 * reads along while the store takes it in; what only passes through, and stretches, are not kept.
 */
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openRandomAccessFile } from '../archive/random-access-file.ts';
import type { Descriptor, Layer } from '../oci/image.ts';
import type { Digest } from '../primitives/digest.ts';
import { messageOf } from '../primitives/errors.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import { readBlobRange } from './blob-range.ts';
import type { Repository } from './client.ts';
import { missingOffline, type RegistryImageOptions } from './resolution.ts';

/** Bytes that may be ahead of the reader. */
const AHEAD = 4 * 1024 * 1024;

/** Makes the layer; nothing is fetched before it is opened. What it gives is verified. */
export async function layerOf(
  repository: Repository,
  descriptor: Descriptor,
  diffId: Digest,
  { store, log = silentLog, offline }: RegistryImageOptions,
): Promise<Layer> {
  const { digest, size } = descriptor;
  const isKept = async (): Promise<boolean> => (await store.find(digest))?.size === size;
  const demandNetwork = (): void => {
    if (offline === true) throw missingOffline(`${repository.host}/${repository.name}`);
  };
  const open = async (signal?: AbortSignal): Promise<Readable> => {
    if (await isKept()) return store.open(digest);
    const copy = new PassThrough({ highWaterMark: AHEAD });
    const stop = new AbortController();
    copy.once('close', () => {
      if (!copy.writableEnded) stop.abort();
    });
    // Whoever reads is told; until somebody does, a failure must not end the process.
    copy.on('error', () => undefined);
    const inner = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const work = async (): Promise<void> => {
      if (await isKept()) return pipeline(store.open(digest), copy);
      demandNetwork();
      const source = withProgress(repository.readBlob(descriptor, inner), descriptor, log);
      await store.write(copied(source, copy), { digest, size, what: `layer \`${digest}\`` }, inner);
    };
    const kept = store.exclusive(`layer ${digest}`, work, signal);
    kept.catch((thrown: unknown) => {
      // Whoever has read all of it does not care what became of the copy.
      if (copy.writableEnded) log.debug(`layer \`${digest}\` was not kept: ${messageOf(thrown)}`);
      else copy.destroy(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    });
    await firstOf(copy);
    return copy;
  };
  return {
    descriptor,
    diffId,
    open,
    async readRange(from, to, signal) {
      if (await isKept()) return rangeOfFile(store.fileOf(digest), from, Math.min(to, size));
      demandNetwork();
      return readBlobRange(repository, descriptor, from, to, signal);
    },
    async pass(signal) {
      if (await isKept()) return store.open(digest);
      demandNetwork();
      const source = withProgress(repository.readBlob(descriptor, signal), descriptor, log);
      return Readable.from(source, { objectMode: false });
    },
    isVerified: true,
    ...((await isKept()) ? { file: store.fileOf(digest) } : {}),
    registry: { host: repository.host, repository: repository.name },
  };
}

function rangeOfFile(path: string, from: number, to: number): Uint8Array {
  const file = openRandomAccessFile(path);
  try {
    return file.read(from, Math.max(0, to - from));
  } finally {
    file.close();
  }
}

/** Passes the chunks on and ends the copy with them. */
async function* copied(source: AsyncIterable<Uint8Array>, copy: PassThrough): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (!copy.write(chunk)) await drained(copy);
    yield chunk;
  }
  copy.end();
}

function drained(copy: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      copy.off('drain', done);
      copy.off('close', done);
      resolve();
    };
    copy.on('drain', done);
    copy.on('close', done);
  });
}

/** Waits for something to read. @throws what the stream fails with before */
function firstOf(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('readable', () => {
      stream.off('error', reject);
      resolve();
    });
  });
}

async function* withProgress(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  log: Log,
): AsyncGenerator<Uint8Array> {
  const step = {
    id: `pull ${digest}`,
    label: `pull ${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`,
    total: size,
  };
  let done = 0;
  log.progress({ ...step, state: 'start', done });
  for await (const chunk of source) {
    done += chunk.length;
    log.progress({ ...step, state: 'advance', done });
    yield chunk;
  }
  log.progress({ ...step, state: 'end', done });
}
