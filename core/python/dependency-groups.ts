/**
 * Dependency groups (PyPA's "Dependency Groups", PEP 735) out of pyproject.toml's table: looked up by their
 * normalised name, with the groups that they include. Which groups an image wants is not decided here.
 */
import { isPycError, messageOf, PycError } from '../primitives/errors.ts';
import { isName, normalizeName } from './name.ts';
import { Requirement } from './requirement.ts';

/**
 * `[dependency-groups]` of pyproject.toml is not what the standard (PEP 735) allows: a malformed requirement, an
 * unknown group, or groups that include each other. `details` has every fault that was met.
 */
export class DependencyGroupError extends PycError {
  readonly code = 'PYC_DEPENDENCY_GROUP_INVALID';
}

/** One item of a group: a requirement, or another group to take in. */
export type DependencyGroupItem = Requirement | { readonly includeGroup: string };

/** The `[dependency-groups]` table as TOML gives it. */
export type DependencyGroupTable = Readonly<Record<string, unknown>>;

/** Deeper or longer than this is no project but an attack on the program's memory. */
const DEEPEST = 500;
const MOST = 50_000;

/**
 * The items of one group as they stand, included groups not expanded.
 *
 * @throws DependencyGroupError for a group that is missing, ambiguous or malformed
 */
export function lookUpDependencyGroup(
  table: DependencyGroupTable,
  name: string,
): readonly DependencyGroupItem[] {
  const faults: string[] = [];
  const items = itemsOf(indexOf(table, faults), name, faults);
  throwFaults(faults);
  return items;
}

/**
 * The requirements of the groups named, with those of the groups that they include, in the order written. A
 * requirement that is there twice stays so.
 *
 * @throws DependencyGroupError with all faults of what was reached: missing groups, cycles, two groups of one
 * normalised name, malformed items
 */
export function resolveDependencyGroups(
  table: DependencyGroupTable,
  names: readonly string[],
): readonly Requirement[] {
  const faults: string[] = [];
  const resolution: Resolution = { groups: indexOf(table, faults), faults, known: new Map() };
  const requirements = names.flatMap((name) => expand(resolution, name, []));
  throwFaults(faults);
  return requirements;
}

type GroupIndex = ReadonlyMap<string, { readonly name: string; readonly value: unknown }>;

interface Resolution {
  readonly groups: GroupIndex;
  readonly faults: string[];
  readonly known: Map<string, readonly Requirement[]>;
}

function indexOf(table: DependencyGroupTable, faults: string[]): GroupIndex {
  const groups = new Map<string, { name: string; value: unknown }>();
  for (const [name, value] of Object.entries(table)) {
    const other = groups.get(normalizeName(name));
    if (!isName(name)) faults.push(`\`${name}\` is not a valid group name`);
    else if (other !== undefined)
      faults.push(`\`${other.name}\` and \`${name}\` are names of the same group`);
    else groups.set(normalizeName(name), { name, value });
  }
  return groups;
}

function expand(resolution: Resolution, name: string, path: readonly string[]): readonly Requirement[] {
  const { faults, known } = resolution;
  const group = normalizeName(name);
  if (path.includes(group)) {
    faults.push(`the groups include each other: ${[...path.slice(path.indexOf(group)), group].join(' → ')}`);
    return [];
  }
  if (path.length >= DEEPEST) {
    faults.push(`the group \`${path[0] ?? group}\` includes others more than ${DEEPEST} deep`);
    return [];
  }
  const before = known.get(group);
  if (before !== undefined) return before;
  const requirements: Requirement[] = [];
  for (const item of itemsOf(resolution.groups, group, faults)) {
    const added =
      item instanceof Requirement ? [item] : expand(resolution, item.includeGroup, [...path, group]);
    if (requirements.length + added.length > MOST) {
      faults.push(`the group \`${name}\` comes to more than ${MOST} requirements`);
      break;
    }
    for (const requirement of added) requirements.push(requirement);
  }
  known.set(group, requirements);
  return requirements;
}

function itemsOf(groups: GroupIndex, name: string, faults: string[]): readonly DependencyGroupItem[] {
  const group = groups.get(normalizeName(name));
  if (group === undefined) {
    const hint =
      groups.size === 0 ? 'there is none' : `there are \`${[...groups.keys()].slice(0, 20).join('`, `')}\``;
    faults.push(`there is no group \`${name}\`: ${hint}`);
    return [];
  }
  if (!Array.isArray(group.value)) {
    faults.push(`the group \`${group.name}\` is not a list`);
    return [];
  }
  return group.value.flatMap((item: unknown, index) => itemOf(item, `${group.name}[${index}]`, faults) ?? []);
}

function itemOf(item: unknown, at: string, faults: string[]): DependencyGroupItem | undefined {
  if (typeof item === 'string') {
    try {
      return Requirement.parse(item);
    } catch (thrown) {
      if (!isPycError(thrown)) throw thrown;
      faults.push(`${at}: ${messageOf(thrown)}`);
      return undefined;
    }
  }
  const include = includeOf(item);
  if (include === undefined) faults.push(`${at} is neither a requirement nor \`{ include-group = "…" }\``);
  return include;
}

function includeOf(item: unknown): { readonly includeGroup: string } | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const [[key, value] = [], ...rest] = Object.entries(item);
  return key === 'include-group' && typeof value === 'string' && rest.length === 0
    ? { includeGroup: value }
    : undefined;
}

function throwFaults(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const details = [...new Set(faults)];
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
  throw new DependencyGroupError(`the dependency groups cannot be used: ${details[0]}${more}`, {
    details,
    hint: 'correct the `[dependency-groups]` table of pyproject.toml',
  });
}
