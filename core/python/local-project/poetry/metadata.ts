/** METADATA and classifiers as poetry-core writes them. */
import { comparePaths } from '../../../primitives/path.ts';
import type { SpecifierSet } from '../../specifier.ts';
import type { BackendInput } from '../backend.ts';
import { canonicalLicense } from '../license-expression.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { textsAt } from '../table.ts';
import { HeaderLines, readText } from '../text.ts';
import { filesBelow, globPaths, isFile, isFolder, relativePath } from '../tree.ts';
import { overlaps, printPythonConstraint, specifiersOf } from './constraint.ts';
import type { PoetryProject } from './declared.ts';
import { type PoetryLicense, poetryLicense } from './license.ts';

/** The versions of Python that poetry-core has classifiers for. */
const PYTHONS = '2 2.7 3 3.4 3.5 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15'.split(' ');
const PYTHON_CLASSIFIER = 'Programming Language :: Python';
const LICENSE_PATTERNS = ['COPYING*', 'LICEN[SC]E*', 'AUTHORS*', 'NOTICE*'];

/** @param facts the version normalised, and the licence files */
export function poetryMetadata(
  { files, spellLicense }: BackendInput,
  project: PoetryProject,
  { version, licenses }: { readonly version: string; readonly licenses: readonly string[] },
): string {
  const { standard, tool, requiresPython } = project;
  const lines = new HeaderLines()
    .add('Metadata-Version', '2.4')
    .add('Name', project.name)
    .add('Version', version)
    .add('Summary', project.description);
  const license = licenseOf(files, project);
  const stated = standard?.license;
  if (license !== undefined)
    lines.addLines('License', license.id.trim().split('\n'), ' '.repeat('License: '.length));
  else if (stated !== undefined && 'expression' in stated && stated.expression !== '')
    lines.add('License-Expression', canonicalLicense(stated.expression, spellLicense));
  const author = contactOf(project.author);
  const maintainer = contactOf(project.maintainer);
  lines
    .addAll('License-File', licenses)
    .add('Keywords', project.keywords.join(',') || undefined)
    .add('Author', author.name)
    .add('Author-email', author.email)
    .add('Maintainer', maintainer.name)
    .add('Maintainer-email', maintainer.email)
    .add(
      'Requires-Python',
      requiresPython ?? (printPythonConstraint(project.pythonConstraint ?? {}) || undefined),
    )
    .addAll('Classifier', classifiersOf(project, license))
    .addAll('Provides-Extra', [...project.extras].sort(comparePaths))
    .addAll('Requires-Dist', [...project.requirements].sort(comparePaths))
    .addAll(
      'Project-URL',
      [...project.urls]
        .sort(([a], [b]) => comparePaths(a.slice(0, 1), b.slice(0, 1)))
        .map(([label, url]) => `${label}, ${url}`),
    );
  const readme = readmeOf(files, standard?.readme, tool);
  if (readme === undefined) return lines.toString();
  return `${lines.add('Description-Content-Type', readme.contentType)}\n${readme.text}\n`;
}

export function poetryLicenseFiles(files: ProjectFiles, { standard }: PoetryProject): readonly string[] {
  const stated = standard?.licenseFiles;
  if (stated !== undefined) {
    if (standard?.license !== undefined && !('expression' in standard.license))
      notStatic('`license-files` stands beside a table `license`');
    const found = stated.flatMap((pattern) => {
      const matched = globPaths(files, pattern, { hidden: true }).filter((path) => isFile(files, path));
      return matched.length > 0 ? matched : notStatic(`\`${pattern}\` matches no licence file`);
    });
    return [...new Set(found)].sort(comparePaths);
  }
  const named =
    standard?.license !== undefined && 'file' in standard.license
      ? [relativePath(standard.license.file)]
      : [];
  const found = LICENSE_PATTERNS.flatMap((pattern) => globPaths(files, pattern, { hidden: true })).filter(
    (path) => isFile(files, path),
  );
  const folder = isFolder(files, 'LICENSES') ? filesBelow(files, 'LICENSES') : [];
  return [...new Set([...named, ...found, ...folder])].sort(comparePaths);
}

/** The field `License`: a table's text or file, or what `[tool.poetry]` says. */
function licenseOf(files: ProjectFiles, { standard, tool }: PoetryProject): PoetryLicense | undefined {
  const stated = standard?.license;
  if (stated === undefined || ('expression' in stated && stated.expression === ''))
    return typeof tool.license === 'string' && tool.license !== '' ? poetryLicense(tool.license) : undefined;
  if ('expression' in stated) return undefined;
  return poetryLicense('text' in stated ? stated.text : readText(files, stated.file));
}

function contactOf(text: string | undefined): {
  readonly name: string | undefined;
  readonly email: string | undefined;
} {
  if (text === undefined) return { name: undefined, email: undefined };
  const groups = /^(?<name>[^<>]+?)(?: <(?<email>.+?)>)?$/u.exec(text)?.groups;
  return groups === undefined
    ? notStatic(`\`${text.slice(0, 100)}\` is not \`Name <address>\``)
    : { name: groups.name, email: groups.email };
}

function classifiersOf(project: PoetryProject, license: PoetryLicense | undefined): readonly string[] {
  if (project.classifiersAreComplete) return project.classifiers;
  const pythons = pythonClassifiers(project);
  const own = new Set([...project.classifiers, ...(license === undefined ? [] : [license.classifier])]);
  const others = [...own].filter((classifier) => !pythons.includes(classifier)).sort(comparePaths);
  const at = others.findIndex((classifier) => classifier > PYTHON_CLASSIFIER);
  const index = at === -1 ? others.length : at;
  return [...others.slice(0, index), ...pythons, ...others.slice(index)];
}

function pythonClassifiers({ pythonConstraint }: PoetryProject): readonly string[] {
  const admitted =
    pythonConstraint === undefined
      ? (version: string) => ['2', '2.7', '3'].includes(version) || Number(version.slice(2)) >= 4
      : (version: string) => admits(specifiersOf(pythonConstraint), version);
  return PYTHONS.filter(admitted).map((version) => `${PYTHON_CLASSIFIER} :: ${version}`);
}

/** A major version, where any of its versions is admitted; a minor one, where its first is. */
function admits(set: SpecifierSet, version: string): boolean {
  if (version.includes('.')) return set.contains(version);
  return overlaps(set, `==${version}.*`);
}

/** Whether a Python 2 is admitted. */
export function supportsPython2({ pythonConstraint }: PoetryProject): boolean {
  return pythonConstraint === undefined || overlaps(specifiersOf(pythonConstraint), '>=2.0.0,<3.0.0');
}

function readmeOf(
  files: ProjectFiles,
  stated: NonNullable<PoetryProject['standard']>['readme'],
  tool: PoetryProject['tool'],
): { readonly text: string; readonly contentType: string } | undefined {
  if (stated !== undefined) {
    if ('file' in stated)
      return {
        text: readText(files, stated.file),
        contentType: stated.contentType ?? typeByName(stated.file),
      };
    if (stated.text === '') return undefined;
    return {
      text: stated.text,
      contentType: stated.contentType ?? notStatic('the readme has no content type'),
    };
  }
  const paths = typeof tool.readme === 'string' ? [tool.readme] : (textsAt(tool, 'readme') ?? []);
  const [first, ...others] = paths.filter((path) => path !== '');
  if (first === undefined) return undefined;
  return {
    text: [first, ...others].map((path) => readText(files, path)).join('\n'),
    contentType: typeByName(first),
  };
}

function typeByName(path: string): string {
  if (path.endsWith('.rst')) return 'text/x-rst';
  return path.endsWith('.md') || path.endsWith('.markdown') ? 'text/markdown' : 'text/plain';
}
