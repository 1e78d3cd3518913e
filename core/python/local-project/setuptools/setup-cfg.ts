/**
 * A project that setup.cfg describes (setuptools' user guide, "Configuring setuptools using setup.cfg files"): its metadata,
 * and what it says of packages as the `[tool.setuptools]` that means the same.
 */
import { visible } from '../../../primitives/path.ts';
import type { TextPairs } from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import type { Table } from '../table.ts';
import { pythonLines, readText } from '../text.ts';
import { isFile, relativePath } from '../tree.ts';
import { type ConfigSections, parseConfig } from './config-parser.ts';
import { attributeVersion } from './dynamic.ts';
import type { Packages } from './packages.ts';
import type { SetuptoolsProject } from './setuptools-project.ts';

type Section = ReadonlyMap<string, string>;

/** setup.cfg, as far as setuptools reads it. */
export interface SetupCfg {
  readonly metadata: Section;
  readonly options: Section;
  /** What stands in `[options.…]`, by the name behind the dot. */
  readonly parts: ReadonlyMap<string, Section>;
}

const METADATA_KEYS = new Set(
  (
    'name version description long_description long_description_content_type author author_email maintainer ' +
    'maintainer_email url download_url project_urls keywords license license_file license_files classifiers platforms'
  ).split(' '),
);
const ALIASES = new Map([
  ['home_page', 'url'],
  ['summary', 'description'],
  ['classifier', 'classifiers'],
  ['platform', 'platforms'],
]);
const OPTION_KEYS = new Set(
  'package_dir packages py_modules include_package_data install_requires python_requires zip_safe'.split(' '),
);
const PARTS = new Set(
  'packages.find package_data exclude_package_data extras_require entry_points data_files'.split(' '),
);
/** Sections of commands that a wheel's build runs, or could run. */
const COMMAND = /^(?:global|easy_install|wheel|(?:build|install|bdist|sdist|egg|develop|editable|dist).*)$/;

/** Undefined where there is no such file, or none that setuptools would read. @throws NotStatic */
export function readSetupCfg(files: ProjectFiles): SetupCfg | undefined {
  if (!isFile(files, 'setup.cfg')) return undefined;
  const sections = parseConfig(readText(files, 'setup.cfg'), 'setup.cfg');
  const parts = new Map<string, Section>();
  for (const [name, members] of sections) {
    if (name === 'metadata' || name === 'options' || isHarmless(name, members)) continue;
    const part = /^options\.(.*)$/.exec(name)?.[1];
    if (part === undefined || !PARTS.has(part))
      return notStatic(`\`setup.cfg\` has \`[${visible(name.slice(0, 100))}]\``);
    parts.set(part, part === 'packages.find' ? normalizedKeys(members) : members);
  }
  const metadata = knownKeys(sections, 'metadata', METADATA_KEYS);
  const options = knownKeys(sections, 'options', OPTION_KEYS);
  return metadata.size + options.size + parts.size === 0 ? undefined : { metadata, options, parts };
}

/** Sections of other tools, and those of setuptools that say nothing. */
function isHarmless(name: string, members: Section): boolean {
  if (name === 'egg_info')
    return [...members].every(([key, value]) => key.startsWith('tag') && (value === '' || value === '0'));
  if (name === 'aliases')
    return !['bdist_wheel', 'dist_info', 'egg_info'].some((command) => members.has(command));
  return !/^(?:metadata|options)/.test(name) && !COMMAND.test(name);
}

/** The keys of a section whose spelling does not matter: `author-email`, `Summary`. @throws NotStatic for one that is there twice */
export function normalizedKeys(section: Section): Section {
  const found = new Map<string, string>();
  for (const [written, value] of section) {
    const lower = written.replaceAll('-', '_').toLowerCase();
    const key = ALIASES.get(lower) ?? lower;
    if (found.has(key)) notStatic(`\`setup.cfg\` states \`${visible(key)}\` twice`);
    found.set(key, value);
  }
  return found;
}

function knownKeys(sections: ConfigSections, name: string, known: ReadonlySet<string>): Section {
  const section = normalizedKeys(sections.get(name) ?? new Map());
  const other = [...section.keys()].find((key) => !known.has(key));
  return other === undefined
    ? section
    : notStatic(`\`[${name}]\` of \`setup.cfg\` has \`${visible(other.slice(0, 100))}\``);
}

/** The packages and data files that setup.cfg states, as `[tool.setuptools]` would. */
export function tableOfSetupCfg({ options, parts }: SetupCfg): Table {
  const folders = dictOf(options.get('package_dir'));
  const modules = options.get('py_modules');
  const included = options.get('include_package_data');
  const packages = packagesOf(options.get('packages'), parts.get('packages.find'), folders);
  const data = {
    'package-data': 'package_data',
    'exclude-package-data': 'exclude_package_data',
    'data-files': 'data_files',
  };
  return {
    ...(folders.length === 0 ? {} : { 'package-dir': Object.fromEntries(folders) }),
    ...(packages === undefined ? {} : { packages }),
    ...(modules === undefined ? {} : { 'py-modules': listOf(modules) }),
    ...(included === undefined
      ? {}
      : { 'include-package-data': ['1', 'true', 'yes'].includes(included.toLowerCase()) }),
    ...Object.fromEntries(
      Object.entries(data).flatMap(([key, part]) => {
        const section = parts.get(part);
        return section === undefined
          ? []
          : [[key, Object.fromEntries([...section].map(([name, text]) => [name, listOf(text)]))]];
      }),
    ),
  };
}

function packagesOf(
  stated: string | undefined,
  find: Section = new Map(),
  folders: TextPairs,
): readonly string[] | Table | undefined {
  if (stated === undefined) return undefined;
  const directive = stated.trim();
  if (directive !== 'find:' && directive !== 'find_namespace:') return listOf(stated);
  const lists = ['where', 'include', 'exclude'].flatMap((key) => {
    const list = listOf(find.get(key) ?? '');
    if (list.length === 0) return [];
    // Only the first folder is looked into.
    return [[key, key === 'where' ? list.slice(0, 1) : list] as const];
  });
  const where = lists.find(([key]) => key === 'where')?.[1][0];
  const [top] = folders;
  // `package_dir` holds for the folder that `where` names as well: setuptools does not put the two together.
  if (where !== undefined && folders.length > 0) {
    const agrees = folders.length === 1 && top?.[0] === '' && relativePath(top[1]) === relativePath(where);
    if (!agrees) notStatic('`package_dir` of `setup.cfg` is not the folder that `where` names');
  }
  return { find: { ...Object.fromEntries(lists), namespaces: directive === 'find_namespace:' } };
}

/** @throws NotStatic for what cannot be read without running the project's code */
export function projectOfSetupCfg(
  files: ProjectFiles,
  { metadata, options, parts }: SetupCfg,
  packages: () => Packages,
): SetuptoolsProject {
  const list = (key: string) => mapped(metadata.get(key), listOf);
  const dictionary = (key: string) => mapped(metadata.get(key), dictOf);
  const license = metadata.get('license');
  if (license?.startsWith('file:') === true) notStatic('the licence is a file, which setuptools refuses');
  const licenseFile = metadata.get('license_file');
  const licenseFiles = list('license_files');
  const readme = mapped(metadata.get('long_description'), (text) => textOrFiles(files, text));
  const contentType = metadata.get('long_description_content_type');
  const requirements = (text: string) =>
    listOf(textOrFiles(files, text), ';').filter((line) => !line.startsWith('#'));
  return {
    name: metadata.get('name'),
    version: mapped(metadata.get('version'), (text) => versionOf(files, text, packages)),
    summary: mapped(metadata.get('description'), (text) => textOrFiles(files, text)),
    homePage: metadata.get('url'),
    downloadUrl: metadata.get('download_url'),
    author: metadata.get('author'),
    authorEmail: metadata.get('author_email'),
    maintainer: metadata.get('maintainer'),
    maintainerEmail: metadata.get('maintainer_email'),
    license: license === undefined ? undefined : { text: license },
    licenseFiles:
      licenseFile === undefined || licenseFile === ''
        ? licenseFiles
        : [...new Set([...(licenseFiles ?? []), licenseFile])],
    urls: dictionary('project_urls'),
    keywords: list('keywords'),
    platforms: list('platforms'),
    classifiers: mapped(metadata.get('classifiers'), (text) => listOf(textOrFiles(files, text))),
    requiresPython: options.get('python_requires'),
    readme:
      readme === undefined && contentType === undefined ? undefined : { text: readme ?? '', contentType },
    dependencies: mapped(options.get('install_requires'), requirements),
    extras: mapped(parts.get('extras_require'), (section) =>
      [...section].map(([extra, text]) => [extraName(extra), requirements(text)]),
    ),
    entryPoints: mapped(parts.get('entry_points'), (section) =>
      [...section].map(([group, text]) => [group, dictOf(text)]),
    ),
  };
}

function mapped<T, R>(value: T | undefined, map: (value: T) => R): R | undefined {
  return value === undefined ? undefined : map(value);
}

/** By lines where there are several, else by the separator. */
function listOf(text: string, separator = ','): readonly string[] {
  const parts = text.includes('\n') ? pythonLines(text) : text.split(separator);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function dictOf(text = ''): TextPairs {
  const pairs = listOf(text).map((line): [string, string] => {
    const at = line.indexOf('=');
    if (at === -1) return notStatic(`\`${visible(line.slice(0, 100))}\` of \`setup.cfg\` has no equals sign`);
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return new Set(pairs.map(([key]) => key)).size === pairs.length
    ? pairs
    : notStatic('a key of `setup.cfg` is there twice');
}

/** `file: README.md, CHANGES.md` is the text of those files. */
function textOrFiles(files: ProjectFiles, text: string): string {
  if (!text.startsWith('file:')) return text;
  const paths = text.slice('file:'.length).split(',');
  return paths.map((path) => readText(files, path.trim())).join('\n');
}

function versionOf(files: ProjectFiles, text: string, packages: () => Packages): string {
  if (text.startsWith('file:')) return textOrFiles(files, text).trim();
  return text.startsWith('attr:') ? attributeVersion(files, text.slice('attr:'.length), packages()) : text;
}

function extraName(written: string): string {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(written)
    ? written
    : notStatic(`\`${visible(written.slice(0, 60))}\` is not the name of an extra`);
}
