/** Parts whose entries are at hand: files in memory, links and directories. Wheels and sources are not its business. */

import { streamOf } from '../../primitives/bytes.ts';
import { type Digest, digestOf, digestOfJson } from '../../primitives/digest.ts';
import type {
  ComponentFacts,
  Content,
  Part,
  PartRecord,
  PartRole,
  RecordedEntry,
  TreeEntry,
  TreeItem,
} from '../../primitives/file-tree.ts';
import { ancestorsOf, comparePaths, parseTreePath, type TreePath } from '../../primitives/path.ts';

/** Bytes that are in memory, with their digest. */
export function memoryContent(bytes: Uint8Array): Content {
  return { size: bytes.length, sha256: digestOf(bytes), bytes, open: () => streamOf(bytes) };
}

export interface MemoryPartOptions {
  readonly name: string;
  readonly role: PartRole;
  /** Digests what the items do not show, such as a rules' version. */
  readonly salt: unknown;
  readonly components?: readonly ComponentFacts[];
}

/** A part of items whose files all have known digests; its key follows from them. */
export function partOfItems(items: readonly TreeItem[], options: MemoryPartOptions): Part {
  const sorted = [...items].sort(([a], [b]) => comparePaths(a, b));
  const record: PartRecord = {
    entries: sorted.map(([path, entry]) => recordOf(path, entry)),
    components: options.components ?? [],
  };
  const key: Digest = digestOfJson({
    salt: options.salt,
    entries: sorted.map(([path, entry]) => [recordOf(path, entry), entry.uid, entry.gid, entry.mtime]),
  });
  return {
    name: options.name,
    key,
    role: options.role,
    size: sorted.reduce((sum, [, entry]) => sum + (entry.type === 'file' ? entry.content.size : 0), 0),
    record: async () => record,
    async *entries() {
      yield* sorted;
    },
  };
}

/** What files in memory look like in a tree: root's, with the directories from `top` down. */
export function itemsOfFiles(
  files: Readonly<Record<string, { readonly bytes: Uint8Array; readonly mode: number }>>,
  mtime: number,
  top?: string,
): TreeItem[] {
  const owner = { uid: 0, gid: 0, mtime };
  const directories = new Set<TreePath>();
  const items: TreeItem[] = Object.entries(files).map(([text, { bytes, mode }]) => {
    const path = parseTreePath(text);
    if (top !== undefined) {
      for (const above of ancestorsOf(path)) {
        if (above === top || above.startsWith(`${top}/`)) directories.add(above);
      }
    }
    return [path, { type: 'file', mode, ...owner, content: memoryContent(bytes) }];
  });
  return [
    ...items,
    ...[...directories].map((path): TreeItem => [path, { type: 'directory', mode: 0o755, ...owner }]),
  ];
}

function recordOf(path: TreePath, entry: TreeEntry): RecordedEntry {
  switch (entry.type) {
    case 'file': {
      const { size, sha256 } = entry.content;
      if (sha256 === undefined) throw new TypeError(`the content of ${path} has no digest`);
      return { path, type: 'file', mode: entry.mode, size, sha256 };
    }
    case 'symlink':
      return { path, type: 'symlink', mode: entry.mode, target: entry.target };
    case 'directory':
      return { path, type: 'directory', mode: entry.mode };
  }
}
