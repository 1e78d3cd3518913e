/**
 * Opens a binary package (deb(5)): its control data, its maintainer scripts, and its files as entries whose
 * bytes go to a spool. Paths are as the package states them; where they end up is `root-tree`'s matter.
 */

import type { FileEntry, TarEntry, TreeEntry, TreePath } from 'pycontainer';
import { decompress, PycError, readAll, readAr, readTar, visible } from 'pycontainer';
import type { Fields } from './control-fields.ts';
import { parseFields } from './control-fields.ts';
import type { PackageFile } from './resolution.ts';
import type { Spool } from './spool.ts';

/** A Debian package is malformed, contradicts itself, or holds paths that must not be unpacked. */
export class PackageInvalidError extends PycError {
  readonly code = 'PYC_DEBIAN_PACKAGE_INVALID';
}

/** A package that was opened. */
export interface OpenedPackage {
  readonly file: PackageFile;
  /** The paragraph as it stands in the package. */
  readonly control: string;
  readonly fields: Fields;
  readonly md5sums: string | undefined;
  /** `preinst` and `postinst`, where the package has them. */
  readonly scripts: ReadonlyMap<string, string>;
  /** In the package's order: parents first. */
  readonly entries: readonly (readonly [path: TreePath, entry: TreeEntry])[];
  /** Paths whose extended attributes are lost. */
  readonly attributed: readonly TreePath[];
}

const MAX_CONTROL = 64 * 1024 * 1024;
/** Bytes that one package may unpack to: the largest in the archive has some 3 GB. */
const MAX_DATA = 16 * 1024 * 1024 * 1024;
/** What of the control archive is read. */
const KEPT: ReadonlySet<string> = new Set(['control', 'md5sums', 'preinst', 'postinst']);

export interface OpenOptions {
  /** False for paths that are not wanted: their bytes are dropped. */
  readonly keep: (path: TreePath, type: TarEntry['type']) => boolean;
  readonly signal: AbortSignal;
}

/**
 * @param source the package's bytes, verified by whoever gives them
 * @throws PackageInvalidError for what is no binary package of format 2, is another package than announced, or
 * holds devices or broken hard links
 */
export async function openPackage(
  file: PackageFile,
  source: AsyncIterable<Uint8Array>,
  spool: Spool,
  options: OpenOptions,
): Promise<OpenedPackage> {
  let control: ReadonlyMap<string, string> | undefined;
  let data: DataMember | undefined;
  await readAr(
    source,
    async ({ name }, body) => {
      if (name === 'debian-binary') {
        const version = Buffer.from(await readAll(body, 64, nameOf(file))).toString('latin1');
        if (!version.startsWith('2.')) throw invalid(file, `has the format ${visible(version.trim())}`);
      } else if (/^control\.tar(\.|$)/.test(name)) {
        control = await readControl(file, body, options.signal);
      } else if (/^data\.tar(\.|$)/.test(name)) {
        data = await readData(file, body, spool, options);
      }
    },
    options.signal,
  );
  if (control === undefined || data === undefined)
    throw invalid(file, 'lacks its control or its data archive');
  const paragraph = control.get('control') ?? '';
  const fields = parseFields(paragraph);
  if (fields.get('package') !== file.name || fields.get('version') !== file.version) {
    throw invalid(
      file,
      `says that it is \`${visible(fields.get('package') ?? '')}\` ${visible(fields.get('version') ?? '')}`,
    );
  }
  const scripts = new Map([...control].filter(([name]) => name === 'preinst' || name === 'postinst'));
  return { file, control: paragraph, fields, md5sums: control.get('md5sums'), scripts, ...data };
}

async function readControl(
  file: PackageFile,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const what = `the control archive of ${nameOf(file)}`;
  await readTar(decompress(body, { what, limit: MAX_CONTROL, signal }), async (entry, content) => {
    if (entry.type === 'file' && KEPT.has(entry.path)) {
      found.set(entry.path, Buffer.from(await readAll(content, MAX_CONTROL, what)).toString('utf8'));
    }
  });
  return found;
}

type DataMember = Pick<OpenedPackage, 'entries' | 'attributed'>;

async function readData(
  file: PackageFile,
  body: AsyncIterable<Uint8Array>,
  spool: Spool,
  { keep, signal }: OpenOptions,
): Promise<DataMember> {
  const entries: [TreePath, TreeEntry][] = [];
  const attributed: TreePath[] = [];
  const files = new Map<string, FileEntry>();
  const what = `the data archive of ${nameOf(file)}`;
  await readTar(
    decompress(body, { what, limit: MAX_DATA, signal }),
    async (entry, content) => {
      const { path, type } = entry;
      if (path === '') return;
      const isKept = keep(path, type);
      // A file that is not kept can be what a hard link that is kept points to.
      if (type === 'file' && (isKept || !hasOwnLinks(path))) {
        files.set(path, { type: 'file', ...ownerOf(entry), content: await spool.append(content) });
      }
      if (!isKept) return;
      if (entry.xattrs.length > 0) attributed.push(path);
      entries.push([path, entryOf(file, path, entry, files)]);
    },
    { limits: { backslashes: true }, signal },
  );
  return { entries, attributed };
}

/** Manuals and translations are linked among themselves alone. */
function hasOwnLinks(path: string): boolean {
  return /^usr\/share\/(man|doc|info|locale)\//.test(path);
}

function entryOf(
  file: PackageFile,
  path: TreePath,
  entry: TarEntry,
  files: ReadonlyMap<string, FileEntry>,
): TreeEntry {
  switch (entry.type) {
    case 'directory':
      return { type: 'directory', ...ownerOf(entry) };
    case 'symlink':
      return { type: 'symlink', ...ownerOf(entry), target: entry.linkTarget! };
    case 'file':
    case 'hardlink': {
      // Names of one inode: its mode and owner are those of the first.
      const found = files.get(entry.type === 'file' ? path : entry.linkTarget!);
      if (found === undefined) {
        throw invalid(file, `has the hard link \`${visible(path)}\` to what is not in it`);
      }
      return found;
    }
    default:
      throw invalid(file, `holds the ${entry.type} \`${visible(path)}\``);
  }
}

function ownerOf({ mode, uid, gid, mtime }: TarEntry) {
  return { mode, uid, gid, mtime: Math.max(0, mtime) };
}

function invalid(file: PackageFile, why: string): PackageInvalidError {
  return new PackageInvalidError(`the package ${nameOf(file)} ${why}`, {
    hint: 'exclude the package, or report it to Debian',
  });
}

function nameOf(file: PackageFile): string {
  return `\`${file.name}\` ${file.version}`;
}
