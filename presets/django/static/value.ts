/** Values of Python as far as settings are made of them. Lists and dictionaries are shared and changed in place, as there. */
import type { Place } from './errors.ts';

export type Value =
  | { readonly kind: 'text'; readonly text: string }
  /** A `pathlib.Path`. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'constant'; readonly constant: boolean | null }
  | { readonly kind: 'list'; readonly items: Value[] }
  | { readonly kind: 'tuple'; readonly items: readonly Value[] }
  | { readonly kind: 'dict'; readonly items: Map<string, Value> }
  /** Something that was imported or built in, by its dotted name, as in `os.path.join`. */
  | { readonly kind: 'object'; readonly name: string }
  /** A method of a value. */
  | { readonly kind: 'method'; readonly of: Value; readonly name: string }
  /** A name of another module of the project, or the module itself. */
  | { readonly kind: 'import'; readonly module: string; readonly name?: string }
  | Open;

/** A value that cannot be told. */
export interface Open {
  readonly kind: 'open';
  readonly place: Place;
  /** As in ``it depends on the environment variable `DEBUG` ``. */
  readonly why: string;
  /** The environment variable that decides it, where one does. */
  readonly variable?: string;
}

export const NONE: Value = { kind: 'constant', constant: null };

export function textValue(text: string): Value {
  return { kind: 'text', text };
}

export function flag(constant: boolean): Value {
  return { kind: 'constant', constant };
}

/** Whether a condition holds; undefined where that cannot be told. */
export function truthOf(value: Value): boolean | undefined {
  switch (value.kind) {
    case 'text':
      return value.text !== '';
    case 'path':
      return true;
    case 'number':
      return value.number !== 0;
    case 'constant':
      return value.constant === true;
    case 'list':
    case 'tuple':
      return value.items.length > 0;
    case 'dict':
      return value.items.size > 0;
    default:
      return undefined;
  }
}

/** `==`; undefined where it cannot be told. */
export function isEqual(a: Value, b: Value): boolean | undefined {
  const [one, other] = [plainOf(a), plainOf(b)];
  return one === undefined || other === undefined ? undefined : one === other;
}

/** The text of a `str` or a path. */
export function stringOf(value: Value): string | undefined {
  return value.kind === 'text' ? value.text : value.kind === 'path' ? value.path : undefined;
}

/** The items of a list or a tuple. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  return value.kind === 'list' || value.kind === 'tuple' ? value.items : undefined;
}

/** Something that can be compared: texts and paths are never equal, `True` is 1. */
function plainOf(value: Value): string | number | null | undefined {
  if (value.kind === 'text') return `text ${value.text}`;
  if (value.kind === 'path') return `path ${value.path}`;
  if (value.kind === 'number') return value.number;
  if (value.kind === 'constant') return value.constant === null ? null : Number(value.constant);
  return undefined;
}
