/**
 * Follows names through a project's modules: aliases, relative imports, re-exports, packages. What is
 * installed is not read: there a name ends as `external`.
 */
import { absoluteModule, bindingsOf, dottedName } from './binding.ts';
import type { Expression } from './expression.ts';
import type { SourceTree } from './source-tree.ts';
import type { Statement } from './statement.ts';

/** Where a name of the project leads. */
export type Resolved =
  | {
      readonly kind: 'definition';
      readonly module: string;
      readonly path: string;
      readonly name: string;
      /** The assignment, function or class that defines it. */
      readonly statement: Statement;
    }
  | { readonly kind: 'module'; readonly module: string; readonly path: string | undefined }
  /** A dotted name outside of the project, as in `fastapi.FastAPI`. */
  | { readonly kind: 'external'; readonly name: string };

/** Longer ways are no honest program's. */
const MAX_STEPS = 64;

/**
 * What a name of a module stands for, aliases followed: `from .x import app as application` and
 * `application = app` both lead to where `app` is made.
 *
 * @param name may have dots, as in `api.app`
 * @returns undefined where the sources do not tell
 * @throws SourceError where a module on the way cannot be read
 */
export function resolveObject(tree: SourceTree, module: string, name: string): Promise<Resolved | undefined> {
  return follow(tree, module, name.split('.'), { left: MAX_STEPS, seen: new Set() });
}

/** What an expression of a module stands for, where it is a name or names with dots between. */
export async function resolveExpression(
  tree: SourceTree,
  module: string,
  expression: Expression,
): Promise<Resolved | undefined> {
  const names = dottedName(expression);
  return names === undefined ? undefined : follow(tree, module, names, { left: MAX_STEPS, seen: new Set() });
}

interface Steps {
  left: number;
  readonly seen: Set<string>;
}

async function follow(
  tree: SourceTree,
  module: string,
  names: readonly string[],
  steps: Steps,
): Promise<Resolved | undefined> {
  const [first, ...rest] = names;
  if (first === undefined) return { kind: 'module', module, path: tree.pathOf(module) };
  let found = await resolveName(tree, module, first, steps);
  for (const [index, name] of rest.entries()) {
    if (found === undefined) return undefined;
    if (found.kind === 'external')
      return { kind: 'external', name: [found.name, ...rest.slice(index)].join('.') };
    // Attributes of objects are made at run time.
    if (found.kind === 'definition') return undefined;
    found = await resolveName(tree, found.module, name, steps);
  }
  return found;
}

async function resolveName(
  tree: SourceTree,
  module: string,
  name: string,
  steps: Steps,
): Promise<Resolved | undefined> {
  const step = `${module}:${name}`;
  steps.left -= 1;
  if (steps.left < 0 || steps.seen.has(step)) return undefined;
  steps.seen.add(step);
  const path = tree.pathOf(module);
  if (path !== undefined) {
    const { statements } = await tree.load(path);
    for (const statement of bindingsOf(statements, name)) {
      const found = await followBinding(tree, { module, path }, name, statement, steps);
      if (found !== undefined) return found;
    }
    for (const statement of bindingsOf(statements, '*')) {
      const found = await followBinding(tree, { module, path }, name, statement, steps);
      if (found?.kind === 'definition' || (found !== undefined && !name.startsWith('_'))) return found;
    }
  }
  return submodule(tree, `${module}.${name}`);
}

interface Place {
  readonly module: string;
  readonly path: string;
}

async function followBinding(
  tree: SourceTree,
  place: Place,
  name: string,
  statement: Statement,
  steps: Steps,
): Promise<Resolved | undefined> {
  const { module, path } = place;
  switch (statement.kind) {
    case 'import': {
      const target = statement.alias === undefined ? statement.module.split('.', 1)[0]! : statement.module;
      return submodule(tree, target) ?? { kind: 'external', name: target };
    }
    case 'from':
      return followImport(tree, place, name, statement, steps);
    case 'assignment': {
      const names = statement.value === undefined ? undefined : dottedName(statement.value);
      if (names !== undefined && statement.operator === undefined) {
        const found = await follow(tree, module, names, steps);
        if (found !== undefined) return found;
      }
      return { kind: 'definition', module, path, name, statement };
    }
    default:
      return { kind: 'definition', module, path, name, statement };
  }
}

async function followImport(
  tree: SourceTree,
  { module, path }: Place,
  name: string,
  statement: Statement & { readonly kind: 'from' },
  steps: Steps,
): Promise<Resolved | undefined> {
  const isPackage = path.endsWith('/__init__.py') || path === '__init__.py';
  const from = absoluteModule(module, isPackage, statement.level, statement.module);
  if (from === undefined) return undefined;
  const wanted = statement.name === '*' ? name : statement.name;
  if (tree.pathOf(from) === undefined && !tree.isNamespace(from)) {
    // What a star brings from outside cannot be told.
    const inProject = statement.level > 0 || tree.isNamespace(from.split('.', 1)[0]!);
    return inProject || statement.name === '*' ? undefined : { kind: 'external', name: `${from}.${wanted}` };
  }
  return resolveName(tree, from, wanted, steps);
}

function submodule(tree: SourceTree, module: string): Resolved | undefined {
  const path = tree.pathOf(module);
  if (path === undefined && !tree.isNamespace(module)) return undefined;
  return { kind: 'module', module, path };
}
