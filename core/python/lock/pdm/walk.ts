/**
 * What of a pdm.lock goes in. With the strategy `inherit_metadata` each package says which groups need it and when;
 * else that is found by a walk from the requirements of pyproject.toml. Knows nothing of files.
 */
import type { MarkerEnvironment } from '../../marker.ts';
import { normalizeName } from '../../name.ts';
import type { Requirement } from '../../requirement.ts';
import type { Version } from '../../version.ts';
import { type GraphEdge, parentsOf, walkLockedGraph } from '../locked-graph.ts';
import type { PdmLock, PdmPackage } from './pdm-lock.ts';
import type { PdmProject } from './project.ts';

/** Each package that goes in, with the names of what asks for it. */
export type PdmChoice = ReadonlyMap<PdmPackage, ReadonlySet<string>>;

/**
 * @param project undefined where there is no pyproject.toml
 * @param groups the default one among them; normalised
 * @throws LockMalformedError where the lock does not hold what it requires itself
 */
export function choosePdm(
  lock: PdmLock,
  project: PdmProject | undefined,
  environment: MarkerEnvironment,
  groups: ReadonlySet<string>,
): PdmChoice {
  const roots = [...groups]
    .flatMap((group) => project?.groups.get(group) ?? [])
    // A project may ask for its own extras: their requirements are groups here.
    .filter((one) => holds(one, environment) && normalizeName(one.name) !== project?.name);
  return lock.strategy.has('inherit_metadata')
    ? decided(lock, project, environment, groups, roots)
    : walked(lock, project, environment, roots.map(graphEdge));
}

/**
 * What one of the lock's own packages needs, found by a walk from it.
 *
 * @param extras of the member; normalised
 * @throws LockMalformedError where the lock does not hold what it requires itself
 */
export function choosePdmMember(
  lock: PdmLock,
  member: string,
  extras: readonly string[],
  environment: MarkerEnvironment,
): PdmChoice {
  const together = nameWith(member, [...extras].sort());
  const isTogether = lock.packages.some((item) => nameWith(item.name, item.extras) === together);
  const names = [member, ...(isTogether ? [together] : extras.map((extra) => nameWith(member, [extra])))];
  const chosen = walked(
    { ...lock, packages: lock.packages.filter(({ marker }) => marker?.evaluate(environment) !== false) },
    undefined,
    environment,
    names.map((name) => ({ name, extras: [], admits: () => true })),
  );
  return new Map([...chosen].filter(([item]) => item.name !== member));
}

function decided(
  lock: PdmLock,
  project: PdmProject | undefined,
  environment: MarkerEnvironment,
  groups: ReadonlySet<string>,
  roots: readonly Requirement[],
): PdmChoice {
  const chosen = lock.packages.filter(
    (item) =>
      (item.groups.length === 0 || item.groups.some((group) => groups.has(group))) &&
      item.marker?.evaluate(environment) !== false,
  );
  const parents = parentsOf([
    ...roots.map(({ name }) => [normalizeName(name), project?.name ?? ''] as const),
    ...chosen.flatMap(({ name: by, dependencies }) =>
      dependencies
        .filter((one) => holds(one, environment))
        .map(({ name }) => [normalizeName(name), by] as const),
    ),
  ]);
  return new Map(
    chosen.map((item) => [item, new Set([...(parents.get(item.name) ?? [])].filter((by) => by !== ''))]),
  );
}

/** An entry under the name that edges call it by: with its extras. */
interface Node {
  readonly name: string;
  readonly version: Version;
  readonly item: PdmPackage;
}

function walked(
  lock: PdmLock,
  project: PdmProject | undefined,
  environment: MarkerEnvironment,
  roots: readonly GraphEdge[],
): PdmChoice {
  const nodes = new Map<string, Node[]>();
  for (const item of lock.packages) {
    const { requiresPython } = item;
    const python = environment.python_full_version;
    if (requiresPython?.some((one) => one.contains(python)) === false) continue;
    const name = nameWith(item.name, item.extras);
    const namesakes = nodes.get(name);
    const node = { name, version: item.version, item };
    if (namesakes === undefined) nodes.set(name, [node]);
    else namesakes.push(node);
  }
  const reached = walkLockedGraph<Node>({
    file: lock.file,
    roots,
    rootName: project?.name,
    candidates: ({ name }) => nodes.get(name) ?? nodes.get(name.replace(/\[.*$/, '')) ?? [],
    edgesOf: ({ item }) => item.dependencies.filter((one) => holds(one, environment)).map(graphEdge),
  });
  return new Map(
    [...reached].map(([{ item }, by]) => [
      item,
      new Set([...by].map((name) => name.replace(/\[.*$/, '')).filter((name) => name !== item.name)),
    ]),
  );
}

function graphEdge({ name, extras, specifier, url }: Requirement): GraphEdge {
  return {
    name: nameWith(normalizeName(name), extras.map(normalizeName).sort()),
    extras: [],
    admits: (version) => url !== undefined || specifier.contains(version, { prereleases: true }),
  };
}

function nameWith(name: string, extras: readonly string[]): string {
  return extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
}

function holds({ marker }: Requirement, environment: MarkerEnvironment): boolean {
  return marker?.evaluate(environment) ?? true;
}
