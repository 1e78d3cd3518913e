/**
 * Lays a wheel out: turns it into the entries of an environment, with a RECORD of them (PyPA's "Recording installed
 * projects"). Contents stay in the wheel; only scripts and what is generated are in memory. Nothing is written.
 */
import type { Digest } from '../primitives/digest.ts';
import {
  type Content,
  FIXED_MTIME,
  type PartRecord,
  type RecordedEntry,
  type TreeEntry,
  type TreeItem,
} from '../primitives/file-tree.ts';
import { type TreePath, visible } from '../primitives/path.ts';
import { parseDirectUrl, printDirectUrl, publicDirectUrl } from './direct-url.ts';
import { type EntryPoint, SCRIPT_GROUPS } from './entry-points.ts';
import { contentOfBytes } from './install/content.ts';
import { factsOf } from './install/facts.ts';
import { OccupiedPaths } from './install/occupied.ts';
import { type Placement, placeMembers } from './install/placement.ts';
import { type InstallScheme, type InstallTarget, installSchemeOf } from './install/scheme.ts';
import { entryPointScript, PYTHON_SHEBANG, withInterpreter } from './install/script.ts';
import { sourceOfWheel, type WheelSource } from './install/source.ts';
import { formatRecord, type RecordHash, type RecordRow } from './record.ts';
import { inWheel } from './wheel/errors.ts';
import type { Wheel } from './wheel.ts';

export { LayoutError } from './install/errors.ts';
export { startupFilesOf } from './install/facts.ts';
export { type InstallScheme, type InstallTarget, installSchemeOf } from './install/scheme.ts';

export interface LayOutOptions {
  readonly target: InstallTarget;
  /** Of the wheel; goes into the facts. */
  readonly digest?: Digest | undefined;
  /** PEP 610, where the distribution does not come from an index. */
  readonly directUrl?: Readonly<Record<string, unknown>> | undefined;
}

/** A wheel, laid out. */
export interface LaidOut {
  /** Sorted by path; directories from the prefix down, never those above it. */
  readonly items: readonly TreeItem[];
  readonly record: PartRecord;
}

/** What INSTALLER says. */
const INSTALLER = 'pycontainer\n';
const PLAIN = 0o644;
const EXECUTABLE = 0o755;

/** A file in its place. */
interface PlacedFile {
  readonly path: TreePath;
  readonly mode: typeof PLAIN | typeof EXECUTABLE;
  readonly content: Content;
  readonly sha256: Digest;
  /** What RECORD says, where it is known already. */
  readonly hash?: RecordHash;
}

/**
 * @throws PycError: PYC_WHEEL_LAYOUT_REFUSED for what cannot be put where it wants to go, PYC_WHEEL_RECORD_INVALID and
 * PYC_ARCHIVE_ENTRY_CORRUPT for scripts and stored files that are not what they should be
 */
export function layOut(wheel: Wheel, options: LayOutOptions): LaidOut {
  return layOutSource(sourceOfWheel(wheel), options);
}

/** The same for a wheel that need not be a file. @throws what {@link layOut} throws */
export function layOutSource(wheel: WheelSource, options: LayOutOptions): LaidOut {
  return inWheel(wheel.fileName, () => {
    const scheme = installSchemeOf(options.target);
    const occupied = new OccupiedPaths(scheme);
    const files = collectFiles(wheel, scheme, options).filter(({ path, sha256 }) =>
      occupied.add(path, sha256),
    );
    const own = `${scheme.sitePackages}/${wheel.distInfo}/RECORD` as TreePath;
    const record = contentOfBytes(Buffer.from(recordText(files, own, scheme)));
    occupied.add(own, record.sha256);
    files.push({ path: own, mode: PLAIN, content: record, sha256: record.sha256 });
    return assemble(files, occupied.directories(), wheel, options);
  });
}

function collectFiles(wheel: WheelSource, scheme: InstallScheme, options: LayOutOptions): PlacedFile[] {
  const scripts = scriptsOf(wheel);
  const names = new Set(scripts.map(({ name }) => name));
  const files = placeMembers(wheel, scheme, names).map((placement) => placedFile(placement, scheme));
  for (const script of scripts) {
    files.push(
      generated(`${scheme.scripts}/${script.name}`, entryPointScript(script, scheme.interpreter), EXECUTABLE),
    );
  }
  const distInfo = `${scheme.sitePackages}/${wheel.distInfo}`;
  files.push(generated(`${distInfo}/INSTALLER`, Buffer.from(INSTALLER)));
  if (options.directUrl !== undefined) {
    files.push(
      generated(
        `${distInfo}/direct_url.json`,
        Buffer.from(printDirectUrl(parseDirectUrl(options.directUrl))),
      ),
    );
  }
  return files;
}

/** Console and GUI scripts; one that is both is made once. */
function scriptsOf(wheel: WheelSource): EntryPoint[] {
  const scripts = SCRIPT_GROUPS.flatMap((group) => wheel.entryPoints.get(group) ?? []);
  return [...new Map(scripts.map((script) => [script.name, script])).values()];
}

function placedFile({ path, member, isScript }: Placement, scheme: InstallScheme): PlacedFile {
  if (isScript && member.readPrefix(PYTHON_SHEBANG.length).toString('latin1').startsWith(PYTHON_SHEBANG)) {
    return generated(path, withInterpreter(member.read(), scheme.interpreter), EXECUTABLE);
  }
  return { path, mode: isScript || member.isExecutable ? EXECUTABLE : PLAIN, ...member.content() };
}

function generated(path: string, bytes: Buffer, mode: typeof PLAIN | typeof EXECUTABLE = PLAIN): PlacedFile {
  const content = contentOfBytes(bytes);
  return { path: path as TreePath, mode, content, sha256: content.sha256 };
}

/** Rows of all files, relative to site-packages, and RECORD's own without a hash. */
function recordText(files: readonly PlacedFile[], own: TreePath, scheme: InstallScheme): string {
  const inside = `${scheme.sitePackages}/`;
  const depth = scheme.sitePackages.slice(scheme.prefix.length + 1).split('/').length;
  const outside = '../'.repeat(depth);
  const relative = (path: TreePath) =>
    path.startsWith(inside) ? path.slice(inside.length) : outside + path.slice(scheme.prefix.length + 1);
  const rows: RecordRow[] = files.map(({ path, hash, sha256, content }) => ({
    path: relative(path),
    hash: hash ?? { algorithm: 'sha256', value: createBase64(sha256) },
    size: content.size,
  }));
  return formatRecord([...rows, { path: relative(own), hash: undefined, size: undefined }]);
}

function createBase64(sha256: Digest): string {
  return Buffer.from(sha256.slice('sha256:'.length), 'hex').toString('base64url');
}

function assemble(
  files: readonly PlacedFile[],
  directories: readonly TreePath[],
  wheel: WheelSource,
  options: LayOutOptions,
): LaidOut {
  const common = { uid: 0, gid: 0, mtime: FIXED_MTIME };
  const entries = new Map<TreePath, TreeEntry>();
  for (const path of directories) entries.set(path, { ...common, type: 'directory', mode: EXECUTABLE });
  for (const { path, mode, content } of files) entries.set(path, { ...common, type: 'file', mode, content });
  // Sorting bare strings by code unit, as `sort` does by itself, takes half the time of sorting pairs.
  const items = [...entries.keys()].sort().map((path): TreeItem => [path, entries.get(path)!]);
  // What is known of the part is kept, and may be shared among machines.
  const url = options.directUrl === undefined ? undefined : publicDirectUrl(options.directUrl).url;
  const facts = factsOf(wheel.metadata, options.digest, typeof url === 'string' ? url : undefined);
  return { items, record: { entries: items.map(recorded), components: [facts] } };
}

function recorded([path, entry]: TreeItem): RecordedEntry {
  if (entry.type !== 'file') return { path, type: 'directory', mode: entry.mode };
  const { size, sha256 } = entry.content;
  if (sha256 === undefined) throw new TypeError(`the content of ${visible(path)} has no digest`);
  return { path, type: 'file', mode: entry.mode, size, sha256 };
}
