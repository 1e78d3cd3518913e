/**
 * rpm's database of installed packages, in the two formats of today: SQLite (`rpmdb.sqlite`) and rpm's own (`Packages.db`, "ndb").
 * The format before these, a Berkeley DB, is not read.
 */
import type { ComponentFacts } from 'pycontainer';
import { readSqliteTable, SqliteFormatError } from './sqlite-table.ts';

/** Where the database lies; the last is Berkeley DB's. */
export const RPM_DATABASES =
  /^(?:var\/lib|usr\/lib\/sysimage)\/rpm\/(?:rpmdb\.sqlite|Packages\.db|Packages)$/;

/** The packages, or why they cannot be read. */
export type RpmPackages = { readonly packages: readonly ComponentFacts[] } | { readonly unread: string };

/** @param distro as in `fedora-42` */
export function readRpmPackages(path: string, bytes: Uint8Array, distro: string | undefined): RpmPackages {
  if (path.endsWith('/Packages')) return { unread: 'it is a Berkeley DB' };
  try {
    const headers = path.endsWith('.sqlite') ? sqliteHeaders(bytes) : ndbHeaders(bytes);
    return { packages: headers.flatMap((header) => packageOf(header, distro)) };
  } catch (error) {
    if (error instanceof SqliteFormatError || error instanceof RangeError)
      return { unread: 'it does not hold together' };
    throw error;
  }
}

function sqliteHeaders(bytes: Uint8Array): Uint8Array[] {
  return readSqliteTable(bytes, 'Packages').flatMap((row) =>
    row.filter((value) => value instanceof Uint8Array),
  );
}

const NDB_BLOCK = 16;
const NDB_PAGE = 4096;
const MAX_SLOT_PAGES = 4096;

/** `RpmP`, then pages of slots that say where blobs are; each blob begins with `BlbS`, number, generation and length. */
function ndbHeaders(bytes: Uint8Array): Uint8Array[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.toString('latin1', 0, 4) !== 'RpmP') throw new RangeError('no magic');
  const slots = Math.min(file.readUInt32LE(12), MAX_SLOT_PAGES) * NDB_PAGE;
  const headers: Uint8Array[] = [];
  let room = file.length;
  // The first two slots' room is the head of the file.
  for (let at = 2 * NDB_BLOCK; at + NDB_BLOCK <= Math.min(slots, file.length); at += NDB_BLOCK) {
    const number = file.readUInt32LE(at + 4);
    if (file.toString('latin1', at, at + 4) !== 'Slot' || number === 0) continue;
    const blob = file.readUInt32LE(at + 8) * NDB_BLOCK;
    const length = file.readUInt32LE(blob + 12);
    const isBlob =
      file.toString('latin1', blob, blob + 4) === 'BlbS' && file.readUInt32LE(blob + 4) === number;
    room -= length;
    if (!isBlob || room < 0 || blob + 16 + length > file.length) throw new RangeError('a blob lies outside');
    headers.push(file.subarray(blob + 16, blob + 16 + length));
  }
  return headers;
}

const TAGS = { name: 1000, version: 1001, release: 1002, epoch: 1003, summary: 1004, vendor: 1011 } as const;
const MORE_TAGS = { license: 1014, url: 1020, arch: 1022 } as const;
const INT32 = 4;
const STRINGS = new Set([6, 8, 9]);
const MAX_TEXT = 2000;

/** A header (rpm, "Header Format"): the number of entries, of bytes, the entries, the bytes. What is malformed is passed over. */
function packageOf(bytes: Uint8Array, distro: string | undefined): ComponentFacts[] {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (header.length < 8) return [];
  const count = header.readUInt32BE(0);
  const data = 8 + 16 * count;
  if (data > header.length) return [];
  const found = new Map<number, string>();
  for (let at = 8; at < data; at += 16) {
    const value = data + header.readUInt32BE(at + 8);
    const type = header.readUInt32BE(at + 4);
    if (value >= header.length) continue;
    if (STRINGS.has(type)) {
      const end = header.indexOf(0, value);
      const text = header.toString(
        'utf8',
        value,
        Math.min(end === -1 ? header.length : end, value + MAX_TEXT),
      );
      found.set(header.readUInt32BE(at), text);
    } else if (type === INT32 && value + 4 <= header.length) {
      found.set(header.readUInt32BE(at), String(header.readUInt32BE(value)));
    }
  }
  const [name, version, release] = [found.get(TAGS.name), found.get(TAGS.version), found.get(TAGS.release)];
  // Keys that signatures are checked with lie among the packages.
  if (name === undefined || version === undefined || release === undefined || name === 'gpg-pubkey')
    return [];
  const [epoch, arch] = [found.get(TAGS.epoch), found.get(MORE_TAGS.arch)];
  const [summary, license] = [found.get(TAGS.summary), found.get(MORE_TAGS.license)];
  const [homepage, author] = [found.get(MORE_TAGS.url), found.get(TAGS.vendor)];
  return [
    {
      kind: 'other',
      name,
      version: `${version}-${release}`,
      ...(license === undefined ? {} : { license }),
      ...(summary === undefined ? {} : { summary }),
      ...(homepage === undefined ? {} : { homepage }),
      ...(author === undefined ? {} : { author }),
      qualifiers: {
        type: 'rpm',
        ...(arch === undefined ? {} : { arch }),
        ...(epoch === undefined || epoch === '0' ? {} : { epoch }),
        ...(distro === undefined ? {} : { distro }),
      },
    },
  ];
}
