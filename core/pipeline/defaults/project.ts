/** Finds the project in a folder: from pyproject.toml and what its backend reads beside it, else the folder itself. Locks and sources are not its business. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PycError } from '../../primitives/errors.ts';
import { isName, normalizeName } from '../../python/name.ts';
import { type Contact, type License, type ProjectMetadata, parsePyproject } from '../../python/pyproject.ts';
import { gitStateOf } from '../git.ts';
import type { RunMemory } from '../run-memory.ts';
import type { Project } from '../values.ts';
import { describeElsewhere } from './described-elsewhere.ts';

/**
 * The folder that should hold the project does not exist, or its `pyproject.toml` cannot be read. Correct the path
 * or the file's permissions.
 */
export class ProjectError extends PycError {
  readonly code = 'PYC_PROJECT_NOT_FOUND';
  override readonly exitCode = 2;
}

/**
 * @param memory of the run
 * @throws ProjectError where there is no such folder; PyprojectError where its pyproject.toml is invalid
 */
export async function findProject(
  directory: string,
  signal: AbortSignal,
  memory?: RunMemory,
): Promise<Project> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new ProjectError(`there is no folder \`${directory}\``, {
      hint: 'name the folder that holds the project, as in `pyc build path/to/project`',
    });
  }
  const [text, git] = await Promise.all([
    readFile(join(directory, 'pyproject.toml'), 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new ProjectError(`\`${join(directory, 'pyproject.toml')}\` cannot be read: ${cause.message}`, {
        cause,
      });
    }),
    gitStateOf(directory, signal, memory),
  ]);
  const pyproject = text === undefined ? undefined : parsePyproject(text);
  const metadata = pyproject?.project;
  const elsewhere = pyproject === undefined ? {} : await describeElsewhere(directory, pyproject);
  return {
    directory,
    name: metadata?.normalizedName ?? nameOf(directory),
    ...elsewhere,
    isPackage: pyproject?.buildSystem !== undefined && !declinesPackaging(pyproject.tool),
    ...(pyproject === undefined ? {} : { pyproject }),
    ...(metadata === undefined ? {} : describe(metadata)),
    ...(git === undefined ? {} : { git }),
  };
}

/** Poetry, uv and PDM each have a word for an application that is locked by them and never built. */
function declinesPackaging({ poetry, uv, pdm }: Readonly<Record<string, unknown>>): boolean {
  const member = (table: unknown, key: string): unknown =>
    typeof table === 'object' && table !== null
      ? (table as Readonly<Record<string, unknown>>)[key]
      : undefined;
  return (
    member(poetry, 'package-mode') === false ||
    member(uv, 'package') === false ||
    member(pdm, 'distribution') === false
  );
}

/** The folder's name as a distribution name; a name that has no letters becomes `app`. */
function nameOf(directory: string): string {
  const name = basename(directory)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  return isName(name) ? normalizeName(name) : 'app';
}

function describe(metadata: ProjectMetadata): Partial<Project> {
  const license = licenseOf(metadata.license);
  const authors = metadata.authors.map(printContact).filter((author) => author !== '');
  return {
    ...(metadata.version === undefined ? {} : { version: metadata.version.toString() }),
    ...(metadata.requiresPython === undefined ? {} : { requiresPython: metadata.requiresPython.toString() }),
    ...(metadata.description === undefined ? {} : { description: metadata.description }),
    ...(authors.length === 0 ? {} : { authors }),
    ...(license === undefined ? {} : { license }),
    urls: Object.fromEntries(metadata.urls),
    // What is not stated here may be elsewhere.
    ...(metadata.scripts.length === 0
      ? {}
      : {
          scripts: Object.fromEntries(
            metadata.scripts.map((script) => [script.name, `${script.module}:${script.attribute ?? ''}`]),
          ),
        }),
  };
}

/** Only what can be an SPDX expression: the annotation's meaning asks for one. */
function licenseOf(license: License | undefined): string | undefined {
  if (license === undefined) return undefined;
  if ('expression' in license) return license.expression;
  return 'text' in license && license.text.length <= 100 && !license.text.includes('\n')
    ? license.text
    : undefined;
}

function printContact({ name, email }: Contact): string {
  if (name !== undefined && email !== undefined) return `${name} <${email}>`;
  return name ?? email ?? '';
}
