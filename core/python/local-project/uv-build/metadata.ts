/** METADATA as uv's build backend writes it. */
import { comparePaths } from '../../../primitives/path.ts';
import { normalizeName } from '../../name.ts';
import type { BackendInput } from '../backend.ts';
import type { DeclaredContact, DeclaredProject } from '../declared-project.ts';
import { canonicalLicense } from '../license-expression.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { HeaderLines, readText } from '../text.ts';
import { uvRequirement, uvSpecifiers } from './requirements.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  rst: 'text/x-rst',
  md: 'text/markdown',
};

/** @param facts the version normalised, and the licence files */
export function uvMetadata(
  { files, spellLicense }: BackendInput,
  project: DeclaredProject,
  { version, licenses }: { readonly version: string; readonly licenses: readonly string[] },
): string {
  if (project.importNames !== undefined || project.importNamespaces !== undefined)
    notStatic('import names are stated');
  const { license } = project;
  const isModern = project.licenseFiles !== undefined || (license !== undefined && 'expression' in license);
  const authors = contactsOf(project.authors);
  const maintainers = contactsOf(project.maintainers);
  const lines = new HeaderLines()
    .add('Metadata-Version', isModern ? '2.4' : '2.3')
    .add('Name', project.name)
    .add('Version', version)
    .add('Summary', project.description)
    .add('Keywords', project.keywords?.join(','))
    .add('Author', authors.names)
    .add('Author-email', authors.emails);
  if (license !== undefined && 'expression' in license) {
    // What is not in SPDX's spelling is an error to uv, and what is is kept as it stands.
    canonicalLicense(license.expression, spellLicense);
    lines.add('License-Expression', license.expression);
  } else if (license !== undefined) {
    lines.add('License', 'text' in license ? license.text : notStatic('a licence is taken from a file'));
  }
  const extras = extrasOf(project);
  lines
    .addAll('License-File', licenses)
    .addAll('Classifier', project.classifiers)
    .addAll('Requires-Dist', [
      ...(project.dependencies ?? []).map((text) => uvRequirement(text)),
      ...extras.flatMap(([extra, list]) => list.map((text) => uvRequirement(text, extra))),
    ])
    .add('Maintainer', maintainers.names)
    .add('Maintainer-email', maintainers.emails)
    .add(
      'Requires-Python',
      project.requiresPython === undefined ? undefined : uvSpecifiers(project.requiresPython),
    )
    .addAll(
      'Project-URL',
      project.urls?.map(([label, url]) => `${label}, ${url}`),
    )
    .addAll(
      'Provides-Extra',
      extras.map(([extra]) => extra),
    );
  const readme = readmeOf(files, project);
  if (readme === undefined) return lines.toString();
  return `${lines.add('Description-Content-Type', readme.contentType)}\n${readme.text}`;
}

/** Names of all, and addresses with the names before them. */
function contactsOf(contacts: readonly DeclaredContact[] = []) {
  const names = contacts.flatMap(({ name }) => name ?? []);
  const emails = contacts.flatMap(({ name, email }) =>
    email === undefined ? [] : [name === undefined ? email : `${name} <${email}>`],
  );
  return { names: names.join(', ') || undefined, emails: emails.join(', ') || undefined };
}

function extrasOf({
  optionalDependencies = [],
}: DeclaredProject): readonly (readonly [string, readonly string[]])[] {
  const extras = optionalDependencies.map(([extra, list]) => [normalizeName(extra), list] as const);
  if (new Set(extras.map(([extra]) => extra)).size < extras.length) notStatic('an extra is there twice');
  return extras.sort(([a], [b]) => comparePaths(a, b));
}

function readmeOf(
  files: ProjectFiles,
  { readme }: DeclaredProject,
): { readonly text: string; readonly contentType: string } | undefined {
  if (readme === undefined) return undefined;
  const extension = 'file' in readme ? /[^/]\.([^./]+)$/.exec(readme.file)?.[1] : undefined;
  const contentType = readme.contentType ?? (extension === undefined ? undefined : CONTENT_TYPES[extension]);
  if (contentType === undefined || !Object.values(CONTENT_TYPES).includes(contentType))
    return notStatic('the content type of the readme is not known');
  return { text: 'text' in readme ? readme.text : readText(files, readme.file, 'kept'), contentType };
}
