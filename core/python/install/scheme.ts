/** Where an environment keeps what: Python's installation scheme for virtual environments (`sysconfig`, "posix_venv"). */
import { joinTreePath, parseTreePath, type TreePath } from '../../primitives/path.ts';

/** The environment that wheels are laid out into. */
export interface InstallTarget {
  /** The environment's folder in the image, as in `opt/venv`. */
  readonly prefix: string;
  readonly implementation: 'cpython' | 'pypy' | 'graalpy';
  /** Major and minor, as in `3.12`. */
  readonly pythonVersion: string;
  /** As in a wheel's tag: `cp312`, `cp313t`, `pypy310_pp73`. */
  readonly abi: string;
}

export interface InstallScheme {
  readonly prefix: TreePath;
  /** For pure and platform-specific files alike: an environment has one folder. */
  readonly sitePackages: TreePath;
  readonly scripts: TreePath;
  /** Each distribution has a folder in it. */
  readonly headers: TreePath;
  /** Absolute path of the environment's Python in the image. */
  readonly interpreter: string;
}

export function installSchemeOf(target: InstallTarget): InstallScheme {
  const prefix = parseTreePath(target.prefix);
  const python = libraryFolder(target);
  return {
    prefix,
    sitePackages: joinTreePath(prefix, `lib/${python}/site-packages`),
    scripts: joinTreePath(prefix, 'bin'),
    headers: joinTreePath(prefix, `include/site/${python}`),
    interpreter: `/${prefix}/bin/python`,
  };
}

/** Below `lib`: `python3.12`; a free-threaded build's has a `t`, debug or not, and PyPy's the name of its own. */
export function libraryFolder({ implementation, pythonVersion, abi }: Omit<InstallTarget, 'prefix'>): string {
  if (implementation === 'pypy') return `pypy${pythonVersion}`;
  const freeThreaded = implementation === 'cpython' && /td?$/.test(abi);
  return `python${pythonVersion}${freeThreaded ? 't' : ''}`;
}
