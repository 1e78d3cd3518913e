/**
 * Which base a project gets that names none: the official slim image of the Python that `.python-version`
 * states, else of the newest one that `requires-python` and every locked wheel allow.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Platform } from '../../oci/platform.ts';
import { DEBIAN_CURRENT, PYTHON_VERSIONS } from '../../primitives/defaults.ts';
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { SpecifierSet } from '../../python/specifier.ts';
import { parseStatedPython, type StatedPython } from '../../python/stated-python.ts';
import type { PythonTarget } from '../../python/target.ts';
import { Version } from '../../python/version.ts';
import { type DistributionRules, isRuled } from '../distribution-rules.ts';
import type { LockFile, Project, Selection } from '../values.ts';

/** The C library of the current Debian: what wheels are chosen for before any base was read. */
const LIBC = { family: 'glibc', version: '2.41' } as const;

/** Patch releases that a specifier may single out; the image's own is not known before it is read. */
const PATCHES = Array.from({ length: 40 }, (_, patch) => patch);

/**
 * `.python-version` asks for a build of Python that no official image has, such as a free-threaded one. Choose a base that
 * has it with `--base`.
 */
export class BaseEditionError extends PycError {
  readonly code = 'PYC_BASE_EDITION_UNKNOWN';
  override readonly exitCode = 2;
}

/** @throws BaseEditionError where `.python-version` asks for what no official image has */
export async function refuseEdition({ directory }: Pick<Project, 'directory'>): Promise<void> {
  const { text, stated } = await pinned(directory);
  if (stated === undefined || stated.flags === '') return;
  throw new BaseEditionError(
    `\`.python-version\` asks for \`${visible(text)}\`, and no official image has it`,
    {
      hint: 'name a base that does with `--base`, or write an ordinary version into `.python-version`',
    },
  );
}

/** A registry reference such as `python:3.13-slim-trixie`. */
export async function defaultBase(
  project: Project,
  lock: LockFile | undefined,
  want: Selection,
  platforms: readonly Platform[],
  rules?: DistributionRules,
): Promise<string> {
  const { stated } = await pinned(project.directory);
  const minor = stated?.version.release.slice(0, 2).join('.');
  if (minor !== undefined && stated?.implementation === 'pypy') return `pypy:${minor}-slim`;
  const version = minor ?? newestFor(project, lock, want, platforms, rules);
  return `python:${version}-slim-${DEBIAN_CURRENT}`;
}

/** `.python-version`'s first line, and what of it names a Python; PyPy's own version may follow. */
async function pinned(
  directory: string,
): Promise<{ readonly text: string; readonly stated: StatedPython | undefined }> {
  const content = await readFile(join(directory, '.python-version'), 'utf8').catch(() => '');
  const text = (content.split('\n')[0] ?? '').trim();
  return { text, stated: parseStatedPython(text.replace(/^(pypy.*)-[\dv.]+$/, '$1')) };
}

function newestFor(
  project: Project,
  lock: LockFile | undefined,
  want: Selection,
  platforms: readonly Platform[],
  rules: DistributionRules | undefined,
): string {
  const required =
    project.requiresPython === undefined ? undefined : SpecifierSet.parse(project.requiresPython);
  const allowed = PYTHON_VERSIONS.filter((version) =>
    PATCHES.some((patch) => required?.contains(Version.parse(`${version}.${patch}`)) ?? true),
  );
  const fits = (version: string): boolean =>
    lock === undefined ||
    platforms.every((platform) => selects(lock, targetOf(version, platform), want, rules));
  return allowed.find(fits) ?? allowed[0] ?? PYTHON_VERSIONS[0];
}

function selects(
  lock: LockFile,
  target: PythonTarget,
  want: Selection,
  rules: DistributionRules | undefined,
): boolean {
  try {
    return lock.select(target, want).rejected.every(({ name }) => isRuled(name, rules));
  } catch {
    // What is wrong for every version is said when the real target is known.
    return false;
  }
}

/** The Python that the official slim image of a version is taken for before it was read. */
export function targetOf(version: string, platform: Platform): PythonTarget {
  return {
    implementation: 'cpython',
    version: `${version}.0`,
    abi: `cp${version.replace('.', '')}`,
    os: 'linux',
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    libc: LIBC,
  };
}
