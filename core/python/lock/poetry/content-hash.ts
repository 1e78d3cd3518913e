/** Poetry's content hash: what of pyproject.toml a lock depends on, as the versions of Poetry have computed it. */
import { createHash } from 'node:crypto';
import { compareVersions, Version } from '../../version.ts';
import { type ExactTable, pythonJson, tableOf } from '../python-json.ts';
import type { PoetryLock } from './poetry-lock.ts';

/** Always hashed by the versions before `[project]` was read, with null for what is absent. */
const LEGACY_KEYS = ['dependencies', 'source', 'extras', 'dev-dependencies'];
const PROJECT_KEYS = ['requires-python', 'dependencies', 'optional-dependencies'];
/** The first version that hashes `[dependency-groups]`. */
const WITH_GROUPS = Version.parse('2.3.0');

/**
 * Why the lock is older than pyproject.toml; undefined where it is not, and where that cannot be told.
 *
 * @param pyproject in which whole numbers are told apart from others
 */
export function poetryStaleness(lock: PoetryLock, pyproject: ExactTable): string | undefined {
  const { contentHash, generator } = lock;
  if (contentHash === undefined) return undefined;
  const isOlder = generator !== undefined && compareVersions(generator, WITH_GROUPS) < 0;
  const hashes = [contentHashOf(pyproject, true), ...(isOlder ? [contentHashOf(pyproject, false)] : [])];
  if (hashes.includes(undefined) || hashes.includes(contentHash.toLowerCase())) return undefined;
  return 'the requirements in pyproject.toml were changed after it was made';
}

/** Undefined where Poetry could not compute it either. */
export function contentHashOf(pyproject: ExactTable, withGroups: boolean): string | undefined {
  const project = tableOf(pyproject.project);
  const groups = withGroups ? tableOf(pyproject['dependency-groups']) : {};
  const poetry = tableOf(tableOf(pyproject.tool).poetry);
  const fromProject = present(PROJECT_KEYS.map((key) => [key, project[key]]));
  const isStandard = Object.keys(fromProject).length > 0 || Object.keys(groups).length > 0;
  const fromPoetry = {
    ...present(['group', ...(isStandard ? LEGACY_KEYS : [])].map((key) => [key, poetry[key]])),
    ...(isStandard ? {} : Object.fromEntries(LEGACY_KEYS.map((key) => [key, poetry[key] ?? null]))),
  };
  const content = isStandard
    ? {
        ...(Object.keys(fromProject).length > 0 ? { project: fromProject } : {}),
        ...(Object.keys(groups).length > 0 ? { 'dependency-groups': groups } : {}),
        tool: { poetry: fromPoetry },
      }
    : fromPoetry;
  const text = pythonJson(content);
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}

function present(pairs: readonly (readonly [key: string, value: unknown])[]): Record<string, unknown> {
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}
