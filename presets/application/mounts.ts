/**
 * Which applications are mounted into others and so are not the one to start: by `parent.mount(path, child)`, by
 * `Mount(path, app=child)` in a list of routes, wrapped or not.
 */
import { type Expression, resolveExpression, type SourceTree, type Statement } from 'pycontainer/python';

const MOUNTING = new Set(['mount', 'Mount', 'host', 'Host', 'DispatcherMiddleware', 'add_asgi_app']);

/**
 * Where the mounted objects of these files are made, as `path:name`.
 *
 * @param passOver - decides about a file that cannot be read as Python: true passes it over
 */
export async function mountedIn(
  tree: SourceTree,
  paths: Iterable<string>,
  passOver: (error: unknown) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const mounted = new Set<string>();
  for (const path of paths) {
    const module = tree.moduleOf(path);
    if (module === undefined) continue;
    try {
      for (const child of mountedBy((await tree.load(path)).statements)) {
        const object = await resolveExpression(tree, module, child);
        if (object?.kind === 'definition') mounted.add(`${object.path}:${object.name}`);
      }
    } catch (error) {
      if (!(await passOver(error))) throw error;
    }
  }
  return mounted;
}

/** The second argument, or `app=`, of each call that mounts, in functions as well. */
function mountedBy(statements: readonly Statement[]): Expression[] {
  return statements.flatMap((statement): Expression[] => {
    if (statement.kind === 'function') return mountedBy(statement.body);
    if (statement.kind === 'expression' || statement.kind === 'return') return within(statement.value);
    return statement.kind === 'assignment' && statement.value !== undefined ? within(statement.value) : [];
  });
}

/** Calls that mount, wherever they stand in an expression. */
function within(expression: Expression): Expression[] {
  switch (expression.kind) {
    case 'list':
    case 'tuple':
      return expression.items.flatMap(within);
    case 'dict':
      return expression.items.flatMap(([, value]) => within(value));
    case 'call': {
      const { callee, arguments: given } = expression;
      const inner = given.flatMap(({ value }) => within(value));
      const name = callee.kind === 'attribute' || callee.kind === 'name' ? callee.name : '';
      if (!MOUNTING.has(name)) return inner;
      const child =
        given.find((argument) => argument.name === 'app') ??
        given.filter((argument) => argument.name === undefined)[1];
      return child === undefined ? inner : [...inner, ...wrapped(child.value)];
    }
    default:
      return [];
  }
}

/** `WSGIMiddleware(child)` and `{'/path': child}` mount the child. */
function wrapped(expression: Expression): Expression[] {
  if (expression.kind === 'dict') return expression.items.flatMap(([, value]) => wrapped(value));
  if (expression.kind !== 'call') return [expression];
  const first = expression.arguments.find(({ name }) => name === undefined || name === 'app');
  return first === undefined ? [] : wrapped(first.value);
}
