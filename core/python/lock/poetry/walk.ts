/**
 * What of a poetry.lock goes in. Since format 2.1 each package says which groups need it and when; the formats before
 * leave that to a walk from the requirements of pyproject.toml. Knows nothing of files.
 */
import type { MarkerEnvironment } from '../../marker.ts';
import { type GraphEdge, parentsOf, walkLockedGraph } from '../locked-graph.ts';
import { allows } from './constraint.ts';
import type { PoetryEdge, PoetryLock, PoetryPackage } from './poetry-lock.ts';
import type { PoetryProject } from './project.ts';

export interface PoetryWant {
  readonly environment: MarkerEnvironment;
  /** Of the project; normalised. */
  readonly extras: ReadonlySet<string>;
  /** The main one among them; normalised. */
  readonly groups: ReadonlySet<string>;
}

/** Each package that goes in, with the names of what asks for it. */
export type PoetryChoice = ReadonlyMap<PoetryPackage, ReadonlySet<string>>;

/**
 * @param project undefined where there is no pyproject.toml
 * @throws LockMalformedError where the lock does not hold what it requires itself
 */
export function choosePoetry(
  lock: PoetryLock,
  project: PoetryProject | undefined,
  want: PoetryWant,
): PoetryChoice {
  return lock.isDecided ? decided(lock, project, want) : walked(lock, project, want);
}

/**
 * What one of the lock's own packages needs, found by a walk from it.
 *
 * @param extras of the member; normalised
 * @throws LockMalformedError where the lock does not hold what it requires itself
 */
export function choosePoetryMember(
  lock: PoetryLock,
  member: PoetryPackage,
  environment: MarkerEnvironment,
  extras: ReadonlySet<string>,
): PoetryChoice {
  // That an extra of the project brings something in says nothing of what a member needs.
  const everything = { ...environment, extra: new Set(lock.extras.keys()) };
  const reached = walkLockedGraph({
    file: lock.file,
    roots: [{ name: member.name, extras: [...extras], admits: () => true }],
    rootName: undefined,
    candidates: candidatesOf(
      lock,
      environment,
      ({ groups, markers }) =>
        groups?.some((group) => markers.get(group)?.evaluate(everything) !== false) !== false,
    ),
    edgesOf: edgesFor(environment),
  });
  return new Map([...reached].filter(([item]) => item !== member));
}

function decided(lock: PoetryLock, project: PoetryProject | undefined, want: PoetryWant): PoetryChoice {
  const environment: MarkerEnvironment = { ...want.environment, extra: want.extras };
  const chosen = lock.packages.filter(({ groups, markers }) =>
    (groups ?? []).some(
      (group) => want.groups.has(group) && markers.get(group)?.evaluate(environment) !== false,
    ),
  );
  const roots = project?.name === undefined ? [] : rootEdges(lock, project, want);
  const parents = parentsOf([
    ...roots.map(({ name }) => [name, project?.name ?? ''] as const),
    ...chosen.flatMap((item) => {
      // Which of its extras are wanted is not recorded: what they bring in and is chosen counts.
      const extras = new Set(item.extras.keys());
      const edges = item.dependencies.filter((edge) => holds(edge, want.environment, extras));
      return edges.map(({ name }) => [name, item.name] as const);
    }),
  ]);
  return new Map(chosen.map((item) => [item, parents.get(item.name) ?? NONE]));
}

function walked(lock: PoetryLock, project: PoetryProject | undefined, want: PoetryWant): PoetryChoice {
  return walkLockedGraph({
    file: lock.file,
    roots: project === undefined ? [] : rootEdges(lock, project, want).map(graphEdge),
    rootName: project?.name,
    candidates: candidatesOf(lock, want.environment),
    edgesOf: edgesFor(want.environment),
  });
}

/** The entries of a name that are for the target's Python. */
function candidatesOf(
  { byName }: PoetryLock,
  { python_full_version: python }: MarkerEnvironment,
  isWanted: (item: PoetryPackage) => boolean = () => true,
): (edge: GraphEdge) => readonly PoetryPackage[] {
  const fits = (item: PoetryPackage): boolean => allows(item.pythons, python) && isWanted(item);
  const fitting = new Map([...byName].map(([name, items]) => [name, items.filter(fits)]));
  return ({ name }) => fitting.get(name) ?? [];
}

function edgesFor(environment: MarkerEnvironment) {
  return (item: PoetryPackage, extras: ReadonlySet<string>): readonly GraphEdge[] => {
    const added = namesOfExtras(item, extras);
    return item.dependencies
      .filter((edge) => (!edge.optional || added.has(edge.name)) && holds(edge, environment, extras))
      .map(graphEdge);
  };
}

/** The requirements of the wanted groups, and of the main one what the wanted extras bring in. */
function rootEdges(lock: PoetryLock, project: PoetryProject, want: PoetryWant): readonly PoetryEdge[] {
  const extras = project.extras.size > 0 ? project.extras : lock.extras;
  const added = new Set([...want.extras].flatMap((extra) => extras.get(extra) ?? []));
  return [...want.groups]
    .flatMap((group) => project.groups.get(group) ?? [])
    .filter((edge) => (!edge.optional || added.has(edge.name)) && holds(edge, want.environment, want.extras));
}

/** An extra may stand for others of its package. */
function namesOfExtras(item: PoetryPackage, wanted: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set<string>();
  const seen = new Set(wanted);
  for (const extra of seen) {
    const found = item.extras.get(extra);
    for (const name of found?.names ?? []) names.add(name);
    for (const include of found?.includes ?? []) seen.add(include);
  }
  return names;
}

const NONE: ReadonlySet<string> = new Set();

/** @param extras those of the requirement's owner that are wanted */
function holds(
  { marker, pythons, platform }: PoetryEdge,
  environment: MarkerEnvironment,
  extras: ReadonlySet<string> = NONE,
): boolean {
  if (pythons !== undefined && !allows(pythons, environment.python_full_version)) return false;
  if (platform !== undefined && platform !== environment.sys_platform) return false;
  return marker?.evaluate({ ...environment, extra: extras }) ?? true;
}

function graphEdge({ name, extras, versions }: PoetryEdge): GraphEdge {
  return { name, extras, admits: (version) => versions === undefined || allows(versions, version) };
}
