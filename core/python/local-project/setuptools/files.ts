/** Which files of its packages setuptools puts into a wheel: modules, type hints, `package-data`, what MANIFEST.in names. */
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { flagAt, membersOf, type Table, tableAt, textsAt } from '../table.ts';
import { readText } from '../text.ts';
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
import type { ModeRule } from '../wheel-draft.ts';
import { manifestFiles } from './manifest.ts';
import { folderOf, type Packages, patternsByPackage } from './packages.ts';

export interface SetuptoolsFile {
  readonly source: string;
  readonly path: string;
  /** Modules are written anew; data keeps its mode. */
  readonly mode: ModeRule;
}

const ALWAYS_DATA = ['*.pyi', 'py.typed'];
const MODULE = /^[\p{XIDS}_][\p{XIDC}]*\.py$/u;

/** @param table `[tool.setuptools]` */
export function setuptoolsFiles(
  files: ProjectFiles,
  table: Table,
  { packages, modules, folders }: Packages,
): readonly SetuptoolsFile[] {
  const found = new Map<string, SetuptoolsFile>();
  for (const name of modules) {
    const source = `${folderOf(name, folders)}.py`;
    if (!isFile(files, source)) notStatic(`there is no module \`${name}\``);
    found.set(`${name.replaceAll('.', '/')}.py`, {
      source,
      path: `${name.replaceAll('.', '/')}.py`,
      mode: 'dropped',
    });
  }
  const places = packages.map((name) => ({ name, folder: folderOf(name, folders) }));
  for (const { name, folder } of places) {
    if (!isFolder(files, folder)) notStatic(`the package \`${name}\` has no folder`);
    const at = name.replaceAll('.', '/');
    for (const source of globPaths(files, joined(escapedFolder(folder), '*.py'), { hidden: false })) {
      if (!isFile(files, source) || source === 'setup.py') continue;
      const path = `${at}/${nameOf(source)}`;
      found.set(path, { source, path, mode: 'dropped' });
    }
  }
  const listed = manifestData(files, table, places);
  const data = patternsByPackage(table, 'package-data');
  const excluded = patternsByPackage(table, 'exclude-package-data');
  for (const { name, folder } of places) {
    const patterns = [...ALWAYS_DATA, ...(data.get('') ?? []), ...(data.get(name) ?? [])];
    const left = [...(excluded.get('') ?? []), ...(excluded.get(name) ?? [])].map((pattern) =>
      fnmatchPattern(joined(folder, pattern)),
    );
    const globbed = patterns.flatMap((pattern) =>
      globPaths(files, joined(escapedFolder(folder), pattern), { hidden: false }).filter((path) =>
        isFile(files, path),
      ),
    );
    for (const source of [...(listed.get(name) ?? []), ...globbed]) {
      if (left.some((pattern) => pattern.test(source))) continue;
      const inside = folder === '' ? source : source.slice(folder.length + 1);
      const path = `${name.replaceAll('.', '/')}/${inside}`;
      found.set(path, { source, path, mode: 'kept' });
    }
  }
  return [...found.values()];
}

function escapedFolder(folder: string): string {
  return /[*?[]/.test(folder) ? notStatic(`the folder \`${folder}\` looks like a pattern`) : folder;
}

interface Place {
  readonly name: string;
  readonly folder: string;
}

/** What MANIFEST.in takes of each package's folder, where `include-package-data` is not turned off. */
function manifestData(
  files: ProjectFiles,
  table: Table,
  places: readonly Place[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  if (!flagAt(table, 'include-package-data', true) || !isFile(files, 'MANIFEST.in')) return found;
  const packageOf = new Map(places.map(({ name, folder }) => [folder, name]));
  const isTop = ({ folder }: Place) => !places.some((other) => folder.startsWith(`${other.folder}/`));
  const tops = new Set(places.filter(isTop).map(({ folder }) => folder));
  const candidates = [...tops].flatMap((folder) => filesBelow(files, folder));
  for (const path of manifestFiles(readText(files, 'MANIFEST.in'), candidates)) {
    if (/(?:^|\/)(?:RCS|CVS|\.svn)\//.test(path) || path.startsWith('build/')) continue;
    let folder = parentOf(path);
    while (folder !== '' && !packageOf.has(folder)) folder = parentOf(folder);
    const name = packageOf.get(folder);
    if (name === undefined || (folder === parentOf(path) && MODULE.test(nameOf(path)))) continue;
    found.set(name, [...(found.get(name) ?? []), path]);
  }
  return found;
}

/** `data-files`: files of the project by the folder of the environment that they go to. */
export function dataFiles(files: ProjectFiles, table: Table): readonly Omit<SetuptoolsFile, 'mode'>[] {
  const stated = tableAt(table, 'data-files');
  return membersOf(stated).flatMap(([folder]) => {
    const place = relativePath(folder);
    return (textsAt(stated, folder) ?? []).flatMap((pattern) => {
      const paths = /[*?[\]{}]/.test(pattern)
        ? globPaths(files, pattern, { hidden: false })
        : [relativePath(pattern)];
      return paths.map((source) => {
        if (!isFile(files, source)) notStatic(`\`data-files\` names \`${source}\`, which is no file`);
        return { source, path: joined(place, nameOf(source)) };
      });
    });
  });
}
