/** Bases that a house has names for: the source behind a name, and the Python that is known to be in it. */
import type { BaseSource, Platform, PythonInBase } from 'pycontainer';
import type { HouseBase } from './options.ts';

/** The same base under the house's name, which is what reports print. */
export function houseBase(reference: string, source: BaseSource): BaseSource {
  return {
    reference,
    open: (platform, signal, context) => source.open(platform, signal, context),
    python: (image) => source.python?.(image),
  };
}

/** Undefined where nothing is known: then the files of the base say it. */
export function pythonOf(base: HouseBase | undefined, platform: Platform): PythonInBase | undefined {
  if (base?.python === undefined) return undefined;
  const { version, libc, interpreter } = base.python;
  const [family, libcVersion] = libc.split('-') as ['glibc' | 'musl', string];
  return {
    interpreter,
    target: {
      implementation: 'cpython',
      version,
      abi: `cp${version.split('.').slice(0, 2).join('')}`,
      os: 'linux',
      architecture: platform.architecture,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      libc: { family, version: libcVersion },
    },
  };
}
