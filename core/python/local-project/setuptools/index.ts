/** setuptools' wheel, for projects that pyproject.toml alone describes: no setup.py, no extension modules, no commands. */
import { comparePaths } from '../../../primitives/path.ts';
import type { BackendInput } from '../backend.ts';
import { readDeclaredProject, refuseDynamic } from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import type { PlannedWheel } from '../plan.ts';
import type { ProjectFiles } from '../project-files.ts';
import { versionText } from '../requirement-text.ts';
import { onlyKeys, tableAt } from '../table.ts';
import { readText } from '../text.ts';
import { isFile } from '../tree.ts';
import { WheelDraft } from '../wheel-draft.ts';
import { dynamicVersion } from './dynamic.ts';
import { dataFiles, setuptoolsFiles } from './files.ts';
import { setuptoolsEntryPoints, setuptoolsLicenseFiles, setuptoolsMetadata } from './metadata.ts';
import { findPackages } from './packages.ts';

const KEYS = [
  'packages',
  'package-dir',
  'py-modules',
  'package-data',
  'exclude-package-data',
  'include-package-data',
  'data-files',
  'zip-safe',
  'platforms',
  'license-files',
  'dynamic',
];
const DYNAMIC = ['version', 'readme', 'dependencies', 'optional-dependencies'];
/** Sections of setup.cfg that setuptools reads. */
const OWN_SECTION =
  /^\s*\[\s*(?:metadata|options.*|global|aliases|easy_install|(?:build|install|bdist|sdist|egg|develop|editable|dist).*)\s*\]/m;

/** What every sdist of setuptools has, and means nothing. */
const EMPTY_SECTION = /^\[egg_info\]\s*\n(?:tag_(?:build|date|svn_revision)\s*=\s*0?\s*\n)*/m;

/** @throws NotStatic */
export function planSetuptools(input: BackendInput): PlannedWheel {
  const { files, document } = input;
  refuseScripts(files);
  const tool = tableAt(document, 'tool');
  const table = tableAt(tool, 'setuptools');
  if (tool.distutils !== undefined) notStatic('`tool.distutils` is set');
  if (document.project === undefined) notStatic('there is no `[project]`');
  onlyKeys(table, KEYS, 'tool.setuptools');
  onlyKeys(tableAt(table, 'dynamic'), DYNAMIC, 'tool.setuptools.dynamic');
  const project = readDeclaredProject(document);
  refuseDynamic(project, DYNAMIC);
  const packages = findPackages(files, table);
  const stated = project.version ?? dynamicVersion(files, tableAt(table, 'dynamic'), packages);
  const version = versionText(stated);
  const draft = new WheelDraft(files, project.name, version);
  for (const { path, source, mode } of setuptoolsFiles(files, table, packages))
    draft.addSource(path, source, mode);
  for (const { path, source } of dataFiles(files, table))
    draft.addSource(`${draft.data}/data/${path}`, source);
  const licenses = setuptoolsLicenseFiles(files, project, table);
  for (const file of licenses) draft.addSource(`${draft.distInfo}/licenses/${file}`, file);
  draft.addInfo('METADATA', setuptoolsMetadata(input, project, table, { version, licenses }));
  draft.addInfo(
    'WHEEL',
    `Wheel-Version: 1.0\nGenerator: setuptools (${input.version})\nRoot-Is-Purelib: true\nTag: py3-none-any\n\n`,
  );
  const entryPoints = setuptoolsEntryPoints(project);
  if (entryPoints !== undefined) draft.addInfo('entry_points.txt', entryPoints);
  const tops = [...packages.packages, ...packages.modules].map((name) => name.split('.', 1)[0]!);
  draft.addInfo('top_level.txt', `${[...new Set(tops)].sort(comparePaths).join('\n')}\n`);
  return draft.finish('py3-none-any');
}

function refuseScripts(files: ProjectFiles): void {
  if (isFile(files, 'setup.py')) notStatic('there is a `setup.py`');
  if (isFile(files, 'setup.cfg') && OWN_SECTION.test(readText(files, 'setup.cfg').replace(EMPTY_SECTION, '')))
    notStatic('`setup.cfg` configures its build');
}
