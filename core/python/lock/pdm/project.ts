/**
 * What a project that PDM manages states in pyproject.toml: the requirements of its groups, the indexes that they come
 * from, and PDM's hash of all that.
 */
import { createHash } from 'node:crypto';
import { resolveDependencyGroups } from '../../dependency-groups.ts';
import { normalizeName } from '../../name.ts';
import { Requirement } from '../../requirement.ts';
import { Entry } from '../document.ts';
import { type ExactTable, pythonJson, tableOf } from '../python-json.ts';
import { DEFAULT_GROUP } from './read.ts';

/** One `[[tool.pdm.source]]` of the kind `index`. */
export interface PdmIndex {
  readonly name: string;
  readonly url: string;
  /** Patterns of the names that come from here and nowhere else. */
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

export interface PdmProject {
  /** Normalised; undefined for a project without a name. */
  readonly name: string | undefined;
  /** By the group's normalised name; extras are groups as well. */
  readonly groups: ReadonlyMap<string, readonly Requirement[]>;
  /** Normalised. */
  readonly extras: readonly string[];
  readonly indexes: readonly PdmIndex[];
  /** Names of sources that are folders or pages of links. */
  readonly linkSources: readonly string[];
}

/**
 * @param document pyproject.toml as TOML gives it
 * @throws LockMalformedError naming pyproject.toml
 */
export function readPdmProject(document: ExactTable): PdmProject {
  const root = Entry.root(document, 'pyproject.toml');
  const project = root.optional('project');
  const pdm = root.optional('tool').optional('pdm');
  const extras = project.optional('optional-dependencies').members();
  const standard = root.optional('dependency-groups');
  const groups = new Map<string, Requirement[]>();
  const add = (name: string, requirements: readonly Requirement[]): void => {
    const group = normalizeName(name);
    groups.set(group, [...(groups.get(group) ?? []), ...requirements]);
  };
  add(DEFAULT_GROUP, requirementsOf(project.optional('dependencies')));
  for (const [name, list] of extras) add(name, requirementsOf(list));
  for (const [name, list] of standard.members())
    add(
      name,
      list.attempt(() => resolveDependencyGroups(standard.table(), [name])),
    );
  for (const [name, list] of pdm.optional('dev-dependencies').members()) add(name, requirementsOf(list));
  const sources = pdm.optional('source').items();
  const isIndex = (source: Entry): boolean => (source.get('type').optionalString() ?? 'index') === 'index';
  const name = project.optional('name').optionalString();
  return {
    name: name === undefined ? undefined : normalizeName(name),
    groups,
    extras: extras.map(([extra]) => normalizeName(extra)),
    indexes: sources.filter(isIndex).flatMap(readIndex),
    linkSources: sources.filter((source) => !isIndex(source)).map((source) => source.get('name').string()),
  };
}

/**
 * PDM's hash of what a lock depends on, as hexadecimal digits; undefined where it cannot be told: it takes in the
 * members of a workspace.
 *
 * @param algorithm one of Node's, such as `sha256`
 */
export function pdmContentHash(document: ExactTable, algorithm: string): string | undefined {
  const project = tableOf(document.project);
  const pdm = tableOf(tableOf(document.tool).pdm);
  if (pdm.workspace !== undefined) return undefined;
  const groups = new Map<string, unknown[]>();
  for (const table of [document['dependency-groups'], pdm['dev-dependencies']]) {
    for (const [name, list] of Object.entries(tableOf(table))) {
      const known = groups.get(normalizeName(name)) ?? [];
      groups.set(normalizeName(name), [...known, ...(Array.isArray(list) ? (list as unknown[]) : [])]);
    }
  }
  const text = pythonJson({
    sources: pdm.source ?? [],
    dependencies: project.dependencies ?? [],
    'dev-dependencies': Object.fromEntries(groups),
    'optional-dependencies': project['optional-dependencies'] ?? {},
    'requires-python': project['requires-python'] ?? '',
    resolution: pdm.resolution ?? {},
  });
  if (text === undefined || algorithm !== 'sha256') return undefined;
  return createHash(algorithm).update(text).digest('hex');
}

/** Local requirements of a development group are lines of pip's: only the lock says what they are. */
function requirementsOf(list: Entry): Requirement[] {
  return list
    .items()
    .filter((item) => !item.string().startsWith('-e '))
    .map((item) => item.parsed(Requirement.parse));
}

function readIndex(entry: Entry): readonly PdmIndex[] {
  const url = entry.get('url').optionalString();
  if (url === undefined) return [];
  return [
    {
      name: entry.get('name').string(),
      url,
      includes: entry.get('include_packages').strings(),
      excludes: entry.get('exclude_packages').strings(),
    },
  ];
}
