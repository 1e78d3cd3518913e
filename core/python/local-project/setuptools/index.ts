/** setuptools' wheel, for projects that pyproject.toml and setup.cfg describe: no setup.py, no extension modules, no commands. */
import { comparePaths } from '../../../primitives/path.ts';
import { isName } from '../../name.ts';
import type { BackendInput } from '../backend.ts';
import { notStatic } from '../not-static.ts';
import type { PlannedWheel } from '../plan.ts';
import { versionText } from '../requirement-text.ts';
import { onlyKeys, type Table, tableAt } from '../table.ts';
import { isFile } from '../tree.ts';
import { WheelDraft } from '../wheel-draft.ts';
import { dataFiles, setuptoolsFiles } from './files.ts';
import { setuptoolsEntryPoints, setuptoolsLicenseFiles, setuptoolsMetadata } from './metadata.ts';
import { findPackages, type Packages } from './packages.ts';
import { projectOfTable } from './project-table.ts';
import { projectOfSetupCfg, readSetupCfg, type SetupCfg, tableOfSetupCfg } from './setup-cfg.ts';

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
const PLACES = ['packages', 'package-dir', 'py-modules'];

/** @throws NotStatic */
export function planSetuptools(input: BackendInput): PlannedWheel {
  const { files, document, spellLicense } = input;
  if (isFile(files, 'setup.py')) notStatic('there is a `setup.py`');
  const setupCfg = readSetupCfg(files);
  const table = packagingTable(document, setupCfg);
  let found: Packages | undefined;
  const packages = () => {
    found ??= findPackages(files, table);
    return found;
  };
  const elsewhere = setupCfg === undefined ? undefined : projectOfSetupCfg(files, setupCfg, packages);
  const project =
    document.project === undefined
      ? (elsewhere ?? notStatic('neither `[project]` nor `setup.cfg` describes it'))
      : projectOfTable(files, document, { table, packages, elsewhere });
  const { name, version: stated } = project;
  if (name === undefined || !isName(name)) return notStatic('its name is not stated');
  const version = versionText(stated ?? notStatic('its version is not stated'));
  const draft = new WheelDraft(files, name, version);
  for (const { path, source, mode } of setuptoolsFiles(files, table, packages()))
    draft.addSource(path, source, mode);
  for (const { path, source } of dataFiles(files, table))
    draft.addSource(`${draft.data}/data/${path}`, source);
  const licenses = setuptoolsLicenseFiles(files, project);
  for (const file of licenses) draft.addSource(`${draft.distInfo}/licenses/${file}`, file);
  draft.addInfo('METADATA', setuptoolsMetadata(project, { name, version, licenses, spellLicense }));
  draft.addInfo(
    'WHEEL',
    `Wheel-Version: 1.0\nGenerator: setuptools (${input.version})\nRoot-Is-Purelib: true\nTag: py3-none-any\n\n`,
  );
  const entryPoints = setuptoolsEntryPoints(project);
  if (entryPoints !== undefined) draft.addInfo('entry_points.txt', entryPoints);
  const tops = [...packages().packages, ...packages().modules].map((name) => name.split('.', 1)[0]!);
  draft.addInfo('top_level.txt', `${[...new Set(tops)].sort(comparePaths).join('\n')}\n`);
  return draft.finish('py3-none-any');
}

/** `[tool.setuptools]`, and behind it what setup.cfg says of packages. */
function packagingTable(document: Table, setupCfg: SetupCfg | undefined): Table {
  const tool = tableAt(document, 'tool');
  if (tool.distutils !== undefined) notStatic('`tool.distutils` is set');
  const own = tableAt(tool, 'setuptools');
  onlyKeys(own, KEYS, 'tool.setuptools');
  if (document.project === undefined && Object.keys(own).length > 0)
    notStatic('`[tool.setuptools]` stands without `[project]`, which setuptools refuses');
  if (setupCfg === undefined) return own;
  const other = tableOfSetupCfg(setupCfg);
  const decides = (table: Table) => PLACES.some((key) => table[key] !== undefined);
  if (decides(own) && decides(other))
    notStatic('`setup.cfg` and `[tool.setuptools]` both say what its packages are');
  // MANIFEST.in counts where pyproject.toml describes the project.
  return { 'include-package-data': document.project !== undefined, ...other, ...own };
}
