/**
 * Requirements as uv prints them in METADATA. uv brings markers into a form of its own; those are told here that it keeps as
 * they are, but for the names of Python's version.
 */
import type { Marker } from '../../marker.ts';
import type { MarkerComparison, MarkerExpression } from '../../marker-grammar/expression.ts';
import { normalizeName } from '../../name.ts';
import { SpecifierSet } from '../../specifier.ts';
import { compareVersions } from '../../version.ts';
import { notStatic } from '../not-static.ts';
import { requirementOf } from '../requirement-text.ts';

/** @param extra under which the requirement stands */
export function uvRequirement(text: string, extra?: string): string {
  const { name, specifier, url, marker } = requirementOf(text);
  const extras = extrasInOrder(text);
  const head = `${normalizeName(name)}${extras.length === 0 ? '' : `[${extras.join(',')}]`}`;
  const conditions = [
    ...(marker === undefined ? [] : conditionsOf(marker)),
    ...(extra === undefined ? [] : [`extra == '${extra}'`]),
  ];
  const versions = url === undefined ? clausesOf(specifier).join(',') : ` @ ${plainUrl(url)}`;
  return `${head}${versions}${conditions.length === 0 ? '' : ` ; ${conditions.join(' and ')}`}`;
}

/** As in Requires-Python, where clauses have blanks between. */
export function uvSpecifiers(text: string): string {
  return clausesOf(SpecifierSet.parse(text)).join(', ');
}

function extrasInOrder(text: string): readonly string[] {
  const list = /^[^[;@<>=!~(]*\[([^\]]*)\]/.exec(text)?.[1] ?? '';
  const extras = list
    .split(',')
    .flatMap((extra) => (extra.trim() === '' ? [] : [normalizeName(extra.trim())]));
  return new Set(extras).size === extras.length ? extras : notStatic('an extra is there twice');
}

/** Sorted by version. */
function clausesOf({ clauses }: SpecifierSet): readonly string[] {
  const sorted = clauses
    .map(({ operator, version, wildcard }) =>
      version === undefined || operator === '==='
        ? notStatic('a requirement compares texts')
        : { version, text: `${operator}${version}${wildcard ? '.*' : ''}` },
    )
    .sort((a, b) => compareVersions(a.version, b.version));
  for (const [index, { version }] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && compareVersions(version, next.version) === 0)
      notStatic('two clauses of a requirement have the same version');
  }
  return sorted.map(({ text }) => text);
}

function plainUrl(url: string): string {
  return /^(?:git\+)?https:\/\/[\w.-]+\/[\w./-]+(?:@[\w.-]+)?(?:#subdirectory=[\w./-]+)?$/.test(url)
    ? url
    : notStatic('a requirement is at an unusual URL');
}

const TEXT_VARIABLES = new Set([
  'os_name',
  'sys_platform',
  'platform_machine',
  'implementation_name',
  'platform_python_implementation',
]);

/** One condition, or one on Python's version and one on something else. */
function conditionsOf(marker: Marker): readonly string[] {
  const terms = termsOf(marker.expression).map(comparisonOf);
  const versions = terms.filter(({ name }) => name.startsWith('python_')).map(versionCondition);
  const others = terms.filter(({ name }) => !name.startsWith('python_')).map(textCondition);
  if (versions.length > 1 || others.length > 1) notStatic('a marker is one that uv rewrites');
  return [...versions, ...others];
}

function termsOf(expression: MarkerExpression): readonly MarkerExpression[] {
  if (expression.kind === 'or') return notStatic('a marker is one that uv rewrites');
  return expression.kind === 'and' ? expression.terms : [expression];
}

interface Condition {
  readonly name: string;
  readonly operator: MarkerComparison['operator'];
  readonly value: string;
}

function comparisonOf(term: MarkerExpression): Condition {
  if (term.kind !== 'comparison' || term.left.kind !== 'variable' || term.right.kind !== 'literal')
    return notStatic('a marker is one that uv rewrites');
  return { name: term.left.name, operator: term.operator, value: term.right.value };
}

function textCondition({ name, operator, value }: Condition): string {
  if (!TEXT_VARIABLES.has(name) || (operator !== '==' && operator !== '!=') || !/^[\w.-]+$/.test(value))
    return notStatic('a marker is one that uv rewrites');
  return `${name} ${operator} '${value}'`;
}

function versionCondition({ name, operator, value }: Condition): string {
  if (name === 'python_full_version') {
    if (!/^\d+\.\d+\.\d+$/.test(value) || !['<', '>=', '<=', '>'].includes(operator))
      return notStatic('a marker is one that uv rewrites');
    return `${name} ${operator} '${value}'`;
  }
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(value) ?? notStatic('a marker is one that uv rewrites');
  const next = `${major}.${Number(minor) + 1}`;
  const full = (text: string) => `python_full_version ${text}`;
  switch (operator) {
    case '<':
    case '>=':
      return full(`${operator} '${value}'`);
    case '>':
      return full(`>= '${next}'`);
    case '<=':
      return full(`< '${next}'`);
    case '==':
    case '!=':
      return full(`${operator} '${value}.*'`);
    default:
      return notStatic('a marker is one that uv rewrites');
  }
}
