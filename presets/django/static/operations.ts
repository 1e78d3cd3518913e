/** What operators, attributes and the few functions do that settings are computed with. Nothing here knows a statement. */
import { joinPath, normalizePath, splitPath, strip } from './python-url.ts';
import { flag, isEqual, itemsOf, NONE, stringOf, textValue, truthOf, type Value } from './value.ts';

/** What the settings see of the process. */
export interface Surroundings {
  /** The variables that the configuration states; others are unknown. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the process runs, absolute. */
  readonly folder: string;
}

/** The command that collects, as the settings find it in `sys.argv`. */
const COMMAND = ['manage.py', 'collectstatic', '--noinput'];

/** `left + right` and `left / right`; undefined where the sources do not tell. */
export function combine(operator: '+' | '/', left: Value, right: Value): Value | undefined {
  if (operator === '/') {
    const [one, other] = [stringOf(left), stringOf(right)];
    const hasPath = left.kind === 'path' || right.kind === 'path';
    return one === undefined || other === undefined || !hasPath ? undefined : pathOf(joinPath(one, other));
  }
  if (left.kind === 'text' && right.kind === 'text') return textValue(left.text + right.text);
  if (left.kind === 'list' && right.kind === 'list')
    return { kind: 'list', items: [...left.items, ...right.items] };
  if (left.kind === 'tuple' && right.kind === 'tuple')
    return { kind: 'tuple', items: [...left.items, ...right.items] };
  return undefined;
}

/** `left == right`, `left in right` and their opposites. */
export function compare(
  operator: '==' | '!=' | 'in' | 'not in',
  left: Value,
  right: Value,
): Value | undefined {
  if (operator === '==' || operator === '!=') {
    const equal = isEqual(left, right);
    return equal === undefined ? undefined : flag(equal === (operator === '=='));
  }
  const found = isIn(left, right);
  return found === undefined ? undefined : flag(found === (operator === 'in'));
}

function isIn(value: Value, container: Value): boolean | undefined {
  if (container.kind === 'dict' && value.kind === 'text') return container.items.has(value.text);
  if (container.kind === 'text' && value.kind === 'text') return container.text.includes(value.text);
  const items = itemsOf(container)?.map((item) => isEqual(item, value));
  if (items?.includes(true)) return true;
  return items === undefined || items.includes(undefined) ? undefined : false;
}

/** `value[index]`. */
export function itemOf(value: Value, index: Value): Value | undefined {
  if (value.kind === 'dict' && index.kind === 'text') return value.items.get(index.text);
  if (index.kind !== 'number') return undefined;
  if (value.kind === 'method' && value.name === 'parents' && value.of.kind === 'path') {
    let path = value.of.path;
    for (let step = 0; step <= index.number; step += 1) path = parentOf(path);
    return pathOf(path);
  }
  return itemsOf(value)?.at(index.number);
}

/** `value.name`. */
export function attributeOf(value: Value, name: string): Value | undefined {
  if (value.kind === 'object') {
    const dotted = `${value.name}.${name}`;
    return dotted === 'sys.argv'
      ? { kind: 'list', items: COMMAND.map(textValue) }
      : { kind: 'object', name: dotted };
  }
  if (value.kind === 'path') {
    const [, last] = splitPath(value.path);
    if (name === 'parent') return pathOf(parentOf(value.path));
    if (name === 'name') return textValue(last);
  }
  return { kind: 'method', of: value, name };
}

/** What a call gives; undefined where the sources do not tell. Changes the list or dictionary whose method is called. */
export function call(callee: Value, given: readonly Value[], surroundings: Surroundings): Value | undefined {
  if (callee.kind === 'method') {
    const { of, name } = callee;
    if (of.kind === 'path') return pathMethod(of.path, name, given, surroundings.folder);
    if (of.kind === 'text') return textMethod(of.text, name, given);
    if (of.kind === 'list') return listMethod(of.items, name, given);
    if (of.kind === 'dict') return dictMethod(of.items, name, given);
    return undefined;
  }
  return callee.kind === 'object' ? FUNCTIONS.get(callee.name)?.(given, surroundings) : undefined;
}

function pathMethod(path: string, name: string, given: readonly Value[], folder: string): Value | undefined {
  if (name === 'resolve' || name === 'absolute') return pathOf(normalizePath(joinPath(folder, path)));
  if (name === 'as_posix' || name === '__str__') return textValue(path);
  if (name === 'joinpath') return joined([pathOf(path), ...given]);
  return undefined;
}

function textMethod(text: string, name: string, given: readonly Value[]): Value | undefined {
  const [first] = given.map(stringOf);
  if (name === 'lower') return textValue(text.toLowerCase());
  if (name === 'upper') return textValue(text.toUpperCase());
  if (name === 'strip' && given.length === 0) return textValue(strip(text));
  if (first === undefined || given.length !== 1) return undefined;
  if (name === 'split' && first !== '') return { kind: 'list', items: text.split(first).map(textValue) };
  if (name === 'startswith') return flag(text.startsWith(first));
  if (name === 'endswith') return flag(text.endsWith(first));
  if (name === 'rstrip' && first === '/') return textValue(text.replace(/\/+$/, ''));
  return undefined;
}

function listMethod(items: Value[], name: string, given: readonly Value[]): Value | undefined {
  const [first, second] = given;
  if (first === undefined) return undefined;
  if (name === 'append') items.push(first);
  else if (name === 'extend' && itemsOf(first) !== undefined) items.push(...itemsOf(first)!);
  else if (name === 'insert' && first.kind === 'number' && second !== undefined)
    items.splice(first.number, 0, second);
  else if (name === 'index' || name === 'remove') {
    const equal = items.map((item) => isEqual(item, first));
    const index = equal.indexOf(true);
    if (index === -1 || equal.slice(0, index).includes(undefined)) return undefined;
    if (name === 'index') return { kind: 'number', number: index };
    items.splice(index, 1);
  } else return undefined;
  return NONE;
}

function dictMethod(items: Map<string, Value>, name: string, given: readonly Value[]): Value | undefined {
  const [first, second = NONE] = given;
  if (name === 'get' && first?.kind === 'text') return items.get(first.text) ?? second;
  if (name !== 'update' || first?.kind !== 'dict') return undefined;
  for (const [key, value] of first.items) items.set(key, value);
  return NONE;
}

type Function = (given: readonly Value[], surroundings: Surroundings) => Value | undefined;

/** A function of one text or path. */
function ofText(make: (text: string, surroundings: Surroundings) => Value): Function {
  return ([first], surroundings) => {
    const text = first === undefined ? undefined : stringOf(first);
    return text === undefined ? undefined : make(text, surroundings);
  };
}

const absolute = ofText((text, { folder }) => textValue(normalizePath(joinPath(folder, text))));
const environment: Function = ([name], { env }) => {
  const stated = name?.kind === 'text' ? env[name.text] : undefined;
  return stated === undefined ? undefined : textValue(stated);
};
const path: Function = (given) => joined(given.length === 0 ? [pathOf('.')] : given);

const FUNCTIONS: ReadonlyMap<string, Function> = new Map([
  ['pathlib.Path', path],
  ['pathlib.PurePath', path],
  ['pathlib.PosixPath', path],
  [
    'os.path.join',
    (given) => {
      const texts = given.map(stringOf);
      return texts.includes(undefined) || texts.length === 0
        ? undefined
        : textValue((texts as string[]).reduce(joinPath));
    },
  ],
  ['os.path.dirname', ofText((text) => textValue(splitPath(text)[0]))],
  ['os.path.basename', ofText((text) => textValue(splitPath(text)[1]))],
  ['os.path.normpath', ofText((text) => textValue(normalizePath(text)))],
  ['os.path.abspath', absolute],
  ['os.path.realpath', absolute],
  ['os.fspath', ofText((text) => textValue(text))],
  ['os.getcwd', (_, { folder }) => textValue(folder)],
  ['os.getenv', environment],
  ['os.environ.get', environment],
  ['str', ofText((text) => textValue(text))],
  ['int', ofText((text) => ({ kind: 'number', number: Number.parseInt(text, 10) || 0 }))],
  ['list', ([first]) => (first === undefined ? { kind: 'list', items: [] } : copied(first, 'list'))],
  ['tuple', ([first]) => (first === undefined ? { kind: 'tuple', items: [] } : copied(first, 'tuple'))],
  [
    'bool',
    ([first]) => {
      const truth = first === undefined ? false : truthOf(first);
      return truth === undefined ? undefined : flag(truth);
    },
  ],
] satisfies [string, Function][]);

function copied(value: Value, kind: 'list' | 'tuple'): Value | undefined {
  const items = itemsOf(value);
  return items === undefined ? undefined : { kind, items: [...items] };
}

function joined(values: readonly Value[]): Value | undefined {
  const texts = values.map(stringOf);
  return texts.includes(undefined) ? undefined : pathOf((texts as string[]).reduce(joinPath));
}

/** A path as `pathlib` keeps it: no double slashes, no `.`; `..` stays. */
export function pathOf(text: string): Value {
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  return { kind: 'path', path: `${text.startsWith('/') ? '/' : ''}${segments.join('/')}` || '.' };
}

function parentOf(text: string): string {
  const [head] = splitPath(text);
  return head === '' ? '.' : head;
}
