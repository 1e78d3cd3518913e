/** Checks one source of configuration against the schema and tells, fault by fault, what is wrong with it. */
import type * as z from 'zod';
import type { Origin } from '../pipeline/settings.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import type { ConfigFault, Fault } from './errors.ts';
import type { Values } from './layer.ts';
import { faultsOfExtensions, withMadeExtensions } from './made-extensions.ts';
import { camelCase, jsonSchema, kebabSchema, moduleSchema } from './schema.ts';

/** How a source writes its keys, and whether it may hold what only code can make. */
export type ConfigStyle = 'module' | 'json' | 'kebab';

/** What a check found: values in camelCase, those of keys that have a fault left out, and the faults. */
export interface Checked {
  readonly values: Values;
  readonly faults: readonly ConfigFault[];
}

const SCHEMAS = { module: moduleSchema, json: jsonSchema, kebab: kebabSchema } as const;

/** Words that ask for a secret in a file. */
const SECRET = /^(username|password|token|credentials?|auth|secret)$/i;

/**
 * Checks what a source says.
 *
 * @param prefix - dotted path in front of every fault's path; empty for a single image
 */
export function checkValues(
  raw: unknown,
  style: ConfigStyle,
  originOf: (path: string) => Origin,
  prefix = '',
): Checked {
  const values = withMadeExtensions(withoutUndefined(raw));
  const result = SCHEMAS[style].safeParse(values);
  const faults = result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, values, style));
  const sound = result.success ? result.data : soundValues(values, faults, style);
  return {
    values: style === 'kebab' ? camelKeys(sound) : sound,
    faults: [...faults, ...faultsOfExtensions(sound)].map((fault) => ({
      ...fault,
      path: prefixed(prefix, fault.path),
      origin: originOf(fault.path),
    })),
  };
}

/** What can be said of the rest of a source that is wrong in places: so that the rest's own faults are found as well. */
function soundValues(values: unknown, faults: readonly Fault[], style: ConfigStyle): Values {
  if (!isTable(values)) return {};
  const wrong = new Set(faults.map(({ path }) => path.split('.')[0]));
  const rest = Object.fromEntries(Object.entries(values).filter(([key]) => !wrong.has(visible(key))));
  const result = SCHEMAS[style].safeParse(rest);
  return result.success ? result.data : {};
}

/** The names that stand at a dotted path of the schema. */
export function keysAt(path: readonly string[], style: ConfigStyle): readonly string[] {
  let schema: z.core.$ZodType = SCHEMAS[style];
  for (const step of path) {
    const def = definitionOf(schema);
    if (def.type === 'object' && Object.hasOwn(def.shape, step)) schema = def.shape[step]!;
    else if (def.type === 'record') schema = def.valueType;
  }
  const def = definitionOf(schema);
  return def.type === 'object' ? Object.keys(def.shape) : [];
}

type Definition =
  | { readonly type: 'object'; readonly shape: Readonly<Record<string, z.core.$ZodType>> }
  | { readonly type: 'record'; readonly valueType: z.core.$ZodType }
  | { readonly type: 'other'; readonly name: string; readonly options?: readonly string[] };

/** What a schema is under its `optional`; of a union also what it is a union of. */
export function definitionOf(schema: z.core.$ZodType): Definition {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional') return definitionOf(def.innerType);
  if (def.type === 'object') return { type: 'object', shape: def.shape };
  if (def.type === 'record') return { type: 'record', valueType: def.valueType };
  if (def.type !== 'union') return { type: 'other', name: def.type };
  const options = def.options.map((option) => (option as z.core.$ZodTypes)._zod.def.type);
  return { type: 'other', name: def.type, options };
}

function faultsOf(issue: z.core.$ZodIssue, values: unknown, style: ConfigStyle): Fault[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path, style);
    return issue.keys.map((key) => unknownKey([...path, key], key, known));
  }
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  const typed = ['invalid_type', 'invalid_union', 'invalid_value'].includes(issue.code);
  const found = typed ? `, not ${nameOf(at(values, issue.path))}` : '';
  return [{ path: visible(path.join('.')), message: `${inner ?? issue.message}${found}` }];
}

function unknownKey(path: readonly string[], key: string, known: readonly string[]): Fault {
  const shown = visible(path.join('.'));
  if (SECRET.test(key)) {
    return {
      path: shown,
      message: 'secrets never come from a configuration: they are named in `secrets`, and read on the host',
    };
  }
  const close = nearest(key, known);
  const message = 'is no key of the configuration';
  if (close === undefined) return { path: shown, message };
  return { path: shown, message: `${message}; did you mean \`${close}\`?`, nearest: close };
}

function prefixed(prefix: string, path: string): string {
  return [prefix, path].filter((part) => part !== '').join('.');
}

function at(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step],
    values,
  );
}

/** A value in a sentence: `the number 3`, `a list`. */
function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text \`${visible(value.slice(0, 60))}\``;
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (value instanceof Promise) return 'a promise';
  if (value instanceof Date) return 'a date';
  return typeof value === 'object' ? 'a table' : `a ${typeof value}`;
}

/** Keys under which a table may hold `undefined`; what code made elsewhere (plugins, bases) is left as it is. */
const TABLES: ReadonlySet<string> = new Set([
  'python',
  'processes',
  'distributions',
  'env',
  'labels',
  'annotations',
  'profiles',
]);

/** A key that holds `undefined` counts as not written, so that `tags: CI ? [...] : undefined` works. */
function withoutUndefined(value: unknown): unknown {
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, TABLES.has(key) ? tableWithoutUndefined(inner) : inner]),
  );
}

function tableWithoutUndefined(value: unknown): unknown {
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, withoutUndefined(inner)]),
  );
}

function camelKeys(values: Values): Values {
  const profiles = values.profiles as Readonly<Record<string, Values>> | undefined;
  const root = Object.fromEntries(Object.entries(values).map(([key, value]) => [camelCase(key), value]));
  if (profiles === undefined) return root;
  return {
    ...root,
    profiles: Object.fromEntries(
      Object.entries(profiles).map(([name, profile]) => [name, camelKeys(profile)]),
    ),
  };
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
