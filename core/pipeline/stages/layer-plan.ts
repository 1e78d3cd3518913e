/**
 * How a tree is cut into layers: large dependencies alone, small ones in buckets that are chosen by name
 * alone, so that one upgrade touches one layer. Writing the layers is not its business.
 */
import { createHash } from 'node:crypto';
import type { Platform } from '../../oci/platform.ts';
import type { FileTree, Part } from '../../primitives/file-tree.ts';
import type { Distribution, LayerGroup, LayerPlan } from '../values.ts';

/** Bytes of a wheel from which it has a layer of its own: below, a layer's round trips cost more than its bytes. */
const LARGE = 1024 * 1024;
/** Layers for large dependencies: those who build on the image want some as well. */
const LARGE_BUDGET = 64;
/** Engines stop at about so many layers. */
const MOST = 127;
/** Layers for the small ones; a constant, so that adding a dependency moves no other. */
const BUCKETS = 8;

/**
 * The plan for one platform's tree, before any plugin shapes it.
 *
 * @param baseLayers layers that the base has; where they are many, fewer dependencies get one of their own
 */
export function planLayers(
  platform: Platform,
  tree: FileTree,
  distributions: readonly Distribution[],
  baseLayers = 0,
): LayerPlan {
  const direct = new Set(distributions.filter((one) => one.directUrl !== undefined).map((one) => one.name));
  const dependencies = tree.parts.filter((part) => part.role === 'dependency');
  const others = 3 + tree.parts.filter((part) => part.role === 'plugin').length;
  const alone = new Set(
    dependencies
      .filter((part) => direct.has(part.name) || part.size >= LARGE)
      .sort((a, b) => Number(direct.has(b.name)) - Number(direct.has(a.name)) || b.size - a.size)
      .slice(0, Math.max(0, Math.min(LARGE_BUDGET, MOST - baseLayers - BUCKETS - others))),
  );
  return {
    platform,
    groups: [
      ...oneGroup('system', tree, 'system'),
      ...oneGroup('environment', tree, 'environment'),
      ...dependencies
        .filter((part) => alone.has(part))
        .map(
          (part): LayerGroup => ({
            name: `dependencies: ${part.name}`,
            role: 'dependency',
            parts: [part.name],
          }),
        ),
      ...bucketsOf(dependencies.filter((part) => !alone.has(part))),
      ...tree.parts
        .filter((part) => part.role === 'plugin')
        .map((part): LayerGroup => ({ name: part.name, role: 'plugin', parts: [part.name] })),
      ...oneGroup('project', tree, 'project'),
    ],
  };
}

function oneGroup(name: string, tree: FileTree, role: Part['role']): LayerGroup[] {
  const parts = tree.parts.filter((part) => part.role === role).map((part) => part.name);
  return parts.length === 0 ? [] : [{ name, role, parts }];
}

function bucketsOf(parts: readonly Part[]): LayerGroup[] {
  const buckets = new Map<number, string[]>();
  for (const { name } of parts) {
    const bucket = createHash('sha256').update(name).digest()[0]! % BUCKETS;
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), name]);
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([, names]) => ({ name: `dependencies: ${namesOf(names)}`, role: 'dependency', parts: names }));
}

/** Short enough for a history line, whatever the bucket holds. */
function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
