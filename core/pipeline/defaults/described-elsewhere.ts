/**
 * What a project's other tables say of it where `[project]` is silent: `[tool.poetry]`, and setup.cfg for setuptools. Words alone;
 * what a file or an attribute holds is the build backend's to find.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSetupCfgWords } from '../../python/local-project/index.ts';
import { isName, normalizeName } from '../../python/name.ts';
import type { Pyproject } from '../../python/pyproject.ts';
import { SpecifierError, SpecifierSet } from '../../python/specifier.ts';
import { Version } from '../../python/version.ts';
import type { Project } from '../values.ts';

type Description = Partial<
  Pick<Project, 'name' | 'version' | 'requiresPython' | 'description' | 'authors' | 'license' | 'scripts'>
>;
type Words = Readonly<Partial<Record<'name' | 'version' | 'python' | 'description' | 'license', unknown>>> & {
  readonly authors?: readonly unknown[];
  readonly scripts?: Readonly<Record<string, unknown>>;
};

type Table = Readonly<Record<string, unknown>>;

/** What is not as it should be is left out: the build backend says so. */
export async function describeElsewhere(directory: string, pyproject: Pyproject): Promise<Description> {
  const { buildSystem, project, tool } = pyproject;
  // An application that Poetry manages needs no backend, and has a name and a version all the same.
  if (buildSystem === undefined) return project === undefined ? described(poetryWords(tool.poetry)) : {};
  const backend = buildSystem.backend ?? 'setuptools.build_meta';
  const words = backend.startsWith('poetry.')
    ? poetryWords(tool.poetry)
    : backend.startsWith('setuptools.')
      ? await setupCfgWords(directory)
      : {};
  if (project === undefined) return described(words);
  // Of the rest, `[project]` says what it wants to say.
  const { version, scripts } = described(words);
  const isStatic = (field: string): boolean => !project.dynamic.has(field);
  const takesScripts = backend.startsWith('poetry.')
    ? project.scripts.length === 0
    : !isStatic('scripts') || !isStatic('entry-points');
  return {
    ...(version === undefined || isStatic('version') ? {} : { version }),
    ...(scripts === undefined || !takesScripts ? {} : { scripts }),
  };
}

function poetryWords(table: unknown): Words {
  if (typeof table !== 'object' || table === null) return {};
  const { name, version, description, license, authors, scripts } = table as Table;
  const entries = typeof scripts === 'object' && scripts !== null ? Object.entries(scripts as Table) : [];
  return {
    name,
    version,
    description,
    license,
    authors: Array.isArray(authors) ? authors : [],
    scripts: Object.fromEntries(entries.map(([script, value]) => [script, consoleScript(value)])),
  };
}

/** A text, or a table that says that it is one; files that become scripts start nothing that is known. */
function consoleScript(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { reference, type } = value as Table;
  return type === 'console' ? reference : undefined;
}

async function setupCfgWords(directory: string): Promise<Words> {
  const text = await readFile(join(directory, 'setup.cfg'), 'utf8').catch(() => '');
  const { author, authorEmail, ...others } = readSetupCfgWords(text) ?? {};
  const contact =
    author !== undefined && authorEmail !== undefined ? `${author} <${authorEmail}>` : undefined;
  return { ...others, authors: [contact ?? author ?? authorEmail] };
}

function described(words: Words): Description {
  const { name, version, python, description, license } = words;
  const authors = (words.authors ?? []).filter((author) => typeof author === 'string' && author !== '');
  const scripts = Object.entries(words.scripts ?? {}).filter(
    (script): script is [string, string] => typeof script[1] === 'string',
  );
  const normal = typeof version === 'string' ? Version.tryParse(version.trim())?.toString() : undefined;
  return {
    ...(typeof name === 'string' && isName(name) ? { name: normalizeName(name) } : {}),
    ...(normal === undefined ? {} : { version: normal }),
    ...(typeof python === 'string' && isSpecifier(python) ? { requiresPython: python } : {}),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    ...(authors.length === 0 ? {} : { authors: authors as readonly string[] }),
    ...(scripts.length === 0 ? {} : { scripts: Object.fromEntries(scripts) }),
    ...(typeof license === 'string' && /^[^\n]{1,100}$/.test(license) ? { license } : {}),
  };
}

function isSpecifier(text: string): boolean {
  try {
    return SpecifierSet.parse(text).toString() !== '';
  } catch (error) {
    if (error instanceof SpecifierError) return false;
    throw error;
  }
}
