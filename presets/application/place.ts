/** Where a project's modules lie, on the host and in the image. */
import type { PresetInput } from 'pycontainer';
import { createSourceTree, type SourceTree } from 'pycontainer/python';
import { inferredRoots } from './inferred-roots.ts';
import { rootsOf, statedRoots } from './roots.ts';

/** All presets of a run look at the same files: each is read once. */
const TREES = new WeakMap<readonly string[], Promise<SourceTree>>();

/** The project's modules. */
export function treeOf(input: PresetInput): Promise<SourceTree> {
  const known = TREES.get(input.files) ?? makeTree(input);
  TREES.set(input.files, known);
  return known;
}

async function makeTree(input: PresetInput): Promise<SourceTree> {
  const files = { paths: input.files, read: input.read };
  const tree = createSourceTree(files, rootsOf(input));
  const inferred = await inferredRoots(input, tree);
  return inferred.length === 0 ? tree : createSourceTree(files, [...tree.roots, ...inferred]);
}

/** Of a package only what lies in its folders is installed; everything else is copied as it lies. */
export function importable(input: PresetInput): (path: string) => boolean {
  const { project, files } = input;
  if (!project.isPackage) return () => true;
  const stated = statedRoots(input);
  if (stated.length > 0) return (path) => stated.some((root) => path.startsWith(`${root}/`));
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
