/** Requirements as poetry-core prints them in METADATA: constraints in parentheses, markers after a blank. */
import { Marker } from '../../marker.ts';
import type { MarkerComparison, MarkerExpression } from '../../marker-grammar/expression.ts';
import { normalizeName } from '../../name.ts';
import { notStatic } from '../not-static.ts';
import { requirementOf } from '../requirement-text.ts';
import { flagAt, isTable, isTexts, onlyKeys, type Table, textAt, textsAt } from '../table.ts';
import { type Bound, parseConstraint, printConstraint } from './constraint.ts';

/** One requirement: what stands before the marker, and the marker. */
export interface PoetryRequirement {
  /** Normalised. */
  readonly name: string;
  readonly text: string;
  readonly marker: string | undefined;
  readonly optional: boolean;
}

/** A requirement of `[project]`. */
export function standardRequirement(text: string): PoetryRequirement {
  const { name, extras, specifier, url, marker } = requirementOf(text);
  if (text.includes('#') && url === undefined) notStatic('a requirement has a comment');
  const head = nameWithExtras(name, extras);
  const constraint = printConstraint(parseConstraint(specifier.toString()));
  return {
    name: normalizeName(name),
    text:
      url !== undefined
        ? `${head} @ ${remoteUrl(url)}`
        : constraint === ''
          ? head
          : `${head} (${constraint})`,
    marker: marker === undefined ? undefined : markerText(marker.expression),
    optional: false,
  };
}

/** The entries of one name among `[tool.poetry.dependencies]`. */
export function poetryRequirements(name: string, value: unknown): readonly PoetryRequirement[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => poetryRequirements(name, item));
  if (typeof value === 'string') return [constrained(name, [], value, undefined, false)];
  if (!isTable(value)) return notStatic(`the dependency \`${name}\` is neither a text nor a table`);
  return [tableRequirement(name, value)];
}

/** Complete with the extras that ask for it. */
export function printRequirement({ text, marker }: PoetryRequirement, extras: readonly string[]): string {
  const extra = extras.map((name) => `extra == "${name}"`).join(' or ');
  if (extra === '') return marker === undefined ? text : `${text} ; ${marker}`;
  return marker === undefined ? `${text} ; ${extra}` : `${text} ; (${marker}) and (${extra})`;
}

const TABLE_KEYS = [
  'version',
  'python',
  'platform',
  'markers',
  'extras',
  'optional',
  'allow-prereleases',
  'source',
  'git',
  'branch',
  'tag',
  'rev',
  'subdirectory',
  'url',
  'develop',
];

function tableRequirement(name: string, table: Table): PoetryRequirement {
  onlyKeys(table, TABLE_KEYS, `tool.poetry.dependencies.${name}`);
  const marker = joinedMarker(table);
  const optional = flagAt(table, 'optional', false);
  const extras = textsAt(table, 'extras') ?? [];
  const git = textAt(table, 'git');
  const url = textAt(table, 'url');
  if (git === undefined && url === undefined)
    return constrained(name, extras, textAt(table, 'version') ?? '*', marker, optional);
  if (git !== undefined && !/^https?:\/\/[^\s@#]+$/.test(git)) notStatic(`\`${name}\` is at an unusual URL`);
  const reference = textAt(table, 'rev') ?? textAt(table, 'tag') ?? textAt(table, 'branch');
  const folder = textAt(table, 'subdirectory');
  if (git === undefined && (reference !== undefined || folder !== undefined))
    notStatic(`\`${name}\` has a folder in an archive`);
  const at = git === undefined ? url! : `git+${git}${reference === undefined ? '' : `@${reference}`}`;
  const suffix = folder === undefined ? '' : `#subdirectory=${folder}`;
  const text = `${nameWithExtras(name, extras)} @ ${at}${suffix}`;
  return { name: normalizeName(name), text, marker, optional };
}

function constrained(
  name: string,
  extras: readonly string[],
  version: string,
  marker: string | undefined,
  optional: boolean,
): PoetryRequirement {
  const constraint = printConstraint(parseConstraint(version));
  const head = nameWithExtras(name, extras);
  return {
    name: normalizeName(name),
    text: constraint === '' ? head : `${head} (${constraint})`,
    marker,
    optional,
  };
}

function nameWithExtras(name: string, extras: readonly string[]): string {
  const sorted = [...new Set(extras.map(normalizeName))].sort();
  return sorted.length === 0 ? name : `${name}[${sorted.join(',')}]`;
}

/** poetry takes URLs apart and puts them together again; only plain ones come out as they went in. */
function remoteUrl(url: string): string {
  const plain = /^(?:git\+)?https?:\/\/[^\s#@?%]+(?:@[\w.-]+)?(?:#subdirectory=[\w./-]+)?$/;
  return plain.test(url) ? url : notStatic('a requirement is at an unusual URL');
}

/** What `markers`, `python` and `platform` of a table say together. */
function joinedMarker(table: Table): string | undefined {
  const markers = textAt(table, 'markers');
  const python = textAt(table, 'python');
  const platform = textAt(table, 'platform');
  if (platform !== undefined && !/^\w+$/.test(platform)) notStatic('a platform is not a single word');
  const parts = [
    ...(markers === undefined ? [] : [markers]),
    ...(python === undefined || python === '*' ? [] : [pythonMarker(python)]),
    ...(platform === undefined ? [] : [`sys_platform == "${platform}"`]),
  ];
  if (parts.length === 0) return undefined;
  const parsed = parts.map((part) => Marker.parse(part).expression);
  if (parsed.length === 1) return markerText(parsed[0]!);
  if (parsed.some(({ kind }) => kind === 'or')) notStatic('a dependency has several conditions');
  return markerText({ kind: 'and', terms: parsed.flatMap(termsOf) });
}

function pythonMarker(text: string): string {
  const { exact, prefix, min, max, excluded } = parseConstraint(text);
  const isPlain = (bound: Bound | undefined, included: boolean) =>
    bound === undefined || (bound.included === included && /^\d+\.\d+$/.test(bound.version));
  const odd = [exact, prefix, excluded].some((part) => part !== undefined);
  if (odd || !isPlain(min, true) || !isPlain(max, false))
    return notStatic(`\`python = "${text.slice(0, 40)}"\` is a condition that poetry rewrites`);
  if (min !== undefined && max !== undefined) {
    const [major, minor] = min.version.split('.').map(Number);
    if (max.version === `${major}.${minor! + 1}`) return `python_version == "${min.version}"`;
  }
  return [
    ...(min === undefined ? [] : [`python_version >= "${min.version}"`]),
    ...(max === undefined ? [] : [`python_version < "${max.version}"`]),
  ].join(' and ');
}

function termsOf(expression: MarkerExpression): readonly MarkerExpression[] {
  return expression.kind === 'and' ? expression.terms : [expression];
}

/** Conditions on different things, joined one way: all that poetry prints as it is written. */
function markerText(expression: MarkerExpression): string {
  const terms = expression.kind === 'comparison' ? [expression] : expression.terms;
  const texts: string[] = [];
  const seen = new Map<string, MarkerComparison>();
  for (const term of terms) {
    if (term.kind !== 'comparison' || term.left.kind !== 'variable' || term.right.kind !== 'literal')
      return notStatic('a marker is one that poetry simplifies');
    const { name } = term.left;
    const { value } = term.right;
    const known = seen.get(name);
    const isRange = expression.kind === 'and' && name === 'python_version' && isLowerThen(known, term);
    if (name.startsWith('extra') || (known !== undefined && !isRange) || value.includes('"'))
      return notStatic('a marker is one that poetry simplifies');
    if (name.includes('version') && !/^[\d. ]+$/.test(value)) return notStatic('a marker has an odd version');
    seen.set(name, term);
    texts.push(`${name} ${term.operator} "${value}"`);
  }
  if (seen.has('python_version') && seen.has('python_full_version'))
    return notStatic('a marker is one that poetry simplifies');
  return texts.join(` ${expression.kind} `);
}

function isLowerThen(known: MarkerComparison | undefined, next: MarkerComparison): boolean {
  return known?.operator === '>=' && next.operator === '<';
}

/** The names that an extra lists. */
export function extraNames(value: unknown, extra: string): readonly string[] {
  return isTexts(value)
    ? value.map(normalizeName)
    : notStatic(`the extra \`${extra}\` is not a list of names`);
}
