/**
 * The keys of the Python program that had this name before, as its `pycontainer.toml` (`[build]`) and
 * `[tool.pycontainer]` hold them: put into today's keys. What those mean is the schema's matter.
 */
import type { Warning } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import type { Fault } from './errors.ts';

/** A file's values in today's keys. */
export interface Translated {
  readonly values: unknown;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Warning[];
  /** A fault's path as the file writes it: `tags.0` → `tag`. */
  readonly written: (path: string) => string;
}

/** Earlier key, in kebab-case → today's. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['base-image', 'base'],
  ['include-deps', 'dependencies'],
  ['tag', 'tags'],
  ['platform', 'platforms'],
  ['exposed-ports', 'ports'],
  ['context-dir', 'project'],
  ['context-path', 'project'],
  ['output-dir', 'outputs'],
  ['generate-sbom', 'sbom'],
]);

/** Earlier keys that had one value, where today's have a list of them. */
const LISTED: ReadonlySet<string> = new Set(['tag', 'platform', 'output-dir']);

/** Keys about one run: what does it now, and the value that asks for nothing. */
const OF_A_RUN: ReadonlyMap<string, { readonly instead: string; readonly idle: unknown }> = new Map([
  ['verbose', { instead: '`--verbose`', idle: false }],
  ['no-cache', { instead: '`--no-cache`', idle: false }],
  ['use-cache', { instead: '`--no-cache`', idle: true }],
  ['cache-dir', { instead: '`--cache-dir` or the variable PYC_CACHE_DIR', idle: '' }],
  ['max-cache-size-mb', { instead: 'the variable PYC_CACHE_SIZE', idle: 5000 }],
  ['reproducible', { instead: '`--no-reproducible`', idle: true }],
  ['requirements-file', { instead: '`lock`', idle: 'requirements.txt' }],
]);

/** Keys that must not be left out unheard: without them more would be done than was asked for. */
const REFUSED: ReadonlyMap<string, { readonly message: string; readonly idle: unknown }> = new Map([
  ['dry-run', { message: 'belongs on the command line: remove it and write `--dry-run`', idle: false }],
  [
    'include-paths',
    {
      message: 'has no counterpart: all sources go in, and `exclude` lists what stays out',
      idle: undefined,
    },
  ],
]);

/** Translates the root table of a TOML or YAML file. What is no table, or has none of those keys, stays as it is. */
export function withoutEarlierKeys(raw: unknown): Translated {
  if (!isTable(raw)) return { values: raw, faults: [], warnings: [], written: (path) => path };
  const values = new Map<string, unknown>();
  const paths = new Map<string, string>();
  const faults: Fault[] = [];
  const warnings: Warning[] = [];
  for (const [path, key, value] of entriesOf(raw)) {
    const kebab = key.replaceAll('_', '-');
    const target = RENAMED.get(kebab) ?? key;
    const refused = REFUSED.get(kebab);
    const ofRun = OF_A_RUN.get(kebab);
    const before = paths.get(target);
    if (refused !== undefined) {
      if (value !== refused.idle) faults.push({ path: visible(path), message: refused.message });
    } else if (ofRun !== undefined) {
      if (value !== ofRun.idle) warnings.push(leftOut(path, ofRun.instead));
    } else if (before !== undefined) {
      const message = `says the same as \`${visible(before)}\`: keep one of the two`;
      faults.push({ path: visible(path), message });
    } else {
      values.set(target, translated(kebab, target, value));
      paths.set(target, path);
    }
  }
  return {
    values: Object.fromEntries(values),
    faults,
    warnings,
    written: (path) => writtenPath(path, paths),
  };
}

/** Where each value is written: the earlier program's `pycontainer.toml` has all of them under `[build]`. */
function entriesOf(root: Readonly<Record<string, unknown>>): [path: string, key: string, value: unknown][] {
  return Object.entries(root).flatMap(([key, value]) =>
    key === 'build' && isTable(value)
      ? Object.entries(value).map(([inner, one]): [string, string, unknown] => [`build.${inner}`, inner, one])
      : [[key, key, value]],
  );
}

function writtenPath(path: string, paths: ReadonlyMap<string, string>): string {
  const [first = '', ...rest] = path.split('.');
  const from = paths.get(first) ?? first;
  const earlier = from.replace(/^build\./, '').replaceAll('_', '-');
  return visible([from, ...(LISTED.has(earlier) ? rest.slice(1) : rest)].join('.'));
}

function translated(key: string, target: string, value: unknown): unknown {
  if (key === 'output-dir' && typeof value === 'string') return [`layout:${value}`];
  if (LISTED.has(key)) return [value];
  if (target === 'sbom' && typeof value === 'string') {
    return value === 'none' ? false : value;
  }
  if (target === 'registry' && isTable(value) && Object.keys(value).join() === 'url') return value.url;
  return target === 'labels' || target === 'annotations' ? flattened(value) : value;
}

/** `org.opencontainers.image.source = "…"` without quotes is four tables in TOML, and one label. */
function flattened(value: unknown, prefix = ''): unknown {
  if (!isTable(value)) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
    isTable(inner)
      ? Object.entries(flattened(inner, `${prefix}${key}.`) as object)
      : [[`${prefix}${key}`, inner]],
  );
  return Object.fromEntries(entries);
}

function leftOut(path: string, instead: string): Warning {
  return {
    /** The configuration holds a key of the earlier program that is about one run; it has no effect here. */
    code: 'PYC_CONFIG_KEY_IGNORED',
    message: `\`${visible(path)}\` has no effect in the configuration`,
    hint: `remove it; what it did is done by ${instead}`,
  };
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
