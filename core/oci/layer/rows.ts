/**
 * From a tree's entries to the rows of a tar: order, one row a path, hard links, and where each content lies.
 * Reads no content and writes nothing.
 */
import type { Readable } from 'node:stream';
import type { TarMember } from '../../archive/tar-header.ts';
import type { Digest } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import type { Content, FileEntry, FileRange, TreeEntry, TreeItem } from '../../primitives/file-tree.ts';
import { baseName, comparePaths, type TreePath, visible } from '../../primitives/path.ts';

/** A member of the tar with where its content lies. */
export interface Row extends TarMember {
  /** Undefined for all but files. */
  readonly content?: Place;
}

export interface Place {
  /** Whether the bytes lie there as they are, or as raw deflate data. */
  readonly form: 'plain' | 'deflated';
  readonly from: Uint8Array | FileRange | (() => Readable);
  /** Bytes as they lie there. */
  readonly stored: number;
  /** Of the inflated bytes; 0 for plain content. */
  readonly crc32: number;
  /** What the content must have, where that is to be checked. */
  readonly sha256?: Digest;
  /** What the content comes out of, for errors. */
  readonly origin?: string;
}

/**
 * Within one layer a path is there twice with differences, or lies below what is no directory. Only a plugin that
 * adds such a part can cause it: mend or remove the plugin.
 */
export class LayerConflictError extends PycError {
  readonly code = 'PYC_LAYER_PATH_CONFLICT';
  static override readonly usualHint = 'leave one of the two out';
}

/**
 * A file is named `.wh.…`, which in a layer would delete files of the layers below (image specification,
 * "Whiteouts"). No distribution or project may do that: rename the file, or leave it out.
 */
export class LayerWhiteoutError extends PycError {
  readonly code = 'PYC_LAYER_WHITEOUT';
  static override readonly usualHint = 'rename the file, or leave it out';
}

/**
 * A file's bytes are not as many, or not those, that were announced when the layer was planned, because it changed
 * meanwhile or its wheel lies about it.
 */
export class LayerContentError extends PycError {
  readonly code = 'PYC_LAYER_CONTENT_CHANGED';
  static override readonly usualHint = 'build again; the file was changed while it was read';
}

/**
 * Takes entries in any order; for the same entries the rows are always the same.
 *
 * @param layer names the layer in errors
 * @param trusts true for a host file whose entries were hashed before: their size and CRC-32 are enough then
 * @throws LayerConflictError for two different entries at one path, and for an entry below one that is no directory;
 * LayerWhiteoutError; LayerContentError where a range has not the stated size
 */
export function planRows(
  items: readonly TreeItem[],
  layer: string,
  trusts?: (file: string) => boolean,
): Row[] {
  const rows: Row[] = [];
  const first = new Map<Content, readonly [path: TreePath, entry: FileEntry]>();
  for (const [path, entry] of inOrder(items, layer)) {
    const { type, mode, uid, gid, mtime } = entry;
    const shared = { path, type, mode, uid, gid, mtime, size: 0 };
    if (entry.type === 'directory') rows.push(shared);
    else if (entry.type === 'symlink') rows.push({ ...shared, linkTarget: entry.target });
    else {
      const { content } = entry;
      const before = first.get(content);
      if (before !== undefined && sameInode(before[1], entry)) {
        rows.push({ ...shared, type: 'hardlink', linkTarget: before[0] });
        continue;
      }
      // An empty file is cheaper than a link, and makers of entries share one empty content among many.
      if (content.size > 0 && before === undefined) first.set(content, [path, entry]);
      rows.push({ ...shared, size: content.size, content: placeOf(path, content, trusts) });
    }
  }
  return rows;
}

/** Sorted, each path once; parents come before what they hold, because a prefix sorts first. */
function inOrder(items: readonly TreeItem[], layer: string): TreeItem[] {
  const sorted = [...items].sort(([a], [b]) => comparePaths(a, b));
  const kept: TreeItem[] = [];
  const closed = new Set<string>();
  let before: TreeItem | undefined;
  for (const item of sorted) {
    const [path, entry] = item;
    if (before?.[0] === path) {
      if (sameEntry(before[1], entry)) continue;
      throw new LayerConflictError(
        `\`${visible(path)}\` is there twice in the layer \`${layer}\`, with differences`,
      );
    }
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      const above = path.slice(0, at);
      if (!closed.has(above)) continue;
      throw new LayerConflictError(
        `\`${visible(path)}\` lies below \`${visible(above)}\`, which is no directory`,
      );
    }
    if (baseName(path).startsWith('.wh.')) {
      throw new LayerWhiteoutError(`\`${visible(path)}\` would delete a file of the base image`);
    }
    if (entry.type !== 'directory') closed.add(path);
    kept.push(item);
    before = item;
  }
  return kept;
}

function sameEntry(a: TreeEntry, b: TreeEntry): boolean {
  // The first of several statements about a directory holds: packages often disagree on its times.
  if (a.type === 'directory') return b.type === 'directory';
  if (a.type === 'symlink') return b.type === 'symlink' && a.target === b.target;
  if (b.type !== 'file' || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  const [one, other] = [a.content, b.content];
  return one === other || (one.sha256 !== undefined && one.sha256 === other.sha256);
}

function sameInode(a: FileEntry, b: FileEntry): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.mtime === b.mtime;
}

function placeOf(path: TreePath, content: Content, trusts?: (file: string) => boolean): Place {
  const { size, sha256, deflated } = content;
  const { range } = deflated ?? content;
  const stored = deflated?.size ?? size;
  const known = range?.size ?? (deflated === undefined ? content.bytes?.length : undefined) ?? stored;
  if (known !== stored) {
    throw new LayerContentError(`\`${visible(path)}\` has ${known} bytes instead of ${stored}`);
  }
  const trusted = range !== undefined && trusts?.(range.file) === true;
  return {
    form: deflated === undefined ? 'plain' : 'deflated',
    from:
      range ?? (deflated === undefined ? content.bytes : undefined) ?? (() => (deflated ?? content).open()),
    stored,
    crc32: deflated?.crc32 ?? 0,
    ...(sha256 === undefined || trusted ? {} : { sha256 }),
    ...(content.origin === undefined ? {} : { origin: content.origin }),
  };
}
