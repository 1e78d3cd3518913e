/**
 * The folders that a project's modules are imported from: its own, `src`, where its `manage.py` lies, and those that
 * pyproject.toml states for the build of a wheel. What lies in them is not looked at.
 */
import type { PresetInput } from 'pycontainer';
import { isAside } from './aside.ts';

type Table = Readonly<Record<string, unknown>>;

/** Folders relative to the project's, `''` for itself. */
export function rootsOf(input: PresetInput): readonly string[] {
  const { files, distributions } = input;
  const hasSource = files.some((path) => path.startsWith('src/')) && !files.includes('src/__init__.py');
  // Others call a file of theirs `manage.py` as well.
  const manage = distributions.some(({ name }) => name === 'django') ? managePaths(files) : [];
  const site = manage.length === 1 && !manage.includes('manage.py') ? [folderOf(manage[0]!)] : [];
  return [...new Set(['', ...(hasSource ? ['src'] : []), ...site, ...statedRoots(input)])];
}

/** Where the build of the wheel takes its modules from, as pyproject.toml says for the backends that have a word for it. */
export function statedRoots({ files, project }: PresetInput): readonly string[] {
  const tool = project.pyproject?.tool;
  const stated = [
    at(tool, 'uv', 'build-backend', 'module-root'),
    at(tool, 'pdm', 'build', 'package-dir'),
    at(tool, 'setuptools', 'package-dir', ''),
    at(tool, 'maturin', 'python-source'),
    ...listOf(at(tool, 'setuptools', 'packages', 'find', 'where')),
    ...listOf(at(tool, 'hatch', 'build', 'targets', 'wheel', 'packages')).map((path) =>
      typeof path === 'string' ? folderOf(trimmed(path)) : path,
    ),
    ...listOf(at(tool, 'poetry', 'packages')).map((one) => at(one, 'from')),
  ];
  const folders = stated.flatMap((one) => (typeof one === 'string' ? [trimmed(one)] : []));
  return [...new Set(folders)].filter(
    (root) => root !== '' && files.some((path) => path.startsWith(`${root}/`)),
  );
}

/** The files called `manage.py`, apart from those of tests and examples. */
export function managePaths(files: readonly string[]): readonly string[] {
  return files.filter((path) => /(?:^|\/)manage\.py$/.test(path) && !isAside(path));
}

/** The folder of a file; `''` is the project's own. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function at(from: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Table)[key]
        : undefined,
    from,
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function trimmed(path: string): string {
  return path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
}
