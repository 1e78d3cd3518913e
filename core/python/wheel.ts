/**
 * Opens a wheel (PyPA's "Binary distribution format", PEP 427): its archive, its `.dist-info` and its RECORD are read and
 * must agree with each other and with the file's name. Where its files go is `install`'s.
 */
import { createHash } from 'node:crypto';
import { openZip, type ZipArchive, type ZipEntry } from '../archive/zip.ts';
import { MAX_METADATA } from '../primitives/limits.ts';
import { visible } from '../primitives/path.ts';
import { type EntryPoints, parseEntryPoints } from './entry-points.ts';
import { type Metadata, parseMetadata } from './metadata.ts';
import { parseRecord, RecordError, type RecordHash } from './record.ts';
import { findFolders, matchRecord, type WheelMember } from './wheel/contents.ts';
import { inWheel, WheelError } from './wheel/errors.ts';
import { checkAgreement, parseWheelProperties, type WheelProperties } from './wheel/properties.ts';
import { parseWheelFilename, type WheelFilename } from './wheel-filename.ts';

export type { WheelMember } from './wheel/contents.ts';
export { WheelError, WheelUnsupportedError } from './wheel/errors.ts';
export type { WheelProperties } from './wheel/properties.ts';

/** A wheel that was opened. Its files are known, their contents not yet checked, but for those of `.dist-info` that were read. */
export interface Wheel {
  /** As on the index, which the file on this host need not be called. */
  readonly fileName: string;
  /** Normalised. */
  readonly name: string;
  /** Normalised. */
  readonly version: string;
  /** The folder's name. */
  readonly distInfo: string;
  /** The name of the `.data` folder, where there is one. */
  readonly dataFolder: string | undefined;
  readonly properties: WheelProperties;
  readonly metadata: Metadata;
  readonly entryPoints: EntryPoints;
  /** Every file but RECORD and its signatures, in the archive's order. */
  readonly members: readonly WheelMember[];
  /** Open until {@link close}. */
  readonly archive: ZipArchive;
  close(): void;
}

/** Several times what the largest wheels have; a million empty entries are refused. */
const MAX_WHEEL_ENTRIES = 250_000;

/**
 * Opens a wheel on this host; {@link Wheel.close} must follow.
 *
 * @param file absolute path
 * @param fileName the wheel's own name, as in `numpy-2.1.0-cp312-cp312-manylinux_2_28_x86_64.whl`
 * @throws PycError: PYC_ZIP_… for the archive, PYC_WHEEL_… for the wheel, PYC_METADATA_INVALID, PYC_ENTRY_POINTS_INVALID,
 * PYC_DISTRIBUTION_FILENAME_INVALID
 */
export function openWheel(file: string, fileName: string): Wheel {
  const named = parseWheelFilename(fileName);
  return inWheel(fileName, () => {
    const archive = openZip(file, { maxEntries: MAX_WHEEL_ENTRIES });
    try {
      return { ...readWheel(archive, named), fileName, archive, close: () => archive.close() };
    } catch (error) {
      archive.close();
      throw error;
    }
  });
}

function readWheel(archive: ZipArchive, named: WheelFilename): Omit<Wheel, 'fileName' | 'archive' | 'close'> {
  const { distInfo, data: dataFolder } = findFolders(archive.entries, named);
  const entries = new Map<string, ZipEntry>();
  for (const entry of archive.entries) if (entry.name.startsWith(distInfo)) entries.set(entry.name, entry);
  const record = entries.get(`${distInfo}/RECORD`);
  if (record === undefined) throw new RecordError(['there is none']);
  const rows = parseRecord(decode(archive.read(record, MAX_METADATA), record.name));
  const members = matchRecord(archive.entries, rows, distInfo);
  const own = new Map(
    members.filter(({ entry }) => entries.has(entry.name)).map((member) => [member.entry.name, member]),
  );
  const read = (name: string) => readText(archive, own.get(`${distInfo}/${name}`));
  const properties = parseWheelProperties(required(read('WHEEL'), 'WHEEL'));
  checkAgreement(properties, named);
  const metadata = parseMetadata(
    required(readText(archive, own.get(`${distInfo}/METADATA`), decodeLoosely), 'METADATA'),
  );
  if (metadata.normalizedName !== named.name || metadata.version.toString() !== named.version.toString()) {
    const stated = visible(`${metadata.name} ${metadata.version.toString()}`);
    throw new WheelError(`METADATA states \`${stated}\`, which is not what the file is named`);
  }
  const entryPoints = parseEntryPoints(read('entry_points.txt') ?? '');
  return {
    name: named.name,
    version: named.version.toString(),
    distInfo,
    dataFolder,
    properties,
    metadata,
    entryPoints,
    members,
  };
}

/** @throws RecordError where content does not have the hash that RECORD states */
export function checkRecordHash(content: Uint8Array, hash: RecordHash, path: string): void {
  const found = createHash(hash.algorithm).update(content).digest('base64url');
  if (found !== hash.value) throw new RecordError([`\`${visible(path)}\` has another hash`]);
}

function readText(
  archive: ZipArchive,
  member: WheelMember | undefined,
  decoder = decode,
): string | undefined {
  if (member === undefined) return undefined;
  const content = archive.read(member.entry, MAX_METADATA);
  checkRecordHash(content, member.hash, member.entry.name);
  return decoder(content, member.entry.name);
}

/** Old METADATA has authors and licences in other encodings; what is read of it for more than show is ASCII. */
function decodeLoosely(content: Uint8Array): string {
  return Buffer.from(content).toString('utf8');
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws WheelError for text that is not UTF-8 */
function decode(content: Uint8Array, path: string): string {
  try {
    return UTF_8.decode(content);
  } catch (cause) {
    throw new WheelError(`\`${visible(path)}\` is not UTF-8`, { cause });
  }
}

function required(text: string | undefined, name: string): string {
  if (text === undefined) throw new WheelError(`there is no ${name} file`);
  return text;
}
