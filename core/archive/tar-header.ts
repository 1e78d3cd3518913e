/**
 * The bytes before an entry's content in a tar: one ustar header (POSIX.1-1988), preceded by a PAX extended
 * header (POSIX.1-2001) only where ustar cannot say it. The same member always gives the same bytes; content
 * and padding are the caller's.
 */
import { PycError } from '../primitives/errors.ts';

export const TAR_BLOCK = 512;

/** Two zero blocks: what ends a tar. */
export const TAR_END = 2 * TAR_BLOCK;

/** One member of a tar. User and group names are never written. */
export interface TarMember {
  /** `/`-separated, without a leading slash; a directory's trailing slash is added here. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** The 12 permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Of a symlink: the target as written. Of a hard link: the path of an earlier member. */
  readonly linkTarget?: string;
}

/**
 * A path, size, owner or mode that no tar header can hold, so that it cannot be part of a layer. Only a plugin
 * that adds such an entry can cause it: mend or remove the plugin.
 */
export class TarHeaderError extends PycError {
  readonly code = 'PYC_TAR_HEADER_UNWRITABLE';
}

const TYPE_FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
const NAME_SIZE = 100;
const PREFIX_SIZE = 155;
/** The largest numbers that the octal fields of ustar hold. */
const MAX_OCTAL_7 = 0o7777777;
const MAX_OCTAL_11 = 0o77777777777;
const PAX_TYPE = 'x';

/** How many bytes of zeros follow content of this size. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

/**
 * One header block, or a PAX header, its records and then the header block.
 *
 * @throws TarHeaderError for a number that is negative or no integer, and for a NUL in a name.
 */
export function encodeTarHeader(member: TarMember): Uint8Array {
  check(member);
  const path = member.type === 'directory' ? `${member.path}/` : member.path;
  const link = member.linkTarget ?? '';
  const plainPath = isAscii(path) ? splitPath(path) : undefined;
  const plainLink = link.length <= NAME_SIZE && isAscii(link);
  const fits =
    member.uid <= MAX_OCTAL_7 &&
    member.gid <= MAX_OCTAL_7 &&
    member.size <= MAX_OCTAL_11 &&
    member.mtime <= MAX_OCTAL_11;
  if (plainPath !== undefined && plainLink && fits) {
    const block = Buffer.alloc(TAR_BLOCK);
    writeHeader(block, 0, member, plainPath, link, TYPE_FLAGS[member.type]);
    return block;
  }
  return withExtended(member, path, plainPath, link, plainLink);
}

interface SplitPath {
  readonly name: string;
  readonly prefix: string;
}

function check(member: TarMember): void {
  for (const key of ['mode', 'uid', 'gid', 'mtime', 'size'] as const) {
    if (!Number.isSafeInteger(member[key]) || member[key] < 0) {
      throw new TarHeaderError(`\`${member.path}\` has the ${key} ${member[key]}, which a tar cannot hold`);
    }
  }
  if (member.path.includes('\0') || member.linkTarget?.includes('\0')) {
    throw new TarHeaderError('a path with a NUL cannot be written to a tar');
  }
}

/** Cuts a path at a slash so that both halves fit, or says that none does. */
function splitPath(path: string): SplitPath | undefined {
  if (path.length <= NAME_SIZE) return { name: path, prefix: '' };
  if (path.length > NAME_SIZE + 1 + PREFIX_SIZE) return undefined;
  const at = path.indexOf('/', path.length - 1 - NAME_SIZE);
  const usable = at > 0 && at <= PREFIX_SIZE && at < path.length - 1;
  return usable ? { name: path.slice(at + 1), prefix: path.slice(0, at) } : undefined;
}

/** Keys are written in alphabetical order, and only those that ustar cannot say. */
function withExtended(
  member: TarMember,
  path: string,
  plainPath: SplitPath | undefined,
  link: string,
  plainLink: boolean,
): Uint8Array {
  const records: string[] = [];
  if (member.gid > MAX_OCTAL_7) records.push(paxRecord('gid', String(member.gid)));
  if (!plainLink) records.push(paxRecord('linkpath', link));
  if (member.mtime > MAX_OCTAL_11) records.push(paxRecord('mtime', String(member.mtime)));
  if (plainPath === undefined) records.push(paxRecord('path', path));
  if (member.size > MAX_OCTAL_11) records.push(paxRecord('size', String(member.size)));
  if (member.uid > MAX_OCTAL_7) records.push(paxRecord('uid', String(member.uid)));
  const data = Buffer.from(records.join(''));
  const padded = data.length + tarPadding(data.length);
  const bytes = Buffer.alloc(TAR_BLOCK + padded + TAR_BLOCK);
  const stand = plainPath ?? { name: asciiStandIn(path), prefix: '' };
  const extended = { ...member, mode: 0o644, uid: 0, gid: 0, size: data.length };
  writeHeader(bytes, 0, extended, { name: 'PaxHeaders/extended', prefix: '' }, '', PAX_TYPE);
  data.copy(bytes, TAR_BLOCK);
  const standLink = plainLink ? link : asciiStandIn(link);
  writeHeader(bytes, TAR_BLOCK + padded, member, stand, standLink, TYPE_FLAGS[member.type]);
  return bytes;
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself, in bytes. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(value) + key.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length += 1;
  return `${length} ${key}=${value}\n`;
}

/** What readers without PAX see: printable, short, never used by others. */
function asciiStandIn(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(0, NAME_SIZE);
}

function writeHeader(
  into: Buffer,
  at: number,
  member: Omit<TarMember, 'type'>,
  path: SplitPath,
  link: string,
  type: string,
): void {
  into.write(path.name, at, 'latin1');
  into.write(octal(member.mode & 0o7777, 7, MAX_OCTAL_7), at + 100, 'latin1');
  into.write(octal(member.uid, 7, MAX_OCTAL_7), at + 108, 'latin1');
  into.write(octal(member.gid, 7, MAX_OCTAL_7), at + 116, 'latin1');
  into.write(octal(member.size, 11, MAX_OCTAL_11), at + 124, 'latin1');
  into.write(octal(member.mtime, 11, MAX_OCTAL_11), at + 136, 'latin1');
  into.write('        ', at + 148, 'latin1');
  into.write(type, at + 156, 'latin1');
  into.write(link, at + 157, 'latin1');
  into.write('ustar\u000000', at + 257, 'latin1');
  into.write('0000000\u00000000000\u0000', at + 329, 'latin1');
  into.write(path.prefix, at + 345, 'latin1');
  let sum = 0;
  for (let index = at; index < at + TAR_BLOCK; index++) sum += into[index]!;
  into.write(`${octal(sum, 6, 0o777777)}\u0000 `, at + 148, 'latin1');
}

/** Zero-filled octal; 0 where the number does not fit, since PAX then says it. */
function octal(value: number, digits: number, max: number): string {
  return (value > max ? 0 : value).toString(8).padStart(digits, '0');
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
