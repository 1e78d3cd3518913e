/** Which files poetry-core puts into a wheel: `packages`, `include` and `exclude`, and what git ignores. */
import { normalizeName } from '../../name.ts';
import type { Surroundings } from '../backend.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { isTable, isTexts, onlyKeys, type Table, textAt, textsAt } from '../table.ts';
import { filesBelow, globPaths, isFile, isFolder, joined, nameOf, relativePath } from '../tree.ts';

export interface PoetryFile {
  readonly source: string;
  readonly path: string;
}

interface PackageInclude {
  readonly include: string;
  readonly from: string;
  readonly to: string;
}

/** @param poetry the table `[tool.poetry]` */
export function poetryFiles(
  files: ProjectFiles,
  poetry: Table,
  name: string,
  surroundings: Surroundings,
): readonly PoetryFile[] {
  const packages = statedPackages(poetry) ?? [
    defaultPackage(files, normalizeName(name).replaceAll('-', '_')),
  ];
  const includes = statedIncludes(poetry);
  const explicit = includes.flatMap((pattern) => globPaths(files, pattern, { hidden: true }));
  const explicitFiles = new Set(explicit.flatMap((path) => allFiles(files, path)));
  const excluded = new Set(
    (textsAt(poetry, 'exclude') ?? []).flatMap((pattern) =>
      globPaths(files, pattern, { hidden: true }).flatMap((path) => allFiles(files, path)),
    ),
  );
  const isExcluded = (path: string): boolean => {
    if (path.split('/').includes('__pycache__') || path.endsWith('.pyc')) return true;
    if (explicitFiles.has(path)) return false;
    const ignored = surroundings.isIgnored(path);
    if (ignored === undefined) return notStatic('git says what is left out, and cannot be asked');
    return ignored || excluded.has(path);
  };
  // The first rule that takes a file decides where it goes.
  const found = new Map<string, string>();
  const take = (source: string, path: string) => {
    if (!found.has(source)) found.set(source, path);
  };
  for (const include of packages) {
    for (const source of packageFiles(files, include)) {
      const inside = include.from === '' ? source : source.slice(include.from.length + 1);
      if (!isExcluded(source)) take(source, joined(include.to, inside));
    }
  }
  for (const path of explicit) {
    if (isFile(files, path)) {
      if (!path.split('/').includes('__pycache__')) take(path, path);
    } else for (const file of allFiles(files, path)) if (!isExcluded(file)) take(file, file);
  }
  return [...found].map(([source, path]) => ({ source, path }));
}

function allFiles(files: ProjectFiles, path: string): readonly string[] {
  return isFile(files, path) ? [path] : filesBelow(files, path);
}

function statedPackages(poetry: Table): readonly PackageInclude[] | undefined {
  const list = poetry.packages;
  if (list === undefined || (Array.isArray(list) && list.length === 0)) return undefined;
  if (!Array.isArray(list)) return notStatic('`packages` is not a list');
  return list.flatMap((item: unknown): PackageInclude[] => {
    if (!isTable(item)) return notStatic('`packages` is not a list of tables');
    onlyKeys(item, ['include', 'from', 'to', 'format'], 'tool.poetry.packages');
    const include = textAt(item, 'include') ?? notStatic('a package has no `include`');
    if (!isForWheel(item, ['sdist', 'wheel'])) return [];
    return [
      { include, from: relativePath(textAt(item, 'from') ?? ''), to: relativePath(textAt(item, 'to') ?? '') },
    ];
  });
}

function statedIncludes(poetry: Table): readonly string[] {
  const list = poetry.include ?? [];
  if (!Array.isArray(list)) return notStatic('`include` is not a list');
  return list.flatMap((item: unknown): string[] => {
    // A plain text is for the sdist alone.
    if (typeof item === 'string') return [];
    if (!isTable(item)) return notStatic('`include` is not a list of tables');
    onlyKeys(item, ['path', 'format'], 'tool.poetry.include');
    return isForWheel(item, ['sdist']) ? [textAt(item, 'path') ?? notStatic('an `include` has no path')] : [];
  });
}

function isForWheel(table: Table, fallback: readonly string[]): boolean {
  const { format = fallback } = table;
  if (typeof format === 'string') return format === 'wheel';
  return isTexts(format) ? format.includes('wheel') : notStatic('`format` is of another type');
}

function defaultPackage(files: ProjectFiles, name: string): PackageInclude {
  for (const from of ['', 'src']) {
    const folder = isFolder(files, joined(from, name));
    const module = isFile(files, joined(from, `${name}.py`));
    if (folder && module) notStatic(`both \`${name}\` and \`${name}.py\` are there`);
    if (folder || module) return { include: folder ? name : `${name}.py`, from, to: '' };
  }
  return notStatic(`there is no package \`${name}\``);
}

/** A pattern that matches one folder means all that is in it; one that matches more, those. */
function packageFiles(files: ProjectFiles, { include, from }: PackageInclude): readonly string[] {
  const elements = globPaths(files, joined(from, include), { hidden: true });
  const [root] = elements;
  if (root === undefined) return notStatic(`\`${include}\` matches nothing`);
  if (elements.length === 1 && isFile(files, root)) return [root];
  const found = [...new Set(elements.flatMap((path) => allFiles(files, path)))];
  const direct = elements.length === 1 ? found : elements;
  const stubs = (
    elements.length === 1 ? nameOf(root) : nameOf(root.slice(0, root.lastIndexOf('/')))
  ).endsWith('-stubs');
  if (!direct.some((path) => path.endsWith('.py')) && !stubs) notStatic(`\`${include}\` is not a package`);
  return found;
}
