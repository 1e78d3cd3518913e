/** Pipenv's hash of a Pipfile, as its versions have computed it. */
import { createHash } from 'node:crypto';
import { normalizeName } from '../../name.ts';
import { type ExactTable, pythonJson } from '../python-json.ts';
import type { PipfileLock } from './pipfile-lock.ts';

/** What is no category of packages, and what is hashed under another name. */
const OTHER_KEYS = new Set([
  'source',
  'packages',
  'dev-packages',
  'requires',
  'scripts',
  'pipfile',
  'pipenv',
  'default',
  'develop',
]);
/** What Pipenv takes where a Pipfile names no source. */
const DEFAULT_SOURCES = [{ name: 'pypi', url: 'https://pypi.org/simple', verify_ssl: true }];

/**
 * Why the lock is older than the Pipfile; undefined where it is not, and where that cannot be told.
 *
 * @param pipfile in which whole numbers are told apart from others
 */
export function pipfileStaleness({ contentHash }: PipfileLock, pipfile: ExactTable): string | undefined {
  if (contentHash === undefined) return undefined;
  // Names are normalised only since 2026; a lock of either kind of Pipenv may lie there.
  const hashes = [hashOf(pipfile, (name) => name), hashOf(pipfile, normalizeName)];
  if (hashes.includes(undefined) || hashes.includes(contentHash.toLowerCase())) return undefined;
  return 'the Pipfile was changed after it was made';
}

function hashOf(pipfile: ExactTable, nameOf: (name: string) => string): string | undefined {
  const renamed = (table: unknown): unknown =>
    typeof table === 'object' && table !== null && !Array.isArray(table)
      ? Object.fromEntries(Object.entries(table).map(([name, value]) => [nameOf(name), value]))
      : table;
  const own = Object.entries(pipfile).filter(([key]) => !OTHER_KEYS.has(key));
  const text = pythonJson(
    {
      _meta: { sources: pipfile.source ?? DEFAULT_SOURCES, requires: pipfile.requires ?? {} },
      default: renamed(pipfile.packages ?? {}),
      develop: renamed(pipfile['dev-packages'] ?? {}),
      ...Object.fromEntries(own.map(([category, packages]) => [category, renamed(packages)])),
    },
    { item: ',', key: ':' },
  );
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}
