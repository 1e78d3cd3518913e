/**
 * RECORD files (PyPA's "Recording installed projects", PEP 376, PEP 427): comma-separated rows of path, hash and size.
 * Reads what a wheel brings, strictly, and writes what an environment gets.
 */
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';

/** A wheel's RECORD is malformed or does not describe what is in the wheel; every fault is in `details`. */
export class RecordError extends PycError {
  readonly code = 'PYC_WHEEL_RECORD_INVALID';

  constructor(faults: readonly string[]) {
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
    super(`the RECORD is wrong: ${faults[0]}${more}`, {
      details: faults.slice(0, 100),
      hint: 'the wheel is damaged or was changed: get it anew, or pin another version of the distribution',
    });
  }
}

/** Algorithms that a wheel's RECORD may use. */
export type RecordAlgorithm = 'sha256' | 'sha384' | 'sha512';

export interface RecordHash {
  readonly algorithm: RecordAlgorithm;
  /** base64url without padding. */
  readonly value: string;
}

export interface RecordRow {
  /** As written: relative to the folder that holds the `.dist-info`. */
  readonly path: string;
  /** Absent for RECORD itself and its signatures. */
  readonly hash: RecordHash | undefined;
  /** Bytes. */
  readonly size: number | undefined;
}

/** Characters of a digest in base64url. */
const HASH_LENGTHS: Readonly<Record<RecordAlgorithm, number>> = { sha256: 43, sha384: 64, sha512: 86 };

/** @throws RecordError for text that is no such table, and for hashes of other algorithms */
export function parseRecord(text: string): RecordRow[] {
  const faults: string[] = [];
  const rows: RecordRow[] = [];
  for (const fields of text.includes('"') ? quotedFields(text, faults) : plainFields(text)) {
    const [path = '', hash = '', size = ''] = fields;
    const fault =
      fields.length === 3 && path !== '' ? faultOf(hash, size) : 'is not a path, a hash and a size';
    if (fault !== undefined) faults.push(`\`${visible(path.slice(0, 200))}\` ${fault}`);
    else rows.push({ path, hash: hashOf(hash), size: size === '' ? undefined : Number(size) });
  }
  if (faults.length > 0) throw new RecordError(faults);
  return rows;
}

/** Writes rows sorted by path, each ended by a newline. Paths must differ. */
export function formatRecord(rows: readonly RecordRow[]): string {
  const byPath = new Map(rows.map((row) => [row.path, row]));
  // By code unit, as `sort` orders bare strings by itself.
  const lines = [...byPath.keys()].sort().map((path) => {
    const { hash, size } = byPath.get(path)!;
    const quoted = /[",\r\n]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path;
    return `${quoted},${hash === undefined ? '' : `${hash.algorithm}=${hash.value}`},${size ?? ''}\n`;
  });
  return lines.join('');
}

/** Nearly every RECORD: nothing quoted, so that a row is a line. */
function plainFields(text: string): string[][] {
  const rows = text.split(/\r?\n/);
  return rows.filter((row) => row !== '').map((row) => row.split(','));
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** Rows in which fields are quoted as Python's csv module does it. */
function quotedFields(text: string, faults: string[]): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length) {
    const at = FIELD.lastIndex;
    const [, quoted, plain, end] = FIELD.exec(text) ?? [];
    if (end === undefined) {
      faults.push(`\`${visible(text.slice(at, at + 60))}\` is quoted wrongly`);
      break;
    }
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') {
      if (FIELD.lastIndex === text.length) row.push('');
      continue;
    }
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function faultOf(hash: string, size: string): string | undefined {
  if (size !== '' && !/^\d{1,15}$/.test(size)) return `has the size \`${visible(size.slice(0, 40))}\``;
  if (hash === '') return undefined;
  const equals = hash.indexOf('=');
  const algorithm = hash.slice(0, Math.max(equals, 0));
  const length = Object.hasOwn(HASH_LENGTHS, algorithm)
    ? HASH_LENGTHS[algorithm as RecordAlgorithm]
    : undefined;
  if (length === undefined)
    return `has a hash that is not SHA-256, SHA-384 or SHA-512: \`${visible(hash.slice(0, 40))}\``;
  const value = hash.slice(equals + 1);
  return value.length === length && /^[\w-]+$/.test(value)
    ? undefined
    : `has the malformed hash \`${visible(hash.slice(0, 120))}\``;
}

function hashOf(text: string): RecordHash | undefined {
  if (text === '') return undefined;
  const equals = text.indexOf('=');
  return { algorithm: text.slice(0, equals) as RecordAlgorithm, value: text.slice(equals + 1) };
}
