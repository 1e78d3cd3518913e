/** Which tool manages a project, told by its files: that tool's lock goes before all others. */
import type { Pyproject } from '../pyproject.ts';

/** A tool that left its mark. */
export interface LockPreference {
  /** The format of its lock. */
  readonly format: string;
  /** The mark, such as `[tool.poetry]`. */
  readonly mark: string;
}

/** Settings under a tool's table that say how a package is built, whoever installs it. */
const BUILD_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  uv: ['build-backend'],
  poetry: [],
  pdm: ['build', 'version', 'publish'],
};

/**
 * The tools that a project is managed by, in the order of their locks.
 *
 * @param names of the files in the project's folder
 */
export function preferredLocks(
  pyproject: Pyproject | undefined,
  names: Iterable<string>,
): readonly LockPreference[] {
  const preferred = Object.entries(BUILD_SETTINGS).flatMap(([tool, build]) => {
    const table = pyproject?.tool[tool];
    const isTable = typeof table === 'object' && table !== null;
    const isManaged = isTable && Object.keys(table).some((key) => !build.includes(key));
    return isManaged ? [{ format: tool, mark: `[tool.${tool}]` }] : [];
  });
  return [...names].includes('Pipfile') ? [...preferred, { format: 'pipfile', mark: 'Pipfile' }] : preferred;
}
