/** Which statements give a module's names their values. Knows one module at a time and follows no import. */
import type { Expression } from './expression.ts';
import type { Statement } from './statement.ts';

/** The names that a statement binds. A plain `import a.b` binds `a`. */
export function namesBoundBy(statement: Statement): readonly string[] {
  switch (statement.kind) {
    case 'import':
      return [statement.alias ?? statement.module.split('.', 1)[0]!];
    case 'from':
      return [statement.alias];
    case 'function':
    case 'class':
      return [statement.name];
    case 'assignment':
      return statement.targets.flatMap((target) => (target.kind === 'name' ? [target.name] : []));
    default:
      return [];
  }
}

/** The statements that bind a name, the one that holds in the end first. */
export function bindingsOf(statements: readonly Statement[], name: string): readonly Statement[] {
  return statements.filter((statement) => namesBoundBy(statement).includes(name)).reverse();
}

/** `a.b.c` as its names; undefined where the expression is anything but names and dots. */
export function dottedName(expression: Expression): readonly string[] | undefined {
  const names: string[] = [];
  let at = expression;
  while (at.kind === 'attribute') {
    names.unshift(at.name);
    at = at.value;
  }
  if (at.kind !== 'name') return undefined;
  names.unshift(at.name);
  return names;
}

/** The module that `from ..x import y` means inside `module`; undefined where the dots lead out of the top. */
export function absoluteModule(
  module: string,
  isPackage: boolean,
  level: number,
  name: string,
): string | undefined {
  if (level === 0) return name;
  const above = module.split('.');
  const drop = isPackage ? level - 1 : level;
  if (drop >= above.length) return undefined;
  const base = above.slice(0, above.length - drop).join('.');
  return name === '' ? base : `${base}.${name}`;
}
