/**
 * Version constraints as poetry-core reads and prints them: `^1.2`, `~1.2`, `1.*`, `>=1,<2`. Those that it would simplify,
 * or print in pieces, are not told here.
 */
import { visible } from '../../../primitives/path.ts';
import { intersectRanges, subtractRange } from '../../range-algebra.ts';
import { SpecifierSet } from '../../specifier.ts';
import type { VersionRange } from '../../specifier-range.ts';
import { compareVersions, Version } from '../../version.ts';
import { notStatic } from '../not-static.ts';

export interface Bound {
  /** As written. */
  readonly version: string;
  readonly included: boolean;
}

/** Undefined members are open ends; nothing but one version is `exact`. */
export interface Constraint {
  readonly exact?: string;
  /** `1.2` of `1.2.*`. */
  readonly prefix?: string;
  readonly min?: Bound;
  readonly max?: Bound;
  /** `1.5` or `1.5.*`. */
  readonly excluded?: string;
}

const VERSION = /^\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?$/;
const CLAUSE = /^(===|==|!=|<=|>=|<|>|~=|\^|~|=)?\s*([\w.*+!-]+)$/;

/** @throws NotStatic for unions, and what would be simplified */
export function parseConstraint(text: string): Constraint {
  if (/^\s*\*?\s*$/.test(text)) return {};
  if (text.includes('|')) return refuse(text);
  const clauses = text
    .split(/,|(?<=[\w*])\s+(?=[<>=!~^])/)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '');
  return clauses.map((clause) => parseClause(clause, text)).reduce((a, b) => merged(a, b, text));
}

function parseClause(clause: string, text: string): Constraint {
  const [, operator = '==', written = ''] = CLAUSE.exec(clause) ?? refuse(text);
  const wildcard = written.endsWith('.*');
  const version = wildcard ? written.slice(0, -2) : written;
  if (!(wildcard ? /^\d+(?:\.\d+)*$/ : VERSION).test(version)) return refuse(text);
  if (wildcard) {
    if (operator === '!=') return { excluded: written };
    return operator === '==' || operator === '=' ? { prefix: version } : refuse(text);
  }
  switch (operator) {
    case '==':
    case '=':
      return { exact: version };
    case '!=':
      return { excluded: version };
    case '>':
    case '>=':
      return { min: { version, included: operator === '>=' } };
    case '<':
    case '<=':
      return isFinal(version) ? { max: { version, included: operator === '<=' } } : refuse(text);
    case '^':
      return between(version, caretEnd(version));
    case '~':
      return between(version, nextAt(version, Math.min(1, releaseOf(version).length - 1)));
    case '~=':
      return releaseOf(version).length > 1
        ? between(version, nextAt(version, releaseOf(version).length - 2))
        : refuse(text);
    default:
      return refuse(text);
  }
}

function between(from: string, end: string): Constraint {
  return { min: { version: from, included: true }, max: { version: end, included: false } };
}

function releaseOf(version: string): readonly number[] {
  return /^[\d.]*\d/.exec(version)![0].split('.').map(Number);
}

/** The release with the number at an index counted up, and zeros behind it to the same length. */
function nextAt(version: string, index: number): string {
  return releaseOf(version)
    .map((number, at) => (at < index ? number : at === index ? number + 1 : 0))
    .join('.');
}

function caretEnd(version: string): string {
  const release = releaseOf(version);
  if (release.length > 3) notStatic(`\`^${version}\` has more than three numbers`);
  const index = release.findIndex((number) => number > 0);
  return nextAt(version, index === -1 ? release.length - 1 : index);
}

function merged(a: Constraint, b: Constraint, text: string): Constraint {
  for (const key of ['min', 'max', 'excluded'] as const)
    if (a[key] !== undefined && b[key] !== undefined) return refuse(text);
  if ([a.exact, b.exact, a.prefix, b.prefix].some((part) => part !== undefined)) return refuse(text);
  const both = { ...a, ...b };
  const { min, max, excluded } = both;
  if (min !== undefined && max !== undefined && !isLess(min.version, max.version)) return refuse(text);
  if (excluded !== undefined) {
    const inside = excluded.replace(/\.\*$/, '');
    if (min !== undefined && !isLess(min.version, inside)) return refuse(text);
    if (max !== undefined && !isLess(inside, max.version)) return refuse(text);
  }
  return both;
}

function isLess(a: string, b: string): boolean {
  return compareVersions(Version.parse(a), Version.parse(b)) < 0;
}

function isFinal(version: string): boolean {
  return /^[\d.]+$/.test(version);
}

/** As in a requirement's parentheses; empty where everything is admitted. */
export function printConstraint({ exact, prefix, min, max, excluded }: Constraint): string {
  if (exact !== undefined) return `==${exact}`;
  if (prefix !== undefined) return `==${prefix}.*`;
  return [
    ...(min === undefined ? [] : [`>${min.included ? '=' : ''}${min.version}`]),
    ...(excluded === undefined ? [] : [`!=${excluded}`]),
    ...(max === undefined ? [] : [`<${max.included ? '=' : ''}${max.version}`]),
  ].join(',');
}

/** What `python` among poetry's dependencies becomes as Requires-Python. */
export function printPythonConstraint(constraint: Constraint): string {
  const { exact, prefix, excluded } = constraint;
  if (excluded !== undefined) return notStatic('a version of Python is excluded');
  const series = prefix ?? (exact !== undefined && releaseOf(exact).length < 3 ? exact : undefined);
  if (series === undefined) return printConstraint(constraint);
  return printConstraint(between(series, nextAt(series, releaseOf(series).length - 1)));
}

/** The same versions as a set of the standard's specifiers. */
export function specifiersOf(constraint: Constraint): SpecifierSet {
  return SpecifierSet.parse(printConstraint(constraint));
}

/** Whether any version lies in both. */
export function overlaps(set: SpecifierSet, text: string): boolean {
  return intersectRanges(rangeOfSet(set), rangeOfSet(SpecifierSet.parse(text))).length > 0;
}

/** Whether every version that the first admits is admitted by the second. */
export function isWithin(a: Constraint, b: Constraint): boolean {
  return subtractRange(rangeOfSet(specifiersOf(a)), rangeOfSet(specifiersOf(b))).length === 0;
}

function rangeOfSet(set: SpecifierSet): VersionRange {
  return set.clauses.reduce<VersionRange>(
    (known, clause) => intersectRanges(known, clause.range ?? []),
    [{}],
  );
}

function refuse(text: string): never {
  return notStatic(`the constraint \`${visible(text.slice(0, 100))}\` is one that poetry simplifies`);
}
