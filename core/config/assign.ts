/**
 * Configuration that comes as text: `--set a.b=c` and `PYC_*` variables. The schema says what a text becomes:
 * a text, a truth value, a list, a table.
 */
import type * as z from 'zod';
import type { Origin } from '../pipeline/settings.ts';
import { nearest } from '../primitives/nearest.ts';
import { checkValues, definitionOf, keysAt } from './check.ts';
import type { ConfigFault } from './errors.ts';
import type { ConfigLayer, Values } from './layer.ts';
import { camelCase, moduleSchema } from './schema.ts';

/** How a text says that something is so. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

/** A layer, and what is wrong with it. */
export interface AssignedLayer extends ConfigLayer {
  readonly faults: readonly ConfigFault[];
}

/** Keys that a file of configuration has, but a text has not. */
const FILE_ONLY: ReadonlySet<string> = new Set(['extends', 'profiles']);

/** The `--set KEY=VALUE` of a command line. */
export function layerOfAssignments(assignments: readonly string[]): AssignedLayer {
  return layerOf(
    assignments.map((assignment) => {
      const equals = assignment.indexOf('=');
      const origin = `--set ${equals === -1 ? assignment : assignment.slice(0, equals)}`;
      return equals === -1
        ? { origin, path: [], fault: `\`${assignment}\` has no \`=\`` }
        : { origin, path: assignment.slice(0, equals).split('.'), text: assignment.slice(equals + 1) };
    }),
  );
}

/** The `PYC_*` variables that name a key: `PYC_TAGS`, `PYC_STOP_SIGNAL`, `PYC_PYTHON_VERSION`. Others are left alone. */
export function layerOfEnvironment(env: Readonly<Record<string, string | undefined>>): AssignedLayer {
  const keys = environmentKeys();
  return layerOf(
    Object.entries(env)
      .filter(([name, text]) => keys.has(name) && text !== undefined && text !== '')
      .map(([name, text]) => ({ origin: name, path: keys.get(name)!, text: text! })),
  );
}

/** Variable → path of the key that it sets. */
export function environmentKeys(): ReadonlyMap<string, readonly string[]> {
  const names = keysAt([], 'module').filter((key) => !FILE_ONLY.has(key) && key !== 'python');
  const paths = [
    ...names.map((name) => [name]),
    ...keysAt(['python'], 'module').map((name) => ['python', name]),
  ];
  return new Map(paths.map((path) => [`PYC_${path.map(screaming).join('_')}`, path]));
}

type Assignment =
  | { readonly origin: Origin; readonly path: readonly string[]; readonly text: string }
  | { readonly origin: Origin; readonly path: readonly string[]; readonly fault: string };

function layerOf(assignments: readonly Assignment[]): AssignedLayer {
  const faults: ConfigFault[] = [];
  const origins = new Map<string, Origin>();
  let values: Values = {};
  for (const assignment of assignments) {
    const { origin } = assignment;
    const path = targetOf(assignment.path);
    const dotted = path.join('.');
    const problem = 'fault' in assignment ? { message: assignment.fault } : faultOfPath(path);
    if (problem !== undefined) {
      faults.push({ path: dotted, origin, ...problem });
      continue;
    }
    origins.set(dotted, origin);
    origins.set(path[0]!, origin);
    values = withValue(values, path, interpreted(path, 'text' in assignment ? assignment.text : ''));
  }
  const originOf = (path: string): Origin =>
    origins.get(path) ?? origins.get(path.split('.')[0]!) ?? 'the command line';
  const checked = checkValues(values, 'module', originOf);
  return { values: checked.values, originOf, faults: [...faults, ...checked.faults] };
}

/** The path with its first key in camelCase; in a table of texts, what follows is one key, dots and all. */
function targetOf(path: readonly string[]): readonly string[] {
  const [first = '', ...rest] = path;
  const key = camelCase(first);
  return kindOf([key]).type === 'record' && rest.length > 0 ? [key, rest.join('.')] : [key, ...rest];
}

function faultOfPath(path: readonly string[]): { message: string; nearest?: string } | undefined {
  const [first = '', second, ...rest] = path;
  if (FILE_ONLY.has(first)) return { message: 'can only be written in a file' };
  const known = keysAt([], 'module').filter((key) => !FILE_ONLY.has(key));
  if (!known.includes(first)) return unknown(first, known);
  if (second === undefined) return undefined;
  const inner = keysAt([first], 'module');
  const { type } = kindOf([first]);
  if (type === 'record') return undefined;
  if (type !== 'object' || rest.length > 0) return { message: 'has no keys of its own' };
  return inner.includes(second) ? undefined : unknown(second, inner);
}

function unknown(key: string, known: readonly string[]): { message: string; nearest?: string } {
  const close = nearest(key, known);
  const message = 'is no key of the configuration';
  return close === undefined
    ? { message }
    : { message: `${message}; did you mean \`${close}\`?`, nearest: close };
}

/** What a text stands for at a path. Whatever it cannot stand for stays a text, and the schema refuses it. */
function interpreted(path: readonly string[], text: string): unknown {
  const definition = kindOf(path);
  if (definition.type !== 'other') return parsed(text);
  switch (definition.name) {
    case 'boolean':
      return FLAGS.get(text.toLowerCase()) ?? text;
    case 'array': {
      const items = listed(text);
      return path[0] === 'ports' && Array.isArray(items) ? items.map(String) : items;
    }
    case 'union': {
      const { options = [] } = definition;
      if (options.includes('boolean') && FLAGS.has(text.toLowerCase())) return FLAGS.get(text.toLowerCase());
      if (options.includes('boolean') && options.includes('array') && text.includes(',')) return listed(text);
      return path[0] === 'preset' && text === 'false' ? false : text;
    }
    default:
      return text;
  }
}

function listed(text: string): unknown {
  if (text.trim().startsWith('[')) return parsed(text);
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function kindOf(path: readonly string[]): ReturnType<typeof definitionOf> {
  let schema = definitionOf(moduleSchema);
  for (const step of path) {
    const isKey = schema.type === 'object' && Object.hasOwn(schema.shape, step);
    const inner: z.core.$ZodType | undefined =
      schema.type === 'object' && isKey
        ? schema.shape[step]
        : schema.type === 'record'
          ? schema.valueType
          : undefined;
    schema = inner === undefined ? { type: 'other', name: 'unknown' } : definitionOf(inner);
  }
  return schema;
}

function withValue(values: Values, path: readonly string[], value: unknown): Values {
  const [key = '', ...rest] = path;
  const inner = rest.length === 0 ? value : withValue((values[key] ?? {}) as Values, rest, value);
  return { ...values, [key]: inner };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function screaming(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
