/** A project that pyproject.toml describes, and what setuptools takes from where if setup.cfg describes it as well. */
import { contactFields } from '../contact-text.ts';
import { type DeclaredProject, readDeclaredProject, refuseDynamic } from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { isTable, membersOf, onlyKeys, type Table, tableAt, textsAt } from '../table.ts';
import { readText } from '../text.ts';
import { dynamicReadme, dynamicRequirements, dynamicVersion } from './dynamic.ts';
import type { Packages } from './packages.ts';
import type { SetuptoolsProject } from './setuptools-project.ts';

const DYNAMIC = ['version', 'readme', 'dependencies', 'optional-dependencies'];
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.md': 'text/markdown',
  '.rst': 'text/x-rst',
  '.txt': 'text/plain',
};

/** Fields of `[project]`, and what they are to setuptools. */
const FIELDS: ReadonlyMap<string, readonly (keyof SetuptoolsProject)[]> = new Map<
  string,
  readonly (keyof SetuptoolsProject)[]
>([
  ['version', ['version']],
  ['description', ['summary']],
  ['readme', ['readme']],
  ['requires-python', ['requiresPython']],
  ['license', ['license']],
  ['license-files', ['licenseFiles']],
  ['authors', ['author', 'authorEmail']],
  ['maintainers', ['maintainer', 'maintainerEmail']],
  ['keywords', ['keywords']],
  ['classifiers', ['classifiers']],
  ['urls', ['urls']],
  ['dependencies', ['dependencies']],
  ['optional-dependencies', ['extras']],
]);

/**
 * What `[project]` states.
 *
 * @param table `[tool.setuptools]`
 * @param elsewhere what setup.cfg states; only that which `[project]` calls dynamic, or has no field for, is taken from it
 * @throws NotStatic where the two do not fit together
 */
export function projectOfTable(
  files: ProjectFiles,
  document: Table,
  {
    table,
    packages,
    elsewhere,
  }: {
    readonly table: Table;
    packages(): Packages;
    readonly elsewhere: SetuptoolsProject | undefined;
  },
): SetuptoolsProject {
  const dynamic = tableAt(table, 'dynamic');
  onlyKeys(dynamic, DYNAMIC, 'tool.setuptools.dynamic');
  const declared = readDeclaredProject(document);
  const taken =
    elsewhere === undefined
      ? {}
      : takenFrom(elsewhere, declared, { stated: tableAt(document, 'project'), dynamic });
  const isFound = (field: string) => FIELDS.get(field)?.some((key) => taken[key] !== undefined) === true;
  const left = { ...declared, dynamic: declared.dynamic.filter((field) => !isFound(field)) };
  refuseDynamic(left, DYNAMIC);
  const isDynamic = (field: string) => left.dynamic.includes(field);
  if (declared.importNames !== undefined || declared.importNamespaces !== undefined)
    notStatic('import names are stated');
  if (declared.licenseFiles !== undefined && table['license-files'] !== undefined)
    notStatic('`license-files` is stated twice');
  const authors = contactFields(declared.authors);
  const maintainers = contactFields(declared.maintainers);
  const own: SetuptoolsProject = {
    name: declared.name,
    version:
      declared.version ?? (isFound('version') ? undefined : dynamicVersion(files, dynamic, packages())),
    summary: declared.description,
    homePage: undefined,
    downloadUrl: undefined,
    author: authors.names,
    authorEmail: authors.emails,
    maintainer: maintainers.names,
    maintainerEmail: maintainers.emails,
    license: licenseOf(files, declared),
    licenseFiles: declared.licenseFiles ?? textsAt(table, 'license-files'),
    urls: declared.urls,
    keywords: declared.keywords,
    platforms: textsAt(table, 'platforms'),
    classifiers: declared.classifiers,
    requiresPython: declared.requiresPython,
    readme: isDynamic('readme') ? dynamicReadme(files, dynamic) : readmeOf(files, declared),
    dependencies: isDynamic('dependencies')
      ? dynamicRequirements(files, tableAt(dynamic, 'dependencies'))
      : declared.dependencies,
    extras: isDynamic('optional-dependencies')
      ? dynamicExtras(files, dynamic)
      : declared.optionalDependencies,
    entryPoints: entryPointsOf(declared),
  };
  return withoutUndefined(own, taken);
}

/** The first's members, the second's where there are none. */
function withoutUndefined(first: SetuptoolsProject, second: Partial<SetuptoolsProject>): SetuptoolsProject {
  const stated = Object.entries(first).filter(([, value]) => value !== undefined);
  return { ...first, ...second, ...Object.fromEntries(stated) };
}

function takenFrom(
  elsewhere: SetuptoolsProject,
  declared: DeclaredProject,
  { stated, dynamic }: { readonly stated: Table; readonly dynamic: Table },
): Partial<SetuptoolsProject> {
  if (elsewhere.entryPoints !== undefined) notStatic('`setup.cfg` states entry points beside `[project]`');
  const { homePage, downloadUrl, platforms, licenseFiles } = elsewhere;
  const taken: Partial<Record<keyof SetuptoolsProject, unknown>> = {
    homePage,
    downloadUrl,
    platforms,
    licenseFiles,
  };
  for (const [field, keys] of FIELDS) {
    if (field === 'license-files') continue;
    for (const key of keys) {
      if (elsewhere[key] === undefined) continue;
      if (declared.dynamic.includes(field)) {
        if (dynamic[field] !== undefined) notStatic(`\`${field}\` is dynamic by two files`);
        taken[key] = elsewhere[key];
      } else if (stated[field] === undefined)
        notStatic(`\`setup.cfg\` states \`${field}\`, and \`[project]\` does not`);
      // Names and addresses are fields of their own.
      else if (keys.length > 1) taken[key] = elsewhere[key];
    }
  }
  return taken as Partial<SetuptoolsProject>;
}

function licenseOf(files: ProjectFiles, { license }: DeclaredProject): SetuptoolsProject['license'] {
  if (license === undefined || 'expression' in license) return license;
  return { text: 'text' in license ? license.text : readText(files, license.file) };
}

function dynamicExtras(files: ProjectFiles, dynamic: Table): DeclaredProject['optionalDependencies'] {
  return membersOf(tableAt(dynamic, 'optional-dependencies')).map(([extra, directive]) => [
    extra,
    isTable(directive) ? dynamicRequirements(files, directive) : notStatic(`\`${extra}\` names no file`),
  ]);
}

function entryPointsOf({
  scripts,
  guiScripts,
  entryPoints,
}: DeclaredProject): DeclaredProject['entryPoints'] {
  return [
    ...(entryPoints ?? []),
    ...(scripts === undefined ? [] : [['console_scripts', scripts] as const]),
    ...(guiScripts === undefined ? [] : [['gui_scripts', guiScripts] as const]),
  ];
}

function readmeOf(files: ProjectFiles, { readme }: DeclaredProject): SetuptoolsProject['readme'] {
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
