/** Bases that a house has names for: the source behind a name, and the Python that is known to be in it. */
import { type BaseSource, type Platform, PycError, type PythonInBase } from 'pycontainer';
import type { HouseBase } from './options.ts';

/** What a name of the house stands for is known to nobody. */
export class HouseBaseError extends PycError {
  readonly code = 'PYC_HOUSE_BASE_UNKNOWN';
  override readonly exitCode = 2;
}

/** The same base under the house's name, which is what reports print. @throws HouseBaseError where nobody answered */
export function houseBase(reference: string, is: string, source: BaseSource | undefined): BaseSource {
  if (source === undefined) {
    throw new HouseBaseError(`the base \`${reference}\` is \`${is}\`, which no plugin knows`, {
      hint: 'correct it, or add the plugin that knows it: `debian` for `apt:…`',
    });
  }
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
