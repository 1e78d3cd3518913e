/** Looks for projects in the folders below one. What is ignored by git, and what environments, caches and builds leave, is passed over. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths } from '../../primitives/path.ts';
import { findLocks } from '../../python/lock/index.ts';
import { DEFAULT_EXCLUDES, PRODUCT_MARKERS } from '../sources/default-excludes.ts';
import { gitRules, type RuleSet } from '../sources/ignore-rules.ts';
import { judgeInTurn, outerVcsRules, readIfThere } from '../sources/vcs-rules.ts';

/**
 * Every folder that holds a project with a lock of its own, the folder itself among them; absolute, sorted by path. Links are
 * not followed.
 */
export async function lockedFolders(directory: string, signal: AbortSignal): Promise<readonly string[]> {
  const rules = [gitRules(DEFAULT_EXCLUDES), ...(await outerVcsRules(directory))];
  const found: string[] = [];
  await visit('', rules);
  return found.sort(comparePaths).map((path) => join(directory, path));

  async function visit(path: string, above: readonly RuleSet[]): Promise<void> {
    signal.throwIfAborted();
    const entries = await readdir(join(directory, path), { withFileTypes: true }).catch((): Dirent[] => []);
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    if (path !== '' && PRODUCT_MARKERS.some((marker) => names.includes(marker))) return;
    if (isLockedProject(names)) found.push(path);
    const own = names.includes('.gitignore')
      ? await readIfThere(join(directory, path, '.gitignore'))
      : undefined;
    const all = own === undefined ? above : [...above, gitRules(own, path)];
    const folders = entries.flatMap((entry) =>
      entry.isDirectory() && !entry.name.startsWith('.')
        ? [path === '' ? entry.name : `${path}/${entry.name}`]
        : [],
    );
    for (const folder of folders) if (judgeInTurn(all, folder) !== 'leave') await visit(folder, all);
  }
}

/** A `requirements.txt` alone is no project: documentation and tests have theirs. */
function isLockedProject(names: readonly string[]): boolean {
  return names.includes('Pipfile.lock') || (names.includes('pyproject.toml') && findLocks(names).length > 0);
}
