/** A Python as people write it: `3.12.7`, `3.14t`, `pypy3.11`. What a base has is not known here. */
import type { PythonTarget } from './target.ts';
import { Version } from './version.ts';

/** What the text says. */
export interface StatedPython {
  /** Undefined where it is not said. */
  readonly implementation?: 'cpython' | 'pypy';
  /** Two numbers at least. */
  readonly version: Version;
  /** `t` of free-threaded builds, `d` of debug builds, `td` of both; mostly empty. */
  readonly flags: string;
}

const STATED = /^(?:(cpython|pypy)[@-]?)?(3\.\d{1,3}(?:\.\d{1,4})?(?:(?:a|b|rc)\d{1,3})?)(t?d?)$/;

/** Undefined for what is no Python. PyPy has neither free-threaded nor debug builds. */
export function parseStatedPython(text: string): StatedPython | undefined {
  const [, implementation, version = '', flags = ''] = STATED.exec(text) ?? [];
  if (version === '' || (implementation === 'pypy' && flags !== '')) return undefined;
  return {
    version: Version.parse(version),
    flags,
    ...(implementation === 'cpython' || implementation === 'pypy' ? { implementation } : {}),
  };
}

/** The ABI of such a Python, as in a wheel's tag; PyPy's is that of its 7.3 series, the only one of Python 3.7 and later. */
export function abiOfStated({ implementation = 'cpython', version, flags }: StatedPython): string {
  const minor = version.release.slice(0, 2).join('');
  return implementation === 'pypy' ? `pypy${minor}_pp73` : `cp${minor}${flags}`;
}

/** What such an interpreter is called: `python3.12`, `python3.14t`, `pypy3.11`. */
export function executableOf({ implementation, version, flags }: StatedPython): string {
  return `${implementation === 'pypy' ? 'pypy' : 'python'}${version.release.slice(0, 2).join('.')}${flags}`;
}

/** Whether a Python is one as it is stated, as far as that is said: implementation, X.Y, kind of build. */
export function isAsStated(
  { implementation, version, flags }: StatedPython,
  target: Pick<PythonTarget, 'implementation' | 'version' | 'abi'> | undefined,
): boolean {
  if (target === undefined) return false;
  const minor = version.release.slice(0, 2).join('.');
  if (implementation !== undefined && implementation !== target.implementation) return false;
  if (target.version.split('.').slice(0, 2).join('.') !== minor) return false;
  return flags === '' || target.abi === abiOfStated({ implementation: 'cpython', version, flags });
}
