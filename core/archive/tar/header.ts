/**
 * Reads one 512-byte tar header (ustar, POSIX.1-1988; GNU's and old v7's as far as they agree with it) and the
 * records of a PAX extended header (POSIX.1-2001), strictly. What headers mean together is `guard`'s.
 */
import { PycError } from '../../primitives/errors.ts';

/**
 * A tar (an image's layer, a Debian package, an archive) that is malformed, or that two readers could understand
 * in two ways. It is refused rather than guessed at; make or fetch it again.
 */
export class TarError extends PycError {
  readonly code = 'PYC_TAR_INVALID';
  static override readonly usualHint =
    'get the archive anew; where that does not help, report it to its makers';
}

/** A header block, its texts decoded, nothing applied yet. */
export interface TarHeader {
  /** With the prefix, as written. */
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  /** The type flag as a character; `0` for old archives' NUL. */
  readonly type: string;
  readonly linkName: string;
  readonly userName: string;
  readonly groupName: string;
  readonly major: number;
  readonly minor: number;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LATIN_1 = new TextDecoder('latin1');
const USTAR = 'ustar\0';

/** @throws TarError for a wrong checksum, a number that is none or negative where it may not be, a name that is not UTF-8 */
export function parseTarHeader(block: Buffer): TarHeader {
  if (checksumOf(block) !== numberAt(block, 148, 8, 'checksum')) {
    throw new TarError('the tar is damaged: a header does not have the checksum stated');
  }
  const base = textAt(block, 0, 100);
  const prefix = block.toString('latin1', 257, 263) === USTAR ? textAt(block, 345, 155) : '';
  const flag = block[156]!;
  return {
    name: prefix === '' ? base : `${prefix}/${base}`,
    mode: numberAt(block, 100, 8, 'mode'),
    uid: numberAt(block, 108, 8, 'user id'),
    gid: numberAt(block, 116, 8, 'group id'),
    size: numberAt(block, 124, 12, 'size'),
    mtime: numberAt(block, 136, 12, 'time', true),
    type: flag === 0 ? '0' : String.fromCharCode(flag),
    linkName: textAt(block, 157, 100),
    userName: textAt(block, 265, 32),
    groupName: textAt(block, 297, 32),
    major: numberAt(block, 329, 8, 'device number'),
    minor: numberAt(block, 337, 8, 'device number'),
  };
}

/**
 * The records `LENGTH KEY=VALUE\n` of an extended header; a later one of the same key would win, so none may repeat.
 *
 * @throws TarError where a length does not lead to a line's end, a key is missing or a value has a NUL
 */
export function parsePaxRecords(data: Buffer): ReadonlyMap<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const digits = space === -1 ? '' : data.toString('latin1', at, Math.min(space, at + 20));
    const end = at + Number(digits);
    const equals = data.indexOf(0x3d, space);
    const sound =
      /^[1-9]\d*$/.test(digits) &&
      end <= data.length &&
      data[end - 1] === 0x0a &&
      equals > space + 1 &&
      equals < end;
    if (!sound) throw new TarError('a PAX header of the tar is malformed');
    const key = data.toString('utf8', space + 1, equals);
    if (records.has(key)) throw new TarError(`a PAX header of the tar says \`${key.slice(0, 60)}\` twice`);
    records.set(key, data.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A PAX value as text. @throws TarError where it is not UTF-8 or holds a NUL */
export function paxText(value: Buffer): string {
  if (value.includes(0)) throw new TarError('a PAX header of the tar holds a NUL');
  return decodeUtf8(value);
}

/** A PAX value as a number; fractions of times are cut off. @throws TarError for anything else */
export function paxNumber(value: Buffer, what: string): number {
  const text = value.toString('latin1');
  const number = Math.floor(Number(text));
  const sound = what === 'time' ? /^-?\d{1,15}(?:\.\d*)?$/.test(text) : /^\d{1,16}$/.test(text);
  if (!sound || !Number.isSafeInteger(number))
    throw new TarError(`a PAX header of the tar states the ${what} \`${text.slice(0, 40)}\``);
  return number;
}

/** A name that is ended by a NUL or by its field. */
export function textUntilNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  return decodeUtf8(nul === -1 ? bytes : bytes.subarray(0, nul));
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw new TarError(`the tar has a name that is not UTF-8: \`${LATIN_1.decode(bytes.subarray(0, 100))}\``);
  }
}

function textAt(block: Buffer, at: number, length: number): string {
  return textUntilNul(block.subarray(at, at + length));
}

/** Octal digits between spaces and NULs, or GNU's binary numbers, which have the first bit set. */
function numberAt(block: Buffer, at: number, length: number, what: string, signed = false): number {
  const first = block[at]!;
  const value = (first & 0x80) !== 0 ? binaryAt(block, at, length) : octalAt(block, at, length);
  if (!Number.isSafeInteger(value) || (value < 0 && !signed)) {
    throw new TarError(`a header of the tar states an impossible ${what}`);
  }
  return value;
}

function octalAt(block: Buffer, at: number, length: number): number {
  const text = block
    .toString('latin1', at, at + length)
    .replace(/^ +/, '')
    .replace(/[\0 ].*$/s, '');
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function binaryAt(block: Buffer, at: number, length: number): number {
  const negative = block[at] === 0xff;
  if (!negative && block[at] !== 0x80) return Number.NaN;
  let value = 0n;
  for (let index = at + 1; index < at + length; index++) value = value * 256n + BigInt(block[index]!);
  return Number(negative ? value - (1n << BigInt(8 * (length - 1))) : value);
}

function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < 512; index++) if (index < 148 || index >= 156) sum += block[index]!;
  return sum;
}
