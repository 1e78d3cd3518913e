/** hatchling's wheel target, for projects without hooks: version, files, entry points, licences. */
import { comparePaths } from '../../../primitives/path.ts';
import { normalizeName } from '../../name.ts';
import { SpecifierSet } from '../../specifier.ts';
import type { BackendInput } from '../backend.ts';
import { type DeclaredProject, readDeclaredProject, refuseDynamic } from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import type { PlannedWheel } from '../plan.ts';
import type { ProjectFiles } from '../project-files.ts';
import { specifierText, versionText } from '../requirement-text.ts';
import { onlyKeys, type Table, tableAt, textAt, textsAt } from '../table.ts';
import { readText } from '../text.ts';
import { isFile, nameOf, relativePath } from '../tree.ts';
import { portablePattern } from '../version-pattern.ts';
import { WheelDraft } from '../wheel-draft.ts';
import { hatchlingMetadata, licenseFilesOf } from './metadata.ts';
import { inclusionMap } from './rules.ts';
import { selectFiles } from './selection.ts';

const BUILD_KEYS = [
  'include',
  'exclude',
  'packages',
  'only-include',
  'sources',
  'force-include',
  'artifacts',
  'ignore-vcs',
  'only-packages',
  'skip-excluded-dirs',
  'reproducible',
  'directory',
  'dev-mode-dirs',
  'dev-mode-exact',
  'hooks',
];
const WHEEL_KEYS = [
  ...BUILD_KEYS,
  'shared-data',
  'shared-scripts',
  'extra-metadata',
  'sbom-files',
  'bypass-selection',
  'macos-max-compat',
];

/** The line that `[tool.hatch.version]` looks for where it states no pattern. */
const VERSION_LINE = /^(?:__version__|VERSION) *= *(['"])v?(?<version>.+?)\1/im;

/** @throws NotStatic */
export function planHatchling(input: BackendInput): PlannedWheel {
  const { files, document, surroundings } = input;
  if (isFile(files, 'hatch.toml')) notStatic('there is a `hatch.toml`');
  const hatch = tableAt(tableAt(document, 'tool'), 'hatch');
  const build = tableAt(hatch, 'build');
  const target = tableAt(tableAt(build, 'targets'), 'wheel');
  refuseHooks([tableAt(hatch, 'metadata'), build, target]);
  onlyKeys(build, [...BUILD_KEYS, 'targets'], 'tool.hatch.build');
  onlyKeys(target, WHEEL_KEYS, 'tool.hatch.build.targets.wheel');
  const project = readDeclaredProject(document);
  refuseDynamic(project, ['version']);
  // In an sdist it states what was dynamic.
  if (project.dynamic.length > 0 && isFile(files, 'PKG-INFO')) notStatic('there is a `PKG-INFO`');
  const version = (project.version ?? versionIn(files, tableAt(hatch, 'version'))).trim();
  const draft = new WheelDraft(files, project.name, versionText(version));
  const names = [project.name, normalizeName(project.name)].map((name) => name.replace(/[^\w.]+/g, '_'));
  const selection = selectFiles(files, { target, build }, names, surroundings);
  for (const { source, path } of selection.files) draft.addSource(path, source);
  for (const { source, path } of selection.mapped(inclusionMap(target, 'shared-data')))
    draft.addSource(`${draft.data}/data/${path}`, source);
  for (const { source, path } of selection.mapped(inclusionMap(target, 'shared-scripts')))
    addScript(draft, files, `${draft.data}/scripts/${path}`, source);
  for (const { source, path } of selection.mapped(inclusionMap(target, 'extra-metadata')))
    draft.addSource(`${draft.distInfo}/extra_metadata/${path}`, source);
  for (const file of textsAt(target, 'sbom-files') ?? [])
    draft.addSource(`${draft.distInfo}/sboms/${nameOf(relativePath(file))}`, relativePath(file));
  const licenses = licenseFilesOf(files, project.licenseFiles);
  for (const file of licenses) draft.addBytes(`${draft.distInfo}/licenses/${file}`, files.read(file));
  draft.addInfo('METADATA', hatchlingMetadata(input, project, { version, licenses }));
  addInfo(draft, project, input.version);
  return draft.finish(`${tagsOf(project).join('.')}-none-any`);
}

function addInfo(draft: WheelDraft, project: DeclaredProject, backend: string): void {
  const tags = tagsOf(project).map((tag) => `Tag: ${tag}-none-any\n`);
  draft.addInfo(
    'WHEEL',
    `Wheel-Version: 1.0\nGenerator: hatchling ${backend}\nRoot-Is-Purelib: true\n${tags.join('')}`,
  );
  const entryPoints = entryPointsText(project);
  if (entryPoints !== '') draft.addInfo('entry_points.txt', entryPoints);
}

function refuseHooks(tables: readonly Table[]): void {
  for (const table of tables) {
    const [hook] = Object.keys(tableAt(table, 'hooks'));
    if (hook !== undefined) notStatic(`hatchling's hook \`${hook.slice(0, 60)}\` runs in its build`);
  }
}

/** The version in a file, by the source `regex`. */
function versionIn(files: ProjectFiles, table: Table): string {
  const source = textAt(table, 'source') ?? 'regex';
  if (source !== 'regex') notStatic(`\`version\` is dynamic by \`${source.slice(0, 60)}\``);
  const path = textAt(table, 'path');
  if (path === undefined) return notStatic('`version` is dynamic, and `tool.hatch.version` names no file');
  const text = readText(files, path);
  const stated = table.pattern === true ? '' : (textAt(table, 'pattern') ?? '');
  const pattern = stated === '' ? VERSION_LINE : portablePattern(stated, text);
  return (
    pattern.exec(text)?.groups?.version ?? notStatic(`\`${path}\` has no version that hatchling would find`)
  );
}

/** A script whose first line names a Python gets the line that installers replace. */
function addScript(draft: WheelDraft, files: ProjectFiles, path: string, source: string): void {
  const bytes = files.read(source);
  const newline = bytes.indexOf(0x0a);
  const end = newline === -1 ? bytes.length : newline + 1;
  const line = bytes.subarray(0, Math.min(end, 256)).toString('latin1');
  const rest =
    end <= 256 ? /^#!.*(?:pythonw?|pypyw?)[0-9.]*(?<rest>.*)$/s.exec(line)?.groups?.rest : undefined;
  if (rest === undefined) {
    draft.addSource(path, source);
    return;
  }
  const script = Buffer.concat([Buffer.from(`#!python${rest}`, 'latin1'), bytes.subarray(end)]);
  draft.addBytes(path, script, files.isExecutable(source) ? 0o755 : 0o644);
}

function entryPointsText({ scripts, guiScripts, entryPoints }: DeclaredProject): string {
  const groups = [
    ['console_scripts', scripts ?? []] as const,
    ['gui_scripts', guiScripts ?? []] as const,
    ...[...(entryPoints ?? [])].sort(([a], [b]) => comparePaths(a, b)),
  ];
  return groups
    .filter(([, entries]) => entries.length > 0)
    .map(([group, entries]) => {
      const lines = [...entries].sort(([a], [b]) => comparePaths(a, b));
      return `[${group}]\n${lines.map(([name, object]) => `${name} = ${object}\n`).join('')}`;
    })
    .join('\n');
}

/** `py2` and `py3`, where `requires-python` admits any version of theirs. */
function tagsOf({ requiresPython = '' }: DeclaredProject): readonly string[] {
  const admitted = SpecifierSet.parse(specifierText(requiresPython));
  const upTo100 = Array.from({ length: 100 }, (_, number) => number);
  const coarse = ['2', '3'].filter((major) =>
    upTo100.some((minor) => admitted.contains(`${major}.${minor}.100`)),
  );
  const fine = () =>
    ['2', '3'].filter((major) =>
      upTo100.some((minor) => upTo100.some((patch) => admitted.contains(`${major}.${minor}.${patch}`))),
    );
  const majors = coarse.length > 0 ? coarse : fine();
  if (majors.length === 0) notStatic('`requires-python` admits no version');
  return majors.map((major) => `py${major}`);
}
