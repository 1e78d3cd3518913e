/**
 * Patterns as `pathspec` reads them (its `GitIgnoreSpec`), which differ from git's: the last one that matches decides, but
 * one for a folder gives way to one for a file; a folder that is left out hides nothing below it.
 */
import { notStatic } from '../not-static.ts';
import { escaped } from '../tree.ts';

interface Rule {
  readonly takes: boolean;
  /** Has a group `folder` where it matched a folder above the file. */
  readonly pattern: RegExp;
}

export interface PathPatterns {
  /** @param path of a file, or of a folder with a slash at its end */
  matches(path: string): boolean;
}

/** More are no list that anyone wrote. */
const MAX_RULES = 5000;

export function pathPatterns(lines: readonly string[]): PathPatterns {
  const rules = lines.flatMap((line) => ruleOf(line) ?? []);
  if (rules.length > MAX_RULES) notStatic(`there are more than ${MAX_RULES} patterns`);
  return {
    matches(path) {
      let taken = false;
      let weight = 0;
      for (const { takes, pattern } of rules) {
        const match = pattern.exec(path);
        if (match === null) continue;
        const isFolder = match.groups?.folder !== undefined;
        const own = isFolder ? 1 : 2;
        if (!(takes && isFolder) && own < weight) continue;
        taken = takes;
        weight = own;
      }
      return taken;
    },
  };
}

function ruleOf(line: string): Rule | undefined {
  const text = line.endsWith('\\ ') ? line : line.trimEnd();
  if (text === '' || text.startsWith('#') || text === '/') return undefined;
  const takes = !text.startsWith('!');
  const source = sourceOf((takes ? text : text.slice(1)).split('/'));
  if (source === undefined) return undefined;
  try {
    return { takes, pattern: new RegExp(source) };
  } catch {
    // A range that cannot be: git and pathspec pass over the pattern.
    return undefined;
  }
}

const FOLDER = '(?<folder>/)';

function sourceOf(written: readonly string[]): string | undefined {
  const isFolder = written.at(-1) === '';
  const segments = [...written];
  if (segments[0] === '') segments.shift();
  else if ((segments.length === 1 || (segments.length === 2 && isFolder)) && segments[0] !== '**')
    segments.unshift('**');
  if (segments.length === 0) return notStatic('a pattern of an ignore file is empty');
  if (segments.at(-1) === '') segments[segments.length - 1] = '**';
  const plain = segments.filter((segment, index) => segment !== '**' || segments[index - 1] !== '**');
  if (plain.join('/') === '**') return isFolder ? FOLDER : '[^]';
  if (plain.join('/') === '**/*') return '[^]';
  if (plain.join('/') === '**/*/**') return isFolder ? FOLDER : '/';
  if (plain.filter((segment) => segment === '**').length > 3)
    notStatic('a pattern of an ignore file has too many stars');
  let source = '';
  let slash = false;
  for (const [index, segment] of plain.entries()) {
    const isLast = index === plain.length - 1;
    if (segment === '**') {
      if (index === 0) source += '^(?:.+/)?';
      else if (isLast) source += isFolder ? FOLDER : '/';
      else {
        source += '(?:/.+)?';
        slash = true;
      }
      continue;
    }
    if (index === 0) source += '^';
    if (slash) source += '/';
    const matched = segment === '*' ? '[^/]+' : segmentOf(segment);
    if (matched === undefined) return undefined;
    source += matched;
    if (isLast) source += `(?:${FOLDER}|$)`;
    slash = true;
  }
  return source;
}

/** Undefined where a bracket is not closed: such patterns match nothing. */
function segmentOf(segment: string): string | undefined {
  if (segment.split('*').length > 6) notStatic('a pattern of an ignore file has too many stars');
  let source = '';
  for (let at = 0; at < segment.length; at += 1) {
    const character = segment[at]!;
    if (character === '\\') {
      at += 1;
      const next = segment[at];
      source +=
        next === undefined ? notStatic('a pattern of an ignore file ends in a backslash') : escaped(next);
    } else if (character === '*') source += segment[at - 1] === '*' ? '' : '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const set = /^\[([!^]?)(\]?[^\]]*)\]/.exec(segment.slice(at));
      if (set === null) return undefined;
      const [whole, not = '', members = ''] = set;
      source += `[${not === '' ? '' : '^'}${members.replaceAll('\\', '\\\\').replaceAll(']', '\\]')}]`;
      at += whole.length - 1;
    } else source += escaped(character);
  }
  return source;
}
