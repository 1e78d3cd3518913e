/** METADATA as hatchling writes it: version 2.5, requirements normalised and sorted, in single quotes. */
import { comparePaths } from '../../../primitives/path.ts';
import { normalizeName } from '../../name.ts';
import { Requirement } from '../../requirement.ts';
import { SpecifierSet } from '../../specifier.ts';
import type { BackendInput } from '../backend.ts';
import { compareClassifiers } from '../classifiers.ts';
import { contactFields } from '../contact-text.ts';
import type { DeclaredProject } from '../declared-project.ts';
import { canonicalLicense } from '../license-expression.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { normalizedRequirement, requirementOf, specifierText } from '../requirement-text.ts';
import { flagAt, tableAt } from '../table.ts';
import { HeaderLines, pythonLines, readText } from '../text.ts';
import { globPaths, isFile } from '../tree.ts';

const LICENSE_PATTERNS = ['LICEN[CS]E*', 'COPYING*', 'NOTICE*', 'AUTHORS*'];
const CONTENT_TYPES = ['text/markdown', 'text/x-rst', 'text/plain'];

export function licenseFilesOf(
  files: ProjectFiles,
  patterns: readonly string[] = LICENSE_PATTERNS,
): readonly string[] {
  const found = patterns.flatMap((pattern) => {
    if (pattern.includes('**')) notStatic('`license-files` has a `**`, which hatchling reads as `*`');
    return globPaths(files, pattern, { hidden: false }).filter((path) => isFile(files, path));
  });
  return found.sort(comparePaths);
}

/** @param facts the version as written, and the licence files */
export function hatchlingMetadata(
  input: BackendInput,
  project: DeclaredProject,
  { version, licenses }: { readonly version: string; readonly licenses: readonly string[] },
): string {
  if (project.importNames !== undefined || project.importNamespaces !== undefined)
    notStatic('import names are stated');
  const lines = new HeaderLines()
    .add('Metadata-Version', '2.5')
    .add('Name', project.name)
    .add('Version', version)
    .add('Summary', nonEmpty(pythonLines(project.description ?? '').join(' ')))
    .addAll(
      'Project-URL',
      project.urls?.map(([label, url]) => `${label}, ${url}`),
    );
  const authors = contactFields(project.authors);
  const maintainers = contactFields(project.maintainers);
  lines
    .add('Author', authors.names)
    .add('Author-email', authors.emails)
    .add('Maintainer', maintainers.names)
    .add('Maintainer-email', maintainers.emails);
  addLicense(lines, input, project);
  lines
    .addAll('License-File', licenses)
    .add('Keywords', nonEmpty(sorted(project.keywords).join(',')))
    .addAll('Classifier', [...new Set(project.classifiers)].sort(compareClassifiers))
    .add('Requires-Python', nonEmpty(specifierText(project.requiresPython ?? '')));
  addRequirements(lines, input, project);
  const readme = readmeOf(input.files, project);
  if (readme === undefined) return lines.toString();
  return `${lines.add('Description-Content-Type', readme.contentType)}\n${readme.text}`;
}

function addLicense(
  lines: HeaderLines,
  { files, spellLicense }: BackendInput,
  { license }: DeclaredProject,
): void {
  if (license === undefined) return;
  if ('expression' in license) {
    lines.add('License-Expression', canonicalLicense(license.expression, spellLicense));
    return;
  }
  const text = 'text' in license ? license.text : readText(files, license.file);
  const [first, ...others] = pythonLines(text);
  if (first !== undefined) lines.addLines('License', [first, ...others], '        ');
}

function readmeOf(
  files: ProjectFiles,
  { readme }: DeclaredProject,
): { readonly text: string; readonly contentType: string } | undefined {
  if (readme === undefined) return undefined;
  const contentType = readme.contentType ?? ('file' in readme ? typeByName(readme.file) : undefined);
  if (contentType === undefined || !CONTENT_TYPES.includes(contentType))
    return notStatic('the content type of the readme is not known');
  const text = 'text' in readme ? readme.text : readText(files, readme.file);
  return text === '' ? undefined : { text, contentType };
}

function typeByName(path: string): string | undefined {
  const lower = path.toLowerCase();
  if (lower.endsWith('.md')) return 'text/markdown';
  if (lower.endsWith('.rst')) return 'text/x-rst';
  return lower.endsWith('.txt') ? 'text/plain' : undefined;
}

function addRequirements(lines: HeaderLines, { document }: BackendInput, project: DeclaredProject): void {
  const settings = tableAt(tableAt(tableAt(document, 'tool'), 'hatch'), 'metadata');
  const allowsUrls = flagAt(settings, 'allow-direct-references', false);
  if (flagAt(settings, 'allow-ambiguous-features', false)) notStatic('`allow-ambiguous-features` is set');
  const read = (text: string) => formatted(text, allowsUrls);
  lines.addAll('Requires-Dist', sorted(project.dependencies?.map((text) => read(text).text)));
  const extras = resolvedExtras(project, read);
  for (const extra of sorted([...extras.keys()])) {
    lines.add('Provides-Extra', extra);
    for (const text of sorted(extras.get(extra))) lines.add('Requires-Dist', withExtra(text, extra));
  }
}

interface Formatted {
  readonly requirement: Requirement;
  readonly text: string;
}

function formatted(text: string, allowsUrls: boolean): Formatted {
  if (/[{}]/.test(text)) notStatic('a requirement has a field that hatchling fills in');
  const { name, extras, specifier, url, marker } = normalizedRequirement(requirementOf(text));
  if (url !== undefined && !allowsUrls) notStatic('a requirement is a URL, which hatchling refuses');
  const lower = SpecifierSet.parse(specifier.toString().toLowerCase());
  const requirement = Requirement.from({ name, extras, specifier: lower, url, marker });
  return { requirement, text: requirement.toString().replaceAll('"', "'") };
}

/** Extras that name others of the project's own have what those have. */
function resolvedExtras(
  project: DeclaredProject,
  read: (text: string) => Formatted,
): ReadonlyMap<string, readonly string[]> {
  const own = normalizeName(project.name);
  const plain = new Map<string, readonly string[]>();
  const inherited = new Map<string, readonly string[]>();
  for (const [written, list] of project.optionalDependencies ?? []) {
    const extra = normalizeName(written);
    if (plain.has(extra)) notStatic(`the extra \`${extra}\` is there twice`);
    const requirements = list.map(read);
    plain.set(
      extra,
      requirements.filter(({ requirement }) => requirement.name !== own).map(({ text }) => text),
    );
    inherited.set(
      extra,
      requirements.flatMap(({ requirement }) => (requirement.name === own ? requirement.extras : [])),
    );
  }
  const textsOf = (extra: string, path: readonly string[]): readonly string[] => {
    if (path.includes(extra)) return notStatic(`the extra \`${extra}\` includes itself`);
    const texts = plain.get(extra) ?? notStatic(`there is no extra \`${extra}\``);
    return [...texts, ...(inherited.get(extra) ?? []).flatMap((other) => textsOf(other, [...path, extra]))];
  };
  return new Map([...plain.keys()].map((extra) => [extra, textsOf(extra, [])]));
}

function withExtra(text: string, extra: string): string {
  const semicolon = text.indexOf(';');
  if (semicolon !== -1) {
    const marker = text.slice(semicolon + 1).trim();
    return `${text.slice(0, semicolon)}; (${marker}) and extra == '${extra}'`;
  }
  return `${text}${text.includes('@ ') ? ' ' : ''}; extra == '${extra}'`;
}

function sorted(texts: readonly string[] = []): readonly string[] {
  return [...new Set(texts)].sort(comparePaths);
}

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}
