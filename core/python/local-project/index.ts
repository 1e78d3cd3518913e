/**
 * What the wheel of a local project would hold, found by the rules of its build backend and without running it (PEP 517's
 * `build_wheel`). Where the rules do not tell, the result says why; nothing is guessed.
 */
import { parse as parseToml } from 'smol-toml';
import { isPycError } from '../../primitives/errors.ts';
import { normalizeName } from '../name.ts';
import { Requirement } from '../requirement.ts';
import type { Surroundings } from './backend.ts';
import { BACKENDS } from './backends.ts';
import { NotStatic, notStatic } from './not-static.ts';
import type { LocalPlan } from './plan.ts';
import type { ProjectFiles } from './project-files.ts';
import { isTable, type Table, tableAt, textAt, textsAt } from './table.ts';
import { decode } from './text.ts';
import { isFile } from './tree.ts';

export type { Surroundings } from './backend.ts';
export { type PlannedPartOptions, ProjectFileError, partOfPlannedWheel } from './part.ts';
export type { LocalPlan, PlannedFile, PlannedWheel } from './plan.ts';
export { type ProjectEntry, type ProjectFiles, projectFilesIn } from './project-files.ts';
export { readSetupCfgWords, type SetupCfgWords } from './setuptools/setup-cfg-words.ts';

/** Reads pyproject.toml among the files, and plans by the rules of the backend that it names. */
export async function planLocalProject(files: ProjectFiles, surroundings: Surroundings): Promise<LocalPlan> {
  try {
    const document = readDocument(files);
    const { rules, name, version } = backendOf(document);
    const { spellLicense } = await import('./spdx.ts');
    const wheel = rules({ files, document, version, surroundings, spellLicense });
    return { static: true, backend: `${name} ${version}`, wheel };
  } catch (error) {
    // What is no requirement, no version or no path is for the backend to judge as well.
    if (error instanceof NotStatic || isPycError(error)) return { static: false, reason: error.message };
    throw error;
  }
}

function readDocument(files: ProjectFiles): Table {
  if (!isFile(files, 'pyproject.toml')) notStatic('there is no `pyproject.toml`');
  const text = decode(files.read('pyproject.toml'), 'pyproject.toml');
  let document: unknown;
  try {
    document = parseToml(text);
  } catch {
    return notStatic('`pyproject.toml` is not TOML');
  }
  return isTable(document) ? document : notStatic('`pyproject.toml` is not a table');
}

function backendOf(document: Table) {
  const system = tableAt(document, 'build-system');
  if ((textsAt(system, 'backend-path') ?? []).length > 0)
    notStatic('its build backend lies in the project itself');
  const named = textAt(system, 'build-backend') ?? 'setuptools.build_meta:__legacy__';
  const backend =
    BACKENDS.find(({ objects }) => objects.includes(named)) ??
    notStatic(`\`${named.slice(0, 100)}\` is no backend whose rules are known`);
  const requires = (textsAt(system, 'requires') ?? []).map((text) => Requirement.parse(text));
  let versions = backend.versions;
  for (const requirement of requires) {
    const name = normalizeName(requirement.name);
    if (name === backend.requirement && requirement.url === undefined && requirement.marker === undefined)
      versions = versions.filter((version) => requirement.specifier.contains(version));
    else if (!backend.harmless.includes(name))
      notStatic(`its build needs \`${name}\`, which may change the result`);
  }
  const [version] = versions;
  if (version === undefined)
    return notStatic(`no known version of ${backend.name} is one that \`build-system.requires\` admits`);
  return { rules: backend.rules, name: backend.name, version };
}
