/** METADATA as setuptools writes it: version 2.4, requirements in double quotes, in the order in which they are stated. */
import { comparePaths } from '../../../primitives/path.ts';
import { normalizeName } from '../../name.ts';
import { canonicalLicense, type SpellLicense } from '../license-expression.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { joinedMarker, requirementOf, specifierText, withMarker } from '../requirement-text.ts';
import { HeaderLines } from '../text.ts';
import { globPaths, isFile } from '../tree.ts';
import type { SetuptoolsProject } from './setuptools-project.ts';

const LICENSE_PATTERNS = ['LICEN[CS]E*', 'COPYING*', 'NOTICE*', 'AUTHORS*'];

export function setuptoolsLicenseFiles(
  files: ProjectFiles,
  { licenseFiles: stated }: SetuptoolsProject,
): readonly string[] {
  const found = (stated ?? LICENSE_PATTERNS).flatMap((pattern) => {
    const matched = globPaths(files, pattern, { hidden: false });
    if (stated !== undefined && matched.length === 0) notStatic(`\`${pattern}\` matches no licence file`);
    return matched.filter((path) => !path.endsWith('~') && isFile(files, path));
  });
  return [...new Set(found)];
}

/** @param facts the name, the version normalised, and the licence files */
export function setuptoolsMetadata(
  project: SetuptoolsProject,
  {
    name,
    version,
    licenses,
    spellLicense,
  }: {
    readonly name: string;
    readonly version: string;
    readonly licenses: readonly string[];
    readonly spellLicense: SpellLicense;
  },
): string {
  const { license, readme } = project;
  const lines = new HeaderLines()
    .add('Metadata-Version', '2.4')
    .add('Name', name)
    .add('Version', version)
    .add('Summary', project.summary || undefined)
    .add('Home-page', project.homePage)
    .add('Download-URL', project.downloadUrl)
    .add('Author', project.author)
    .add('Author-email', project.authorEmail)
    .add('Maintainer', project.maintainer)
    .add('Maintainer-email', project.maintainerEmail);
  if (license !== undefined && 'expression' in license) {
    if (project.classifiers?.some((classifier) => classifier.startsWith('License :: ')) === true)
      notStatic('a licence classifier stands beside a licence expression');
    lines.add('License-Expression', canonicalLicense(license.expression, spellLicense));
  } else if (license !== undefined && license.text !== '')
    lines.addLines('License', license.text.split('\n'), '        ');
  lines
    .addAll(
      'Project-URL',
      project.urls?.map(([label, url]) => `${label}, ${url}`),
    )
    .add('Keywords', project.keywords?.join(',') || undefined)
    .addAll('Platform', project.platforms)
    .addAll('Classifier', project.classifiers)
    .add(
      'Requires-Python',
      project.requiresPython === undefined ? undefined : specifierText(project.requiresPython),
    )
    .add('Description-Content-Type', readme?.contentType || undefined)
    .addAll('License-File', licenses)
    .addAll(
      'Requires-Dist',
      project.dependencies?.map((text) => requirementOf(text).toString()),
    );
  addExtras(lines, project.extras ?? []);
  // What setuptools does not know to be stated as it stands.
  if (project.downloadUrl) lines.add('Dynamic', 'download-url');
  if (licenses.length > 0) lines.add('Dynamic', 'license-file');
  if (readme === undefined || readme.text === '') return lines.toString();
  return `${lines}\n${readme.text}${readme.text.endsWith('\n') ? '' : '\n'}`;
}

function addExtras(lines: HeaderLines, extras: NonNullable<SetuptoolsProject['extras']>): void {
  const seen = new Set<string>();
  for (const [written, requirements] of extras) {
    const extra = normalizeName(written);
    if (seen.has(extra)) notStatic(`the extra \`${extra}\` is there twice`);
    seen.add(extra);
    lines.add('Provides-Extra', extra);
    for (const text of requirements) {
      const requirement = requirementOf(text);
      const marker = joinedMarker(
        requirement.marker,
        `extra == "${extra}"`,
        ({ expression }) => expression.kind !== 'comparison',
      );
      lines.add('Requires-Dist', withMarker(requirement, marker).toString());
    }
  }
}

/** By group, then name; undefined where there are none. */
export function setuptoolsEntryPoints({ entryPoints }: SetuptoolsProject): string | undefined {
  const groups = (entryPoints ?? []).filter(([, entries]) => entries.length > 0);
  if (groups.length === 0) return undefined;
  return [...groups]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([group, entries]) => {
      const lines = [...entries].sort(([a], [b]) => comparePaths(a, b));
      return `[${group}]\n${lines.map(([name, object]) => `${name.trim()} = ${object.trim()}`).join('\n')}\n`;
    })
    .join('\n');
}
