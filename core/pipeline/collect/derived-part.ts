/** Parts that are made of other parts: made only when nothing is known of them, or when their bytes are wanted. */
import { digestOfJson } from '../../primitives/digest.ts';
import { FIXED_MTIME, type Part, type PartRecord, type TreeItem } from '../../primitives/file-tree.ts';
import { ancestorsOf, parseTreePath, type TreePath } from '../../primitives/path.ts';
import type { RecordCache } from '../../python/install/part.ts';
import type { DerivedPart } from '../preset.ts';
import { partOfItems } from './memory-part.ts';

/** To be counted up whenever the same files would become other entries. */
const RULES = 1;

/** The part's functions throw what `make` throws, and TreePathError for a path that it must not have. */
export function derivedPart(recipe: DerivedPart, records: RecordCache): Part {
  const { name, role = 'plugin', size, top, mtime = FIXED_MTIME } = recipe;
  const key = digestOfJson({ what: 'derived part', rules: RULES, key: recipe.key, top, mtime });
  let made: Promise<Part> | undefined;
  const make = (signal?: AbortSignal): Promise<Part> => {
    made ??= makeNow(recipe, mtime, signal).catch((error: unknown) => {
      // Another caller, with another signal, may have more luck.
      made = undefined;
      throw error;
    });
    return made;
  };
  return {
    name,
    key,
    role,
    size,
    async record(signal): Promise<PartRecord> {
      const known = made === undefined ? await records.get(key) : undefined;
      if (known !== undefined) return known;
      const record = await (await make(signal)).record(signal);
      await records.set(key, record);
      return record;
    },
    async *entries(signal) {
      yield* (await make(signal)).entries(signal);
    },
  };
}

async function makeNow(recipe: DerivedPart, mtime: number, signal?: AbortSignal): Promise<Part> {
  const { name, role = 'plugin', top } = recipe;
  const owner = { uid: 0, gid: 0, mtime };
  const folders = new Set<TreePath>();
  const items: TreeItem[] = [];
  for (const [text, content] of await recipe.make(signal)) {
    const path = parseTreePath(text);
    for (const above of ancestorsOf(path)) {
      if (above === top || above.startsWith(`${top}/`)) folders.add(above);
    }
    items.push([path, { type: 'file', mode: 0o644, ...owner, content }]);
  }
  for (const path of folders) items.push([path, { type: 'directory', mode: 0o755, ...owner }]);
  return partOfItems(items, { name, role, salt: recipe.key });
}
