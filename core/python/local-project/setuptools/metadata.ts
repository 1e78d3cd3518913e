/** METADATA as setuptools writes it: version 2.4, requirements in double quotes, in the order in which they are stated. */
import { comparePaths } from '../../../primitives/path.ts';
import { normalizeName } from '../../name.ts';
import type { Requirement } from '../../requirement.ts';
import type { BackendInput } from '../backend.ts';
import { contactFields } from '../contact-text.ts';
import type { DeclaredProject } from '../declared-project.ts';
import { canonicalLicense } from '../license-expression.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { joinedMarker, requirementOf, specifierText, withMarker } from '../requirement-text.ts';
import { isTable, membersOf, type Table, tableAt, textsAt } from '../table.ts';
import { HeaderLines, readText } from '../text.ts';
import { globPaths, isFile } from '../tree.ts';
import { dynamicReadme, dynamicRequirements } from './dynamic.ts';

const LICENSE_PATTERNS = ['LICEN[CS]E*', 'COPYING*', 'NOTICE*', 'AUTHORS*'];
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.md': 'text/markdown',
  '.rst': 'text/x-rst',
  '.txt': 'text/plain',
};

/** @param table `[tool.setuptools]` */
export function setuptoolsLicenseFiles(
  files: ProjectFiles,
  project: DeclaredProject,
  table: Table,
): readonly string[] {
  const stated = project.licenseFiles ?? textsAt(table, 'license-files');
  if (project.licenseFiles !== undefined && table['license-files'] !== undefined)
    notStatic('`license-files` is stated twice');
  const found = (stated ?? LICENSE_PATTERNS).flatMap((pattern) => {
    const matched = globPaths(files, pattern, { hidden: false });
    if (stated !== undefined && matched.length === 0) notStatic(`\`${pattern}\` matches no licence file`);
    return matched.filter((path) => !path.endsWith('~') && isFile(files, path));
  });
  return [...new Set(found)];
}

/** @param facts the version normalised, and the licence files */
export function setuptoolsMetadata(
  { files, spellLicense }: BackendInput,
  project: DeclaredProject,
  table: Table,
  { version, licenses }: { readonly version: string; readonly licenses: readonly string[] },
): string {
  if (project.importNames !== undefined || project.importNamespaces !== undefined)
    notStatic('import names are stated');
  const authors = contactFields(project.authors);
  const maintainers = contactFields(project.maintainers);
  const lines = new HeaderLines()
    .add('Metadata-Version', '2.4')
    .add('Name', project.name)
    .add('Version', version)
    .add('Summary', project.description || undefined)
    .add('Author', authors.names)
    .add('Author-email', authors.emails)
    .add('Maintainer', maintainers.names)
    .add('Maintainer-email', maintainers.emails);
  const { license } = project;
  if (license !== undefined && 'expression' in license) {
    if (project.classifiers?.some((classifier) => classifier.startsWith('License :: ')) === true)
      notStatic('a licence classifier stands beside a licence expression');
    lines.add('License-Expression', canonicalLicense(license.expression, spellLicense));
  } else if (license !== undefined) {
    const text = 'text' in license ? license.text : readText(files, license.file);
    if (text !== '') lines.addLines('License', text.split('\n'), '        ');
  }
  const dynamic = tableAt(table, 'dynamic');
  const { dependencies, extras } = requirementsOf(files, project, dynamic);
  const readme = readmeOf(files, project, dynamic);
  lines
    .addAll(
      'Project-URL',
      project.urls?.map(([label, url]) => `${label}, ${url}`),
    )
    .add('Keywords', project.keywords?.join(',') || undefined)
    .addAll('Platform', textsAt(table, 'platforms'))
    .addAll('Classifier', project.classifiers)
    .add(
      'Requires-Python',
      project.requiresPython === undefined ? undefined : specifierText(project.requiresPython),
    )
    .add('Description-Content-Type', readme?.contentType)
    .addAll('License-File', licenses)
    .addAll(
      'Requires-Dist',
      dependencies.map((requirement) => requirement.toString()),
    );
  addExtras(lines, extras);
  if (licenses.length > 0) lines.add('Dynamic', 'license-file');
  if (readme === undefined || readme.text === '') return lines.toString();
  return `${lines}\n${readme.text}${readme.text.endsWith('\n') ? '' : '\n'}`;
}

function addExtras(lines: HeaderLines, extras: Requirements['extras']): void {
  const seen = new Set<string>();
  for (const [written, requirements] of extras) {
    const extra = normalizeName(written);
    if (seen.has(extra)) notStatic(`the extra \`${extra}\` is there twice`);
    seen.add(extra);
    lines.add('Provides-Extra', extra);
    for (const requirement of requirements) {
      const marker = joinedMarker(
        requirement.marker,
        `extra == "${extra}"`,
        ({ expression }) => expression.kind !== 'comparison',
      );
      lines.add('Requires-Dist', withMarker(requirement, marker).toString());
    }
  }
}

interface Requirements {
  readonly dependencies: readonly Requirement[];
  readonly extras: readonly (readonly [extra: string, requirements: readonly Requirement[]])[];
}

function requirementsOf(files: ProjectFiles, project: DeclaredProject, dynamic: Table): Requirements {
  const dependencies = project.dynamic.includes('dependencies')
    ? dynamicRequirements(files, tableAt(dynamic, 'dependencies'))
    : (project.dependencies ?? []);
  const extras = project.dynamic.includes('optional-dependencies')
    ? membersOf(tableAt(dynamic, 'optional-dependencies')).map(
        ([extra, directive]) =>
          [
            extra,
            isTable(directive)
              ? dynamicRequirements(files, directive)
              : notStatic(`\`${extra}\` names no file`),
          ] as const,
      )
    : (project.optionalDependencies ?? []);
  return {
    dependencies: dependencies.map(requirementOf),
    extras: extras.map(([extra, list]) => [extra, list.map(requirementOf)]),
  };
}

function readmeOf(
  files: ProjectFiles,
  project: DeclaredProject,
  dynamic: Table,
): { readonly text: string; readonly contentType: string | undefined } | undefined {
  if (project.dynamic.includes('readme')) return dynamicReadme(files, dynamic);
  const { readme } = project;
  if (readme === undefined) return undefined;
  if ('text' in readme)
    return {
      text: readme.text,
      contentType: readme.contentType ?? notStatic('the readme has no content type'),
    };
  const extension = /\.[^./]+$/.exec(readme.file)?.[0].toLowerCase();
  const guessed = extension === undefined ? undefined : CONTENT_TYPES[extension];
  if (extension !== undefined && guessed === undefined && readme.contentType === undefined)
    notStatic('the content type of the readme is not known');
  return { text: readText(files, readme.file), contentType: readme.contentType ?? guessed };
}

/** By group, then name; undefined where there are none. */
export function setuptoolsEntryPoints({
  scripts,
  guiScripts,
  entryPoints,
}: DeclaredProject): string | undefined {
  const groups = [
    ...(entryPoints ?? []),
    ...(scripts === undefined ? [] : [['console_scripts', scripts] as const]),
    ...(guiScripts === undefined ? [] : [['gui_scripts', guiScripts] as const]),
  ].filter(([, entries]) => entries.length > 0);
  if (groups.length === 0) return undefined;
  return [...groups]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([group, entries]) => {
      const lines = [...entries].sort(([a], [b]) => comparePaths(a, b));
      return `[${group}]\n${lines.map(([name, object]) => `${name.trim()} = ${object.trim()}`).join('\n')}\n`;
    })
    .join('\n');
}
