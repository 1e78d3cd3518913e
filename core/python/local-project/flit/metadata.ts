/** METADATA as flit_core writes it: requirements as they stand in pyproject.toml, extras first in their markers. */
import { comparePaths } from '../../../primitives/path.ts';
import { normalizeName } from '../../name.ts';
import { compareVersions, Version } from '../../version.ts';
import type { BackendInput } from '../backend.ts';
import { contactFields } from '../contact-text.ts';
import type { DeclaredProject } from '../declared-project.ts';
import { canonicalLicense } from '../license-expression.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { requirementOf } from '../requirement-text.ts';
import { HeaderLines, pythonLines, readText } from '../text.ts';

const ONLY_AFTER_NAME = Version.parse('4.2');
const EXTRAS_AFTER_NAME = /^([ \t]*[A-Za-z0-9][A-Za-z0-9._-]*[ \t]*\[)([^\]]*)\]/;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.rst': 'text/x-rst',
  '.md': 'text/markdown',
  '.txt': 'text/plain',
};

export interface FlitMetadataFacts {
  readonly version: string;
  readonly summary: string | undefined;
  readonly licenses: readonly string[];
  readonly module: string;
}

export function flitMetadata(
  { files, version: backend, spellLicense }: BackendInput,
  project: DeclaredProject,
  { version, summary, licenses, module }: FlitMetadataFacts,
): string {
  const isFirstMajor = backend.startsWith('3.');
  const lines = new HeaderLines()
    .add('Metadata-Version', isFirstMajor ? '2.4' : '2.5')
    .add('Name', project.name)
    .add('Version', version);
  const authors = contactFields(project.authors);
  const maintainers = contactFields(project.maintainers);
  const readme = readmeOf(files, project);
  addField(lines, 'Summary', summary);
  addField(lines, 'Keywords', project.keywords?.join(','));
  addField(lines, 'Author', authors.names);
  addField(lines, 'Author-email', authors.emails);
  addField(lines, 'Maintainer', maintainers.names);
  addField(lines, 'Maintainer-email', maintainers.emails);
  addField(lines, 'Requires-Python', project.requiresPython);
  addField(lines, 'Description-Content-Type', readme?.contentType);
  if (project.license !== undefined && 'expression' in project.license) {
    if (project.classifiers?.some((classifier) => classifier.startsWith('License :: ')) === true)
      notStatic('a licence classifier stands beside a licence expression');
    lines.add('License-Expression', canonicalLicense(project.license.expression, spellLicense));
  }
  lines
    .addAll('Classifier', project.classifiers)
    .addAll('License-File', licenses)
    .addAll(
      'Requires-Dist',
      requirementsOf(project).map((text) => withNormalizedExtras(text, backend)),
    )
    .addAll(
      'Project-URL',
      sortedPairs(project.urls ?? []).map(([label, url]) => `${label}, ${url}`),
    )
    .addAll('Provides-Extra', [...extrasOf(project).keys()].sort(comparePaths));
  if (!isFirstMajor) {
    const above = module.split('.').slice(0, -1);
    lines.add('Import-Name', module).addAll(
      'Import-Namespace',
      above.map((_, index) => above.slice(0, index + 1).join('.')),
    );
  }
  return readme === undefined ? lines.toString() : `${lines}\n${readme.text}\n`;
}

/** A value of several lines goes on indented. */
function addField(lines: HeaderLines, key: string, value: string | undefined): void {
  if (value === undefined) return;
  const split = pythonLines(value);
  lines.addLines(key, split.length === 0 ? [''] : split, '        ');
}

function readmeOf(
  files: ProjectFiles,
  { readme }: DeclaredProject,
): { readonly text: string; readonly contentType: string | undefined } | undefined {
  if (readme === undefined) return undefined;
  const { contentType } = readme;
  if (contentType !== undefined) {
    const base = contentType.split(';', 1)[0]!.trim();
    if (!Object.values(CONTENT_TYPES).includes(base))
      notStatic('the content type of the readme is not known');
  }
  if ('text' in readme) return { text: readme.text, contentType };
  const extension = /\.[^./]+$/.exec(readme.file)?.[0].toLowerCase() ?? '';
  return { text: readText(files, readme.file), contentType: contentType ?? CONTENT_TYPES[extension] };
}

function requirementsOf(project: DeclaredProject): readonly string[] {
  const ofExtras = [...extrasOf(project)]
    .sort(([a], [b]) => comparePaths(a, b))
    .flatMap(([extra, requirements]) =>
      requirements.map((text) => {
        const semicolon = text.indexOf(';');
        if (semicolon === -1) return `${text} ; extra == "${extra}"`;
        return `${text.slice(0, semicolon)} ; extra == "${extra}" and (${text.slice(semicolon + 1)})`;
      }),
    );
  return [...(project.dependencies ?? []), ...ofExtras];
}

function extrasOf(project: DeclaredProject): ReadonlyMap<string, readonly string[]> {
  const extras = new Map<string, readonly string[]>();
  for (const [written, requirements] of project.optionalDependencies ?? []) {
    const extra = normalizeName(written);
    if (extras.has(extra)) notStatic(`the extra \`${extra}\` is there twice`);
    extras.set(extra, requirements);
  }
  return extras;
}

/** Before 4.2, flit looks for the first pair of brackets wherever it stands, and writes its names into each. */
function withNormalizedExtras(text: string, backend: string): string {
  requirementOf(text);
  const normalized = (list: string) =>
    list
      .split(',')
      .map((extra) => normalizeName(extra.trim()))
      .join(', ');
  if (compareVersions(Version.parse(backend), ONLY_AFTER_NAME) >= 0)
    return text.replace(EXTRAS_AFTER_NAME, (_, head: string, list: string) => `${head}${normalized(list)}]`);
  const brackets = /\[([^\]]*)\]/.exec(text);
  if (brackets === null) return text;
  return text.replaceAll(/\[[^\]]*\]/g, () => `[${normalized(brackets[1]!)}]`);
}

function sortedPairs(pairs: DeclaredProject['urls'] & object): DeclaredProject['urls'] & object {
  return [...pairs].sort(([a], [b]) => comparePaths(a, b));
}
