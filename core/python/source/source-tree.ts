/**
 * The modules of a project: which file a dotted name means, and each file read once. Packages that are
 * installed, and what the names inside a module mean, are not its concern.
 */
import { comparePaths } from '../../primitives/path.ts';
import { readModule } from './module-reader.ts';
import type { SourceModule } from './statement.ts';

/** Where sources come from. */
export interface SourceFiles {
  /** Relative to the project's folder, `/`-separated. Files other than `.py` are passed over. */
  readonly paths: readonly string[];
  read(path: string): Promise<Uint8Array | string>;
}

export interface SourceTree {
  /** The folders that imports start from: `''` is the project's own, `src` that of a src layout. */
  readonly roots: readonly string[];
  /** All Python files, sorted. */
  readonly paths: readonly string[];
  /** The file of a module, or of a package's `__init__`; undefined where the project has none. */
  pathOf(module: string): string | undefined;
  /** True for a folder with modules in it that has no `__init__.py` (PEP 420). */
  isNamespace(module: string): boolean;
  /** The dotted name under which a file is imported: that of the longest root it lies in. */
  moduleOf(path: string): string | undefined;
  /** @throws SourceError */
  load(path: string): Promise<SourceModule>;
}

const SEGMENT = /^[\p{XIDS}_][\p{XIDC}]*$/u;

/** A view of a project's Python files. Roots default to `''`, and `src` where that is a folder but no package. */
export function createSourceTree(files: SourceFiles, roots?: readonly string[]): SourceTree {
  const paths = files.paths.filter((path) => path.endsWith('.py')).sort(comparePaths);
  const from = [...(roots ?? defaultRoots(paths))].sort((a, b) => b.length - a.length);
  const byModule = new Map<string, string>();
  const namespaces = new Set<string>();
  const byPath = new Map<string, string>();
  for (const root of from) {
    const prefix = root === '' ? '' : `${root}/`;
    for (const path of paths) {
      const module = path.startsWith(prefix) ? moduleName(path.slice(prefix.length)) : undefined;
      if (module === undefined) continue;
      if (!byPath.has(path)) byPath.set(path, module);
      // A package hides a module of the same name.
      if (!byModule.has(module) || path.endsWith('/__init__.py')) byModule.set(module, path);
      for (let dot = module.lastIndexOf('.'); dot > 0; dot = module.lastIndexOf('.', dot - 1)) {
        namespaces.add(module.slice(0, dot));
      }
    }
  }
  const loaded = new Map<string, Promise<SourceModule>>();
  return {
    roots: from,
    paths,
    pathOf: (module) => byModule.get(module),
    isNamespace: (module) => namespaces.has(module) && !byModule.has(module),
    moduleOf: (path) => byPath.get(path),
    load(path) {
      const known = loaded.get(path) ?? files.read(path).then((source) => readModule(path, source));
      loaded.set(path, known);
      return known;
    },
  };
}

function defaultRoots(paths: readonly string[]): string[] {
  const inSource = paths.some((path) => path.startsWith('src/'));
  return inSource && !paths.includes('src/__init__.py') ? ['', 'src'] : [''];
}

function moduleName(path: string): string | undefined {
  const segments = path.slice(0, -'.py'.length).split('/');
  if (segments.at(-1) === '__init__') segments.pop();
  if (segments.length === 0 || !segments.every((segment) => SEGMENT.test(segment))) return undefined;
  return segments.join('.').normalize('NFKC');
}
