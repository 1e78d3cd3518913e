/** What our reader says of a Python file, in the form in which `oracle/facts.py` writes what CPython's own parser says. */
import type { Expression, Statement } from 'pycontainer/python';

const UNKNOWN = '?';

/** One array a statement, nested as they stand; lines of statements, none of expressions. */
export function factsOf(statements: readonly Statement[]): readonly unknown[] {
  return statements.map((statement) => [
    statement.line,
    statement.runs,
    statement.when?.map(({ test, holds }) => [shown(test), holds]) ?? null,
    statement.kind,
    ...rest(statement),
  ]);
}

function rest(statement: Statement): readonly unknown[] {
  switch (statement.kind) {
    case 'import':
      return [statement.module, statement.alias ?? null];
    case 'from':
      return [statement.module, statement.level, statement.name, statement.alias];
    case 'assignment': {
      const { targets, annotation, value, operator } = statement;
      return [targets.map(shown), maybe(annotation), maybe(value), operator ?? null];
    }
    case 'function': {
      const { name, asynchronous, decorators, parameters, returns, body } = statement;
      const given = parameters.map((parameter) => [parameter.name, parameter.required]);
      return [name, asynchronous, decorators.map(shown), given, maybe(returns), factsOf(body)];
    }
    case 'class': {
      const { name, decorators, bases, body } = statement;
      return [name, decorators.map(shown), bases.map(shown), factsOf(body)];
    }
    case 'delete':
      return [shown(statement.target)];
    case 'global':
      return [statement.name];
    default:
      return [shown(statement.value)];
  }
}

function maybe(expression: Expression | undefined): unknown {
  return expression === undefined ? null : shown(expression);
}

function shown(expression: Expression): unknown {
  switch (expression.kind) {
    case 'name':
      return ['name', expression.name];
    case 'attribute':
      return ['attribute', shown(expression.value), expression.name];
    case 'call':
      return [
        'call',
        shown(expression.callee),
        expression.arguments.map(({ name, unpacked, value }) => [
          unpacked ?? (name === undefined ? '' : `${name}=`),
          shown(value),
        ]),
      ];
    case 'subscript':
      return ['subscript', shown(expression.value), shown(expression.index)];
    case 'string':
      return ['string', expression.value];
    case 'number':
      return ['number', expression.text];
    case 'constant':
      return ['constant', expression.value];
    case 'binary':
    case 'boolean':
    case 'comparison':
      return [expression.kind, expression.operator, shown(expression.left), shown(expression.right)];
    case 'not':
    case 'starred':
      return [expression.kind, shown(expression.value)];
    case 'conditional':
      return ['conditional', shown(expression.test), shown(expression.then), shown(expression.otherwise)];
    case 'list':
    case 'tuple':
    case 'set':
      return [expression.kind, expression.items.map(shown)];
    case 'dict':
      return ['dict', expression.items.map((pair) => pair.map(shown))];
    default:
      return UNKNOWN;
  }
}
