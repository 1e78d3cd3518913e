/** How collected static files take their place in the tree. What they are and who made them is not known here. */
import type { Collected, Part, PresetContext } from 'pycontainer';

/** The name of the part. */
export const PART = 'static files';

/**
 * Adds a part of static files; a project's own files in their place give way, with copies that were compressed of them.
 *
 * @param removed - paths of files that `collectstatic` would remove in the end
 */
export async function addStatic(
  collected: Collected,
  part: Part,
  root: string,
  context: PresetContext,
  removed: Iterable<string> = [],
): Promise<Collected> {
  const { entries } = await part.record(context.signal);
  const files = entries.filter(({ type }) => type === 'file').map(({ path }) => path);
  const made = new Set<string>([...files, ...removed]);
  const without = await context.withoutSources(
    collected,
    (path) => path.startsWith(`${root}/`) && made.has(path.replace(/\.(?:gz|br)$/, '')),
  );
  return context.addPart(without, part);
}

/** Where the folders that a part of static files lists begin. */
export function topOf(root: string): string {
  return ['app', 'opt/venv'].find((top) => root.startsWith(`${top}/`)) ?? root;
}
