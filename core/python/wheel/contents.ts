/** Finds a wheel's special folders among its entries, and matches its files with RECORD, both ways. */

import type { ZipEntry } from '../../archive/zip.ts';
import { visible } from '../../primitives/path.ts';
import { normalizeName } from '../name.ts';
import { RecordError, type RecordHash, type RecordRow } from '../record.ts';
import { Version } from '../version.ts';
import type { WheelFilename } from '../wheel-filename.ts';
import { WheelError } from './errors.ts';

/** A file of a wheel, with the hash that RECORD states. */
export interface WheelMember {
  readonly entry: ZipEntry;
  readonly hash: RecordHash;
}

/** Names of a wheel's own folders, without a slash. */
export interface WheelFolders {
  readonly distInfo: string;
  /** Absent where no file lies in it. */
  readonly data: string | undefined;
}

const DIST_INFO = '.dist-info';
const DATA = '.data';

/**
 * Finds the one `.dist-info` folder, and the `.data` folder beside it.
 *
 * @throws WheelError where there are none or several, or their names are not the file name's
 */
export function findFolders(entries: readonly ZipEntry[], file: WheelFilename): WheelFolders {
  const found = new Set<string>();
  for (const { name } of entries) {
    const slash = name.indexOf('/');
    const top = slash === -1 ? name : name.slice(0, slash);
    if (top.endsWith(DIST_INFO) || top.endsWith(DATA)) found.add(top);
  }
  const distInfo = one(found, DIST_INFO, file);
  if (distInfo === undefined) throw new WheelError('there is no `.dist-info` folder');
  return { distInfo, data: one(found, DATA, file) };
}

function one(found: ReadonlySet<string>, suffix: string, file: WheelFilename): string | undefined {
  const [name, ...others] = [...found].filter((folder) => folder.endsWith(suffix));
  if (name === undefined) return undefined;
  if (others.length > 0)
    throw new WheelError(`there are two \`${suffix}\` folders: ${[name, ...others].map(visible).join(', ')}`);
  const stem = name.slice(0, -suffix.length);
  const hyphen = stem.lastIndexOf('-');
  const version = Version.tryParse(stem.slice(hyphen + 1).replaceAll('_', '-'));
  const agrees =
    normalizeName(stem.slice(0, Math.max(hyphen, 0))) === file.name &&
    version?.toString() === file.version.toString();
  if (!agrees) throw new WheelError(`the folder \`${visible(name)}\` is not named as the file is`);
  return name;
}

/** RECORD cannot hold a hash of itself, nor of what signs it. */
export function isRecordOrSignature(path: string, distInfo: string): boolean {
  return (
    path.startsWith(`${distInfo}/RECORD`) && /^\/RECORD(?:\.jws|\.p7s)?$/.test(path.slice(distInfo.length))
  );
}

/**
 * Every file is in RECORD, with a hash and its size, and RECORD has nothing else.
 *
 * @throws RecordError with all faults in `details`
 */
export function matchRecord(
  entries: readonly ZipEntry[],
  rows: readonly RecordRow[],
  distInfo: string,
): WheelMember[] {
  const faults: string[] = [];
  const stated = new Map<string, RecordRow>();
  for (const row of rows) {
    const known = stated.get(row.path);
    if (known !== undefined && (known.hash?.value !== row.hash?.value || known.size !== row.size)) {
      faults.push(`\`${visible(row.path)}\` is there twice`);
    }
    stated.set(row.path, row);
  }
  const members: WheelMember[] = [];
  for (const entry of entries) {
    if (entry.name.endsWith('/')) continue;
    const row = stated.get(entry.name);
    stated.delete(entry.name);
    if (isRecordOrSignature(entry.name, distInfo)) continue;
    if (row === undefined) faults.push(`\`${visible(entry.name)}\` is not in it`);
    else if (row.hash === undefined) faults.push(`\`${visible(entry.name)}\` has no hash`);
    else if (row.size !== undefined && row.size !== entry.size)
      faults.push(`\`${visible(entry.name)}\` has another size`);
    else members.push({ entry, hash: row.hash });
  }
  for (const [path, row] of stated) {
    // Some tools list folders, which harms nobody.
    const folder = path.endsWith('/') && row.hash === undefined;
    if (!folder && !isRecordOrSignature(path, distInfo))
      faults.push(`\`${visible(path)}\` is not in the wheel`);
  }
  if (faults.length > 0) throw new RecordError(faults);
  return members;
}
