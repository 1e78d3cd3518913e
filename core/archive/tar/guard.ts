/**
 * Watches the bytes of a tar before tar-stream reads them: checks every header more strictly than it does, and
 * notes what it loses (large owners, mode 0, names of extended attributes). It takes no content and splits nothing.
 */
import { type TreePathAllowance, visible } from '../../primitives/path.ts';
import { type TarEntry, type TarOverrides, tarEntryOf } from './entry.ts';
import {
  parsePaxRecords,
  parseTarHeader,
  paxNumber,
  paxText,
  TarError,
  type TarHeader,
  textUntilNul,
} from './header.ts';

export interface TarLimits extends TreePathAllowance {
  readonly maxEntries: number;
  /** Bytes of one entry's content. */
  readonly maxEntrySize: number;
}

const BLOCK = 512;
const MAX_EXTENDED = 1024 * 1024;
/** Past this a size does not fit into eleven octal digits, and the header block may say 0 instead. */
const MAX_OCTAL = 0o77777777777;
/** Extended headers: PAX for the next entry, PAX for all that follow, GNU long name, GNU long link. */
const EXTENDED = 'xgLK';

/** Reads along; entries come out in the order in which their headers passed. */
export class TarGuard {
  /** Entries that have passed and were not taken yet, with the name as tar-stream will spell it. */
  readonly passed: { readonly entry: TarEntry; readonly rawName: string }[] = [];
  private readonly limits: TarLimits;
  private readonly block = Buffer.alloc(BLOCK);
  private blockFill = 0;
  /** Content and padding that are still to come. */
  private skip = 0;
  private extended:
    | { readonly type: string; readonly parts: Buffer[]; missing: number; padding: number }
    | undefined;
  private over: TarOverrides & { size?: number } = {};
  private pending = false;
  private zeroBlocks = 0;
  private count = 0;

  constructor(limits: TarLimits) {
    this.limits = limits;
  }

  /** @throws TarError at the first byte that is not as it should be */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.extended !== undefined) at = this.takeExtended(chunk, at);
      else if (this.skip > 0) {
        const step = Math.min(this.skip, chunk.length - at);
        this.skip -= step;
        at += step;
      } else {
        const step = Math.min(BLOCK - this.blockFill, chunk.length - at);
        chunk.copy(this.block, this.blockFill, at, at + step);
        this.blockFill += step;
        at += step;
        if (this.blockFill === BLOCK) this.takeBlock();
      }
    }
  }

  /** @throws TarError where the tar ends inside an entry */
  end(): void {
    if (this.blockFill > 0 || this.skip > 0 || this.extended !== undefined || this.pending) {
      throw new TarError('the tar ends in the middle of an entry');
    }
  }

  private takeBlock(): void {
    this.blockFill = 0;
    if (isZero(this.block)) {
      if (this.pending) throw new TarError('the tar ends after an extended header');
      this.zeroBlocks += 1;
      return;
    }
    if (this.zeroBlocks > 0) throw new TarError('data follows the end of the tar');
    const header = parseTarHeader(this.block);
    if (EXTENDED.includes(header.type)) this.beginExtended(header);
    else this.takeEntry(header);
  }

  private beginExtended(header: TarHeader): void {
    if (header.size > MAX_EXTENDED)
      throw new TarError(`an extended header of the tar has ${header.size} bytes`);
    this.extended = { type: header.type, parts: [], missing: header.size, padding: paddingOf(header.size) };
    if (header.size === 0) this.finishExtended();
  }

  private takeExtended(chunk: Buffer, from: number): number {
    const extended = this.extended!;
    const to = Math.min(chunk.length, from + extended.missing);
    extended.parts.push(chunk.subarray(from, to));
    extended.missing -= to - from;
    if (extended.missing === 0) this.finishExtended();
    return to;
  }

  private finishExtended(): void {
    const { type, parts, padding } = this.extended!;
    const data = Buffer.concat(parts);
    this.extended = undefined;
    this.skip = padding;
    if (type === 'g') refuseGlobal(parsePaxRecords(data));
    else if (type === 'x') this.override(overridesOf(parsePaxRecords(data)));
    else this.override(type === 'L' ? { path: textUntilNul(data) } : { linkPath: textUntilNul(data) });
  }

  /** GNU's and PAX's headers may follow each other, but not say the same thing twice. */
  private override(more: TarOverrides): void {
    for (const key of Object.keys(more)) {
      if (key in this.over) throw new TarError('the tar names an entry twice');
    }
    this.over = { ...this.over, ...more };
    this.pending = true;
  }

  private takeEntry(header: TarHeader): void {
    const { size: paxSize, ...over } = this.over;
    const name = over.path ?? header.name;
    if (paxSize !== undefined && paxSize !== header.size && paxSize <= MAX_OCTAL) {
      throw new TarError(`the tar states two sizes for the entry \`${visible(name)}\``);
    }
    const size = paxSize ?? header.size;
    if (size > this.limits.maxEntrySize)
      throw new TarError(`the tar entry \`${visible(name)}\` has ${size} bytes`);
    this.count += 1;
    if (this.count > this.limits.maxEntries)
      throw new TarError(`the tar has more than ${this.limits.maxEntries} entries`);
    this.passed.push({ entry: tarEntryOf(header, over, size, this.limits), rawName: name });
    this.skip = size + paddingOf(size);
    this.over = {};
    this.pending = false;
  }
}

function overridesOf(records: ReadonlyMap<string, Buffer>): TarOverrides & { size?: number } {
  const found: { -readonly [Key in keyof TarOverrides]: TarOverrides[Key] } & { size?: number } = {};
  const xattrs: string[] = [];
  for (const [key, value] of records) {
    if (key === 'path') found.path = paxText(value);
    else if (key === 'linkpath') found.linkPath = paxText(value);
    else if (key === 'size') found.size = paxNumber(value, 'size');
    else if (key === 'uid') found.uid = paxNumber(value, 'user id');
    else if (key === 'gid') found.gid = paxNumber(value, 'group id');
    else if (key === 'mtime') found.mtime = paxNumber(value, 'time');
    else if (key === 'uname') found.userName = paxText(value);
    else if (key === 'gname') found.groupName = paxText(value);
    else if (key.startsWith('GNU.sparse.'))
      throw new TarError('the tar has a sparse file, which is not supported');
    else if (/^(?:SCHILY|LIBARCHIVE)\.xattr\./.test(key)) xattrs.push(key.replace(/^\w+\.xattr\./, ''));
  }
  if (found.path === '' || found.linkPath === '')
    throw new TarError('a PAX header of the tar states an empty name');
  if (xattrs.length > 0) found.xattrs = xattrs;
  return found;
}

/** A global header may carry comments; what would rename or resize every later entry has no honest use. */
function refuseGlobal(records: ReadonlyMap<string, Buffer>): void {
  for (const key of ['path', 'linkpath', 'size']) {
    if (records.has(key))
      throw new TarError(`a global PAX header of the tar states the ${key} of all entries`);
  }
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

const ZEROS = Buffer.alloc(BLOCK);

function isZero(block: Buffer): boolean {
  return block.equals(ZEROS);
}
