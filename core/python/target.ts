/**
 * The Python that something is installed for: what markers and tags are evaluated against. It is stated or
 * read from a base image, never taken from the host.
 */
import { PycError } from '../primitives/errors.ts';
import type { MarkerEnvironment } from './marker-grammar/expression.ts';
import { Version } from './version.ts';

/**
 * The description of a Python to resolve for is incomplete: no version with two numbers, or no version of a C
 * library.
 */
export class TargetError extends PycError {
  readonly code = 'PYC_PYTHON_TARGET_INVALID';
}

export type Implementation = 'cpython' | 'pypy' | 'graalpy';

export interface Libc {
  readonly family: 'glibc' | 'musl';
  /** Major and minor, such as `2.36` or `1.2`. */
  readonly version: string;
}

export interface PythonTarget {
  readonly implementation: Implementation;
  /** In full, such as `3.12.7` or `3.14.0rc2`. */
  readonly version: string;
  /** The ABI as in a wheel's tag: `cp312`, `cp313t` (free-threaded), `cp313d` (debug), `pypy310_pp73`. */
  readonly abi: string;
  readonly os: 'linux';
  /** OCI's word: `amd64`, `arm64`, `arm`, `386`, `ppc64le`, `s390x`, `riscv64`, `loong64`. */
  readonly architecture: string;
  /** OCI's variant, such as `v7` for `arm`. */
  readonly variant?: string | undefined;
  readonly libc: Libc;
  /** The implementation's own version where it differs from the language's, as PyPy's does. */
  readonly implementationVersion?: string | undefined;
}

const MACHINES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['386', 'i686'],
  ['loong64', 'loongarch64'],
  ['mips64le', 'mips64'],
]);

const IMPLEMENTATIONS: Readonly<Record<Implementation, string>> = {
  cpython: 'CPython',
  pypy: 'PyPy',
  graalpy: 'GraalVM',
};

/** The machine as `uname -m` names it and as wheels' tags do: `x86_64`, `aarch64`, `armv7l`, `i686`. */
export function machineOf({ architecture, variant }: Pick<PythonTarget, 'architecture' | 'variant'>): string {
  if (architecture === 'arm') return `arm${variant ?? 'v7'}l`;
  return MACHINES.get(architecture) ?? architecture;
}

/**
 * Major and minor of the target's Python.
 *
 * @throws TargetError where the version is no version
 */
export function pythonVersionOf({ version }: Pick<PythonTarget, 'version'>): {
  major: number;
  minor: number;
} {
  const parsed = Version.tryParse(version);
  if (parsed === undefined || parsed.release.length < 2) {
    throw new TargetError(`\`${version}\` is not the version of a Python`, {
      hint: 'state it with at least two numbers, such as `3.12.7`',
    });
  }
  return { major: Number(parsed.major), minor: Number(parsed.minor) };
}

/**
 * PEP 508's variables on the target. `platform_release` and `platform_version` are the kernel's, which an
 * image has none of: they are empty.
 *
 * @throws TargetError where the version is no version
 */
export function markerEnvironment(target: PythonTarget): MarkerEnvironment {
  const { major, minor } = pythonVersionOf(target);
  return {
    python_version: `${major}.${minor}`,
    python_full_version: target.version,
    os_name: 'posix',
    sys_platform: target.os,
    platform_release: '',
    platform_system: 'Linux',
    platform_version: '',
    platform_machine: machineOf(target),
    platform_python_implementation: IMPLEMENTATIONS[target.implementation],
    implementation_name: target.implementation,
    implementation_version: target.implementationVersion ?? target.version,
  };
}
