/**
 * Gets the rows' content into memory, in order: what is small at once, what is of middling size ahead of time, inflated
 * by the runtime's thread pool while earlier rows are hashed. What is large is the caller's, in pieces.
 *
 * The pool and not worker threads, because Node 20 and 22 abort or hang now and then when a worker thread ends
 * while V8 compiles for it; and the pool needs no start.
 */
import type { Readable } from 'node:stream';
import { inflateRaw } from 'node:zlib';
import { checkInflated, chunkFor, EntryCorruptError, inflateWhole } from '../../archive/inflate.ts';
import { readAll } from '../../primitives/bytes.ts';
import { messageOf } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { crc32 } from '../../runtime/crc32.ts';
import type { RangeReader } from './range-reader.ts';
import { LayerContentError, type Place, type Row } from './rows.ts';

/** Content beyond this is not held in memory. */
export const MAX_WHOLE = 4 * 1024 * 1024;
/** The pool costs 0.1 ms a job: it must save more than that. */
const MIN_AHEAD = 192 * 1024;
/** Bytes inflated ahead of their turn. */
const MAX_AHEAD = 16 * 1024 * 1024;

/** A file's bytes, and the deflate data that they came from. */
export interface Whole {
  readonly content: Uint8Array;
  readonly deflated?: Uint8Array;
}

export interface ContentReader {
  /** Rows must be asked for in order. A promise only where there is something to wait for. */
  read(row: Row, place: Place): Whole | Promise<Whole>;
}

/** Names a row in errors, and the wheel that it comes from. */
export function nameOf({ path, content }: Row): string {
  const from = content?.origin === undefined ? '' : ` of \`${visible(content.origin)}\``;
  return `\`${visible(path)}\`${from}`;
}

/** True where content must be read in pieces. */
export function isLarge(row: Row): boolean {
  return row.size > MAX_WHOLE || (row.content?.stored ?? 0) > MAX_WHOLE;
}

export function makeContentReader(rows: readonly Row[], ranges: RangeReader): ContentReader {
  const queue = rows.filter(isWorthAhead);
  const started = new Map<Row, Promise<Whole>>();
  let next = 0;
  let pending = 0;

  const startMore = (): void => {
    for (let row = queue[next]; row !== undefined; row = queue[++next]) {
      if (pending > 0 && pending + row.size > MAX_AHEAD) return;
      pending += row.size;
      const work = inflateInPool(row, row.content, ranges);
      // Awaited when the row's turn comes; until then a failure must not count as unhandled.
      work.catch(() => undefined);
      started.set(row, work);
    }
  };

  return {
    read(row, place) {
      startMore();
      const ahead = started.get(row);
      if (ahead !== undefined) {
        started.delete(row);
        pending -= row.size;
        return ahead;
      }
      if (typeof place.from === 'function') return readStream(row, place, place.from);
      const stored = place.from instanceof Uint8Array ? place.from : ranges.read(place.from);
      return wholeOf(row, place, stored);
    },
  };
}

/** A place whose bytes can be had at once. */
interface PlacedBytes extends Place {
  readonly from: Exclude<Place['from'], () => Readable>;
}

function isWorthAhead(row: Row): row is Row & { readonly content: PlacedBytes } {
  const { content } = row;
  if (content?.form !== 'deflated' || typeof content.from === 'function') return false;
  return row.size >= MIN_AHEAD && !isLarge(row);
}

function wholeOf(row: Row, place: Place, stored: Uint8Array): Whole {
  if (place.form === 'plain') return { content: stored };
  return { content: inflateWhole(stored, statedOf(row, place), nameOf(row)), deflated: stored };
}

async function readStream(row: Row, place: Place, open: () => Readable): Promise<Whole> {
  const stored = await readAll(open(), place.stored, nameOf(row));
  if (stored.length !== place.stored) {
    throw new LayerContentError(`${nameOf(row)} has ${stored.length} bytes instead of ${place.stored}`);
  }
  return wholeOf(row, place, stored);
}

/** What the wheel states of a row. */
export function statedOf(row: Row, place: Place): { size: number; compressedSize: number; crc32: number } {
  return { size: row.size, compressedSize: place.stored, crc32: place.crc32 };
}

/** What zlib gives with `info`; the type declarations know only the buffer. */
interface InflateResult {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

async function inflateInPool(row: Row, place: PlacedBytes, ranges: RangeReader): Promise<Whole> {
  const deflated = place.from instanceof Uint8Array ? place.from : ranges.read(place.from);
  const options = { info: true, maxOutputLength: Math.max(row.size, 1), chunkSize: chunkFor(row.size) };
  const { buffer, engine } = await new Promise<InflateResult>((resolve, reject) => {
    inflateRaw(deflated, options, (cause, result) => {
      if (cause === null) resolve(result as unknown as InflateResult);
      else reject(new EntryCorruptError(`${nameOf(row)} does not inflate: ${messageOf(cause)}`, { cause }));
    });
  });
  checkInflated(buffer.length, crc32(buffer), engine.bytesWritten, statedOf(row, place), nameOf(row));
  return { content: buffer, deflated };
}
