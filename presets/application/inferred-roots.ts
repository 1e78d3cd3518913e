/**
 * Folders below the project's own that its modules are imported from, as their imports prove: where `backend/main.py` says
 * `from app.api import router`, there is no `app` but in `backend`, and that defines `router`. Nothing else is a proof.
 */
import type { PresetInput } from 'pycontainer';
import type { SourceTree, Statement } from 'pycontainer/python';
import { isAside } from './aside.ts';
import { textsOf } from './relevance.ts';
import { folderOf } from './roots.ts';

/** By the distribution, the word that stands in each file which makes an application. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['fastapi', 'FastAPI'],
  ['starlette', 'Starlette'],
  ['litestar', 'Litestar'],
  ['flask', 'Flask'],
  ['celery', 'Celery'],
  ['streamlit', 'streamlit'],
]);
const IMPORT =
  /^[ \t]*from[ \t]+(?<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)[ \t]+import[ \t]+\(?[ \t\r\n]*(?<name>[A-Za-z_]\w*)/gm;
const MAX_DEPTH = 4;

/** The names that the modules of each folder, and its folders with modules, could be imported by. */
type Children = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Of a package all roots are stated by its build.
 *
 * @param tree - the modules by the roots that are known; its `roots` are not among the result
 */
export async function inferredRoots(input: PresetInput, tree: SourceTree): Promise<readonly string[]> {
  const words = input.distributions.flatMap(({ name }) => WORDS.get(name) ?? []);
  if (input.project.isPackage || words.length === 0) return [];
  const children = childrenOf(tree.paths);
  const known = new Set(tree.roots.flatMap((root) => [...(children.get(root) ?? [])]));
  const candidates = [...children.keys()].filter((folder) => isCandidate(folder, tree, children, known));
  if (candidates.length === 0) return [];
  const texts = await textsOf(input, tree);
  const all = new Set(tree.paths);
  const proved: string[] = [];
  for (const folder of candidates) {
    const files = tree.paths.filter((path) => path.startsWith(`${folder}/`) && !isAside(path));
    for (const path of files) {
      const text = texts.get(path)!;
      if (!words.some((word) => text.includes(word))) continue;
      if (await provesRoot(tree, all, children, folder, text)) {
        proved.push(folder);
        break;
      }
    }
  }
  // Two services with an `app` each: which of them is meant is not known.
  const times = new Map<string, number>();
  for (const name of proved.flatMap((folder) => [...children.get(folder)!])) {
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return proved.filter((folder) => [...children.get(folder)!].every((name) => times.get(name) === 1));
}

function childrenOf(paths: readonly string[]): Children {
  const children = new Map<string, Set<string>>();
  for (const path of paths) {
    let child = path.slice(0, -'.py'.length);
    while (child !== '') {
      const folder = folderOf(child);
      const name = child.slice(folder === '' ? 0 : folder.length + 1);
      const names = children.get(folder) ?? new Set();
      if (names.has(name)) break;
      children.set(folder, names.add(name));
      child = folder;
    }
  }
  return children;
}

/** A folder that is in no package, and whose modules no other root has. */
function isCandidate(
  folder: string,
  { roots }: SourceTree,
  children: Children,
  known: ReadonlySet<string>,
): boolean {
  const above = folder.split('/');
  if (folder === '' || roots.includes(folder) || above.length > MAX_DEPTH || isAside(`${folder}/`))
    return false;
  const isPackage = above.some((_, index) =>
    children.get(above.slice(0, index + 1).join('/'))?.has('__init__'),
  );
  return !isPackage && ![...children.get(folder)!].some((name) => known.has(name));
}

async function provesRoot(
  tree: SourceTree,
  files: ReadonlySet<string>,
  children: Children,
  folder: string,
  text: string,
): Promise<boolean> {
  const names = children.get(folder)!;
  for (const { groups } of text.matchAll(IMPORT)) {
    const { module = '', name = '' } = groups ?? {};
    if (!names.has(module.split('.', 1)[0]!)) continue;
    const place = `${folder}/${module.replaceAll('.', '/')}`;
    if (files.has(`${place}/${name}.py`) || children.has(`${place}/${name}`)) return true;
    const file = [`${place}.py`, `${place}/__init__.py`].find((path) => files.has(path));
    if (file !== undefined && (await binds(tree, file, name))) return true;
  }
  return false;
}

async function binds(tree: SourceTree, file: string, name: string): Promise<boolean> {
  try {
    return (await tree.load(file)).statements.some((statement) => namesOf(statement).includes(name));
  } catch {
    // Who needs the file says what is wrong with it.
    return false;
  }
}

function namesOf(statement: Statement): readonly string[] {
  switch (statement.kind) {
    case 'function':
    case 'class':
      return [statement.name];
    case 'from':
      return [statement.alias];
    case 'assignment':
      return statement.targets.flatMap((target) => (target.kind === 'name' ? [target.name] : []));
    default:
      return [];
  }
}
