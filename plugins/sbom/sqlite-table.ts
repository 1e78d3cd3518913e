/**
 * Reads the rows of one table out of an SQLite database file (sqlite.org, "Database File Format"): of the b-trees of tables
 * alone, no index, no journal, no SQL. Bytes in, values out; what they mean is not known here.
 */

/** A value as the file has it; whole numbers past 2^53 lose digits. */
export type SqliteValue = number | string | Uint8Array | null;

/** The file is no SQLite database, or pages in it do not hold together. */
export class SqliteFormatError extends Error {}

const MAGIC = 'SQLite format 3\0';
const LEAF = 13;
const INTERIOR = 5;
/** A b-tree of 2^31 pages is not deeper. */
const DEEPEST = 32;
const MAX_ROWS = 1_000_000;

/** The rows of a table, in the order of their keys. @throws SqliteFormatError also where there is no such table */
export function readSqliteTable(bytes: Uint8Array, table: string): SqliteValue[][] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length < 100 || file.toString('latin1', 0, 16) !== MAGIC) throw new SqliteFormatError('no magic');
  const stated = file.readUInt16BE(16);
  const database: Database = {
    file,
    room: { bytes: 2 * file.length },
    pageSize: stated === 1 ? 65_536 : stated,
    reserved: file[20]!,
  };
  if (database.pageSize < 512 || (database.pageSize & (database.pageSize - 1)) !== 0)
    throw new SqliteFormatError('no page size');
  // Page 1 holds the schema: type, name, tbl_name, rootpage, sql.
  for (const [type, name, , root] of rowsOf(database, 1)) {
    if (type === 'table' && name === table && typeof root === 'number') return [...rowsOf(database, root)];
  }
  throw new SqliteFormatError(`no table ${table}`);
}

interface Database {
  readonly file: Buffer;
  /** What rows may still take: pages that several rows lead to would multiply the file. */
  readonly room: { bytes: number };
  readonly pageSize: number;
  /** Bytes at the end of each page that are not SQLite's. */
  readonly reserved: number;
}

function* rowsOf(database: Database, root: number): Generator<SqliteValue[]> {
  const seen = new Set<number>();
  let rows = 0;
  const walk = function* (number: number, depth: number): Generator<SqliteValue[]> {
    if (depth > DEEPEST || seen.has(number)) throw new SqliteFormatError('pages lead in a circle');
    seen.add(number);
    const page = pageOf(database, number);
    const head = number === 1 ? 100 : 0;
    const kind = page[head];
    const count = page.readUInt16BE(head + 3);
    const cells = head + (kind === INTERIOR ? 12 : 8);
    if ((kind !== LEAF && kind !== INTERIOR) || cells + 2 * count > page.length)
      throw new SqliteFormatError('no page of a table');
    for (let index = 0; index < count; index += 1) {
      const at = page.readUInt16BE(cells + 2 * index);
      if (kind === INTERIOR) {
        if (at + 4 > page.length) throw new SqliteFormatError('a cell lies outside');
        yield* walk(page.readUInt32BE(at), depth + 1);
      } else {
        rows += 1;
        if (rows > MAX_ROWS) throw new SqliteFormatError('too many rows');
        yield rowAt(database, page, at);
      }
    }
    if (kind === INTERIOR) yield* walk(page.readUInt32BE(head + 8), depth + 1);
  };
  yield* walk(root, 0);
}

function pageOf({ file, pageSize }: Database, number: number): Buffer {
  const from = (number - 1) * pageSize;
  if (number < 1 || from + pageSize > file.length) throw new SqliteFormatError('a page lies outside');
  return file.subarray(from, from + pageSize);
}

/** A leaf's cell: length of the payload, key, payload, and the first page of what does not fit. */
function rowAt(database: Database, page: Buffer, at: number): SqliteValue[] {
  const length = varint(page, at);
  const key = varint(page, length.end);
  const usable = database.pageSize - database.reserved;
  const whole = length.value;
  database.room.bytes -= whole;
  if (database.room.bytes < 0) throw new SqliteFormatError('rows are larger than the file');
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((whole - least) % (usable - 4));
  const local = whole <= usable - 35 ? whole : fitting <= usable - 35 ? fitting : least;
  const first = page.subarray(key.end, key.end + local);
  if (first.length < local) throw new SqliteFormatError('a row lies outside');
  if (local === whole) return valuesOf(first);
  const pieces = [first];
  let missing = whole - local;
  let next = page.readUInt32BE(key.end + local);
  while (missing > 0) {
    const overflow = pageOf(database, next);
    const piece = overflow.subarray(4, 4 + Math.min(missing, usable - 4));
    pieces.push(piece);
    missing -= piece.length;
    next = overflow.readUInt32BE(0);
  }
  return valuesOf(Buffer.concat(pieces));
}

/** "Record Format": a header of serial types, then the values. */
function valuesOf(record: Buffer): SqliteValue[] {
  const header = varint(record, 0);
  const values: SqliteValue[] = [];
  let body = header.value;
  for (let at = header.end; at < header.value; ) {
    const type = varint(record, at);
    at = type.end;
    const size = sizeOf(type.value);
    if (body + size > record.length) throw new SqliteFormatError('a value lies outside');
    values.push(decoded(record.subarray(body, body + size), type.value));
    body += size;
  }
  return values;
}

const NUMBER_SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function sizeOf(type: number): number {
  return type >= 12 ? Math.floor((type - 12) / 2) : (NUMBER_SIZES[type] ?? 0);
}

function decoded(bytes: Buffer, type: number): SqliteValue {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString('utf8');
  if (type === 0 || type > 9) return null;
  if (type >= 8) return type - 8;
  if (type === 7) return bytes.readDoubleBE(0);
  return type === 6 ? Number(bytes.readBigInt64BE(0)) : bytes.readIntBE(0, bytes.length);
}

/** Big-endian, seven bits a byte, and eight of the ninth. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0n;
  for (let index = 0; index < 9; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new SqliteFormatError('a number lies outside');
    if (index === 8) return { value: Number((value << 8n) | BigInt(byte)), end: at + 9 };
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return { value: Number(value), end: at + index + 1 };
  }
  throw new SqliteFormatError('a number lies outside');
}
