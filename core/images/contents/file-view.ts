/** The files of stacked layers as a container sees them, with what each layer said of them. */

import { createFileSystem } from '../../oci/rootfs/file-system.ts';
import { comparePaths } from '../../primitives/path.ts';
import type { BaseFiles } from '../../python/index.ts';
import type { LayerListing, ListedFile } from './layer-listing.ts';

/** A file or a symbolic link. */
export interface ViewedFile {
  /** Relative to the root, through no link. */
  readonly path: string;
  /** Of a hard link, what it links to. */
  readonly entry: ListedFile;
  /** The number of the layer that brought it. */
  readonly layer: number;
}

export interface FileView extends BaseFiles {
  /** Sorted by path. */
  readonly files: readonly ViewedFile[];
}

/** @throws RootfsError for layers that no engine would unpack */
export function viewOf(layers: readonly LayerListing[]): FileView {
  const system = createFileSystem();
  const links = new Map<string, ListedFile>();
  for (const [layer, { entries }] of layers.entries()) {
    for (const [ordinal, entry] of entries.entries()) {
      const path = system.apply(entry, layer, ordinal);
      if (entry.type === 'symlink') links.set(path, entry);
    }
  }
  const files = [...system.walk()].map(([path, node]): ViewedFile => {
    const entry =
      node.type === 'file'
        ? layers[node.source.layer]!.entries[node.source.entry]!
        : // A hard link to a link has that link's target.
          (links.get(path) ?? linkOf(path, node.target));
    return { path, entry, layer: node.layer };
  });
  files.sort((a, b) => comparePaths(a.path, b.path));
  return {
    files,
    async read(path) {
      const node = system.find(path);
      if (node?.type !== 'file') return undefined;
      return layers[node.source.layer]!.contents.get(node.source.entry);
    },
    async list(prefix) {
      return files.map(({ path }) => path).filter((path) => path.startsWith(prefix));
    },
  };
}

function linkOf(path: string, linkTarget: string): ListedFile {
  return {
    path: path as ListedFile['path'],
    type: 'symlink',
    mode: 0o777,
    uid: 0,
    gid: 0,
    size: 0,
    linkTarget,
  };
}
