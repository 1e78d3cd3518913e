/** Which applications are mounted into others by `parent.mount(path, child)` and so are not the one to start. */
import { type Expression, resolveExpression, type SourceTree, type Statement } from 'pycontainer/python';

/** Where the mounted objects of these files are made, as `path:name`. */
export async function mountedIn(tree: SourceTree, paths: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const mounted = new Set<string>();
  for (const path of paths) {
    const module = tree.moduleOf(path);
    if (module === undefined) continue;
    for (const child of mountedBy((await tree.load(path)).statements)) {
      const object = await resolveExpression(tree, module, child);
      if (object?.kind === 'definition') mounted.add(`${object.path}:${object.name}`);
    }
  }
  return mounted;
}

/** The second argument, or `app=`, of each call of a method `mount`, in functions as well. */
function mountedBy(statements: readonly Statement[]): Expression[] {
  return statements.flatMap((statement): Expression[] => {
    if (statement.kind === 'function') return mountedBy(statement.body);
    if (statement.kind !== 'expression' || statement.value.kind !== 'call') return [];
    const { callee, arguments: given } = statement.value;
    if (callee.kind !== 'attribute' || callee.name !== 'mount') return [];
    const child =
      given.find(({ name }) => name === 'app') ?? given.filter(({ name }) => name === undefined)[1];
    return child === undefined ? [] : [child.value];
  });
}
