/** Shapes of values as functions that tell what is wrong with one, and where. Which value has which shape is not known here. */
import { isDigest } from '../primitives/digest.ts';
import { visible } from '../primitives/path.ts';

/** Why a value has not the shape, with the path of what is wrong, as in `` `labels.team` is not a text ``. */
export type Shape = (value: unknown, path: string) => string | undefined;

type Values = Readonly<Record<string, unknown>>;

const kind =
  (called: string, is: (value: unknown) => boolean): Shape =>
  (value, path) =>
    is(value) ? undefined : `${at(path)} is ${nameOf(value)} and not ${called}`;

export const text: Shape = kind('a text', (value) => typeof value === 'string');
export const number: Shape = kind('a number', (value) => typeof value === 'number');
export const flag: Shape = kind('true or false', (value) => typeof value === 'boolean');
export const method: Shape = kind('a function', (value) => typeof value === 'function');
export const object: Shape = kind('an object', isObject);
export const bytes: Shape = kind('a Uint8Array', (value) => value instanceof Uint8Array);
export const digest: Shape = kind('a digest, as in `sha256:…`', isDigest);
/** As `label` has ports: with their protocol. */
export const port: Shape = kind('a port, as in `8000/tcp`', (value) =>
  /^\d{1,5}\/(?:tcp|udp|sctp)$/.test(String(value)),
);

export function oneOf(...words: readonly string[]): Shape {
  return kind(`one of ${words.join(', ')}`, (value) => words.includes(value as string));
}

export function list(inner: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return `${at(path)} is ${nameOf(value)} and not a list`;
    for (const [index, one] of value.entries()) {
      const fault = faultAt(one, inner, path, () => `${path}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** Any names, with values of one shape. */
export function table(inner: Shape): Shape {
  return (value, path) => {
    if (!isObject(value)) return `${at(path)} is ${nameOf(value)} and not a table`;
    for (const [name, one] of Object.entries(value)) {
      const fault = faultAt(one, inner, path, () => step(path, name));
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** These names at least. */
export function members(shapes: Readonly<Record<string, Shape>>): Shape {
  const all = Object.entries(shapes);
  return (value, path) => {
    if (!isObject(value)) return `${at(path)} is ${nameOf(value)} and not an object`;
    for (const [name, shape] of all) {
      const fault = faultAt(value[name], shape, path, () => step(path, name));
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** The same, where no message may show what is there instead. */
export function unshown(inner: Shape): Shape {
  return (value, path) =>
    inner(value, path) === undefined
      ? undefined
      : `${at(path)} is ${value === undefined ? 'missing' : 'not what it has to be'}`;
}

export function optional(inner: Shape): Shape {
  return (value, path) => (value === undefined ? undefined : inner(value, path));
}

/** Nearly all values are right, so that paths are spelled out once one is not: of hundreds of distributions they would cost more than the look. */
function faultAt(value: unknown, shape: Shape, above: string, path: () => string): string | undefined {
  return shape(value, above) === undefined ? undefined : shape(value, path());
}

function at(path: string): string {
  return path === '' ? 'what it gave' : `\`${visible(path)}\``;
}

function step(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text \`${visible(value.slice(0, 60))}\``;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
