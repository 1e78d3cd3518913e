/** What the cures of maintainer scripts may look at, and how they state what is to be there. */

import type { TreeEntry, TreePath } from 'pycontainer';
import { FIXED_MTIME, parseTreePath, streamOf } from 'pycontainer';
import type { OpenedPackage } from '../package-file.ts';
import type { Locate } from '../root-tree.ts';
import { bytesOf, resolveTarget } from '../root-tree.ts';

/** What the packages make, with the cures so far. */
export interface RootView {
  readonly entries: ReadonlyMap<TreePath, TreeEntry>;
  /** In order of unpacking. */
  readonly packages: readonly OpenedPackage[];
  readonly locate: Locate;
}

/** Entries that are added, or put in place of a package's. */
export type Cure = (root: RootView) => Promise<readonly Cured[]> | readonly Cured[];

export type Cured = readonly [path: TreePath, entry: TreeEntry];

const OWNER = { uid: 0, gid: 0, mtime: FIXED_MTIME } as const;

/** A file of root's, 0644 unless said otherwise. */
export function fileOf(path: string, content: Uint8Array | string, mode = 0o644): Cured {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return [
    parseTreePath(path),
    { type: 'file', ...OWNER, mode, content: { size: bytes.length, bytes, open: () => streamOf(bytes) } },
  ];
}

export function folderOf(path: string, mode = 0o755, owner: { uid: number; gid: number } = OWNER): Cured {
  const { uid, gid } = owner;
  return [parseTreePath(path), { type: 'directory', uid, gid, mtime: FIXED_MTIME, mode }];
}

export function linkOf(path: string, target: string): Cured {
  return [parseTreePath(path), { type: 'symlink', ...OWNER, mode: 0o777, target }];
}

/** The bytes of a file, through links; undefined where there is none. */
export async function readFile(root: RootView, path: string): Promise<Uint8Array | undefined> {
  const entry = find(root, path);
  return entry?.type === 'file' ? bytesOf(entry) : undefined;
}

/** True where something lies at a path, through links. */
export function exists(root: RootView, path: string): boolean {
  return find(root, path) !== undefined;
}

const MAX_LINKS = 40;

function find(root: RootView, path: string): TreeEntry | undefined {
  let at = path;
  for (let turns = 0; turns < MAX_LINKS && at !== ''; turns++) {
    const place = root.locate(at as TreePath);
    const entry = root.entries.get(place);
    if (entry?.type !== 'symlink') return entry;
    at = resolveTarget(place, entry.target);
  }
  return undefined;
}
