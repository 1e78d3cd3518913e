/**
 * Reads single settings of a Django project as its settings module would have them in the end: last assignment wins,
 * `from .base import *` is followed. What depends on the environment is not known, and is said to be so.
 */
import type { Expression, SourceTree, Statement } from 'pycontainer/python';

/** A setting: its expression, that it is not set, or where it cannot be told. */
export type Setting =
  | { readonly kind: 'set'; readonly value: Expression; readonly file: string; readonly line: number }
  | { readonly kind: 'unset' }
  | { readonly kind: 'open'; readonly file: string; readonly line: number };

const MAX_DEPTH = 16;

/** @throws SourceError where a settings module cannot be read */
export async function readSetting(
  tree: SourceTree,
  module: string,
  name: string,
  depth = 0,
): Promise<Setting> {
  const path = tree.pathOf(module);
  if (path === undefined || depth > MAX_DEPTH) return { kind: 'unset' };
  let found: Setting = { kind: 'unset' };
  for (const statement of (await tree.load(path)).statements) {
    const next: Setting = await given(tree, { module, path }, statement, name, depth);
    if (next.kind === 'unset') continue;
    // In a branch it may or may not hold, unless it says what holds already.
    const isSure: boolean = statement.runs === 'always' || isSame(found, next);
    found = isSure ? next : { kind: 'open', file: path, line: statement.line };
  }
  return found;
}

/** The text of a setting; undefined where it is no literal. */
export function textOf(setting: Setting): string | undefined {
  return setting.kind === 'set' && setting.value.kind === 'string' ? setting.value.value : undefined;
}

interface Place {
  readonly module: string;
  readonly path: string;
}

async function given(
  tree: SourceTree,
  { module, path }: Place,
  statement: Statement,
  name: string,
  depth: number,
): Promise<Setting> {
  const { line } = statement;
  if (statement.kind === 'from') {
    if (statement.name !== '*' && statement.alias !== name) return { kind: 'unset' };
    const from = sourceOf(module, path, statement.level, statement.module);
    if (from === undefined || tree.pathOf(from) === undefined) {
      return statement.name === '*' ? { kind: 'unset' } : { kind: 'open', file: path, line };
    }
    return readSetting(tree, from, statement.name === '*' ? name : statement.name, depth + 1);
  }
  const open: Setting = { kind: 'open', file: path, line };
  // `DATABASES.update(…)` and `DATABASES['default'] = …` change what was set.
  if (statement.kind === 'expression' && statement.value.kind === 'call') {
    const { callee } = statement.value;
    return callee.kind === 'attribute' && isName(callee.value, name) ? open : { kind: 'unset' };
  }
  if (statement.kind === 'delete') {
    const { target } = statement;
    return isName(target.kind === 'subscript' ? target.value : target, name) ? open : { kind: 'unset' };
  }
  if (statement.kind !== 'assignment') return { kind: 'unset' };
  const { targets, value, operator } = statement;
  if (targets.some((target) => target.kind === 'subscript' && isName(target.value, name))) return open;
  if (value === undefined || !targets.some((target) => isName(target, name))) return { kind: 'unset' };
  return operator === undefined ? { kind: 'set', value, file: path, line } : open;
}

function isName(expression: Expression, name: string): boolean {
  return expression.kind === 'name' && expression.name === name;
}

function sourceOf(module: string, path: string, level: number, name: string): string | undefined {
  if (level === 0) return name;
  const isPackage = path.endsWith('/__init__.py');
  const above = module
    .split('.')
    .slice(0, isPackage && level === 1 ? undefined : -(level - (isPackage ? 1 : 0)));
  if (above.length === 0) return name === '' ? undefined : name;
  return name === '' ? above.join('.') : `${above.join('.')}.${name}`;
}

function isSame(one: Setting, other: Setting): boolean {
  const text = textOf(one);
  return text !== undefined && text === textOf(other);
}
