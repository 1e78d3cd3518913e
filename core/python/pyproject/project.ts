/** The `[project]` table of pyproject.toml (PEP 621, with PEP 639's licences). Knows nothing of other tables. */
import { type EntryPoint, SCRIPT_GROUPS, scriptOf } from '../entry-points.ts';
import { isName, normalizeName } from '../name.ts';
import { parseObjectReference } from '../object-reference.ts';
import type { Requirement } from '../requirement.ts';
import { SpecifierSet } from '../specifier.ts';
import { Version } from '../version.ts';
import type { TableReader } from './table-reader.ts';

export interface Contact {
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** An SPDX expression (PEP 639), or one of PEP 621's older forms: a text, or a file that holds it. */
export type License = { readonly expression: string } | { readonly text: string } | { readonly file: string };

/** A file beside pyproject.toml, or the text itself. */
export type Readme = { readonly contentType: string | undefined } & (
  | { readonly file: string }
  | { readonly text: string }
);

export interface ProjectMetadata {
  /** As written. */
  readonly name: string;
  readonly normalizedName: string;
  /** Absent where it is dynamic. */
  readonly version: Version | undefined;
  readonly description: string | undefined;
  readonly readme: Readme | undefined;
  readonly requiresPython: SpecifierSet | undefined;
  readonly license: License | undefined;
  /** Patterns; absent where the build backend's default holds. */
  readonly licenseFiles: readonly string[] | undefined;
  readonly authors: readonly Contact[];
  readonly maintainers: readonly Contact[];
  readonly keywords: readonly string[];
  readonly classifiers: readonly string[];
  /** By label. */
  readonly urls: ReadonlyMap<string, string>;
  readonly dependencies: readonly Requirement[];
  /** By the extra's normalised name. */
  readonly optionalDependencies: ReadonlyMap<string, readonly Requirement[]>;
  readonly scripts: readonly EntryPoint[];
  readonly guiScripts: readonly EntryPoint[];
  readonly entryPoints: ReadonlyMap<string, readonly EntryPoint[]>;
  /** The fields that the build backend will say. */
  readonly dynamic: ReadonlySet<string>;
}

/** The fields that `dynamic` may name: all but the name. */
export const DYNAMIC_FIELDS: ReadonlySet<string> = new Set([
  'version',
  'description',
  'readme',
  'requires-python',
  'license',
  'license-files',
  'authors',
  'maintainers',
  'keywords',
  'classifiers',
  'urls',
  'scripts',
  'gui-scripts',
  'entry-points',
  'dependencies',
  'optional-dependencies',
  'import-names',
  'import-namespaces',
]);

/** Reads the table; what is wrong is noted with the reader. */
export function readProject(table: TableReader): ProjectMetadata {
  const dynamic = readDynamic(table);
  const name = readName(table);
  return {
    name,
    normalizedName: normalizeName(name),
    version: readVersion(table, dynamic),
    description: table.text('description'),
    readme: readReadme(table),
    requiresPython: parsed(table, 'requires-python', SpecifierSet.parse),
    license: readLicense(table),
    licenseFiles:
      table.has('license-files') && Array.isArray(table.values['license-files'])
        ? table.texts('license-files')
        : undefined,
    authors: readContacts(table, 'authors'),
    maintainers: readContacts(table, 'maintainers'),
    keywords: table.texts('keywords'),
    classifiers: table.texts('classifiers'),
    urls: new Map(table.table('urls')?.textMembers()),
    dependencies: table.requirements('dependencies'),
    optionalDependencies: readOptionalDependencies(table),
    scripts: readScripts(table, 'scripts'),
    guiScripts: readScripts(table, 'gui-scripts'),
    entryPoints: readEntryPoints(table),
    dynamic,
  };
}

function readDynamic(table: TableReader): ReadonlySet<string> {
  const fields = table.texts('dynamic');
  for (const [index, field] of fields.entries()) {
    if (!DYNAMIC_FIELDS.has(field))
      table.fault(`dynamic[${index}]`, `names \`${field}\`, which cannot be dynamic`);
    else if (table.has(field)) table.fault(field, 'is stated and named in `dynamic` as well');
  }
  return new Set(fields);
}

function readName(table: TableReader): string {
  const name = table.text('name');
  if (name === undefined && !table.has('name')) table.fault('name', 'is missing');
  if (name !== undefined && !isName(name))
    table.fault('name', `is \`${name.slice(0, 100)}\`, which is not a valid name`);
  return name ?? '';
}

function readVersion(table: TableReader, dynamic: ReadonlySet<string>): Version | undefined {
  if (!table.has('version') && !dynamic.has('version'))
    table.fault('version', 'is missing and not named in `dynamic`');
  return parsed(table, 'version', Version.parse);
}

function readReadme(table: TableReader): Readme | undefined {
  if (typeof table.values.readme === 'string') return { file: table.values.readme, contentType: undefined };
  const readme = table.table('readme');
  if (readme === undefined) return undefined;
  const contentType = readme.text('content-type');
  const source = readOneOf(readme, table, 'readme');
  return source === undefined ? undefined : { ...source, contentType };
}

function readLicense(table: TableReader): License | undefined {
  if (typeof table.values.license === 'string') return { expression: table.values.license };
  const license = table.table('license');
  return license === undefined ? undefined : readOneOf(license, table, 'license');
}

function readOneOf(
  inner: TableReader,
  outer: TableReader,
  key: string,
): { readonly file: string } | { readonly text: string } | undefined {
  const file = inner.text('file');
  const text = inner.text('text');
  if (inner.has('file') === inner.has('text')) return outer.fault(key, 'must have either `file` or `text`');
  if (file !== undefined) return { file };
  return text === undefined ? undefined : { text };
}

function readContacts(table: TableReader, key: string): readonly Contact[] {
  return table.list(key).flatMap((value, index) => {
    const member = `${key}[${index}]`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return table.fault(member, 'must be a table') ?? [];
    }
    const { name, email, ...rest } = value as Readonly<Record<string, unknown>>;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined)
      table.fault(member, `holds \`${unknown}\`; only \`name\` and \`email\` are defined`);
    if (![name, email].every((field) => field === undefined || typeof field === 'string')) {
      return table.fault(member, 'must hold texts') ?? [];
    }
    return [{ name: name as string | undefined, email: email as string | undefined }];
  });
}

function readOptionalDependencies(table: TableReader): ReadonlyMap<string, readonly Requirement[]> {
  const extras = new Map<string, readonly Requirement[]>();
  const optional = table.table('optional-dependencies');
  if (optional === undefined) return extras;
  for (const extra of Object.keys(optional.values)) {
    if (!isName(extra)) optional.fault(extra, 'is not a valid name of an extra');
    else if (extras.has(normalizeName(extra))) optional.fault(extra, 'is another spelling of an extra above');
    extras.set(normalizeName(extra), optional.requirements(extra));
  }
  return extras;
}

function readScripts(table: TableReader, key: 'scripts' | 'gui-scripts'): readonly EntryPoint[] {
  const scripts = table.table(key);
  return (scripts?.textMembers() ?? []).flatMap(([name, reference]) => {
    const script = scriptOf(name, reference);
    return typeof script === 'string' ? (scripts?.fault(name, script) ?? []) : [script];
  });
}

function readEntryPoints(table: TableReader): ReadonlyMap<string, readonly EntryPoint[]> {
  const groups = new Map<string, readonly EntryPoint[]>();
  const tables = table.table('entry-points');
  for (const group of Object.keys(tables?.values ?? {})) {
    if ((SCRIPT_GROUPS as readonly string[]).includes(group)) {
      tables?.fault(group, 'must be stated in `scripts` or `gui-scripts` of the project');
      continue;
    }
    const members = tables?.table(group);
    const entries = (members?.textMembers() ?? []).flatMap(([name, text]) => {
      const reference = parseObjectReference(text);
      return reference === undefined
        ? (members?.fault(name, 'is not an object reference') ?? [])
        : [{ name, ...reference }];
    });
    groups.set(group, entries);
  }
  return groups;
}

function parsed<T>(table: TableReader, key: string, parse: (text: string) => T): T | undefined {
  const text = table.text(key);
  return text === undefined ? undefined : table.attempt(key, () => parse(text));
}
