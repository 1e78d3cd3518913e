/** flit_core's wheel (its documentation, "The pyproject.toml config file"): one module or package, data, entry points. */
import { comparePaths } from '../../../primitives/path.ts';
import type { BackendInput } from '../backend.ts';
import { type DeclaredProject, readDeclaredProject, refuseDynamic } from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import type { PlannedWheel } from '../plan.ts';
import type { ProjectFiles } from '../project-files.ts';
import { pythonFacts } from '../python-facts.ts';
import { versionText } from '../requirement-text.ts';
import { onlyKeys, tableAt, textAt } from '../table.ts';
import { pythonLines } from '../text.ts';
import { filesBelow, globPaths, isFile, isFolder, joined, relativePath } from '../tree.ts';
import { WheelDraft } from '../wheel-draft.ts';
import { flitMetadata } from './metadata.ts';

const LICENSE_PATTERNS = ['COPYING*', 'LICEN[CS]E*', 'NOTICE*', 'AUTHORS*'];

/** Where the module lies. */
interface FlitModule {
  readonly name: string;
  /** A package's folder, or a file. */
  readonly path: string;
  readonly isPackage: boolean;
  /** `src` or nothing. */
  readonly root: string;
}

/** @throws NotStatic */
export function planFlit(input: BackendInput): PlannedWheel {
  const { files, document } = input;
  const flit = tableAt(tableAt(document, 'tool'), 'flit');
  onlyKeys(flit, ['module', 'sdist', 'external-data'], 'tool.flit');
  const project = readDeclaredProject(document);
  refuseDynamic(project, ['version', 'description']);
  if (project.importNames !== undefined || project.importNamespaces !== undefined)
    notStatic('import names are stated');
  const module = findModule(files, textAt(tableAt(flit, 'module'), 'name') ?? moduleNameOf(project.name));
  const facts = factsOf(files, module, project);
  const draft = new WheelDraft(files, project.name, facts.version);
  for (const file of moduleFiles(files, module))
    draft.addSource(module.root === '' ? file : file.slice(module.root.length + 1), file);
  addExternalData(draft, files, textAt(tableAt(flit, 'external-data'), 'directory'));
  const licenses = licenseFilesOf(files, project, input.version);
  for (const file of licenses) draft.addSource(`${draft.distInfo}/licenses/${file}`, file);
  const entryPoints = entryPointsText(project);
  if (entryPoints !== undefined) draft.addInfo('entry_points.txt', entryPoints);
  draft.addInfo('METADATA', flitMetadata(input, project, { ...facts, licenses, module: module.name }));
  const tags = supportsPython2(project.requiresPython ?? '') ? ['py2', 'py3'] : ['py3'];
  draft.addInfo(
    'WHEEL',
    `Wheel-Version: 1.0\nGenerator: flit ${input.version}\nRoot-Is-Purelib: true\n${tags.map((tag) => `Tag: ${tag}-none-any\n`).join('')}`,
  );
  return draft.finish(`${tags.join('.')}-none-any`);
}

function moduleNameOf(name: string): string {
  return name.endsWith('-stubs')
    ? `${name.slice(0, -6).replaceAll('-', '_')}-stubs`
    : name.replaceAll('-', '_');
}

function findModule(files: ProjectFiles, name: string): FlitModule {
  const path = relativePath(name.replaceAll('.', '/'));
  if (path === '') notStatic('the module has no name');
  const found = ['', 'src'].flatMap((root): FlitModule[] => {
    const at = joined(root, path);
    return [
      ...(isFolder(files, at) ? [{ name, path: at, isPackage: true, root }] : []),
      ...(isFile(files, `${at}.py`) ? [{ name, path: `${at}.py`, isPackage: false, root }] : []),
    ];
  });
  const [module, ...others] = found;
  if (module === undefined) return notStatic(`there is no module \`${name}\``);
  return others.length === 0 ? module : notStatic(`several files or folders could be \`${name}\``);
}

function moduleFiles(files: ProjectFiles, { path, isPackage }: FlitModule): readonly string[] {
  if (!isPackage) return [path];
  const isLeftOut = (_: string, name: string) => name === '__pycache__' || name.endsWith('.pyc');
  return filesBelow(files, path, { skip: isLeftOut }).filter((file) => !file.endsWith('.pyc'));
}

interface FlitFacts {
  /** Normalised. */
  readonly version: string;
  readonly summary: string | undefined;
}

/** Version and summary, which the module's `__version__` and docstring may state. */
function factsOf(files: ProjectFiles, module: FlitModule, project: DeclaredProject): FlitFacts {
  for (const field of ['version', 'description'] as const) {
    if ((project[field] === undefined) !== project.dynamic.includes(field))
      notStatic(`\`${field}\` is not either stated or dynamic`);
  }
  return {
    version: versionText(project.version ?? versionIn(files, module)),
    summary: project.description ?? summaryOf(files, module),
  };
}

/** The file that states a version last decides; the package's own comes after those beside it. */
function versionIn(files: ProjectFiles, module: FlitModule): string {
  const beside = ['__version__.py', '_version.py', 'version.py'].map((name) => `${module.path}/${name}`);
  const candidates = module.isPackage ? beside.filter((file) => isFile(files, file)) : [];
  let version: string | undefined;
  for (const file of [...candidates, mainFileOf(module)]) {
    const [value] = pythonFacts(files, file)
      .valuesOf('__version__')
      .filter(({ kind }) => kind === 'string' || kind === 'number' || kind === 'constant');
    if (value !== undefined)
      version = value.kind === 'string' ? value.value : notStatic('`__version__` is not a text');
  }
  return version || notStatic('flit would run the module to find its `__version__`');
}

function summaryOf(files: ProjectFiles, module: FlitModule): string {
  const [summary] = pythonLines(pythonFacts(files, mainFileOf(module)).docstring?.trimStart() ?? '');
  if (summary?.includes('\t') === true) notStatic('the docstring begins with a line that has a tab');
  return summary ?? notStatic('flit would run the module to find its docstring');
}

function mainFileOf({ path, isPackage }: FlitModule): string {
  return isPackage ? `${path}/__init__.py` : path;
}

function addExternalData(draft: WheelDraft, files: ProjectFiles, directory: string | undefined): void {
  if (directory === undefined) return;
  const folder = relativePath(directory);
  if (folder === '' || !isFolder(files, folder)) notStatic('`external-data` names no folder of the project');
  for (const file of filesBelow(files, folder, { skip: (_, name) => name === '__pycache__' }))
    draft.addSource(`${draft.data}/data/${file.slice(folder.length + 1)}`, file);
}

function licenseFilesOf(
  files: ProjectFiles,
  { license, licenseFiles }: DeclaredProject,
  version: string,
): readonly string[] {
  const stated = license !== undefined && 'file' in license ? [relativePath(license.file)] : [];
  if (licenseFiles !== undefined && license !== undefined && !('expression' in license))
    notStatic('`license-files` stands beside a table `license`');
  const defaults = version.startsWith('3.') ? LICENSE_PATTERNS.slice(0, 2) : LICENSE_PATTERNS;
  const globbed = (licenseFiles ?? defaults).flatMap((pattern) => {
    const found = globPaths(files, pattern, { hidden: true }).filter((path) => isFile(files, path));
    if (licenseFiles !== undefined && found.length === 0) notStatic(`\`${pattern}\` matches no licence file`);
    return found;
  });
  const all = licenseFiles === undefined ? [...stated, ...globbed] : globbed;
  return [...new Set(all)].sort(comparePaths);
}

/** Undefined where there are none. */
function entryPointsText({ scripts, guiScripts, entryPoints }: DeclaredProject): string | undefined {
  const groups = [
    ...(entryPoints ?? []),
    ...(scripts === undefined ? [] : [['console_scripts', scripts] as const]),
    ...(guiScripts === undefined ? [] : [['gui_scripts', guiScripts] as const]),
  ];
  if (groups.length === 0) return undefined;
  return [...groups]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([group, entries]) => {
      const lines = [...entries].sort(([a], [b]) => comparePaths(a, b));
      return `[${group}]\n${lines.map(([name, object]) => `${name}=${object}\n`).join('')}\n`;
    })
    .join('');
}

/** flit's own rule: no clause begins with a 3 or more. */
function supportsPython2(requiresPython: string): boolean {
  return !requiresPython.split(',').some((part) => /^\s*(?:>=?|~=|===?)?\s*[3-9]/.test(part));
}
