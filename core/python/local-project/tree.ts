/** Walking and matching in a project's folder, as Python's `os.walk`, `glob` and `pathlib` do it. Links are refused. */
import { comparePaths, visible } from '../../primitives/path.ts';
import { notStatic } from './not-static.ts';
import type { ProjectEntry, ProjectFiles } from './project-files.ts';

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joined(folder: string, name: string): string {
  return folder === '' ? name : name === '' ? folder : `${folder}/${name}`;
}

/** What lies at a path; undefined for nothing. The project's folder itself is a folder. */
export function typeOf(files: ProjectFiles, path: string): ProjectEntry['type'] | undefined {
  if (path === '') return 'folder';
  return files.list(parentOf(path)).find(({ name }) => name === nameOf(path))?.type;
}

/** True for a file; a link in its place is refused. */
export function isFile(files: ProjectFiles, path: string): boolean {
  return isOf(files, path, 'file');
}

/** True for a folder; a link in its place is refused. */
export function isFolder(files: ProjectFiles, path: string): boolean {
  return isOf(files, path, 'folder');
}

function isOf(files: ProjectFiles, path: string, wanted: 'file' | 'folder'): boolean {
  for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
    if (typeOf(files, above) === 'link') refuseLink(above);
  }
  const type = typeOf(files, path);
  return type === 'link' ? refuseLink(path) : type === wanted;
}

/** A path of pyproject.toml, normalised: no `.`, no `//`. @throws NotStatic where it leaves the project */
export function relativePath(path: string): string {
  if (path.startsWith('/') || path.includes('\\') || path.includes('\0') || path.startsWith('~'))
    notStatic(`\`${visible(path.slice(0, 100))}\` is not a path in the project`);
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined)
      notStatic(`\`${visible(path.slice(0, 100))}\` leads out of the project`);
  }
  return segments.join('/');
}

export interface WalkRules {
  /** Folders that are not entered. */
  readonly skip?: (folder: string, name: string) => boolean;
}

/** Every file at and below a folder, sorted by folder, then name. @throws NotStatic at a link or anything that is no file */
export function filesBelow(files: ProjectFiles, folder: string, rules: WalkRules = {}): string[] {
  const found: string[] = [];
  const below: string[] = [];
  for (const { name, type } of files.list(folder)) {
    const path = joined(folder, name);
    if (type === 'file') found.push(path);
    else if (rules.skip?.(path, name) === true) continue;
    else if (type === 'folder') below.push(path);
    else refuseLink(path);
  }
  for (const path of below) for (const file of filesBelow(files, path, rules)) found.push(file);
  return found;
}

export interface GlobRules {
  /** Whether `*` and `**` take names that begin with a dot: `pathlib` does, `glob` does not. */
  readonly hidden: boolean;
}

/** The files and folders that a pattern of Python's `glob` (recursive) or `pathlib` matches, sorted. */
export function globPaths(files: ProjectFiles, pattern: string, rules: GlobRules): string[] {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (pattern.startsWith('/') || pattern.includes('\\') || segments.includes('..'))
    notStatic(`the pattern \`${visible(pattern.slice(0, 100))}\` leaves the project`);
  if (segments.length > 32) notStatic('a pattern has more than 32 segments');
  const found = new Set<string>();
  globFrom(files, '', segments, rules, found);
  return [...found].sort(comparePaths);
}

function globFrom(
  files: ProjectFiles,
  folder: string,
  [segment, ...rest]: readonly string[],
  rules: GlobRules,
  found: Set<string>,
): void {
  if (segment === undefined) return;
  if (segment === '**') {
    if (rest.length === 0) {
      // Python's versions differ in whether a `**` at the end takes files.
      if (rules.hidden) notStatic('a pattern ends in `**`');
      found.add(folder);
    } else globFrom(files, folder, rest, rules, found);
    for (const { name, type } of files.list(folder)) {
      if (!rules.hidden && name.startsWith('.')) continue;
      const path = joined(folder, name);
      if (type === 'link') refuseLink(path);
      if (type === 'folder') globFrom(files, path, [segment, ...rest], rules, found);
      else if (rest.length === 0) found.add(path);
    }
    return;
  }
  const matches = /[*?[]/.test(segment) ? fnmatchPattern(segment) : undefined;
  for (const { name, type } of files.list(folder)) {
    if (matches === undefined ? name !== segment : !matches.test(name)) continue;
    if (matches !== undefined && !rules.hidden && name.startsWith('.') && !segment.startsWith('.')) continue;
    const path = joined(folder, name);
    if (type === 'link') refuseLink(path);
    if (rest.length === 0) found.add(path);
    else if (type === 'folder') globFrom(files, path, rest, rules, found);
  }
}

/** Python's `fnmatch`, in which `*` matches slashes as well. */
export function fnmatchPattern(pattern: string): RegExp {
  // Runs of stars are one, and many of them take too long to match.
  const stars = pattern.replace(/\*+/g, '*');
  if (stars.length > 1000 || stars.split('*').length > 6) notStatic('a pattern has too many stars');
  return new RegExp(`^(?:${segmentSource(stars, '.*', '.')})$`, 'su');
}

/** The source of a regular expression for `*`, `?` and `[…]`; a bracket that is not closed stands for itself. */
export function segmentSource(pattern: string, star: string, question: string): string {
  return pattern.replace(
    /\[(!?)(\]?[^\]]*)\]|./gsu,
    (piece, not: string | undefined, set: string | undefined) => {
      if (piece === '*') return star;
      if (piece === '?') return question;
      if (set === undefined || set === '') return escaped(piece);
      if (/[\\^&~|]|--|\[|.-.*-/.test(set)) notStatic(`\`${visible(piece)}\` in a pattern`);
      return `[${not === '!' ? '^' : ''}${set.replaceAll(']', '\\]').replaceAll('-', (_, at: number) => (at === 0 || at === set.length - 1 ? '\\-' : '-'))}]`;
    },
  );
}

export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function refuseLink(path: string): never {
  return notStatic(`\`${visible(path)}\` is a link`);
}
