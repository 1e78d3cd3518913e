/**
 * The `[project]` table as it is written (PyPA's "pyproject.toml specification"): backends print it each in its own way, so
 * that nothing is normalised here. What is dynamic, each backend judges.
 */
import { isName } from '../name.ts';
import { DYNAMIC_FIELDS } from '../pyproject/project.ts';
import { notStatic } from './not-static.ts';
import {
  isTable,
  isTexts,
  membersOf,
  onlyKeys,
  type Table,
  tableAt,
  textAt,
  textMembersAt,
  textsAt,
} from './table.ts';

export type TextPairs = readonly (readonly [name: string, text: string])[];

export interface DeclaredContact {
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** A file of the project, or the text itself; the content type where it is stated. */
export type DeclaredReadme = { readonly contentType: string | undefined } & (
  | { readonly file: string }
  | { readonly text: string }
);

export type DeclaredLicense =
  | { readonly expression: string }
  | { readonly file: string }
  | { readonly text: string };

/** Undefined members are not written. */
export interface DeclaredProject {
  readonly name: string;
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly readme: DeclaredReadme | undefined;
  readonly requiresPython: string | undefined;
  readonly license: DeclaredLicense | undefined;
  readonly licenseFiles: readonly string[] | undefined;
  readonly authors: readonly DeclaredContact[] | undefined;
  readonly maintainers: readonly DeclaredContact[] | undefined;
  readonly keywords: readonly string[] | undefined;
  readonly classifiers: readonly string[] | undefined;
  readonly urls: TextPairs | undefined;
  readonly scripts: TextPairs | undefined;
  readonly guiScripts: TextPairs | undefined;
  readonly entryPoints: readonly (readonly [group: string, entries: TextPairs])[] | undefined;
  readonly dependencies: readonly string[] | undefined;
  readonly optionalDependencies:
    | readonly (readonly [extra: string, requirements: readonly string[]])[]
    | undefined;
  readonly dynamic: readonly string[];
  readonly importNames: readonly string[] | undefined;
  readonly importNamespaces: readonly string[] | undefined;
}

const KEYS = ['name', 'dynamic', ...DYNAMIC_FIELDS];

/** @throws NotStatic for what is no such table */
export function readDeclaredProject(document: Table): DeclaredProject {
  const table = tableAt(document, 'project');
  onlyKeys(table, KEYS, 'project');
  const name = textAt(table, 'name');
  if (name === undefined || !isName(name)) notStatic('`project.name` is not a valid name');
  return {
    name,
    version: textAt(table, 'version'),
    description: textAt(table, 'description'),
    readme: readmeOf(table),
    requiresPython: textAt(table, 'requires-python'),
    license: licenseOf(table),
    licenseFiles: textsAt(table, 'license-files'),
    authors: contactsOf(table, 'authors'),
    maintainers: contactsOf(table, 'maintainers'),
    keywords: textsAt(table, 'keywords'),
    classifiers: textsAt(table, 'classifiers'),
    urls: textMembersAt(table, 'urls'),
    scripts: textMembersAt(table, 'scripts'),
    guiScripts: textMembersAt(table, 'gui-scripts'),
    entryPoints: entryPointsOf(table),
    dependencies: textsAt(table, 'dependencies'),
    optionalDependencies: optionalDependenciesOf(table),
    dynamic: textsAt(table, 'dynamic') ?? [],
    importNames: textsAt(table, 'import-names'),
    importNamespaces: textsAt(table, 'import-namespaces'),
  };
}

/** @throws NotStatic where a field other than those is dynamic */
export function refuseDynamic(project: DeclaredProject, known: readonly string[] = []): void {
  const field = project.dynamic.find((candidate) => !known.includes(candidate));
  if (field !== undefined) notStatic(`\`${field.slice(0, 40)}\` is dynamic`);
}

function readmeOf(table: Table): DeclaredReadme | undefined {
  const { readme } = table;
  if (readme === undefined) return undefined;
  if (typeof readme === 'string') return { file: readme, contentType: undefined };
  const inner = tableAt(table, 'readme');
  onlyKeys(inner, ['file', 'text', 'content-type'], 'project.readme');
  const contentType = textAt(inner, 'content-type');
  return { ...fileOrText(inner, 'readme'), contentType };
}

function licenseOf(table: Table): DeclaredLicense | undefined {
  const { license } = table;
  if (license === undefined) return undefined;
  if (typeof license === 'string') return { expression: license };
  const inner = tableAt(table, 'license');
  onlyKeys(inner, ['file', 'text'], 'project.license');
  return fileOrText(inner, 'license');
}

function fileOrText(table: Table, key: string): { readonly file: string } | { readonly text: string } {
  const file = textAt(table, 'file');
  const text = textAt(table, 'text');
  if (file !== undefined && text === undefined) return { file };
  if (text !== undefined && file === undefined) return { text };
  return notStatic(`\`project.${key}\` has not exactly one of \`file\` and \`text\``);
}

function contactsOf(table: Table, key: string): readonly DeclaredContact[] | undefined {
  const list = table[key];
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) return notStatic(`\`project.${key}\` is not a list`);
  return list.map((item: unknown) => {
    if (!isTable(item)) return notStatic(`\`project.${key}\` is not a list of tables`);
    onlyKeys(item, ['name', 'email'], `project.${key}`);
    const contact = { name: textAt(item, 'name'), email: textAt(item, 'email') };
    if ([contact.name, contact.email].every((text) => text === undefined || text === ''))
      notStatic(`\`project.${key}\` has an empty table`);
    return contact;
  });
}

function entryPointsOf(table: Table): DeclaredProject['entryPoints'] {
  if (table['entry-points'] === undefined) return undefined;
  const groups = tableAt(table, 'entry-points');
  return membersOf(groups).map(([group]) => [group, textMembersAt(groups, group) ?? []]);
}

function optionalDependenciesOf(table: Table): DeclaredProject['optionalDependencies'] {
  if (table['optional-dependencies'] === undefined) return undefined;
  return membersOf(tableAt(table, 'optional-dependencies')).map(([extra, list]) => [
    isName(extra) ? extra : notStatic(`\`${extra.slice(0, 60)}\` is not the name of an extra`),
    isTexts(list) ? list : notStatic(`the extra \`${extra}\` is not a list of texts`),
  ]);
}
