/** Which packages can fulfil a relation, in which order they are tried, and which cannot stand beside each other. */
import type { PackageIndex, PackageRecord } from './package-index.ts';
import type { Alternatives, Relation } from './relation.ts';
import { versionFits } from './relation.ts';

/** What can be chosen from. */
export interface Pool {
  readonly index: PackageIndex;
  /** Debian's word. */
  readonly architecture: string;
  readonly excluded: ReadonlySet<string>;
  /** Versions that were asked for by name. */
  readonly versions: ReadonlyMap<string, string>;
}

/** Name → record. */
type Chosen = ReadonlyMap<string, PackageRecord>;

/** What could fulfil a group, best first: the alternatives in order, each one's own package before its providers. */
export function candidatesOf(pool: Pool, group: Alternatives): readonly PackageRecord[] {
  const found = new Map<string, PackageRecord>();
  for (const relation of group) {
    const own = candidate(pool, relation.name);
    if (own !== undefined && fits(pool, own, relation)) add(found, own);
    const providers = pool.index
      .providers(relation.name)
      .flatMap((record) => candidate(pool, record.name) ?? [])
      .filter((record) => !pool.excluded.has(record.name) && providesIt(record, relation));
    for (const record of [...providers].sort(byRank)) add(found, record);
  }
  return [...found.values()];
}

function add(found: Map<string, PackageRecord>, record: PackageRecord): void {
  if (!found.has(record.name)) found.set(record.name, record);
}

/** The version of a name that would be installed: the one asked for, else the highest. */
export function candidate(pool: Pool, name: string): PackageRecord | undefined {
  const versions = pool.index.versions(name);
  const asked = pool.versions.get(name);
  return asked === undefined ? versions[0] : versions.find(({ version }) => version === asked);
}

/** deb-control(5), "Multi-Arch": an image has one architecture, so `any` and `native` hold for each of its packages. */
export function fits(pool: Pool, record: PackageRecord, relation: Relation): boolean {
  const { qualifier } = relation;
  const sameArchitecture =
    qualifier === undefined ||
    qualifier === 'native' ||
    (qualifier === 'any' && (record.multiArch === 'allowed' || record.architecture === 'all')) ||
    qualifier === pool.architecture;
  return sameArchitecture && versionFits(record.version, relation);
}

/** Policy 7.5: a relation with a version is only met by a Provides with one. */
export function providesIt(record: PackageRecord, relation: Relation): boolean {
  return record.provides.some(
    (provided) =>
      provided.name === relation.name &&
      (relation.operator === undefined ||
        (provided.version !== undefined && versionFits(provided.version, relation))),
  );
}

/** A chosen package that cannot stand beside this one. */
export function clashOf(chosen: Chosen, record: PackageRecord): PackageRecord | undefined {
  for (const other of chosen.values()) {
    if (other.name !== record.name && (refuses(record, other) || refuses(other, record))) return other;
  }
  return undefined;
}

function refuses(a: PackageRecord, b: PackageRecord): boolean {
  return a.conflicts.some(
    (relation) => (relation.name === b.name && versionFits(b.version, relation)) || providesIt(b, relation),
  );
}

const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'];

/** Essential ones first, then by priority, then by name. */
function byRank(a: PackageRecord, b: PackageRecord): number {
  const rank = (record: PackageRecord): number =>
    record.essential
      ? -1
      : PRIORITIES.includes(record.priority)
        ? PRIORITIES.indexOf(record.priority)
        : PRIORITIES.length;
  return rank(a) - rank(b) || (a.name < b.name ? -1 : 1);
}
