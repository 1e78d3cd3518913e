/**
 * What code changes besides giving a value, by names alone: the methods that change what they are called on, and what a
 * function does to the names of its module. What these names stand for is not known here.
 */
import { dottedName, type Expression, type Statement } from 'pycontainer/python';

export type Call = Expression & { readonly kind: 'call' };

/** Methods of lists, dictionaries and sets that change them. */
const CHANGING = new Set(
  'add append clear discard extend insert pop popitem remove reverse setdefault sort update'.split(' '),
);

/** The calls in an expression, the inner ones too, in no certain order. */
export function callsIn(expression: Expression): readonly Call[] {
  switch (expression.kind) {
    case 'call':
      return [
        expression,
        ...callsIn(expression.callee),
        ...expression.arguments.flatMap(({ value }) => callsIn(value)),
      ];
    case 'attribute':
    case 'not':
    case 'starred':
      return callsIn(expression.value);
    case 'subscript':
      return [...callsIn(expression.value), ...callsIn(expression.index)];
    case 'binary':
    case 'boolean':
    case 'comparison':
      return [...callsIn(expression.left), ...callsIn(expression.right)];
    case 'conditional':
      return [expression.test, expression.then, expression.otherwise].flatMap(callsIn);
    case 'formatted':
      return expression.pieces.flatMap(callsIn);
    case 'list':
    case 'tuple':
    case 'set':
      return expression.items.flatMap(callsIn);
    case 'dict':
      return expression.items.flatMap(([key, value]) => [...callsIn(key), ...callsIn(value)]);
    default:
      return [];
  }
}

/** What a call changes because of the method's name, as in `NAMES.pop()`. */
export function changedByMethod({ callee }: Call): Expression | undefined {
  return callee.kind === 'attribute' && CHANGING.has(callee.name) ? callee.value : undefined;
}

/** The names of its module that a function's body may change where it is called. */
export function changedByBody(body: readonly Statement[]): ReadonlySet<string> {
  const shared = new Set<string>();
  const own = new Set<string>();
  const changed = new Set<string>();
  const change = (target: Expression | undefined): void => {
    const name = target === undefined ? undefined : rootOf(target);
    if (name !== undefined) changed.add(name);
  };
  const evaluate = (value: Expression | undefined): void => {
    if (value !== undefined) for (const call of callsIn(value)) change(changedByMethod(call));
  };
  for (const statement of body) {
    if (statement.kind === 'global') shared.add(statement.name);
    else if (statement.kind === 'delete') change(statement.target);
    else if (statement.kind === 'expression' || statement.kind === 'return') evaluate(statement.value);
    else if (statement.kind === 'assignment') {
      evaluate(statement.value);
      for (const target of statement.targets) {
        if (target.kind === 'name') own.add(target.name);
        else change(target);
      }
    }
  }
  return new Set([...shared, ...[...changed].filter((name) => !own.has(name))]);
}

function rootOf(target: Expression): string | undefined {
  return dottedName(target.kind === 'subscript' ? target.value : target)?.[0];
}
