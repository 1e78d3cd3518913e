/**
 * Writes a zip archive whose entries are stored as they are: no compressor takes part, so that the same files give the same
 * bytes on every runtime. It knows nothing of wheels.
 */
import { crc32 } from '../../runtime/crc32.ts';
import { quoted, ZipTooLargeError } from './errors.ts';

/** A file that goes in. */
export interface StoredFile {
  /** Relative, `/`-separated. */
  readonly name: string;
  /** The permission bits of its Unix mode. */
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/** Past these, a reader needs ZIP64, which is not written. */
const MOST_ENTRIES = 0xfffe;
const MOST_BYTES = 0xffff_fffe;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const UTF_8_NAME = 0x0800;
/** 1980-01-01, midnight. */
const DOS_DATE = 0x0021;
const REGULAR_FILE = 0o100000;

/**
 * The archive's bytes. One file is in memory at a time.
 *
 * @throws ZipTooLargeError past 65,534 files or 4 GiB
 */
export async function* storedZip(
  files: AsyncIterable<StoredFile> | Iterable<StoredFile>,
): AsyncGenerator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for await (const { name, mode, bytes } of files) {
    const encoded = Buffer.from(name);
    const fields = fieldsOf(encoded, bytes);
    const header = Buffer.concat([word(LOCAL), fields, encoded]);
    directory.push(centralHeader(fields, encoded, mode, offset));
    offset += header.length + bytes.length;
    if (directory.length > MOST_ENTRIES || offset > MOST_BYTES) {
      throw new ZipTooLargeError(`${quoted(name)} makes the archive larger than a zip without ZIP64 can be`, {
        hint: 'leave out what is not needed',
      });
    }
    yield header;
    yield bytes;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield* directory;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  for (const at of [8, 10]) end.writeUInt16LE(directory.length, at);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  yield end;
}

/** What both headers of an entry share: from "version needed" to the lengths. */
function fieldsOf(name: Buffer, bytes: Uint8Array): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(UTF_8_NAME, 2);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  for (const at of [14, 18]) fields.writeUInt32LE(bytes.length, at);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function centralHeader(fields: Buffer, name: Buffer, mode: number, offset: number): Buffer {
  const made = Buffer.alloc(2);
  // Unix made it: the high half of the attributes is a mode.
  made.writeUInt16LE((3 << 8) | VERSION);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(((REGULAR_FILE | mode) << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([word(CENTRAL), made, fields, rest, name]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
