/** A part without some of its paths, for what another part puts in their place. */
import { digestOfJson } from '../../primitives/digest.ts';
import type { Part, PartRecord } from '../../primitives/file-tree.ts';

/** The same part where none of its paths is left out. */
export async function partialPart(
  part: Part,
  isLeftOut: (path: string) => boolean,
  signal?: AbortSignal,
): Promise<Part> {
  const record = await part.record(signal);
  const leftOut = record.entries.filter(({ path, type }) => type !== 'directory' && isLeftOut(path));
  if (leftOut.length === 0) return part;
  const paths: ReadonlySet<string> = new Set(leftOut.map(({ path }) => path));
  const rest: PartRecord = { ...record, entries: record.entries.filter(({ path }) => !paths.has(path)) };
  return {
    ...part,
    key: digestOfJson({ what: 'partial part', part: part.key, without: [...paths] }),
    record: async () => rest,
    async *entries(inner) {
      for await (const item of part.entries(inner)) if (!paths.has(item[0])) yield item;
    },
  };
}
