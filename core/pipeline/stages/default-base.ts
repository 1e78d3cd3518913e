/**
 * Which base a project gets that names none: the official slim image of the Python that `.python-version`
 * states, else of the newest one that `requires-python` and every locked wheel allow.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Platform } from '../../oci/platform.ts';
import { DEBIAN_CURRENT, PYTHON_VERSIONS } from '../../primitives/defaults.ts';
import { SpecifierSet } from '../../python/specifier.ts';
import type { PythonTarget } from '../../python/target.ts';
import { Version } from '../../python/version.ts';
import { type DistributionRules, isRuled } from '../distribution-rules.ts';
import type { LockFile, Project, Selection } from '../values.ts';

/** The C library of the current Debian: what wheels are chosen for before any base was read. */
const LIBC = { family: 'glibc', version: '2.41' } as const;

/** Patch releases that a specifier may single out; the image's own is not known before it is read. */
const PATCHES = Array.from({ length: 40 }, (_, patch) => patch);

/** A registry reference such as `python:3.13-slim-trixie`. */
export async function defaultBase(
  project: Project,
  lock: LockFile | undefined,
  want: Selection,
  platforms: readonly Platform[],
  rules?: DistributionRules,
): Promise<string> {
  const version =
    (await pinnedVersion(project.directory)) ?? newestFor(project, lock, want, platforms, rules);
  return `python:${version}-slim-${DEBIAN_CURRENT}`;
}

/** `.python-version`'s first line, where it names an X.Y of CPython. */
async function pinnedVersion(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, '.python-version'), 'utf8').catch(() => '');
  return /^(?:cpython-|cpython@)?(\d+\.\d+)(?:\.\d+)?\s*$/m.exec(text.split('\n')[0] ?? '')?.[1];
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
