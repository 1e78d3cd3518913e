/**
 * The merged file system of stacked layers, in memory and without contents: what lies where after links and
 * whiteouts (image specification, "Applying Changesets"). It reads no tar and keeps no bytes.
 */
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import type { ListedEntry } from './layer-memory.ts';

/** A file of a layer: which layer, and the how manyth entry of its tar. */
export interface FileNode {
  readonly type: 'file';
  readonly layer: number;
  readonly source: { readonly layer: number; readonly entry: number };
  readonly size: number;
}
export interface LinkNode {
  readonly type: 'symlink';
  readonly layer: number;
  readonly target: string;
}
/** Devices and named pipes. */
export interface OtherNode {
  readonly type: 'other';
  readonly layer: number;
}
export interface DirectoryNode {
  readonly type: 'directory';
  layer: number;
  readonly children: Map<string, Node>;
}
export type Node = FileNode | LinkNode | OtherNode | DirectoryNode;

/**
 * A layer of the base holds entries that contradict each other or lead out of the image, such as a file below a
 * file or a whiteout through a link. Use another base, or have it made again.
 */
export class RootfsError extends PycError {
  readonly code = 'PYC_IMAGE_LAYER_INVALID';
  static override readonly usualHint = 'use another image, or ask its makers to mend this one';
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** As many as Linux follows. */
const MAX_LINKS = 40;

export interface FileSystem {
  /**
   * Applies one entry of a layer. Layers come from the base up, entries in the order of their tar.
   *
   * @returns the path where the entry came to lie, once links above it are followed
   * @throws RootfsError for what no engine would unpack
   */
  apply(entry: ListedEntry, layer: number, ordinal: number): string;
  /** What lies at the path; links are followed, and never lead outside. */
  find(path: string): Node | undefined;
  /** All files and links, in no particular order, with their real paths. */
  walk(): Iterable<readonly [path: string, node: FileNode | LinkNode]>;
}

export function createFileSystem(): FileSystem {
  const root: DirectoryNode = { type: 'directory', layer: 0, children: new Map() };

  /** Follows a path to its node and real path. With `make`, directories that are missing are made. */
  const walkTo = (path: string, followLast: boolean, make?: number): Found | undefined => {
    const stack: Step[] = [{ name: '', node: root }];
    const pending = segmentsOf(path);
    let links = 0;
    while (pending.length > 0) {
      const name = pending.shift()!;
      if (name === '..') {
        if (stack.length > 1) stack.pop();
        continue;
      }
      const parent = stack.at(-1)!.node;
      if (parent.type !== 'directory') return undefined;
      let child = parent.children.get(name);
      if (child === undefined) {
        if (make === undefined) return undefined;
        child = { type: 'directory', layer: make, children: new Map() };
        parent.children.set(name, child);
      }
      if (child.type === 'symlink' && (followLast || pending.length > 0)) {
        links += 1;
        if (links > MAX_LINKS) return undefined;
        if (child.target.startsWith('/')) stack.length = 1;
        pending.unshift(...segmentsOf(child.target));
        continue;
      }
      stack.push({ name, node: child });
    }
    return {
      path: stack
        .slice(1)
        .map((step) => step.name)
        .join('/'),
      node: stack.at(-1)!.node,
    };
  };

  return {
    apply(entry, layer, ordinal) {
      const at = entry.path.lastIndexOf('/');
      const above = at === -1 ? '' : entry.path.slice(0, at);
      const name = entry.path.slice(at + 1);
      if (name === '') return '';
      const parent = walkTo(above, true, layer);
      if (parent?.node.type !== 'directory') {
        throw new RootfsError(`\`${visible(entry.path)}\` lies below something that is no directory`);
      }
      const { children } = parent.node;
      const real = parent.path === '' ? name : `${parent.path}/${name}`;
      if (name.startsWith(WHITEOUT)) {
        if (parent.path !== above) {
          throw new RootfsError(`the whiteout \`${visible(entry.path)}\` leads through a link`);
        }
        if (name === OPAQUE) removeOlder(parent.node, layer);
        else removeBelow(children, name.slice(WHITEOUT.length), layer);
        return real;
      }
      const before = children.get(name);
      if (entry.type === 'directory') {
        if (before?.type === 'directory') before.layer = layer;
        else children.set(name, { type: 'directory', layer, children: new Map() });
      } else children.set(name, nodeOf(entry, layer, ordinal, walkTo));
      return real;
    },
    find: (path) => walkTo(path, true)?.node,
    walk: () => filesOf(root, ''),
  };
}

interface Step {
  readonly name: string;
  readonly node: Node;
}
interface Found {
  readonly path: string;
  readonly node: Node;
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function nodeOf(
  entry: ListedEntry,
  layer: number,
  ordinal: number,
  walkTo: (path: string, followLast: boolean) => Found | undefined,
): Node {
  switch (entry.type) {
    case 'symlink':
      return { type: 'symlink', layer, target: entry.linkTarget ?? '' };
    case 'file':
      return { type: 'file', layer, source: { layer, entry: ordinal }, size: entry.size };
    case 'hardlink': {
      const target = walkTo(entry.linkTarget ?? '', false)?.node;
      if (target === undefined || target.type === 'directory') {
        throw new RootfsError(`the hard link \`${visible(entry.path)}\` has no file to link to`);
      }
      return { ...target, layer };
    }
    default:
      return { type: 'other', layer };
  }
}

/** Removes what lower layers put there; what this layer itself put there stays, in whichever order it came. */
function removeBelow(children: Map<string, Node>, name: string, layer: number): void {
  const node = children.get(name);
  if (node === undefined) return;
  if (node.type === 'directory') {
    removeOlder(node, layer);
    if (node.children.size > 0 || node.layer === layer) return;
  } else if (node.layer === layer) return;
  children.delete(name);
}

function removeOlder(directory: DirectoryNode, layer: number): void {
  for (const name of [...directory.children.keys()]) removeBelow(directory.children, name, layer);
}

function* filesOf(
  directory: DirectoryNode,
  prefix: string,
): Generator<readonly [path: string, node: FileNode | LinkNode]> {
  for (const [name, node] of directory.children) {
    if (node.type === 'directory') yield* filesOf(node, `${prefix}${name}/`);
    else if (node.type !== 'other') yield [`${prefix}${name}`, node];
  }
}
