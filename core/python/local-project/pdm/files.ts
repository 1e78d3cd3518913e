/** Which files pdm-backend puts into a wheel (its documentation, "Build configuration"): top packages, `includes`, `excludes`. */
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { isTable, membersOf, type Table, tableAt, textAt, textsAt } from '../table.ts';
import {
  filesBelow,
  fnmatchPattern,
  globPaths,
  isFile,
  isFolder,
  joined,
  nameOf,
  parentOf,
  relativePath,
} from '../tree.ts';

export interface PdmFile {
  readonly source: string;
  readonly path: string;
}

/** @param build `[tool.pdm.build]` */
export function pdmFiles(files: ProjectFiles, build: Table): readonly PdmFile[] {
  const includes = textsAt(build, 'includes') ?? [];
  const excludes = textsAt(build, 'excludes') ?? [];
  const folder = packageFolder(files, build, includes, excludes);
  const stated = textsAt(build, 'source-includes') ?? [];
  const sourceIncludes = stated.length > 0 ? stated : ['tests'];
  const taken = [...(includes.length > 0 ? includes : defaultIncludes(files, folder)), ...sourceIncludes];
  const left = ['.pdm-build', ...excludes, ...sourceIncludes];
  const rules = mergedRules(expanded(files, taken), expanded(files, left));
  const isLeft = excluder(rules.left);
  const found = new Map<string, string>();
  for (const path of rules.taken) {
    if (isFile(files, path)) found.set(path, path);
    else
      for (const file of filesBelow(files, path))
        if (!file.endsWith('.pyc') && !isLeft(file)) found.set(file, file);
  }
  return [...found.keys()].map((source) => ({
    source,
    path: folder !== '' && source.startsWith(`${folder}/`) ? source.slice(folder.length + 1) : source,
  }));
}

function packageFolder(
  files: ProjectFiles,
  build: Table,
  includes: readonly string[],
  excludes: readonly string[],
): string {
  const stated = textAt(build, 'package-dir');
  if (stated !== undefined) return relativePath(stated);
  if (isFolder(files, 'src') && includes.length === 0) return 'src';
  const namesSource = includes.some((path) => relativePath(path).split('/', 1)[0] === 'src');
  return namesSource && !excludes.includes('src') && !excludes.includes('src/') ? 'src' : '';
}

/** Packages at the top, else the modules there. */
function defaultIncludes(files: ProjectFiles, folder: string): readonly string[] {
  const packages = files.list(folder).flatMap(({ name, type }) => {
    const path = joined(folder, name);
    if (name === '__pycache__' || name === '__pypackages__' || (type !== 'folder' && type !== 'link'))
      return [];
    if (type === 'link') return name.includes('.') ? [] : notStatic(`\`${path}\` is a link`);
    const isPackage =
      isFile(files, `${path}/__init__.py`) ||
      (name.endsWith('-stubs') && isFile(files, `${path}/__init__.pyi`));
    return isPackage ? [path] : [];
  });
  return packages.length > 0 ? packages : [joined(folder, '*.py')];
}

/** Paths by the pattern that matches them; of several, pdm's own choice depends on the order of a set. */
function expanded(files: ProjectFiles, patterns: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pattern of new Set(patterns)) {
    if (relativePath(pattern) === '') notStatic('a pattern is the project itself');
    for (const path of globPaths(files, pattern, { hidden: false })) {
      const other = found.get(path);
      if (other !== undefined && weightOf(other).join() !== weightOf(pattern).join())
        notStatic(`\`${path}\` is matched by \`${other}\` and \`${pattern}\``);
      found.set(path, pattern);
    }
  }
  return found;
}

/** More segments weigh more, then fewer stars. */
function weightOf(pattern: string): readonly [segments: number, concrete: number] {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  const stars = segments.map((segment) => (segment === '**' ? 2 : /[*?[]/.test(segment) ? 1 : 0));
  return [segments.length, -stars.reduce<number>((sum, count) => sum + count, 0)];
}

function mergedRules(
  taken: ReadonlyMap<string, string>,
  left: ReadonlyMap<string, string>,
): { readonly taken: readonly string[]; readonly left: readonly string[] } {
  const wins = (path: string): boolean => {
    const other = left.get(path);
    if (other === undefined) return true;
    const [segments, concrete] = weightOf(taken.get(path) ?? '');
    const [otherSegments, otherConcrete] = weightOf(other);
    return segments > otherSegments || (segments === otherSegments && concrete > otherConcrete);
  };
  const chosen = [...taken.keys()].filter(wins).filter((path) => path !== '');
  return {
    taken: chosen,
    left: [...left.keys()].filter((path) => path !== '' && !(taken.has(path) && wins(path))),
  };
}

function excluder(left: readonly string[]): (path: string) => boolean {
  const exact = new Set(left);
  const patterns = left.filter((path) => /[*?[]/.test(path)).map(fnmatchPattern);
  return (path) => {
    for (let at = path; at !== ''; at = parentOf(at)) if (exact.has(at)) return true;
    return patterns.some((pattern) => pattern.test(path));
  };
}

/** `wheel-data`: files by the scheme's key. */
export function pdmWheelData(files: ProjectFiles, build: Table): readonly PdmFile[] {
  const data = tableAt(build, 'wheel-data');
  return membersOf(data).flatMap(([key, list]) => {
    if (
      !['purelib', 'platlib', 'include', 'platinclude', 'scripts', 'data'].includes(key) ||
      !Array.isArray(list)
    )
      return notStatic(`\`wheel-data\` has \`${key}\``);
    return list.flatMap((item: unknown) => {
      const { path, relativeTo } = dataItem(item);
      return globPaths(files, path, { hidden: true })
        .filter((source) => isFile(files, source))
        .map((source) => {
          if (relativeTo === undefined) return { source, path: `${key}/${nameOf(source)}` };
          const inside = relativeTo === '' ? source : source.slice(relativeTo.length + 1);
          if (relativeTo !== '' && !source.startsWith(`${relativeTo}/`))
            notStatic(`\`${source}\` does not lie in \`${relativeTo}\``);
          return { source, path: `${key}/${inside}` };
        });
    });
  });
}

function dataItem(item: unknown): { readonly path: string; readonly relativeTo: string | undefined } {
  const table: Table = isTable(item) ? item : { path: item };
  const path = textAt(table, 'path') ?? notStatic('an item of `wheel-data` has no path');
  if (path.includes('${')) notStatic('`wheel-data` names what a build makes');
  const relativeTo = textAt(table, 'relative-to');
  return {
    path,
    relativeTo: relativeTo === undefined || relativeTo === '' ? undefined : relativePath(relativeTo),
  };
}
