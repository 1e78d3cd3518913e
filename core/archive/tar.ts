/**
 * Reads a tar entry by entry. tar-stream splits it, `guard` vouches for its headers; what comes out has safe paths.
 * Whether a link or a device is welcome is for the reader's caller to say.
 */
import type { Extract } from 'tar-stream';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { MAX_ENTRIES, MAX_ENTRY_SIZE } from '../primitives/limits.ts';
import type { TarEntry } from './tar/entry.ts';
import { TarGuard, type TarLimits } from './tar/guard.ts';
import { TarError } from './tar/header.ts';

export type { TarEntry, TarEntryType } from './tar/entry.ts';
export { TarError } from './tar/header.ts';

export interface ReadTarOptions {
  readonly limits?: Partial<TarLimits>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Called with each entry in turn, and waited for. The body may be read while the call lasts, in part or not at all.
 * To resolve to `false` ends the reading early.
 */
export type TarVisitor = (entry: TarEntry, body: AsyncIterable<Uint8Array>) => unknown;

/**
 * Reads a tar, which is not compressed, to its end.
 *
 * @throws TarError for headers that are damaged, ambiguous or name what lies outside, for sparse files and unknown
 * types, for data after the end and for a tar that is cut off
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  visit: TarVisitor,
  options: ReadTarOptions = {},
): Promise<void> {
  const { signal } = options;
  const guard = new TarGuard({ maxEntries: MAX_ENTRIES, maxEntrySize: MAX_ENTRY_SIZE, ...options.limits });
  const { extract } = await import('tar-stream');
  const splitter = extract(ANY_FORMAT);
  let fault: unknown;
  const feeding = feed(source, guard, splitter, signal).catch((error: unknown) => {
    fault = error;
    splitter.destroy(error instanceof Error ? error : new Error(messageOf(error)));
  });
  try {
    for await (const part of splitter) {
      const expected = guard.passed.shift();
      if (
        expected === undefined ||
        expected.rawName !== part.header.name ||
        expected.entry.size !== part.header.size
      ) {
        throw new TarError('two readers of the tar see different entries');
      }
      const body = new PartBody(part as unknown as AsyncIterable<Uint8Array>);
      if ((await visit(expected.entry, body)) === false) return;
      await body.drain();
    }
  } catch (error) {
    throw tarErrorOf(fault ?? error);
  } finally {
    splitter.destroy();
    await feeding;
  }
  if (fault !== undefined) throw tarErrorOf(fault);
}

/** Old v7 tars, without a magic, are read too. The option is missing from the library's types. */
const ANY_FORMAT: object = { allowUnknownFormat: true };

type Splitter = Extract;

async function feed(
  source: AsyncIterable<Uint8Array>,
  guard: TarGuard,
  splitter: Splitter,
  signal?: AbortSignal,
): Promise<void> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    if (splitter.destroyed) return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    guard.push(bytes);
    if (!splitter.write(bytes)) await drained(splitter);
  }
  guard.end();
  splitter.end(null);
}

function drained(splitter: Splitter): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      splitter.off('drain', done);
      splitter.off('close', done);
      resolve();
    };
    splitter.on('drain', done);
    splitter.on('close', done);
  });
}

function tarErrorOf(error: unknown): unknown {
  if (isPycError(error) || (error as { name?: unknown }).name === 'AbortError') return error;
  if (error instanceof Error && /^(?:Invalid|Unexpected end|Header exceeds)/.test(error.message)) {
    return new TarError(`the tar is damaged: ${error.message}`, { cause: error });
  }
  return error;
}

/**
 * An entry's content. Leaving a loop over it early must not destroy the stream beneath, since that would end the
 * whole tar: the rest is drained instead.
 */
class PartBody implements AsyncIterable<Uint8Array> {
  private readonly chunks: AsyncIterator<Uint8Array>;

  constructor(part: AsyncIterable<Uint8Array>) {
    this.chunks = part[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.chunks.next(), return: async () => ({ done: true, value: undefined }) };
  }

  async drain(): Promise<void> {
    while (!(await this.chunks.next()).done);
  }
}
