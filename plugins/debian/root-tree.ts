/**
 * The file system that packages make together: merged `/usr`, folders that are links, files that two packages
 * have. Works on entries alone; what maintainer scripts would add is known elsewhere.
 */

import type { FileEntry, SymlinkEntry, TreeEntry, TreePath } from 'pycontainer';
import { ancestorsOf, FIXED_MTIME, PycError, parseTreePath, readAll, visible } from 'pycontainer';
import type { OpenedPackage } from './package-file.ts';
import { parseRelations, versionFits } from './relation.ts';

/** Two Debian packages have one path with different contents, or their links lead in a circle. */
export class FileConflictError extends PycError {
  readonly code = 'PYC_DEBIAN_FILE_CONFLICT';
}

/** A path of the tree and the package that it is from. */
export interface Placed {
  readonly entry: TreeEntry;
  readonly owner: OpenedPackage;
}

export type RootTree = ReadonlyMap<TreePath, Placed>;

/** A place that a package's path comes to, once links are followed. */
export type Locate = (path: TreePath) => TreePath;

/** Merged `/usr`, and the folders that base-files' script turns into links. Path → the link's text. */
const FIXED: ReadonlyMap<string, string> = new Map([
  ...['bin', 'lib', 'lib32', 'lib64', 'libo32', 'libx32', 'sbin'].map(
    (name) => [name, `usr/${name}`] as const,
  ),
  ['var/lock', '/run/lock'],
  ['var/run', '/run'],
]);
/** These are there even if no package has something in them. */
const ALWAYS: readonly string[] = ['bin', 'lib', 'sbin', 'var/lock', 'var/run'];
/** As the kernel's limit on links in one path. */
const MAX_LINKS = 40;

/**
 * @param packages in the order in which they would be unpacked
 * @throws FileConflictError for different files at one path where neither package replaces the other
 */
export async function mergePackages(packages: readonly OpenedPackage[]): Promise<RootTree> {
  const locate = locatorOf(packages);
  const tree = new Map<TreePath, Placed>();
  const [first] = packages;
  if (first !== undefined) for (const path of ALWAYS) tree.set(path as TreePath, fixedLink(path, first));
  for (const owner of packages) {
    for (const [stated, entry] of owner.entries) {
      const fixed = fixedAbove(stated);
      if (fixed !== undefined && !tree.has(fixed)) tree.set(fixed, fixedLink(fixed, owner));
      if (fixed === stated) continue;
      const path = locate(stated);
      if (pointsToItself(path, stated, entry, locate)) continue;
      const before = tree.get(path);
      const winner = before === undefined ? { entry, owner } : await settle(path, before, { entry, owner });
      if (winner !== before) tree.set(path, winner);
    }
  }
  return tree;
}

/** Finds where a path lies once the fixed links, and links that other packages take for folders, are followed. */
export function locatorOf(packages: readonly OpenedPackage[]): Locate {
  const links = new Map([...FIXED].map(([path, target]) => [path, resolveTarget(path, target)]));
  const folders = new Set<string>();
  const symlinks = new Map<string, string>();
  for (const { entries } of packages) {
    for (const [stated, entry] of entries) {
      if (FIXED.has(stated) || entry.type === 'file') continue;
      const path = followed(stated, links);
      if (entry.type === 'directory') folders.add(path);
      else symlinks.set(path, entry.target);
    }
  }
  for (const [path, target] of symlinks) if (folders.has(path)) links.set(path, resolveTarget(path, target));
  return (path) => followed(path, links);
}

function followed(path: TreePath, links: ReadonlyMap<string, string>): TreePath {
  let at = path;
  for (let turns = 0; turns < MAX_LINKS; turns++) {
    const link = ancestorsOf(at).find((ancestor) => links.has(ancestor));
    if (link === undefined) return at;
    at = parseTreePath(`${links.get(link)}${at.slice(link.length)}`.replace(/^\//, ''), {
      backslashes: true,
    });
  }
  throw new FileConflictError(`the links above \`${visible(path)}\` lead in a circle`, {
    hint: 'exclude one of the packages that have them',
  });
}

/** The fixed link that a path is, or lies below. */
function fixedAbove(path: TreePath): TreePath | undefined {
  return [...ancestorsOf(path), path].find((each) => FIXED.has(each));
}

function fixedLink(path: string, owner: OpenedPackage): Placed {
  const entry: SymlinkEntry = {
    type: 'symlink',
    mode: 0o777,
    uid: 0,
    gid: 0,
    mtime: FIXED_MTIME,
    target: FIXED.get(path)!,
  };
  return { entry, owner };
}

/** A link's target as a path from the root; what leads above the root stays there, as in a kernel. */
export function resolveTarget(path: string, target: string): string {
  const segments = target.startsWith('/') ? [] : path.split('/').slice(0, -1);
  for (const segment of target.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}

/** `/bin/which -> /usr/bin/which` was right before `/usr` was merged. */
function pointsToItself(path: TreePath, stated: TreePath, entry: TreeEntry, locate: Locate): boolean {
  if (entry.type !== 'symlink' || stated === path) return false;
  const target = resolveTarget(path, entry.target);
  return target === path || (target !== '' && locate(target as TreePath) === path);
}

async function settle(path: TreePath, before: Placed, after: Placed): Promise<Placed> {
  if (after.entry.type === 'directory') return before;
  // dpkg keeps a link that stands for a folder, and files below it were placed through it.
  if (before.entry.type === 'directory' && after.entry.type === 'symlink') return after;
  if (replaces(after.owner, before.owner)) return after;
  if (replaces(before.owner, after.owner)) return before;
  if (await isSame(before.entry, after.entry)) return before;
  throw conflict(path, before, after);
}

function replaces(one: OpenedPackage, other: OpenedPackage): boolean {
  return parseRelations(one.fields.get('replaces')).groups.some((group) =>
    group.some(
      ({ name, ...rest }) => name === other.file.name && versionFits(other.file.version, { name, ...rest }),
    ),
  );
}

async function isSame(a: TreeEntry, b: TreeEntry): Promise<boolean> {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  if (a.type === 'symlink') return b.type === 'symlink' && a.target === b.target;
  if (a.type !== 'file' || b.type !== 'file' || a.content.size !== b.content.size) return false;
  return Buffer.from(await bytesOf(a)).equals(await bytesOf(b));
}

/** A file's bytes whole. */
export function bytesOf(entry: FileEntry): Promise<Uint8Array> {
  return readAll(entry.content.open(), entry.content.size, 'a file of a package');
}

function conflict(path: TreePath, before: Placed, after: Placed): FileConflictError {
  const [one, other] = [before.owner.file.name, after.owner.file.name];
  return new FileConflictError(
    `the packages \`${one}\` and \`${other}\` both have \`/${visible(path)}\`, with differences`,
    {
      hint: `leave one of them out, or exclude it with \`exclude: ['${other}']\``,
    },
  );
}
