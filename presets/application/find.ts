/**
 * Finds the application object of a framework by reading the sources: where the framework itself would
 * look first, then everywhere. Which frameworks there are and what starts an application is not known here.
 */
import type { PresetInput } from 'pycontainer';
import {
  classesOf,
  dottedName,
  resolveExpression,
  resolveObject,
  type SourceTree,
  type Statement,
} from 'pycontainer/python';
import { isAside } from './aside.ts';
import type { Candidate } from './errors.ts';
import { mountedIn } from './mounts.ts';
import { importable, isBesideThePoint } from './place.ts';
import { relevantFiles } from './relevance.ts';

/** What the application of a framework looks like. */
export interface Wanted {
  /** Dotted names of its class, as in `fastapi.FastAPI`. */
  readonly classes: ReadonlySet<string>;
  /** Modules where the framework itself looks, in its order, as in `main`, `app.main`. */
  readonly modules: readonly string[];
  /** Names that the framework prefers, in its order. */
  readonly names: readonly string[];
  /** Names of functions that make one, preferred ones first. */
  readonly factories: readonly string[];
}

/** An application object, or a function without arguments that makes one. */
export interface Application extends Candidate {
  readonly module: string;
  readonly name: string;
  readonly kind: 'object' | 'factory';
  /** Where it is made: two names of one object share it. */
  readonly identity: string;
}

/** One application, several between which the sources do not tell, or none. */
export interface Search {
  readonly chosen?: Application;
  readonly candidates: readonly Application[];
}

/**
 * Looks for the application.
 *
 * @param word - stands in every file that makes an application; a file without it that is no Python is passed over
 * @throws SourceError for a file that cannot be read where an application might be
 */
export async function findApplication(
  input: PresetInput,
  tree: SourceTree,
  wanted: Wanted,
  word: string,
): Promise<Search> {
  const isInstalled = importable(input);
  const passOver = (error: unknown): Promise<boolean> => isBesideThePoint(input, error, word);
  const usual = wanted.modules.flatMap((module) => {
    const path = tree.pathOf(module);
    return path !== undefined && isInstalled(path) ? [path] : [];
  });
  for (const kind of ['object', 'factory'] as const) {
    for (const path of usual) {
      const found = await applicationsIn(tree, path, wanted, kind, true);
      if (found.length === 0) continue;
      const preferred = kind === 'object' ? wanted.names : wanted.factories;
      const own = await chosenOf(tree, found, preferred, new Set(found.map(({ file }) => file)), passOver);
      // All of them mounted by one another: whatever that means, they are what there is.
      return own.candidates.length === 0 ? { candidates: unique(found) } : own;
    }
  }
  const relevant = await relevantFiles(input, tree, word);
  const others = tree.paths.filter((path) => relevant.has(path) && isInstalled(path) && !isAside(path));
  const found: Application[] = [];
  for (const path of others) {
    try {
      found.push(...(await applicationsIn(tree, path, wanted, undefined, false)));
    } catch (error) {
      if (!(await passOver(error))) throw error;
    }
  }
  for (const kind of ['object', 'factory'] as const) {
    const ofKind = found.filter((application) => application.kind === kind);
    if (ofKind.length > 0) return chosenOf(tree, ofKind, [], others, passOver);
  }
  return { candidates: [] };
}

/** The applications of one module alone, by the framework's preferences. */
export async function findIn(tree: SourceTree, path: string, wanted: Wanted): Promise<Search> {
  for (const kind of ['object', 'factory'] as const) {
    const found = await applicationsIn(tree, path, wanted, kind, true);
    const preferred = kind === 'object' ? wanted.names : wanted.factories;
    if (found.length > 0) return chosenOf(tree, found, preferred, [path], async () => false);
  }
  return { candidates: [] };
}

/** @param files - where applications could be mounted into others */
async function chosenOf(
  tree: SourceTree,
  found: readonly Application[],
  preferred: readonly string[],
  files: Iterable<string>,
  passOver: (error: unknown) => Promise<boolean>,
): Promise<Search> {
  for (const name of preferred) {
    const chosen = found.find((application) => application.name === name);
    if (chosen !== undefined) return { chosen, candidates: found };
  }
  const mounted = await mountedIn(tree, files, passOver);
  const candidates = unique(found.filter(({ identity }) => !mounted.has(identity)));
  return candidates.length === 1 ? { chosen: candidates[0]!, candidates } : { candidates };
}

/** The first name of each object: that by which it is made, where this is among them. */
function unique(found: readonly Application[]): Application[] {
  const byIdentity = new Map<string, Application>();
  for (const application of found) {
    const known = byIdentity.get(application.identity);
    if (known === undefined || application.identity === `${application.file}:${application.name}`) {
      byIdentity.set(application.identity, application);
    }
  }
  return [...byIdentity.values()];
}

/** The applications that a module binds to names; imported ones count where the framework itself would look. */
async function applicationsIn(
  tree: SourceTree,
  path: string,
  wanted: Wanted,
  kind: Application['kind'] | undefined,
  imported: boolean,
): Promise<Application[]> {
  const module = tree.moduleOf(path);
  if (module === undefined) return [];
  const found: Application[] = [];
  for (const statement of (await tree.load(path)).statements) {
    // What stands under `if __name__ == '__main__'` is not there for a server that imports the module.
    if (statement.runs === 'main') continue;
    for (const bound of await bindings(tree, module, path, statement, imported)) {
      const isFactory = bound.statement.kind === 'function';
      if (kind !== undefined && isFactory !== (kind === 'factory')) continue;
      if (bound.statement.kind === 'function' && !isFactoryShaped(bound.statement)) continue;
      const classes = await classesOf(tree, { kind: 'definition', ...bound });
      if (!classes.some((name) => wanted.classes.has(name))) continue;
      found.push({
        target: `${module}:${bound.as}`,
        file: path,
        line: statement.line,
        module,
        name: bound.as,
        kind: isFactory ? 'factory' : 'object',
        identity: `${bound.path}:${bound.name}`,
      });
    }
  }
  return found;
}

interface Bound {
  /** The name in the module that is looked at. */
  readonly as: string;
  /** Where it is defined. */
  readonly module: string;
  readonly path: string;
  readonly name: string;
  readonly statement: Statement;
}

async function bindings(
  tree: SourceTree,
  module: string,
  path: string,
  statement: Statement,
  imported: boolean,
): Promise<Bound[]> {
  switch (statement.kind) {
    case 'function':
      return [{ as: statement.name, module, path, name: statement.name, statement }];
    case 'assignment': {
      const names = statement.targets.flatMap((target) => (target.kind === 'name' ? [target.name] : []));
      const alias = statement.value !== undefined && dottedName(statement.value) !== undefined;
      const object = alias ? await resolveExpression(tree, module, statement.value!) : undefined;
      return names.map((as) =>
        object?.kind === 'definition' ? { ...object, as } : { as, module, path, name: as, statement },
      );
    }
    case 'from': {
      if (!imported || statement.name === '*') return [];
      const object = await resolveObject(tree, module, statement.alias);
      return object?.kind === 'definition' ? [{ ...object, as: statement.alias }] : [];
    }
    default:
      return [];
  }
}

function isFactoryShaped(statement: Statement & { readonly kind: 'function' }): boolean {
  return !statement.asynchronous && statement.parameters.every(({ required }) => !required);
}
