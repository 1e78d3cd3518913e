/**
 * Puts parts together into one tree: finds where they conflict, from their records alone, and merges their entries. It
 * knows nothing of what a part is made of.
 */
import { PycError } from './errors.ts';
import type { FileTree, Part, PartRecord, RecordedEntry, TreeEntry } from './file-tree.ts';
import { comparePaths, type TreePath, visible } from './path.ts';

/**
 * Two distributions, or a distribution and the project, want different things at one path. Installers would let
 * the last one win in silence; `details` lists every such path.
 */
export class TreeConflictError extends PycError {
  readonly code = 'PYC_TREE_CONFLICT';
  declare readonly details: readonly TreeConflict[];

  constructor(conflicts: readonly TreeConflict[]) {
    const [first] = conflicts;
    const more = conflicts.length > 1 ? ` (and ${conflicts.length - 1} more paths)` : '';
    const what =
      first === undefined
        ? ''
        : `\`${first.first}\` and \`${first.second}\` ${first.reason}: \`${visible(first.path)}\``;
    super(`${what}${more}`, {
      details: conflicts,
      hint: 'leave one of them out, pin versions that do not share files, or say by `distributions.prefer` whose file is kept',
    });
  }
}

export interface TreeConflict {
  readonly path: TreePath;
  /** Names of the two parts, in the tree's order. */
  readonly first: string;
  readonly second: string;
  readonly reason: string;
}

/** A part's record, by the part's name. */
export interface NamedRecord {
  readonly name: string;
  readonly record: PartRecord;
}

/**
 * Every path that two parts want differently: other bytes, another target, or a file where the other has a directory.
 * The same bytes twice are no conflict, nor are directories. Paths that differ in case only are different paths.
 */
export function findConflicts(records: readonly NamedRecord[]): TreeConflict[] {
  const conflicts: TreeConflict[] = [];
  const taken = new Map<string, { readonly name: string; readonly entry: RecordedEntry }>();
  for (const { name, record } of records) {
    for (const entry of record.entries) {
      const known = taken.get(entry.path);
      if (known === undefined) {
        taken.set(entry.path, { name, entry });
        continue;
      }
      const reason = differenceOf(known.entry, entry);
      if (reason !== undefined) conflicts.push({ path: entry.path, first: known.name, second: name, reason });
    }
  }
  findBlocked(records, taken, conflicts);
  return conflicts.sort((a, b) => comparePaths(a.path, b.path));
}

/** A part need not list the directories above its own: a file or a link of another part may lie in their place. */
function findBlocked(
  records: readonly NamedRecord[],
  taken: ReadonlyMap<string, { readonly name: string; readonly entry: RecordedEntry }>,
  conflicts: TreeConflict[],
): void {
  // A folder that is listed was found in differenceOf already.
  const seen = new Set<string>(conflicts.map(({ path }) => path));
  for (const { name, record } of records) {
    for (const { path } of record.entries) {
      for (let at = path.lastIndexOf('/'); at !== -1; at = path.lastIndexOf('/', at - 1)) {
        const parent = path.slice(0, at);
        if (seen.has(parent)) break;
        seen.add(parent);
        const known = taken.get(parent);
        if (known !== undefined && known.entry.type !== 'directory') {
          const reason = `put a ${known.entry.type === 'file' ? 'file' : 'link'} and a folder at one path`;
          conflicts.push({ path: parent as TreePath, first: known.name, second: name, reason });
        }
      }
    }
  }
}

function differenceOf(a: RecordedEntry, b: RecordedEntry): string | undefined {
  if (a.type !== b.type) {
    const kinds = [a.type, b.type].map((type) =>
      type === 'directory' ? 'a folder' : type === 'file' ? 'a file' : 'a link',
    );
    return `put ${kinds.join(' and ')} at one path`;
  }
  if (a.type === 'file' && b.type === 'file' && a.sha256 !== b.sha256)
    return 'have different files of one name';
  if (a.type === 'symlink' && b.type === 'symlink' && a.target !== b.target)
    return 'have links of one name to different targets';
  return undefined;
}

/**
 * The tree of some parts. Its entries are checked for conflicts before the first one comes; of the same bytes twice, the
 * earlier part's is kept.
 *
 * @throws TreeConflictError from `entries`
 */
export function makeFileTree(given: readonly Part[]): FileTree {
  const parts = Object.freeze([...given]);
  // A part is a value: one that was changed in place would be found under the key of what it was.
  for (const part of parts) if (Object.getPrototypeOf(part) === Object.prototype) Object.freeze(part);
  return Object.freeze<FileTree>({
    parts,
    async *entries(signal) {
      const records = await Promise.all(
        parts.map(async (part) => ({ name: part.name, record: await part.record(signal) })),
      );
      const conflicts = findConflicts(records);
      if (conflicts.length > 0) throw new TreeConflictError(conflicts);
      const merged = new Map<TreePath, TreeEntry>();
      for (const part of parts) {
        for await (const [path, entry] of part.entries(signal))
          if (!merged.has(path)) merged.set(path, entry);
      }
      for (const path of [...merged.keys()].sort()) yield [path, merged.get(path)!] as const;
    },
  });
}
