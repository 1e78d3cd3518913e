/** Where a project's modules lie, on the host and in the image. */
import type { PresetInput } from 'pycontainer';
import { createSourceTree, type SourceTree } from 'pycontainer/python';

/** All presets of a run look at the same files: each is read once. */
const TREES = new WeakMap<readonly string[], SourceTree>();

/** The project's modules, imported from its folder, from `src`, and from where its `manage.py` lies. */
export function treeOf({ files, read }: PresetInput): SourceTree {
  const known = TREES.get(files) ?? createSourceTree({ paths: files, read }, rootsOf(files));
  TREES.set(files, known);
  return known;
}

/** The files called `manage.py`, apart from those of tests and examples. */
export function managePaths(files: readonly string[]): readonly string[] {
  return files.filter((path) => /(?:^|\/)manage\.py$/.test(path) && !isAside(path));
}

/** The folder of a file; `''` is the project's own. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function rootsOf(files: readonly string[]): readonly string[] {
  const hasSource = files.some((path) => path.startsWith('src/')) && !files.includes('src/__init__.py');
  const manage = managePaths(files);
  const site = manage.length === 1 && !manage.includes('manage.py') ? [folderOf(manage[0]!)] : [];
  return [...new Set(['', ...(hasSource ? ['src'] : []), ...site])];
}

/** Of a package only what lies in its folders is installed; everything else is copied as it lies. */
export function importable({ project, files }: PresetInput): (path: string) => boolean {
  if (!project.isPackage) return () => true;
  const inSource = files.some((path) => path.startsWith('src/') && path.endsWith('.py'));
  const single = `${project.name.replaceAll('-', '_')}.py`;
  return (path) => (inSource ? path.startsWith('src/') : path.includes('/') || path === single);
}

/** The variable that makes a file's module importable, where the sources are copied as they lie, in `src` say. */
export function pathEnvironment(
  { project }: PresetInput,
  tree: SourceTree,
  file: string | undefined,
): Readonly<Record<string, string>> {
  if (project.isPackage || file === undefined) return {};
  const root = tree.roots.find((one) => one === '' || file.startsWith(`${one}/`)) ?? '';
  return root === '' ? {} : { PYTHONPATH: `/app/${root}` };
}

/** A file that is no Python matters only where it could hold an answer: where the word occurs in it. */
export async function isBesideThePoint(input: PresetInput, error: unknown, word: string): Promise<boolean> {
  const { code, path } = error as { readonly code?: unknown; readonly path?: unknown };
  if (code !== 'PYC_SOURCE_UNREADABLE' || typeof path !== 'string') return false;
  return !Buffer.from(await input.read(path)).includes(word);
}

/** True for folders and files whose objects are not the project's own: tests, documentation, migrations. */
export function isAside(path: string): boolean {
  return ASIDE.test(path) || ASIDE_FILE.test(path);
}

const ASIDE =
  /(?:^|\/)(?:tests?|testing|docs?|docs_src|examples?|samples?|benchmarks?|notebooks|migrations|alembic)\//;
const ASIDE_FILE = /(?:^|\/)(?:conftest|test_[^/]*|[^/]*_tests?|setup|noxfile)\.py$/;
