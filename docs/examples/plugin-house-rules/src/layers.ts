/** Moves distributions of the house into a layer of their own, above all other dependencies. */
import type { LayerGroup } from 'pycontainer';

/** What changes every day then costs no download of what does not. */
export function withOwnLayer(groups: readonly LayerGroup[], own: readonly string[]): readonly LayerGroup[] {
  const isOwn = (group: LayerGroup, part: string): boolean =>
    group.role === 'dependency' && own.includes(part);
  const moved = groups.flatMap((group) => group.parts.filter((part) => isOwn(group, part)));
  if (moved.length === 0) return groups;
  const others = groups
    .map((group) => ({ ...group, parts: group.parts.filter((part) => !isOwn(group, part)) }))
    .filter(({ parts }) => parts.length > 0);
  const house: LayerGroup = { name: 'dependencies of the house', role: 'dependency', parts: moved };
  const above = others.findLastIndex(({ role }) => role === 'dependency' || role === 'environment') + 1;
  return [...others.slice(0, above), house, ...others.slice(above)];
}
