/**
 * Which files hatchling's wheel target ships (its documentation, "Build configuration", "Wheel builder"): the search for a
 * default, `include`, `exclude`, `packages`, `only-include`, `sources`, `force-include`, `artifacts`.
 */
import type { Surroundings } from '../backend.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import type { Table } from '../table.ts';
import { isFile, joined, typeOf } from '../tree.ts';
import { distributionPath, isTaken, type Rules, rulesOf } from './rules.ts';

/** A file of the project and its place in the wheel. */
export interface Selected {
  readonly source: string;
  readonly path: string;
}

export interface Selection {
  readonly files: readonly Selected[];
  /** The files of folders and files that a table names, put where it says: `shared-data` and its like. */
  mapped(table: ReadonlyMap<string, string>): readonly Selected[];
}

const SKIPPED_FOLDERS = new Set(
  '__pycache__ .venv .git .hg .hatch .tox .nox .ruff_cache .pytest_cache .mypy_cache .pixi'.split(' '),
);
const SKIPPED_FILES = new Set(['.DS_Store', '.git']);

/** @param names the project's name as declared and normalised, spelled as in file names */
export function selectFiles(
  files: ProjectFiles,
  tables: { readonly target: Table; readonly build: Table },
  names: readonly string[],
  surroundings: Surroundings,
): Selection {
  const rules = rulesOf(files, tables, names, surroundings);
  const chosen =
    rules.only.size > 0 ? explicitFiles(files, rules, rules.only) : searchedFiles(files, rules, '');
  return {
    files: [...chosen, ...forcedFiles(files, rules)],
    mapped: (table) => explicitFiles(files, rules, table),
  };
}

/** The files of the whole project that the patterns take. */
function searchedFiles(files: ProjectFiles, rules: Rules, folder: string): Selected[] {
  const entries = files.list(folder);
  const inPackage = entries.some(({ name, type }) => name === '__init__.py' && type === 'file');
  return entries.flatMap(({ name, type }): Selected[] => {
    const source = joined(folder, name);
    if (type === 'folder') {
      const isLeftOut =
        SKIPPED_FOLDERS.has(name) ||
        rules.reserved.has(source) ||
        (rules.skipsExcluded && (rules.excludesAll || rules.exclude.matches(`${source}/`)));
      return isLeftOut ? [] : searchedFiles(files, rules, source);
    }
    if (SKIPPED_FILES.has(name) || (type === 'link' && SKIPPED_FOLDERS.has(name))) return [];
    const path = distributionPath(source, rules.sources);
    if (rules.reserved.has(path)) return [];
    if (type !== 'file') return refuseIfTaken(source, rules, inPackage);
    return isTaken(source, rules, inPackage, false) ? [{ source, path }] : [];
  });
}

/** hatchling follows links; where one leads to is not looked at here. */
function refuseIfTaken(source: string, rules: Rules, inPackage: boolean): [] {
  const taken = isTaken(source, rules, inPackage, false) || isTaken(`${source}/x.py`, rules, true, false);
  return taken ? notStatic(`\`${source}\` is a link`) : [];
}

/** What `only-include`, and the tables of shared files, name. */
function explicitFiles(
  files: ProjectFiles,
  rules: Rules,
  table: ReadonlyMap<string, string>,
): readonly Selected[] {
  return [...table].flatMap(([source, place]): Selected[] => {
    const type = typeOf(files, source);
    if (type === 'link') return notStatic(`\`${source}\` is a link`);
    if (isFile(files, source)) {
      const path = distributionPath(place, rules.sources);
      return rules.reserved.has(path) ? [] : [{ source, path }];
    }
    return walked(files, source, place).flatMap(({ file, at, inPackage }): Selected[] => {
      const path = distributionPath(at, rules.sources);
      if (rules.reserved.has(path) || !isTaken(at, rules, inPackage, true)) return [];
      return [{ source: file, path }];
    });
  });
}

function forcedFiles(files: ProjectFiles, rules: Rules): readonly Selected[] {
  return [...rules.forced].flatMap(([source, place]): Selected[] => {
    if (isFile(files, source)) return [{ source, path: distributionPath(place, rules.sources) }];
    if (typeOf(files, source) !== 'folder')
      return notStatic(`\`force-include\` names \`${source}\`, which is not there`);
    return walked(files, source, place).flatMap(({ file, at }): Selected[] => {
      const path = distributionPath(at, rules.sources);
      return rules.reserved.has(path) ? [] : [{ source: file, path }];
    });
  });
}

interface Walked {
  readonly file: string;
  /** Where the table puts it. */
  readonly at: string;
  readonly inPackage: boolean;
}

function walked(files: ProjectFiles, folder: string, place: string): Walked[] {
  const entries = files.list(folder);
  const inPackage = entries.some(({ name, type }) => name === '__init__.py' && type === 'file');
  return entries.flatMap(({ name, type }): Walked[] => {
    const file = joined(folder, name);
    const at = joined(place, name);
    if (type === 'folder') return SKIPPED_FOLDERS.has(name) ? [] : walked(files, file, at);
    if (SKIPPED_FILES.has(name) || SKIPPED_FOLDERS.has(name)) return [];
    return type === 'file' ? [{ file, at, inPackage }] : notStatic(`\`${file}\` is a link`);
  });
}
