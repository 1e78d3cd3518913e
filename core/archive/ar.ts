/**
 * ar archives as Debian packages are: the common format with GNU's and BSD's long names. It reads in one pass and
 * writes deterministically; members have no times or owners here.
 */
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { ByteReader } from './byte-reader.ts';

/**
 * An `ar` archive (the outer shell of a Debian package) that is malformed, cut off, or names a member in a way
 * that no package does. Fetch the file again; where that does not help, it was made wrong.
 */
export class ArError extends PycError {
  readonly code = 'PYC_AR_INVALID';
  static override readonly usualHint = 'get the file anew; where that does not help, report it to its makers';
}

export interface ArMember {
  /** One path segment. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Called with each member in turn, and waited for; the body may be read while the call lasts, in part or not at all.
 * To resolve to `false` ends the reading early.
 */
export type ArVisitor = (member: ArMember, body: AsyncIterable<Uint8Array>) => unknown;

const MAGIC = '!<arch>\n';
const HEADER_SIZE = 60;
const END = '`\n';
const MAX_NAMES = 1024 * 1024;
const MAX_BSD_NAME = 4096;

/**
 * Reads an archive to its end.
 *
 * @throws ArError where it is malformed, cut off, or names a member with a path
 */
export async function readAr(
  source: AsyncIterable<Uint8Array>,
  visit: ArVisitor,
  signal?: AbortSignal,
): Promise<void> {
  const reader = new ByteReader(source);
  try {
    if ((await reader.read(MAGIC.length)).toString('latin1') !== MAGIC)
      throw new ArError('the file is no ar archive');
    let names: string | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const header = await reader.read(HEADER_SIZE);
      if (header.length === 0) return;
      const { label, size } = parseHeader(header);
      if (label === '//') {
        if (names !== undefined || size > MAX_NAMES)
          throw new ArError('the ar archive has an odd table of names');
        names = (await exactly(reader, size)).toString('utf8');
      } else if ((await visitMember(reader, label, size, names, visit)) === false) return;
      if (size % 2 === 1) await skipPadding(reader);
    }
  } finally {
    await reader.close();
  }
}

/** Writes an archive of members that are in memory. @throws ArError for names that the common format cannot hold */
export function writeAr(members: readonly { readonly name: string; readonly content: Uint8Array }[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(MAGIC)];
  for (const { name, content } of members) {
    if (!/^[\x21-\x7e]{1,15}$/.test(name) || /[/#]/.test(name))
      throw new ArError(`\`${visible(name)}\` cannot be the name of an ar member`);
    const fields = [
      `${name}/`.padEnd(16),
      '0'.padEnd(12),
      '0'.padEnd(6),
      '0'.padEnd(6),
      '100644'.padEnd(8),
      String(content.length).padEnd(10),
    ];
    parts.push(Buffer.from(fields.join('') + END, 'latin1'), content);
    if (content.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

function parseHeader(header: Buffer): { readonly label: string; readonly size: number } {
  const text = header.toString('latin1');
  const size = text.slice(48, 58).trimEnd();
  if (header.length !== HEADER_SIZE || text.slice(58) !== END || !/^\d{1,10}$/.test(size)) {
    throw new ArError('the ar archive has a malformed header');
  }
  return { label: text.slice(0, 16).trimEnd(), size: Number(size) };
}

async function visitMember(
  reader: ByteReader,
  label: string,
  size: number,
  names: string | undefined,
  visit: ArVisitor,
): Promise<unknown> {
  const bsd = /^#1\/(\d{1,4})$/.exec(label)?.[1];
  const bsdSize = Number(bsd ?? 0);
  if (bsdSize > Math.min(size, MAX_BSD_NAME))
    throw new ArError('the ar archive has a name that is longer than its member');
  const name =
    bsd === undefined
      ? nameOf(label, names)
      : (await exactly(reader, bsdSize)).toString('utf8').replace(/\0+$/, '');
  const path = /[/\\]|\p{Cc}/u.test(name) || name === '' || name === '.' || name === '..';
  // GNU's symbol tables are named by slashes alone and are no members.
  if (path && label !== '/' && label !== '/SYM64/')
    throw new ArError(`the ar archive names a member \`${visible(name)}\``);
  const body = countedBody(reader, size - bsdSize);
  const answer = path ? undefined : await visit({ name, size: size - bsdSize }, body.chunks);
  if (answer === false) return false;
  await body.finish();
  return answer;
}

/** `name/`, plain `name`, or `/123`: an offset into the table of long names. */
function nameOf(label: string, names: string | undefined): string {
  const offset = /^\/(\d+)$/.exec(label)?.[1];
  if (offset === undefined) return label.endsWith('/') && label.length > 1 ? label.slice(0, -1) : label;
  const end = names?.indexOf('/\n', Number(offset)) ?? -1;
  if (names === undefined || end === -1)
    throw new ArError('the ar archive refers to a name that is not in its table');
  return names.slice(Number(offset), end);
}

function countedBody(reader: ByteReader, size: number) {
  let seen = 0;
  const source = (async function* () {
    for await (const chunk of reader.stream(size)) {
      seen += chunk.length;
      yield chunk;
    }
    if (seen !== size) throw new ArError('the ar archive ends in the middle of a member');
  })();
  return {
    // Leaving a loop over it early must not end the generator: the rest is still to be skipped.
    chunks: { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) },
    async finish() {
      while (!(await source.next()).done);
    },
  };
}

async function exactly(reader: ByteReader, size: number): Promise<Buffer> {
  const bytes = await reader.read(size);
  if (bytes.length !== size) throw new ArError('the ar archive ends in the middle of a member');
  return bytes;
}

/** An odd member is followed by a newline; the last one's is often left out. */
async function skipPadding(reader: ByteReader): Promise<void> {
  const padding = await reader.read(1);
  if (padding.length === 1 && padding[0] !== 0x0a)
    throw new ArError('the ar archive has no newline after an odd member');
}
