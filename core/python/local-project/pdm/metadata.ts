/** METADATA as pdm-backend writes it: the lowest version that its fields need, and an empty line at its end. */
import { normalizeName } from '../../name.ts';
import type { BackendInput } from '../backend.ts';
import type { DeclaredContact, DeclaredProject } from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { requirementOf, specifierText, withExtra } from '../requirement-text.ts';
import { HeaderLines, readText } from '../text.ts';
import { globPaths, isFile, relativePath } from '../tree.ts';

const LICENSE_PATTERNS = ['LICEN[CS]E*', 'COPYING*', 'NOTICE*'];

/** The files of `license-files`, sorted; undefined where none are stated. */
export function statedLicenses(
  files: ProjectFiles,
  { licenseFiles }: DeclaredProject,
): readonly string[] | undefined {
  if (licenseFiles === undefined) return undefined;
  const found = licenseFiles.flatMap((pattern) => {
    const matched = globPaths(files, pattern, { hidden: true }).filter((path) => isFile(files, path));
    return matched.length > 0 ? matched : notStatic(`\`${pattern}\` matches no licence file`);
  });
  return [...new Set(found)].sort();
}

/** The files that go into the wheel's `licenses`. */
export function licensesInWheel(files: ProjectFiles, project: DeclaredProject): readonly string[] {
  const { license } = project;
  const stated = statedLicenses(files, project);
  const named = license !== undefined && 'file' in license ? [relativePath(license.file)] : [];
  if (stated !== undefined || named.length > 0) return [...new Set([...named, ...(stated ?? [])])];
  return LICENSE_PATTERNS.flatMap((pattern) => globPaths(files, pattern, { hidden: true })).filter((path) =>
    isFile(files, path),
  );
}

/** @param version normalised */
export function pdmMetadata({ files }: BackendInput, project: DeclaredProject, version: string): string {
  if (project.importNames !== undefined || project.importNamespaces !== undefined)
    notStatic('import names are stated');
  const { license } = project;
  const licenses = statedLicenses(files, project);
  const isExpression = license !== undefined && 'expression' in license;
  if (licenses !== undefined && license !== undefined && !isExpression)
    notStatic('`license-files` stands beside a table `license`');
  if (isExpression && project.classifiers?.some((classifier) => classifier.startsWith('License ::')) === true)
    notStatic('a licence classifier stands beside a licence expression');
  const lines = new HeaderLines()
    .add('Metadata-Version', isExpression || licenses !== undefined ? '2.4' : '2.1')
    .add('Name', project.name)
    .add('Version', version)
    .add('Summary', project.description || undefined)
    .add('Keywords', project.keywords?.join(',') || undefined)
    .add('Author', namesOf(project.authors))
    .add('Author-Email', emailsOf(project.authors))
    .add('Maintainer', namesOf(project.maintainers))
    .add('Maintainer-Email', emailsOf(project.maintainers));
  if (license !== undefined && 'expression' in license) lines.add('License-Expression', license.expression);
  else if (license !== undefined) {
    const text = 'text' in license ? license.text : readText(files, license.file);
    lines.addLines('License', text.split('\n'), ' '.repeat('License: '.length));
  }
  lines
    .addAll('License-File', licenses)
    .addAll('Classifier', project.classifiers)
    .addAll(
      'Project-URL',
      project.urls?.map(([label, url]) =>
        label.length > 32 ? notStatic('the label of a URL is too long') : `${label}, ${url}`,
      ),
    )
    .add(
      'Requires-Python',
      project.requiresPython === undefined ? undefined : specifierText(project.requiresPython) || undefined,
    )
    .addAll('Requires-Dist', project.dependencies?.map(requirementText));
  for (const [written, list] of project.optionalDependencies ?? []) {
    const extra = normalizeExtra(written);
    lines.add('Provides-Extra', extra).addAll(
      'Requires-Dist',
      list.map((text) => withExtra(requirementOf(withoutVariables(text)), extra).toString()),
    );
  }
  const readme = readmeOf(files, project);
  if (readme === undefined) return `${lines}\n`;
  return `${lines.add('Description-Content-Type', readme.contentType)}\n${readme.text}`;
}

/** Runs of separators stay as long as they are. */
function normalizeExtra(extra: string): string {
  const printed = extra.replace(/[._]/g, '-').toLowerCase();
  return printed === normalizeName(extra)
    ? printed
    : notStatic(`the extra \`${extra}\` is spelled unusually`);
}

function requirementText(text: string): string {
  return requirementOf(withoutVariables(text)).toString();
}

function withoutVariables(text: string): string {
  return text.includes('$') ? notStatic('a requirement has a variable that pdm fills in') : text;
}

function namesOf(contacts: readonly DeclaredContact[] = []): string | undefined {
  return (
    contacts
      .flatMap(({ name, email }) => (email === undefined || email === '' ? (name ?? []) : []))
      .join(', ') || undefined
  );
}

function emailsOf(contacts: readonly DeclaredContact[] = []): string | undefined {
  return (
    contacts
      .flatMap(({ name, email }) => (email === undefined || email === '' ? [] : [addressOf(name, email)]))
      .join(', ') || undefined
  );
}

function addressOf(name: string | undefined, email: string): string {
  if (name === undefined || name === '') return notStatic('an address has no name');
  return /[\][\\()<>@,:;".]/.test(name)
    ? `"${name.replace(/[\\"]/g, '\\$&')}" <${email}>`
    : `${name} <${email}>`;
}

function readmeOf(
  files: ProjectFiles,
  { readme }: DeclaredProject,
): { readonly text: string; readonly contentType: string } | undefined {
  if (readme === undefined) return undefined;
  const byName =
    'file' in readme
      ? readme.file.endsWith('.md')
        ? 'text/markdown'
        : readme.file.endsWith('.rst')
          ? 'text/x-rst'
          : undefined
      : undefined;
  const contentType =
    readme.contentType ?? byName ?? notStatic('the content type of the readme is not known');
  return { text: 'text' in readme ? readme.text : readText(files, readme.file), contentType };
}
