/**
 * Which files of a project are worth taking apart: those in which a framework's word stands, and those that import from
 * such. Searching bytes for words is many times as quick as reading Python.
 */
import type { PresetInput } from 'pycontainer';
import type { SourceTree } from 'pycontainer/python';

/** The bytes of a run's files, one character each: read once for all presets. */
const TEXTS = new WeakMap<readonly string[], Promise<ReadonlyMap<string, string>>>();

/** Import statements, and whatever looks like one: to the end of the line or of the brackets. */
const IMPORTS = /\b(?:from|import)\b(?:[^\r\n(\\]|\\\r?\n|\\|\([^)]*\)?)*/g;
const WORDS = /[\w\x80-\xff]+/g;
/** `from . import name` says no module's name. */
const RELATIVE = /\bfrom\s+\.+\s*import\b/;

/** All files from which an object can be reached that is made where the word stands. */
export async function relevantFiles(
  input: PresetInput,
  tree: SourceTree,
  word: string,
): Promise<ReadonlySet<string>> {
  const texts = await textsOf(input, tree);
  const found = new Set([...texts].flatMap(([path, text]) => (text.includes(word) ? [path] : [])));
  const others = [...texts].filter(([path]) => found.size > 0 && !found.has(path));
  let rest = others.map(([path, text]) => ({
    path,
    imported: importedBy(text),
    isNear: RELATIVE.test(text),
  }));
  for (let added: readonly string[] = [...found]; added.length > 0; ) {
    const names = new Set(added.map(nameOf));
    const packages = added
      .filter((path) => path.endsWith('/__init__.py'))
      .map((path) => path.slice(0, -'__init__.py'.length));
    const isAdded = ({ path, imported, isNear }: (typeof rest)[number]): boolean =>
      imported.some((name) => names.has(name)) ||
      (isNear && packages.some((folder) => path.startsWith(folder)));
    added = rest.filter(isAdded).map(({ path }) => path);
    for (const path of added) found.add(path);
    rest = rest.filter(({ path }) => !found.has(path));
  }
  return found;
}

/** The bytes of all Python files, one character each. */
export function textsOf(
  { files, read }: PresetInput,
  tree: SourceTree,
): Promise<ReadonlyMap<string, string>> {
  const known = TEXTS.get(files) ?? readTexts(read, tree);
  TEXTS.set(files, known);
  return known;
}

async function readTexts(
  read: PresetInput['read'],
  { paths }: SourceTree,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const path of paths) texts.set(path, Buffer.from(await read(path)).toString('latin1'));
  return texts;
}

/** Every word of the import statements, among them the names of the modules. */
function importedBy(text: string): readonly string[] {
  return (text.match(IMPORTS) ?? []).flatMap((statement) => statement.match(WORDS) ?? []);
}

/** The last name of a file's module, in the characters of the texts. */
function nameOf(path: string): string {
  const segments = path.slice(0, -'.py'.length).split('/');
  const last = segments.pop() ?? '';
  return Buffer.from(last === '__init__' ? (segments.pop() ?? '') : last).toString('latin1');
}
