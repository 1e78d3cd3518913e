/**
 * What a project that Poetry manages states in pyproject.toml: the requirements of its main group and of its others,
 * and what its extras bring in. Poetry merges `[project]` (PEP 621), `[dependency-groups]` (PEP 735) and
 * `[tool.poetry]`; so does this.
 */
import { resolveDependencyGroups } from '../../dependency-groups.ts';
import { normalizeName } from '../../name.ts';
import { Requirement } from '../../requirement.ts';
import { Entry } from '../document.ts';
import { edgeOfRequirement, readEdges } from './edge.ts';
import type { PoetryEdge } from './poetry-lock.ts';

/** The group of what a project needs to run. */
export const MAIN_GROUP = 'main';

export interface PoetryProject {
  /** Normalised; undefined for a project without a name. */
  readonly name: string | undefined;
  /** By the group's normalised name; the main one is always there. */
  readonly groups: ReadonlyMap<string, readonly PoetryEdge[]>;
  /** Of each extra, the names that it brings in; normalised. */
  readonly extras: ReadonlyMap<string, readonly string[]>;
}

/**
 * @param document pyproject.toml as TOML gives it
 * @throws LockMalformedError naming pyproject.toml
 */
export function readPoetryProject(document: Readonly<Record<string, unknown>>): PoetryProject {
  const root = Entry.root(document, 'pyproject.toml');
  const project = root.optional('project');
  const poetry = root.optional('tool').optional('poetry');
  const groups = new Map<string, PoetryEdge[]>([[MAIN_GROUP, mainEdges(project, poetry)]]);
  const add = (name: string, edges: readonly PoetryEdge[]): void => {
    const group = normalizeName(name);
    groups.set(group, [...(groups.get(group) ?? []), ...edges]);
  };
  const standard = root.optional('dependency-groups');
  const table = standard.isAbsent ? {} : standard.table();
  for (const [name, entry] of standard.members()) {
    add(
      name,
      entry.attempt(() => resolveDependencyGroups(table, [name]).map((one) => edgeOfRequirement(one))),
    );
  }
  for (const [name, group] of poetry.optional('group').members())
    add(name, edgesOfTable(group.get('dependencies')));
  const legacy = poetry.optional('dev-dependencies');
  if (!legacy.isAbsent) add('dev', edgesOfTable(legacy));
  const name = project.optional('name').optionalString() ?? poetry.optional('name').optionalString();
  return {
    name: name === undefined ? undefined : normalizeName(name),
    groups,
    extras: extrasOf(project, poetry),
  };
}

function mainEdges(project: Entry, poetry: Entry): PoetryEdge[] {
  const required = project
    .optional('dependencies')
    .items()
    .map((item) => edgeOfRequirement(item.parsed(Requirement.parse)));
  const optional = project
    .optional('optional-dependencies')
    .members()
    .flatMap(([, list]) =>
      list.items().map((item) => edgeOfRequirement(item.parsed(Requirement.parse), true)),
    );
  return [...required, ...optional, ...edgesOfTable(poetry.optional('dependencies'))];
}

/** `python` among the requirements is what the project demands of Python. */
function edgesOfTable(table: Entry): readonly PoetryEdge[] {
  return table
    .members()
    .filter(([name]) => name.toLowerCase() !== 'python')
    .flatMap(([name, entry]) => readEdges(name, entry));
}

function extrasOf(project: Entry, poetry: Entry): ReadonlyMap<string, readonly string[]> {
  const standard = project.optional('optional-dependencies').members();
  if (standard.length > 0) {
    return new Map(
      standard.map(([extra, list]) => [
        normalizeName(extra),
        list.items().map((item) => normalizeName(item.parsed(Requirement.parse).name)),
      ]),
    );
  }
  return new Map(
    poetry
      .optional('extras')
      .members()
      .map(([extra, list]) => [normalizeName(extra), list.strings().map(normalizeName)]),
  );
}
