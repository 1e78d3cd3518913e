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
  Pick<Project, 'name' | 'version' | 'requiresPython' | 'description' | 'authors' | 'license'>
>;
type Words = Readonly<Partial<Record<'name' | 'version' | 'python' | 'description' | 'license', unknown>>> & {
  readonly authors?: readonly unknown[];
};

/** What is not as it should be is left out: the build backend says so. */
export async function describeElsewhere(directory: string, pyproject: Pyproject): Promise<Description> {
  const { buildSystem, project, tool } = pyproject;
  const takesMore = project === undefined || project.dynamic.has('version');
  if (!takesMore) return {};
  // An application that Poetry manages needs no backend, and has a name and a version all the same.
  if (buildSystem === undefined) return project === undefined ? described(poetryWords(tool.poetry)) : {};
  const backend = buildSystem.backend ?? 'setuptools.build_meta';
  const words = backend.startsWith('poetry.')
    ? poetryWords(tool.poetry)
    : backend.startsWith('setuptools.')
      ? await setupCfgWords(directory)
      : {};
  const { version, ...others } = described(words);
  // Of the rest, `[project]` says what it wants to say.
  return { ...(project === undefined ? others : {}), ...(version === undefined ? {} : { version }) };
}

function poetryWords(table: unknown): Words {
  if (typeof table !== 'object' || table === null) return {};
  const { name, version, description, license, authors } = table as Readonly<Record<string, unknown>>;
  return { name, version, description, license, authors: Array.isArray(authors) ? authors : [] };
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
  const normal = typeof version === 'string' ? Version.tryParse(version.trim())?.toString() : undefined;
  return {
    ...(typeof name === 'string' && isName(name) ? { name: normalizeName(name) } : {}),
    ...(normal === undefined ? {} : { version: normal }),
    ...(typeof python === 'string' && isSpecifier(python) ? { requiresPython: python } : {}),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    ...(authors.length === 0 ? {} : { authors: authors as readonly string[] }),
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
