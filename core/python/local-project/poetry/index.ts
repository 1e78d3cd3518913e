/** poetry-core's wheel, for projects without a build script, described in `[project]`, `[tool.poetry]` or both. */
import { comparePaths } from '../../../primitives/path.ts';
import type { BackendInput } from '../backend.ts';
import type { PlannedWheel } from '../plan.ts';
import { versionText } from '../requirement-text.ts';
import { existingFile } from '../text.ts';
import { nameOf, relativePath } from '../tree.ts';
import { WheelDraft } from '../wheel-draft.ts';
import { type PoetryProject, readPoetryProject } from './declared.ts';
import { poetryFiles } from './files.ts';
import { poetryLicenseFiles, poetryMetadata, supportsPython2 } from './metadata.ts';

/** @throws NotStatic */
export function planPoetry(input: BackendInput): PlannedWheel {
  const { files, surroundings } = input;
  const project = readPoetryProject(input.document);
  const version = versionText(project.version);
  const draft = new WheelDraft(files, project.name, version);
  for (const { source, path } of poetryFiles(files, project.tool, project.name, surroundings))
    draft.addSource(path, source);
  for (const script of project.fileScripts)
    draft.addSource(`${draft.data}/scripts/${nameOf(relativePath(script))}`, existingFile(files, script));
  const licenses = poetryLicenseFiles(files, project);
  for (const file of licenses) draft.addSource(`${draft.distInfo}/licenses/${file}`, file);
  if (project.entryPoints.length > 0) draft.addInfo('entry_points.txt', entryPointsText(project));
  const tag = supportsPython2(project) ? 'py2.py3-none-any' : 'py3-none-any';
  // The compressed tag stands as it is.
  draft.addInfo(
    'WHEEL',
    `Wheel-Version: 1.0\nGenerator: poetry-core ${input.version}\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
  );
  draft.addInfo('METADATA', poetryMetadata(input, project, { version, licenses }));
  return draft.finish(tag);
}

/** Blanks are left out wherever they stand. */
function entryPointsText({ entryPoints }: PoetryProject): string {
  return [...entryPoints]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([group, entries]) => {
      const lines = entries.map(([name, object]) => `${name} = ${object}`).sort(comparePaths);
      return `[${group}]\n${lines.map((line) => `${line.replaceAll(' ', '')}\n`).join('')}\n`;
    })
    .join('');
}
