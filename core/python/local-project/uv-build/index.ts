/** The wheel of uv's build backend (uv's documentation, "The uv build backend"), whose metadata is static by design. */
import { comparePaths } from '../../../primitives/path.ts';
import { normalizeName } from '../../name.ts';
import type { BackendInput } from '../backend.ts';
import {
  type DeclaredProject,
  readDeclaredProject,
  refuseDynamic,
  type TextPairs,
} from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import type { PlannedWheel } from '../plan.ts';
import type { ProjectFiles } from '../project-files.ts';
import { versionText } from '../requirement-text.ts';
import { flagAt, onlyKeys, type Table, tableAt, textMembersAt, textsAt } from '../table.ts';
import { decode } from '../text.ts';
import { filesBelow, isFile, isFolder, joined, relativePath } from '../tree.ts';
import { WheelDraft } from '../wheel-draft.ts';
import { uvMetadata } from './metadata.ts';
import { excludePattern, portableGlob } from './patterns.ts';

const KEYS = [
  'module-root',
  'module-name',
  'namespace',
  'default-excludes',
  'source-include',
  'source-exclude',
  'wheel-exclude',
  'data',
];
const DEFAULT_EXCLUDES = ['__pycache__', '*.pyc', '*.pyo'];
const DATA_KEYS = ['purelib', 'platlib', 'headers', 'scripts', 'data'];
const IDENTIFIER = /^[\p{XIDS}_][\p{XIDC}]*$/u;

/** @throws NotStatic */
export function planUvBuild(input: BackendInput): PlannedWheel {
  const { files, document } = input;
  const table = tableAt(tableAt(tableAt(document, 'tool'), 'uv'), 'build-backend');
  onlyKeys(table, KEYS, 'tool.uv.build-backend');
  const project = readDeclaredProject(document);
  refuseDynamic(project);
  const version = versionText(project.version ?? notStatic('the project has no version'));
  const draft = new WheelDraft(files, project.name, version);
  const root = moduleRoot(table);
  const { isExcluded, isPruned } = excluder(table);
  for (const module of modulesOf(files, project, table, root))
    for (const source of filesBelow(files, module, { skip: isPruned }))
      if (!isExcluded(source)) draft.addSource(root === '' ? source : source.slice(root.length + 1), source);
  for (const [key, folder] of textMembersAt(table, 'data') ?? []) {
    if (!DATA_KEYS.includes(key)) notStatic(`\`data\` has the unknown key \`${key}\``);
    const at = relativePath(folder);
    if (at === '' || !isFolder(files, at)) notStatic(`\`${folder}\` is no folder of data`);
    for (const source of filesBelow(files, at))
      draft.addSource(`${draft.data}/${key}/${source.slice(at.length + 1)}`, source);
  }
  const licenses = licenseFilesOf(files, project);
  for (const file of licenses) draft.addSource(`${draft.distInfo}/licenses/${file}`, file);
  draft.addInfo(
    'WHEEL',
    `Wheel-Version: 1.0\nGenerator: uv ${input.version}\nRoot-Is-Purelib: true\nTag: py3-none-any\n`,
  );
  const entryPoints = entryPointsText(project);
  if (entryPoints !== undefined) draft.addInfo('entry_points.txt', entryPoints);
  draft.addInfo('METADATA', uvMetadata(input, project, { version, licenses }));
  return draft.finish('py3-none-any');
}

function moduleRoot(table: Table): string {
  const stated = table['module-root'] ?? 'src';
  return typeof stated === 'string' ? relativePath(stated) : notStatic('`module-root` is not a text');
}

/** Folders of the modules, which must have an `__init__`, those above them none; with `namespace`, folders of any kind. */
function modulesOf(
  files: ProjectFiles,
  project: DeclaredProject,
  table: Table,
  root: string,
): readonly string[] {
  const stated = table['module-name'] ?? normalizeName(project.name).replaceAll('-', '_');
  const names = typeof stated === 'string' ? [stated] : (textsAt(table, 'module-name') ?? []);
  const isNamespace = flagAt(table, 'namespace', false);
  const folders = names.map((name) => {
    const stub = name.endsWith('-stubs');
    const parts = (stub ? name.slice(0, -'-stubs'.length) : name).split('.');
    if (!parts.every((part) => IDENTIFIER.test(part))) notStatic(`\`${name}\` is not the name of a module`);
    const folder = joined(root, parts.join('/')) + (stub ? '-stubs' : '');
    if (isNamespace) return isFolder(files, folder) ? folder : notStatic(`there is no folder \`${folder}\``);
    for (const [index] of parts.slice(1).entries()) {
      const above = joined(root, parts.slice(0, index + 1).join('/'));
      if (isFile(files, `${above}/__init__.py`)) notStatic(`\`${above}\` is a package of its own`);
    }
    if (!isFile(files, `${folder}/__init__.py${stub ? 'i' : ''}`)) notStatic(`\`${folder}\` is no package`);
    return folder;
  });
  for (const folder of folders)
    if (folders.some((other) => folder.startsWith(`${other}/`))) notStatic('a module lies in another');
  return [...new Set(folders)];
}

interface Excluder {
  isExcluded(path: string): boolean;
  /** Whether a folder is not entered: by a pattern with a slash in front, uv leaves out no more than the path itself. */
  isPruned(folder: string): boolean;
}

function excluder(table: Table): Excluder {
  const patterns = [
    ...(flagAt(table, 'default-excludes', true) ? DEFAULT_EXCLUDES : []),
    ...(textsAt(table, 'wheel-exclude') ?? []),
    ...(textsAt(table, 'source-exclude') ?? []),
  ];
  const all = patterns.map(excludePattern);
  const floating = patterns.filter((pattern) => !pattern.startsWith('/')).map(excludePattern);
  return {
    isExcluded: (path) => all.some((pattern) => pattern.test(path)),
    isPruned: (folder) => floating.some((pattern) => pattern.test(folder)),
  };
}

function licenseFilesOf(files: ProjectFiles, { license, licenseFiles }: DeclaredProject): readonly string[] {
  if (licenseFiles === undefined) return [];
  if (license !== undefined && !('expression' in license))
    notStatic('`license-files` stands beside a table `license`');
  const found = licenseFiles.flatMap((pattern) => {
    const matches = portableGlob(pattern);
    const folder = pattern.includes('/')
      ? pattern.slice(0, pattern.search(/[^/]*[*?]|[^/]*$/)).replace(/\/$/, '')
      : '';
    const candidates =
      folder === '' && !pattern.includes('/')
        ? files.list('').flatMap(({ name, type }) => (type === 'file' ? [name] : []))
        : folder === ''
          ? notStatic(`the pattern \`${pattern}\` looks through the whole project`)
          : filesBelow(files, relativePath(folder));
    const matched = candidates.filter((path) => matches.test(path));
    return matched.length > 0 ? matched : notStatic(`\`${pattern}\` matches no licence file`);
  });
  const all = [...new Set(found)].sort(comparePaths);
  for (const path of all) decode(files.read(path), path);
  return all;
}

/** Undefined where no table states any. */
function entryPointsText({ scripts, guiScripts, entryPoints }: DeclaredProject): string | undefined {
  if (scripts === undefined && guiScripts === undefined && entryPoints === undefined) return undefined;
  const groups: (readonly [string, TextPairs])[] = [
    ...(scripts === undefined ? [] : [['console_scripts', scripts] as const]),
    ...(guiScripts === undefined ? [] : [['gui_scripts', guiScripts] as const]),
    ...[...(entryPoints ?? [])].sort(([a], [b]) => comparePaths(a, b)),
  ];
  return groups
    .map(([group, entries]) => {
      if (!/^[\p{Alphabetic}\p{N}_][\p{Alphabetic}\p{N}._]*$/u.test(group))
        notStatic(`the group \`${group}\` is unusual`);
      const lines = [...entries].sort(([a], [b]) => comparePaths(a, b));
      return `[${group}]\n${lines.map(([name, object]) => `${name} = ${object}\n`).join('')}\n`;
    })
    .join('');
}
