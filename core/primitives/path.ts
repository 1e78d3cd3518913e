/**
 * Paths inside a file tree: relative to the image's root, `/`-separated, already normalised. Host paths
 * never have this type.
 */
import { PycError } from './errors.ts';

declare const treePathBrand: unique symbol;

/** A path such as `opt/venv/bin/python`: no leading or trailing slash, no empty, `.` or `..` segment. */
export type TreePath = string & { readonly [treePathBrand]: true };

/**
 * A path inside of an archive or a tree is absolute, leads upwards, or holds what no file name may. The file that
 * states it is broken or hostile: do not use it.
 */
export class TreePathError extends PycError {
  readonly code = 'PYC_PATH_UNSAFE';
  static override readonly usualHint = 'rename it, or leave it out';
}

/** C0 and C1 control characters, and the marks that change the direction of what is displayed after them. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** What a path may hold besides. */
export interface TreePathAllowance {
  /** Names of Linux packages may have backslashes (`system-systemd\x2dcryptsetup.slice`); Python's never need them. */
  readonly backslashes?: boolean;
}

/**
 * Accepts a path that comes from outside.
 *
 * @throws TreePathError for absolute paths, drive letters, backslashes, `.` and `..` segments, empty
 * segments, control characters and over-long names.
 */
export function parseTreePath(text: string, allowance: TreePathAllowance = {}): TreePath {
  const fault = faultOf(text, allowance);
  if (fault !== undefined) throw new TreePathError(`the path \`${visible(text)}\` ${fault}`);
  return text as TreePath;
}

/** Joins a tree path with a relative path from outside; both are checked. */
export function joinTreePath(base: string, relative: string): TreePath {
  return parseTreePath(base === '' ? relative : `${base}/${relative}`);
}

/** Every ancestor from the top down, without the path itself: `a/b/c` gives `a`, `a/b`. */
export function ancestorsOf(path: TreePath): TreePath[] {
  const found: TreePath[] = [];
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    found.push(path.slice(0, at) as TreePath);
  }
  return found;
}

/** The last segment. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Orders by code unit, which is the same everywhere; never by locale. */
export function comparePaths(a: string, b: string): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A text from outside made safe to print: control and direction-changing characters become escapes. */
export function visible(text: string): string {
  return text.replace(
    new RegExp(HIDDEN, 'g'),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function faultOf(text: string, allowance: TreePathAllowance): string | undefined {
  if (text === '') return 'is empty';
  if (HIDDEN.test(text)) return 'holds a control or direction-changing character';
  if (text.startsWith('/')) return 'is absolute';
  if (allowance.backslashes !== true && text.includes('\\')) return 'holds a backslash';
  if (/^[A-Za-z]:/.test(text)) return 'starts with a drive letter';
  if (text.length > 4096) return 'is longer than 4096 characters';
  for (const segment of text.split('/')) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has the segment \`${segment}\``;
    if (Buffer.byteLength(segment) > 255) return 'has a segment of more than 255 bytes';
  }
  return undefined;
}
