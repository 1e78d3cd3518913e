/**
 * A small grid of environments over which two markers can be told apart. A difference on it is one; agreement
 * on it proves nothing, and is all that is needed to not speak up.
 */
import type { Marker, MarkerEnvironment } from '../../marker.ts';
import type { SpecifierSet } from '../../specifier.ts';
import { Version } from '../../version.ts';

const MINORS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16] as const;

const PLATFORMS = [
  { os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux', platform_machine: 'x86_64' },
  { os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux', platform_machine: 'aarch64' },
  { os_name: 'posix', sys_platform: 'darwin', platform_system: 'Darwin', platform_machine: 'arm64' },
  { os_name: 'nt', sys_platform: 'win32', platform_system: 'Windows', platform_machine: 'AMD64' },
] as const;

/** Late patch releases: bounds such as `>=3.9.2` lie before them. */
export function samplePythons(): readonly Version[] {
  return MINORS.map((minor) => Version.parse(`3.${minor}.40`));
}

/** The environments of the grid that a lock was made for. */
export function sampleEnvironments(
  requiresPython: SpecifierSet,
  supported: readonly Marker[],
): readonly MarkerEnvironment[] {
  return samplePythons()
    .filter((python) => requiresPython.contains(python))
    .flatMap((python) =>
      PLATFORMS.map((platform) => ({
        ...platform,
        python_version: `${python.major}.${python.minor}`,
        python_full_version: python.toString(),
        platform_release: '',
        platform_version: '',
        platform_python_implementation: 'CPython',
        implementation_name: 'cpython',
        implementation_version: python.toString(),
      })),
    )
    .filter(
      (environment) => supported.length === 0 || supported.some((marker) => marker.evaluate(environment)),
    );
}

/** One bit for each environment in which the marker holds with this extra. */
export function signatureOf(
  marker: Marker | undefined,
  extra: string,
  environments: readonly MarkerEnvironment[],
): bigint {
  if (marker === undefined) return (1n << BigInt(environments.length)) - 1n;
  let signature = 0n;
  for (const [index, environment] of environments.entries()) {
    if (marker.evaluate({ ...environment, extra })) signature |= 1n << BigInt(index);
  }
  return signature;
}
