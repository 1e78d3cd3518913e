/**
 * The environment's own files: `pyvenv.cfg` and the links to the base's interpreter (PEP 405). The only part
 * that depends on where that interpreter lies.
 */
import { FIXED_MTIME, type Part, type TreeItem } from '../../primitives/file-tree.ts';
import { parseTreePath } from '../../primitives/path.ts';
import { type InstallTarget, libraryFolder } from '../../python/install/scheme.ts';
import type { PythonTarget } from '../../python/target.ts';
import type { PythonInBase } from '../values.ts';
import { memoryContent, partOfItems } from './memory-part.ts';

/** Where the virtual environment lies, relative to the root. */
export const PREFIX = 'opt/venv';

/** What may differ between two environments on one Python. */
export interface EnvironmentOptions {
  /** Another than `environment` where a distribution has that one. */
  readonly name?: string;
  /** True where the base's own packages can be imported as well. */
  readonly seesBase?: boolean;
}

/** What wheels are laid out for. */
export function installTarget({ target }: PythonInBase): InstallTarget {
  const pythonVersion = target.version.split('.').slice(0, 2).join('.');
  return { prefix: PREFIX, implementation: target.implementation, pythonVersion, abi: target.abi };
}

/** The part of the environment's own files. */
export function environmentPart(
  { target, interpreter }: PythonInBase,
  { name = 'environment', seesBase = false }: EnvironmentOptions = {},
): Part {
  const minor = target.version.split('.').slice(0, 2).join('.');
  const library = libraryFolder({ ...target, pythonVersion: minor });
  const owner = { uid: 0, gid: 0, mtime: FIXED_MTIME };
  const directory = (path: string): TreeItem => [
    parseTreePath(path),
    { type: 'directory', mode: 0o755, ...owner },
  ];
  const link = (path: string, to: string): TreeItem => [
    parseTreePath(path),
    { type: 'symlink', mode: 0o777, target: to, ...owner },
  ];
  const settings = [
    `home = ${interpreter.slice(0, interpreter.lastIndexOf('/')) || '/'}`,
    `include-system-site-packages = ${seesBase}`,
    `version = ${target.version}`,
    `executable = ${interpreter}`,
    '',
  ].join('\n');
  return partOfItems(
    [
      directory(PREFIX),
      directory(`${PREFIX}/bin`),
      link(`${PREFIX}/bin/python`, interpreter),
      link(`${PREFIX}/bin/python3`, 'python'),
      ...[`python${minor}`, ...ownNames(target, minor)].map((name) =>
        link(`${PREFIX}/bin/${name}`, 'python'),
      ),
      directory(`${PREFIX}/lib`),
      directory(`${PREFIX}/lib/${library}`),
      directory(`${PREFIX}/lib/${library}/site-packages`),
      link(`${PREFIX}/lib64`, 'lib'),
      [
        parseTreePath(`${PREFIX}/pyvenv.cfg`),
        { type: 'file', mode: 0o644, ...owner, content: memoryContent(Buffer.from(settings)) },
      ],
    ],
    { name, role: 'environment', salt: 'environment/1' },
  );
}

/** What the interpreter is called besides `python`. */
function ownNames({ implementation, abi }: PythonTarget, minor: string): readonly string[] {
  if (implementation === 'pypy') return ['pypy', 'pypy3'];
  if (implementation === 'graalpy') return ['graalpy'];
  const [flags = ''] = /td?$|d$/.exec(abi) ?? [];
  return flags === '' ? [] : [`python${minor}${flags}`];
}
