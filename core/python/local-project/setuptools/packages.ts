/**
 * Which packages and modules setuptools distributes (its user guide, "Package Discovery"): stated ones, those that `find`
 * finds, or what lies in a `src` folder or beside pyproject.toml.
 */
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import {
  flagAt,
  isTable,
  membersOf,
  onlyKeys,
  type Table,
  tableAt,
  textMembersAt,
  textsAt,
} from '../table.ts';
import { fnmatchPattern, globPaths, isFile, isFolder, joined, nameOf, relativePath } from '../tree.ts';

export interface Packages {
  /** Dotted names; one may be there twice. */
  readonly packages: readonly string[];
  readonly modules: readonly string[];
  /** Folders by the package whose they are; `''` is the parent of all others. */
  readonly folders: ReadonlyMap<string, string>;
}

const ALWAYS_EXCLUDED = ['ez_setup', '*__pycache__'];
const FLAT_EXCLUDED = (
  'ci bin debian doc docs documentation manpages news newsfragments changelog test tests unit_test unit_tests example ' +
  'examples scripts tools util utils python build dist venv env requirements tasks fabfile site_scons benchmark ' +
  'benchmarks exercise exercises htmlcov [._]*'
)
  .split(' ')
  .flatMap((name) => [name, `${name}.*`]);
const FLAT_MODULES_EXCLUDED = (
  'setup conftest test tests example examples build toxfile noxfile pavement dodo tasks fabfile [Ss][Cc]onstruct ' +
  'conanfile manage benchmark benchmarks exercise exercises [._]*'
).split(' ');
const IDENTIFIER = /^[\p{XIDS}_][\p{XIDC}]*$/u;

/** @param table `[tool.setuptools]` */
export function findPackages(files: ProjectFiles, table: Table): Packages {
  const folders = new Map(
    (textMembersAt(table, 'package-dir') ?? []).map(([name, path]) => [name, relativePath(path)]),
  );
  const modules = textsAt(table, 'py-modules');
  const stated = table.packages;
  if (Array.isArray(stated))
    return { packages: textsAt(table, 'packages') ?? [], modules: modules ?? [], folders };
  if (stated !== undefined) {
    const find = tableAt(table, 'packages');
    onlyKeys(find, ['find'], 'tool.setuptools.packages');
    return {
      packages: foundPackages(files, tableAt(find, 'find'), folders),
      modules: modules ?? [],
      folders,
    };
  }
  if (modules !== undefined) return { packages: [], modules, folders };
  return discover(files, folders);
}

/** The folder of a package, by the longest of its parents that has one stated. */
export function folderOf(name: string, folders: ReadonlyMap<string, string>): string {
  const parts = name.split('.');
  for (let count = parts.length; count > 0; count -= 1) {
    const folder = folders.get(parts.slice(0, count).join('.'));
    if (folder !== undefined) return joined(folder, parts.slice(count).join('/'));
  }
  return joined(folders.get('') ?? '', parts.join('/'));
}

function foundPackages(files: ProjectFiles, find: Table, folders: Map<string, string>): readonly string[] {
  onlyKeys(find, ['where', 'include', 'exclude', 'namespaces'], 'tool.setuptools.packages.find');
  const namespaces = flagAt(find, 'namespaces', true);
  const rules: FinderRules = {
    include: textsAt(find, 'include') ?? ['*'],
    exclude: [...ALWAYS_EXCLUDED, ...(textsAt(find, 'exclude') ?? [])],
    isPackage: (folder) => namespaces || isFile(files, `${folder}/__init__.py`),
  };
  const places = [...new Set(textsAt(find, 'where') ?? ['.'])];
  const [only = ''] = places;
  // Modules that are stated lie in the one folder as well.
  if (places.length === 1 && relativePath(only) !== '' && !folders.has(''))
    folders.set('', relativePath(only));
  return places.flatMap((where) => {
    const root = relativePath(where);
    if (!isFolder(files, root)) notStatic(`\`where\` names \`${where}\`, which is no folder`);
    const packages = packagesBelow(files, root, rules);
    if (root !== '' && folders.get('') !== root)
      for (const name of withoutNested(packages)) folders.set(name, joined(root, name.replaceAll('.', '/')));
    return packages;
  });
}

interface FinderRules {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  isPackage(folder: string, name: string): boolean;
}

function packagesBelow(files: ProjectFiles, root: string, rules: FinderRules): string[] {
  const includes = rules.include.map(fnmatchPattern);
  const excludes = rules.exclude.map(fnmatchPattern);
  const found: string[] = [];
  const visit = (folder: string, parent: string): void => {
    for (const { name, type } of files.list(folder)) {
      if ((type !== 'folder' && type !== 'link') || name.includes('.')) continue;
      const path = joined(folder, name);
      const dotted = parent === '' ? name : `${parent}.${name}`;
      // A link to a file is no package; where one leads is not looked at.
      if (type === 'link') notStatic(`\`${path}\` is a link`);
      if (!rules.isPackage(path, dotted)) continue;
      const isTaken = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(dotted));
      if (isTaken(includes) && !isTaken(excludes)) found.push(dotted);
      if (rules.exclude.includes(`${dotted}*`) || rules.exclude.includes(`${dotted}.*`)) continue;
      visit(path, dotted);
    }
  };
  visit(root, '');
  return found;
}

function discover(files: ProjectFiles, stated: ReadonlyMap<string, string>): Packages {
  const folders = new Map(stated);
  const explicit = [...folders].filter(([name]) => name !== '');
  const anyPackage: FinderRules = { include: ['*'], exclude: ALWAYS_EXCLUDED, isPackage: () => true };
  if (explicit.length > 0) {
    const packages = explicit.flatMap(([name, folder]) => [
      name,
      ...packagesBelow(files, folder, anyPackage).map((below) => `${name}.${below}`),
    ]);
    return { packages, modules: [], folders };
  }
  const source = folders.get('') ?? 'src';
  if (source !== '' && isFolder(files, source)) {
    if (!folders.has('')) folders.set('', nameOf(source));
    return {
      packages: packagesBelow(files, source, anyPackage),
      modules: modulesIn(files, source, []),
      folders,
    };
  }
  if (folders.has('')) notStatic('`package-dir` names no folder of its own');
  return { ...discoverFlat(files), folders };
}

function discoverFlat(files: ProjectFiles): Omit<Packages, 'folders'> {
  const packages = packagesBelow(files, '', {
    include: ['*'],
    exclude: [...ALWAYS_EXCLUDED, ...FLAT_EXCLUDED],
    isPackage: (_, dotted) => {
      const [top = '', ...others] = dotted.split('.');
      const topIsValid = IDENTIFIER.test(top) || top.endsWith('-stubs');
      return topIsValid && others.every((name) => IDENTIFIER.test(name));
    },
  });
  const top = withoutNested(packages.filter((name) => !name.split('.', 1)[0]!.endsWith('-stubs')));
  if (top.length > 1) notStatic(`there are several packages, which setuptools refuses: ${listed(top)}`);
  if (top.length > 0) return { packages, modules: [] };
  const modules = modulesIn(files, '', FLAT_MODULES_EXCLUDED);
  if (modules.length > 1)
    notStatic(`there are several modules, which setuptools refuses: ${listed(modules)}`);
  return { packages, modules };
}

function modulesIn(files: ProjectFiles, folder: string, exclude: readonly string[]): readonly string[] {
  const excludes = exclude.map(fnmatchPattern);
  return globPaths(files, joined(folder, '*.py'), { hidden: false })
    .map((path) => nameOf(path).slice(0, -'.py'.length))
    .filter((name) => IDENTIFIER.test(name) && !excludes.some((pattern) => pattern.test(name)));
}

function withoutNested(packages: readonly string[]): readonly string[] {
  return packages.filter((name) => !packages.some((other) => name.startsWith(`${other}.`)));
}

function listed(names: readonly string[]): string {
  return names
    .slice(0, 5)
    .map((name) => `\`${name}\``)
    .join(', ');
}

/** Patterns by package; `*` means every package. */
export function patternsByPackage(table: Table, key: string): ReadonlyMap<string, readonly string[]> {
  const inner = tableAt(table, key);
  if (!isTable(inner)) return new Map();
  return new Map(membersOf(inner).map(([name]) => [name === '*' ? '' : name, textsAt(inner, name) ?? []]));
}
