/**
 * Checks a source of configuration without the schema where it is plain to see that nothing is wrong with it, as is the
 * case for most. It takes nothing that the schema refuses, and says no fault: what is not plain, the schema decides,
 * whose library takes longer to load than all the rest of a start.
 */
import type { Origin } from '../pipeline/settings.ts';
import type { Checked, ConfigStyle } from './check.ts';
import type { Values } from './layer.ts';

/** What `checkValues` of the schema says, and by it where that is needed. */
export async function checkSource(
  raw: unknown,
  style: ConfigStyle,
  originOf: (path: string) => Origin,
  prefix = '',
): Promise<Checked> {
  if (isPlain(raw)) return { values: raw, faults: [] };
  const { checkValues } = await import('./check.ts');
  return checkValues(raw, style, originOf, prefix);
}

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === 'string';
const isFlag: Test = (value) => typeof value === 'boolean';
const matches =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
/** Nothing with an `@`, behind which credentials may stand. */
const isReference = matches(/^[^@\s]+$/);
const isPort: Test = (value) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535;
const isListOf =
  (test: Test): Test =>
  (value) =>
    // A list may have gaps, which `every` passes over.
    Array.isArray(value) && Array.from(value).every(test);
const isTableOf =
  (names: RegExp, test: Test): Test =>
  (value) =>
    isTable(value) && Object.entries(value).every(([name, inner]) => names.test(name) && test(inner));

/** Keys of one word, which all styles write alike. */
const OF_AN_IMAGE: Readonly<Record<string, Test>> = {
  name: matches(/^\S+$/),
  project: isText,
  base: isReference,
  tags: isListOf(isReference),
  outputs: isListOf(matches(/^[a-z][a-z0-9-]*:[^@\s]+$/)),
  registry: isReference,
  push: isFlag,
  load: isFlag,
  platforms: isListOf(matches(/^linux\/(?:amd64|arm64)$/)),
  extras: isListOf(isText),
  groups: isListOf(isText),
  dependencies: isFlag,
  lock: isText,
  package: isText,
  wheelhouse: isText,
  builder: matches(/^(?:auto|host)$/),
  bytecode: isFlag,
  include: isListOf(isText),
  exclude: isListOf(isText),
  entrypoint: isListOf(isText),
  cmd: isListOf(isText),
  user: matches(/^[\w.-]+(?::[\w.-]+)?$/),
  workdir: matches(/^\//),
  ports: isListOf(isPort),
  env: isTableOf(/^[A-Za-z]\w*$/, isText),
  labels: isTableOf(/^[A-Za-z][\w./-]*$/, isText),
  annotations: isTableOf(/^[A-Za-z][\w./-]*$/, isText),
  sbom: (value) => isFlag(value) || value === 'cyclonedx' || value === 'spdx' || value === 'with-base',
  preset: (value) => value === false || isText(value),
  plugins: isListOf(isText),
};

const OF_A_FILE: Readonly<Record<string, Test>> = {
  ...OF_AN_IMAGE,
  extends: (value) => isText(value) || isListOf(isText)(value),
  profiles: isTableOf(/^[A-Za-z][\w-]*$/, (profile) => isPlain(profile, OF_AN_IMAGE)),
};

/** @param tests - what each key may hold; other keys are not plain */
function isPlain(value: unknown, tests = OF_A_FILE): value is Values {
  return (
    isTable(value) &&
    Object.entries(value).every(([key, inner]) => Object.hasOwn(tests, key) && tests[key]!(inner)) &&
    (!Array.isArray(value.platforms) || value.platforms.length > 0)
  );
}

/** A table as data or a literal makes it. */
function isTable(value: unknown): value is Values {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
