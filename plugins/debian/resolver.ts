/**
 * Chooses packages: everything that was asked for and everything those depend on, without conflicts. What
 * leaves no choice is taken first; open alternatives are then decided one by one, preferring what is
 * chosen already, as apt does. Nothing is fetched here.
 */
import { nearest, PycError } from 'pycontainer';
import { candidate, candidatesOf, clashOf, fits, type Pool, providesIt } from './candidates.ts';
import type { PackageIndex, PackageRecord } from './package-index.ts';
import type { Alternatives, Relation } from './relation.ts';
import { formatRelation } from './relation.ts';

/** What was asked for. */
export interface Wanted {
  /** `name` or `name=version`. */
  readonly packages: readonly string[];
  /** Names that count as present without being installed; what is asked for by name is never left out. */
  readonly exclude: readonly string[];
  /** Debian's word. */
  readonly architecture: string;
}

/** A chosen package and the names of those that depend on it; empty where only the user asked. */
export interface Chosen {
  readonly record: PackageRecord;
  readonly requestedBy: readonly string[];
}

/**
 * The Debian suite has no package of a name that was asked for. `details` lists all such names with the nearest
 * that exist.
 */
export class PackageUnknownError extends PycError {
  readonly code = 'PYC_DEBIAN_PACKAGE_UNKNOWN';
}

/**
 * The Debian packages that were asked for cannot be installed together. The message says which relation fails.
 */
export class UnresolvableError extends PycError {
  readonly code = 'PYC_DEBIAN_UNRESOLVABLE';
}

/** Branches that are tried before giving up: no honest archive needs a hundredth of it. */
const MAX_BRANCHES = 2000;

/** A relation that somebody must see fulfilled. */
interface Demand {
  readonly by: string;
  readonly group: Alternatives;
}

interface State {
  readonly chosen: Map<string, PackageRecord>;
  /** Name → who wanted it first; undefined for the user. */
  readonly because: Map<string, string | undefined>;
  readonly open: Demand[];
}

interface Search extends Pool {
  /** The first reason found: later ones are mostly consequences. */
  fault: string | undefined;
  branches: number;
}

/**
 * @returns the packages in order of name
 * @throws PackageUnknownError for names that no archive has, all at once
 * @throws UnresolvableError where a dependency cannot be met or two packages conflict; the chain says why
 */
export function resolvePackages(index: PackageIndex, wanted: Wanted): readonly Chosen[] {
  const requests = wanted.packages.map(splitRequest);
  refuseUnknown(index, requests);
  const asked = new Set(requests.map(({ name }) => name));
  const search: Search = {
    index,
    architecture: wanted.architecture,
    excluded: new Set(wanted.exclude.filter((name) => !asked.has(name))),
    versions: new Map(
      requests.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version]])),
    ),
    fault: undefined,
    branches: 0,
  };
  const open = requests.map(({ name }): Demand => ({ by: '', group: [{ name }] }));
  const found = solve(search, { chosen: new Map(), because: new Map(), open });
  if (found === undefined) {
    throw new UnresolvableError(search.fault ?? 'the packages cannot be installed together', {
      hint: 'leave one of the packages out of `packages`, or exclude what is not needed with `exclude`',
    });
  }
  return withRequesters(search, found);
}

function splitRequest(text: string): { readonly name: string; readonly version?: string } {
  const at = text.indexOf('=');
  return at === -1 ? { name: text } : { name: text.slice(0, at), version: text.slice(at + 1) };
}

function refuseUnknown(index: PackageIndex, requests: readonly ReturnType<typeof splitRequest>[]): void {
  const faults = requests.flatMap(({ name, version }) => {
    const versions = index.versions(name);
    if (version !== undefined && versions.every((record) => record.version !== version)) {
      const known = versions.map((record) => `\`${record.version}\``).join(', ');
      return [{ name, nearest: known || undefined, message: `\`${name}=${version}\` is in no archive` }];
    }
    if (versions.length > 0 || index.providers(name).length > 0) return [];
    const close = nearest(name, index.names());
    return [
      { name, nearest: close === undefined ? undefined : `\`${close}\``, message: `no package \`${name}\`` },
    ];
  });
  if (faults.length === 0) return;
  const close = faults.flatMap((fault) => (fault.nearest === undefined ? [] : [fault.nearest]));
  throw new PackageUnknownError(`the archive has ${faults.map(({ message }) => message).join(', ')}`, {
    hint: close.length > 0 ? `did you mean ${close.join(', ')}?` : 'look the name up on packages.debian.org',
    details: faults,
  });
}

/** Depth first over open alternatives; each branch has a state of its own. */
function solve(search: Search, from: State): State | undefined {
  const state: State = { chosen: new Map(from.chosen), because: new Map(from.because), open: [] };
  if (!propagate(search, state, from.open)) return undefined;
  const [next, ...rest] = state.open;
  if (next === undefined) return state;
  for (const record of candidatesOf(search, next.group)) {
    if (search.branches++ > MAX_BRANCHES) return undefined;
    if (clashOf(state.chosen, record) !== undefined) continue;
    const branch: State = { chosen: new Map(state.chosen), because: new Map(state.because), open: [...rest] };
    take(branch, record, next.by);
    const found = solve(search, { ...branch, open: [...demandsOf(record), ...rest] });
    if (found !== undefined) return found;
  }
  search.fault ??= `${chain(state, next.by)}: no alternative of \`${next.group.map(formatRelation).join(' | ')}\` can be installed`;
  return undefined;
}

/** Takes what leaves no choice until nothing is left but choices, which stay open. */
function propagate(search: Search, state: State, demands: readonly Demand[]): boolean {
  const queue = [...demands];
  for (let demand = queue.shift(); demand !== undefined; demand = queue.shift()) {
    const { by, group } = demand;
    if (group.some((relation) => search.excluded.has(relation.name))) continue;
    if (isMet(search, state, group)) continue;
    const candidates = candidatesOf(search, group);
    if (candidates.length > 1) {
      state.open.push(demand);
      continue;
    }
    const [only] = candidates;
    if (only === undefined) {
      search.fault ??= `${chain(state, by)}: \`${group.map(formatRelation).join(' | ')}\` is in no archive${whatThereIs(search, group)}`;
      return false;
    }
    const clash = state.chosen.get(only.name) ?? clashOf(state.chosen, only);
    if (clash !== undefined) {
      search.fault ??= `${chain(state, by)}: \`${only.name}\` ${only.version} conflicts with \`${clash.name}\` ${clash.version}`;
      return false;
    }
    take(state, only, by);
    queue.push(...demandsOf(only));
  }
  state.open.splice(0, state.open.length, ...state.open.filter(({ group }) => !isMet(search, state, group)));
  return true;
}

function take(state: State, record: PackageRecord, by: string): void {
  state.chosen.set(record.name, record);
  state.because.set(record.name, by === '' ? undefined : by);
}

function demandsOf(record: PackageRecord): readonly Demand[] {
  return record.depends.map((group) => ({ by: record.name, group }));
}

function isMet(search: Search, state: State, group: Alternatives): boolean {
  return group.some((relation) => {
    const own = state.chosen.get(relation.name);
    if (own !== undefined && fits(search, own, relation)) return true;
    for (const record of state.chosen.values()) if (providesIt(record, relation)) return true;
    return false;
  });
}

/** `a` needs `b` needs `c`, from the user's request down. */
function chain(state: State, name: string): string {
  const names: string[] = [];
  for (let at: string | undefined = name; at !== undefined && at !== ''; at = state.because.get(at)) {
    if (names.includes(at)) break;
    names.unshift(at);
  }
  return names.length === 0 ? 'as asked for' : names.map((each) => `\`${each}\``).join(' needs ');
}

function whatThereIs(search: Search, group: Alternatives): string {
  const found = group.flatMap(({ name }) => candidate(search, name) ?? []);
  return found.length === 0
    ? ''
    : `, which has ${found.map(({ name, version }) => `\`${name}\` ${version}`).join(', ')}`;
}

/** A dependency names what fulfils it: the first alternative that is there. What is excluded needs nothing. */
function withRequesters(search: Search, state: State): readonly Chosen[] {
  const records = [...state.chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const requesters = new Map<string, Set<string>>(records.map(({ name }) => [name, new Set<string>()]));
  for (const { name, depends } of records) {
    for (const group of depends) {
      if (group.some((relation) => search.excluded.has(relation.name))) continue;
      const met = group.flatMap((relation) => fulfillerOf(search, state, records, relation) ?? [])[0];
      if (met !== undefined && met !== name) requesters.get(met)?.add(name);
    }
  }
  return records.map((record) => ({ record, requestedBy: [...(requesters.get(record.name) ?? [])].sort() }));
}

function fulfillerOf(
  search: Search,
  state: State,
  records: readonly PackageRecord[],
  relation: Relation,
): string | undefined {
  const own = state.chosen.get(relation.name);
  if (own !== undefined && fits(search, own, relation)) return own.name;
  return records.find((record) => providesIt(record, relation))?.name;
}
