/** pdm-backend's wheel, for projects without hooks and without setuptools in their build. */
import { comparePaths } from '../../../primitives/path.ts';
import { SpecifierSet } from '../../specifier.ts';
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
import { specifierText, versionText } from '../requirement-text.ts';
import { onlyKeys, type Table, tableAt, textAt } from '../table.ts';
import { readText } from '../text.ts';
import { isFile } from '../tree.ts';
import { portablePattern } from '../version-pattern.ts';
import { WheelDraft } from '../wheel-draft.ts';
import { pdmFiles, pdmWheelData } from './files.ts';
import { licensesInWheel, pdmMetadata } from './metadata.ts';

const KEYS = ['includes', 'excludes', 'source-includes', 'package-dir', 'editable-backend', 'wheel-data'];

/** @throws NotStatic */
export function planPdm(input: BackendInput): PlannedWheel {
  const { files, document } = input;
  const pdm = tableAt(tableAt(document, 'tool'), 'pdm');
  const build = tableAt(pdm, 'build');
  onlyKeys(build, KEYS, 'tool.pdm.build');
  if (isFile(files, 'pdm_build.py')) notStatic('there is a `pdm_build.py`');
  const project = readDeclaredProject(document);
  refuseDynamic(project, ['version']);
  const version = versionText(project.version ?? versionIn(files, tableAt(pdm, 'version')));
  const draft = new WheelDraft(files, project.name, version);
  for (const { source, path } of pdmFiles(files, build)) draft.addSource(path, source);
  for (const { source, path } of pdmWheelData(files, build)) draft.addSource(`${draft.data}/${path}`, source);
  const licenses = [...new Set(licensesInWheel(files, project))];
  for (const file of licenses) draft.addSource(`${draft.distInfo}/licenses/${file}`, file);
  const tag = SpecifierSet.parse(specifierText(project.requiresPython ?? '')).contains('2.7')
    ? 'py2.py3'
    : 'py3';
  draft.addInfo(
    'WHEEL',
    `Wheel-Version: 1.0\nGenerator: pdm-backend (${input.version})\nRoot-Is-Purelib: true\nTag: ${tag}-none-any\n`,
  );
  draft.addInfo('entry_points.txt', entryPointsText(project));
  draft.addInfo('METADATA', pdmMetadata(input, project, version));
  return draft.finish(`${tag}-none-any`);
}

function versionIn(files: ProjectFiles, table: Table): string {
  onlyKeys(table, ['source', 'path', 'pattern'], 'tool.pdm.version');
  const path = textAt(table, 'path');
  const source = textAt(table, 'source') ?? (path === undefined ? undefined : 'file');
  if (source !== 'file' || path === undefined)
    return notStatic(`\`version\` is dynamic by \`${source ?? 'pdm'}\``);
  const text = readText(files, path);
  const stated = textAt(table, 'pattern');
  const found =
    stated === undefined
      ? /^(?:__version__|VERSION)\s*=\s*["'](.+?)["']\s*(?:#.*)?$/m.exec(text)
      : portablePattern(stated, text).exec(text);
  return found?.[1] ?? notStatic(`\`${path}\` has no version that pdm-backend would find`);
}

/** Both groups of scripts are there, empty or not. */
function entryPointsText({ scripts, guiScripts, entryPoints }: DeclaredProject): string {
  const groups = new Map<string, TextPairs>([
    ...(entryPoints ?? []),
    ['console_scripts', scripts ?? []],
    ['gui_scripts', guiScripts ?? []],
  ]);
  return [...groups]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([group, entries]) => {
      const lines = [...entries].sort(([a], [b]) => comparePaths(a, b));
      return `[${group}]\n${lines.map(([name, object]) => `${name} = ${object}\n`).join('')}\n`;
    })
    .join('');
}
