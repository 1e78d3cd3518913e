/** Finds Sanic applications in a project's sources: objects at the top of a module, else functions that make one. */
import type { PresetInput } from 'pycontainer';
import {
  classesOf,
  createSourceTree,
  resolveExpression,
  type SourceTree,
  type Statement,
} from 'pycontainer/python';

/** An object, or a function without arguments that makes one. */
export interface Application {
  /** `module:name`. */
  readonly target: string;
  readonly kind: 'object' | 'factory';
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The folder that its module is imported from, where this is not the project's own; else empty. */
  readonly folder: string;
}

/** Where Sanic defines its class, and where it is imported from by custom. */
const CLASSES = new Set(['sanic.Sanic', 'sanic.app.Sanic']);

/** Objects in these are not the project's service. */
const ASIDE = /(?:^|\/)(?:tests?|docs?|examples?)\/|(?:^|\/)(?:conftest|test_[^/]*|[^/]*_test)\.py$/;

/**
 * Every application of the sources; functions count only where there is no object.
 *
 * @throws SourceError for a file that is no Python, unless it cannot matter
 */
export async function findApplications(input: PresetInput): Promise<readonly Application[]> {
  const tree = createSourceTree({ paths: input.files, read: input.read });
  const found: Application[] = [];
  for (const path of tree.paths.filter((one) => !ASIDE.test(one))) {
    try {
      found.push(...(await applicationsIn(tree, path, input.project.isPackage)));
    } catch (error) {
      if (await mentions(input, error)) throw error;
    }
  }
  const objects = found.filter(({ kind }) => kind === 'object');
  return objects.length > 0 ? objects : found;
}

async function applicationsIn(tree: SourceTree, path: string, isPackage: boolean): Promise<Application[]> {
  const module = tree.moduleOf(path);
  if (module === undefined) return [];
  const found: Application[] = [];
  for (const statement of (await tree.load(path)).statements) {
    // Whoever imports the module does not run what stands under `if __name__ == '__main__'`.
    if (statement.runs === 'main') continue;
    const name = await nameOf(tree, module, statement);
    if (name === undefined) continue;
    const classes = await classesOf(tree, { kind: 'definition', module, path, name, statement });
    if (!classes.some((one) => CLASSES.has(one))) continue;
    found.push({
      target: `${module}:${name}`,
      kind: statement.kind === 'function' ? 'factory' : 'object',
      file: path,
      line: statement.line,
      // A package is installed, so that its modules are found wherever they came from.
      folder: !isPackage && path.startsWith('src/') ? 'src' : '',
    });
  }
  return found;
}

/** What a statement gives a name to; a second name of something that has one already is none. */
async function nameOf(tree: SourceTree, module: string, statement: Statement): Promise<string | undefined> {
  if (statement.kind === 'function') {
    const needsNothing = statement.parameters.every(({ required }) => !required);
    return needsNothing && !statement.asynchronous ? statement.name : undefined;
  }
  if (statement.kind !== 'assignment' || statement.value === undefined) return undefined;
  const object = await resolveExpression(tree, module, statement.value);
  const [target] = statement.targets;
  return object === undefined && target?.kind === 'name' ? target.name : undefined;
}

/** True for an error about a file that could hold the application. */
async function mentions(input: PresetInput, error: unknown): Promise<boolean> {
  const { code, path } = error as { readonly code?: unknown; readonly path?: unknown };
  if (code !== 'PYC_SOURCE_UNREADABLE' || typeof path !== 'string') return true;
  return Buffer.from(await input.read(path)).includes('sanic');
}
