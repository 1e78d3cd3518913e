/** What hatchling's build tables say of files: patterns, replacements, and the search where they say nothing. No file is listed but by name. */
import type { Surroundings } from '../backend.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { flagAt, type Table, tableAt, textMembersAt, textsAt } from '../table.ts';
import { globPaths, isFile, parentOf, relativePath } from '../tree.ts';
import { type PathPatterns, pathPatterns } from './patterns.ts';

export interface Rules {
  readonly include: PathPatterns | undefined;
  readonly exclude: PathPatterns;
  readonly artifacts: PathPatterns;
  readonly onlyPackages: boolean;
  readonly skipsExcluded: boolean;
  readonly excludesAll: boolean;
  /** Replacements of leading folders, sorted by what they replace. */
  readonly sources: readonly (readonly [from: string, to: string])[];
  readonly only: ReadonlyMap<string, string>;
  readonly forced: ReadonlyMap<string, string>;
  readonly reserved: ReadonlySet<string>;
}

/** @param names the project's name as declared and normalised, spelled as in file names */
export function rulesOf(
  files: ProjectFiles,
  { target, build }: { readonly target: Table; readonly build: Table },
  names: readonly string[],
  surroundings: Surroundings,
): Rules {
  const owner = (key: string): Table => (target[key] === undefined ? build : target);
  const listAt = (key: string): readonly string[] | undefined => textsAt(owner(key), key);
  const forced = inclusionMap(owner('force-include'), 'force-include');
  const stated = {
    include: listAt('include') ?? [],
    packages: listAt('packages') ?? [],
    only: listAt('only-include') ?? [],
  };
  const found =
    stated.include.length + stated.packages.length + stated.only.length > 0
      ? stated
      : defaultSelection(files, names);
  const excludesAll = found === undefined;
  if (excludesAll && !flagAt(target, 'bypass-selection', false) && forced.size === 0)
    notStatic('there is no package of the name of the project, and nothing says what to ship');
  const packages = (found?.packages ?? []).map(placeOf).sort();
  const includes = [...(found?.include ?? []), ...packages.map((path) => `/${path}/`)];
  const only = (found?.only ?? []).length > 0 ? (found?.only ?? []) : packages;
  const sources = sourcesOf(owner('sources'), packages);
  const ignored = flagAt(owner('ignore-vcs'), 'ignore-vcs', false) ? [] : vcsPatterns(surroundings);
  return {
    include: includes.length === 0 ? undefined : pathPatterns(nonEmpty(includes)),
    exclude: pathPatterns(['*.py[cdo]', '/dist', ...ignored, ...nonEmpty(listAt('exclude'))]),
    artifacts: pathPatterns(nonEmpty(listAt('artifacts'))),
    onlyPackages: flagAt(owner('only-packages'), 'only-packages', false),
    skipsExcluded: flagAt(owner('skip-excluded-dirs'), 'skip-excluded-dirs', false),
    excludesAll,
    sources,
    only: new Map(only.map((path) => [relativePath(path), placeOf(path)])),
    forced,
    reserved: new Set([...forced.keys()].map((path) => distributionPath(path, sources))),
  };
}

/** Undefined where hatchling's search finds nothing. */
function defaultSelection(
  files: ProjectFiles,
  names: readonly string[],
):
  | {
      readonly include: readonly string[];
      readonly packages: readonly string[];
      readonly only: readonly string[];
    }
  | undefined {
  for (const name of names) {
    if (isFile(files, `${name}/__init__.py`)) return { include: [], packages: [name], only: [] };
    if (isFile(files, `src/${name}/__init__.py`)) return { include: [], packages: [`src/${name}`], only: [] };
    if (isFile(files, `${name}.py`)) return { include: [], packages: [], only: [`${name}.py`] };
    const namespaces = globPaths(files, `*/${name}/__init__.py`, { hidden: false });
    if (namespaces.length === 1)
      return { include: [], packages: [namespaces[0]!.split('/', 1)[0]!], only: [] };
  }
  return undefined;
}

function vcsPatterns({ gitignore, mercurial, directory }: Surroundings): readonly string[] {
  if (mercurial) notStatic('there is a `.hgignore`');
  if (gitignore === undefined) return [];
  const lines = gitignore.split(/\r\n?|\n/);
  // Where the patterns would leave out the project's own folder, hatchling drops all of them.
  return pathPatterns(lines).matches(directory.replace(/^\/+/, '')) ? [] : lines;
}

function nonEmpty(patterns: readonly string[] = []): readonly string[] {
  return patterns.includes('') ? notStatic('a pattern is empty') : patterns;
}

function sourcesOf(table: Table, packages: readonly string[]): Rules['sources'] {
  const sources = new Map<string, string>();
  if (Array.isArray(table.sources)) {
    for (const source of textsAt(table, 'sources') ?? []) sources.set(folderOf(source), '');
  } else {
    for (const [source, place] of Object.entries(tableAt(table, 'sources'))) {
      if (typeof place !== 'string') return notStatic('`sources` is not a table of texts');
      const to = relativePath(place);
      sources.set(source === '' ? '' : folderOf(source), to === '' ? '' : `${to}/`);
    }
  }
  for (const path of packages) {
    const parent = parentOf(path);
    if (parent !== '' && !sources.has(`${path}/`)) sources.set(`${parent}/`, '');
  }
  return [...sources].sort(([a], [b]) => (a < b ? -1 : 1));
}

function folderOf(path: string): string {
  const normal = relativePath(path);
  return normal === '' ? notStatic('`sources` names the project itself') : `${normal}/`;
}

/** A path as written for a place in the wheel. */
function placeOf(path: string): string {
  if (path === '') return notStatic('a path is empty');
  const place = relativePath(path.replace(/^\/+/, ''));
  // hatchling would write `./` before every path.
  if (place === '' && !/^\/+$/.test(path)) notStatic(`\`${path}\` is taken for a place in the wheel`);
  return place;
}

/** Where a path goes when its leading folders are replaced. */
export function distributionPath(path: string, sources: Rules['sources']): string {
  for (const [from, to] of sources) {
    if (from === '') return to + path;
    if (path.startsWith(from)) return to + path.slice(from.length);
  }
  return path;
}

/** Whether the patterns take a file. @param explicit named by a table, so that `include` is not asked */
export function isTaken(path: string, rules: Rules, inPackage: boolean, explicit: boolean): boolean {
  if (rules.artifacts.matches(path)) return true;
  if (rules.onlyPackages && !inPackage) return false;
  if (rules.excludesAll || rules.exclude.matches(path)) return false;
  return explicit || rules.include === undefined || rules.include.matches(path);
}

/** A table of paths to places in the wheel, normalised. */
export function inclusionMap(table: Table, key: string): ReadonlyMap<string, string> {
  return new Map(
    (textMembersAt(table, key) ?? []).map(([source, place]) => [relativePath(source), placeOf(place)]),
  );
}
