/** Names of zip entries: how they are decoded, and which are let in at all. */
import { messageOf } from '../../primitives/errors.ts';
import { parseTreePath } from '../../primitives/path.ts';
import { quoted, ZipError } from './errors.ts';

/** What nearly all names look like: safe without a closer look, and ASCII. */
const PLAIN = /^[\w+-][\w.+-]*(?:\/[\w+-][\w.+-]*)*\/?$/;
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes and checks a name. A directory's trailing slash stays.
 *
 * @param flagged whether the entry says that its name is UTF-8 (APPNOTE 4.4.4, bit 11)
 * @throws ZipError for a name that could lie outside, that readers decode differently or that hides characters
 */
export function decodeEntryName(bytes: Buffer, flagged: boolean): string {
  const plain = bytes.toString('latin1');
  if (plain.length <= 255 && PLAIN.test(plain)) return plain;
  const name = decode(bytes, plain, flagged);
  try {
    parseTreePath(name.endsWith('/') ? name.slice(0, -1) : name);
  } catch (cause) {
    throw new ZipError(`the entry ${quoted(name)} is refused: ${messageOf(cause)}`, { cause });
  }
  return name;
}

function decode(bytes: Buffer, plain: string, flagged: boolean): string {
  let name: string;
  try {
    name = UTF_8.decode(bytes);
  } catch {
    throw new ZipError(`the entry ${quoted(plain)} has a name that is not UTF-8`);
  }
  // Without the flag a reader takes the bytes for code page 437, and sees another name.
  if (!flagged && name.length !== bytes.length) {
    throw new ZipError(`the entry ${quoted(name)} has a name that is not marked as UTF-8`);
  }
  return name;
}
