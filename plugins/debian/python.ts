/** The Python of a Debian base, told by its packages' versions: no file needs to be read, or even fetched. */
import type { Platform, PythonInBase } from 'pycontainer';
import type { PackageFile } from './resolution.ts';
import { parseDebianVersion } from './version.ts';

/** Undefined where there is no CPython, or its packages are not named as expected. */
export function pythonOf(files: readonly PackageFile[], platform: Platform): PythonInBase | undefined {
  const minimal = files.find(({ name }) => /^python3\.\d+-minimal$/.test(name));
  const libc = files.find(({ name }) => /^libc6(\.\d+)?$/.test(name));
  const version = upstreamOf(minimal)?.match(/^\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?$/)?.[0];
  const libcVersion = upstreamOf(libc)?.match(/^\d+\.\d+/)?.[0];
  if (minimal === undefined || version === undefined || libcVersion === undefined) return undefined;
  const minor = version.split('.', 2).join('.');
  if (minimal.name !== `python${minor}-minimal`) return undefined;
  const { architecture, variant } = platform;
  return {
    interpreter: `/usr/bin/python${minor}`,
    target: {
      implementation: 'cpython',
      version,
      abi: `cp${minor.replace('.', '')}`,
      os: 'linux',
      architecture,
      ...(variant === undefined ? {} : { variant }),
      libc: { family: 'glibc', version: libcVersion },
    },
  };
}

/** `3.14.0~rc1` is Debian's way to write `3.14.0rc1`. */
function upstreamOf(file: PackageFile | undefined): string | undefined {
  return file === undefined ? undefined : parseDebianVersion(file.version).upstream.replaceAll('~', '');
}
