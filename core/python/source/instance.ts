/**
 * What an expression is an instance of, as far as the sources tell: calls of classes and of functions whose
 * result is known, annotations, subclasses. Knows no framework.
 */
import { bindingsOf, dottedName } from './binding.ts';
import type { Expression } from './expression.ts';
import { type Resolved, resolveExpression } from './resolve.ts';
import type { SourceTree } from './source-tree.ts';
import type { Statement } from './statement.ts';

const MAX_DEPTH = 16;

/**
 * The classes that a resolved object is an instance of: dotted names, the nearest first, base classes
 * behind. For a function these are the classes of what it returns.
 *
 * @returns an empty list where the sources do not tell
 * @throws SourceError where a module on the way cannot be read
 */
export async function classesOf(tree: SourceTree, object: Resolved): Promise<readonly string[]> {
  return object.kind === 'definition' ? ofStatement(tree, object.module, object.statement, 0) : [];
}

async function ofStatement(
  tree: SourceTree,
  module: string,
  statement: Statement,
  depth: number,
): Promise<readonly string[]> {
  if (depth > MAX_DEPTH) return [];
  if (statement.kind === 'function') return ofResult(tree, module, statement, depth + 1);
  if (statement.kind !== 'assignment') return [];
  const { annotation, value } = statement;
  const stated = annotation === undefined ? [] : await ofAnnotation(tree, module, annotation, depth + 1);
  if (stated.length > 0 || value === undefined) return stated;
  return ofValue(tree, module, value, [], depth + 1);
}

/** What a value is an instance of; `locals` are the statements of the function that it stands in. */
async function ofValue(
  tree: SourceTree,
  module: string,
  value: Expression,
  locals: readonly Statement[],
  depth: number,
): Promise<readonly string[]> {
  if (depth > MAX_DEPTH) return [];
  if (value.kind === 'name') {
    for (const statement of bindingsOf(locals, value.name)) {
      if (statement.kind !== 'assignment') continue;
      const { annotation, value: bound } = statement;
      const stated = annotation === undefined ? [] : await ofAnnotation(tree, module, annotation, depth + 1);
      if (stated.length > 0) return stated;
      const found = bound === undefined ? [] : await ofValue(tree, module, bound, locals, depth + 1);
      if (found.length > 0) return found;
    }
  }
  if (value.kind === 'call') {
    const callee = await resolveIn(tree, module, value.callee, locals);
    if (callee?.kind === 'external') return [callee.name];
    if (callee?.kind !== 'definition') return [];
    const { statement } = callee;
    if (statement.kind === 'class') return ancestry(tree, callee.module, statement, depth + 1);
    if (statement.kind === 'function' && !statement.asynchronous) {
      return ofResult(tree, callee.module, statement, depth + 1);
    }
    return [];
  }
  const object = await resolveExpression(tree, module, value);
  return object?.kind === 'definition' ? ofStatement(tree, object.module, object.statement, depth + 1) : [];
}

async function ofResult(
  tree: SourceTree,
  module: string,
  { returns, body }: Statement & { readonly kind: 'function' },
  depth: number,
): Promise<readonly string[]> {
  const stated = returns === undefined ? [] : await ofAnnotation(tree, module, returns, depth);
  if (stated.length > 0) return stated;
  for (const statement of body) {
    if (statement.kind !== 'return') continue;
    const found = await ofValue(tree, module, statement.value, body, depth);
    if (found.length > 0) return found;
  }
  return [];
}

/** `FastAPI`, `fastapi.FastAPI` and, as a forward reference, `'FastAPI'`. */
async function ofAnnotation(
  tree: SourceTree,
  module: string,
  annotation: Expression,
  depth: number,
): Promise<readonly string[]> {
  const object = await resolveExpression(tree, module, unquoted(annotation));
  if (object?.kind === 'external') return [object.name];
  if (object?.kind !== 'definition' || object.statement.kind !== 'class') return [];
  return ancestry(tree, object.module, object.statement, depth);
}

async function ancestry(
  tree: SourceTree,
  module: string,
  statement: Statement & { readonly kind: 'class' },
  depth: number,
): Promise<readonly string[]> {
  const found = [`${module}.${statement.name}`];
  if (depth > MAX_DEPTH) return found;
  for (const base of statement.bases) {
    const object = await resolveExpression(tree, module, base);
    if (object?.kind === 'external') found.push(object.name);
    else if (object?.kind === 'definition' && object.statement.kind === 'class') {
      found.push(...(await ancestry(tree, object.module, object.statement, depth + 1)));
    }
  }
  return [...new Set(found)];
}

/** Imports inside a function bind there; they are followed as the module's own would be. */
async function resolveIn(
  tree: SourceTree,
  module: string,
  callee: Expression,
  locals: readonly Statement[],
): Promise<Resolved | undefined> {
  const [first, ...rest] = dottedName(callee) ?? [];
  const local = first === undefined ? undefined : bindingsOf(locals, first)[0];
  if (local?.kind === 'from' && local.level === 0 && tree.pathOf(local.module) === undefined) {
    return { kind: 'external', name: [local.module, local.name, ...rest].join('.') };
  }
  if (local?.kind === 'import' && tree.pathOf(local.module) === undefined) {
    const head = local.alias === undefined ? first! : local.module;
    return { kind: 'external', name: [head, ...rest].join('.') };
  }
  if (local?.kind === 'from' && local.level === 0) {
    return resolveExpression(tree, local.module, renamed(callee, local.name));
  }
  return resolveExpression(tree, module, callee);
}

/** The same names and dots with another first name. */
function renamed(expression: Expression, name: string): Expression {
  if (expression.kind === 'attribute') return { ...expression, value: renamed(expression.value, name) };
  return { kind: 'name', name, line: expression.line };
}

function unquoted(annotation: Expression): Expression {
  if (annotation.kind !== 'string' || !/^[\p{XIDS}_][\p{XIDC}.]*$/u.test(annotation.value)) return annotation;
  const [first, ...rest] = annotation.value.split('.');
  const { line } = annotation;
  return rest.reduce<Expression>((value, name) => ({ kind: 'attribute', value, name, line }), {
    kind: 'name',
    name: first!,
    line,
  });
}
