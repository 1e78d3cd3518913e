/** How a project's package indexes are reached: settings, credentials, mirrors and the client, made once for a folder. */

import { DEFAULT_INDEX } from '../../primitives/defaults.ts';
import type { LockIndexes } from '../../python/lock/lock-file.ts';
import {
  authorizedClient,
  createIndexCredentials,
  createPackageIndex,
  type IndexCredentialSource,
  type IndexPlaces,
  type IndexSettings,
  indexIdentity,
  type NamedCredentials,
  type PackageIndex,
  type Requests,
} from '../../python/package-index.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Distribution, LockFile } from '../values.ts';
import { readIndexSettings, readNetrc } from './index-settings.ts';
import { readPoetryLogins } from './poetry-logins.ts';
import { findProject } from './project.ts';

export interface IndexAccess {
  readonly index: PackageIndex;
  readonly settings: IndexSettings;
  readonly credentials: IndexCredentialSource;
  /** Sends what opens an index along: for files that it lists. */
  readonly http: Requests;
  /** The index that is asked in place of this one. */
  mirrorOf(root: string): string | undefined;
  /** What Pipenv asks in place of PyPI, as the environment has it. */
  readonly pipenvMirror: string | undefined;
}

/** Which project, and what its configuration says of mirrors. */
export type IndexUser = Pick<ResolvedConfig, 'directory' | 'indexMirrors'>;

/** @throws IndexSettingsError */
export function indexAccess(
  { directory, indexMirrors = {} }: IndexUser,
  session: Session,
): Promise<IndexAccess> {
  const { memory, env, cwd, http } = session;
  return memory.get(
    `index access ${JSON.stringify([directory, indexMirrors])}`,
    async (): Promise<IndexAccess> => {
      const project = await memory.get(`project ${directory}`, () =>
        findProject(directory, session.signal, session.memory),
      );
      const tool = project.pyproject?.tool ?? {};
      const settings = await readIndexSettings({ env, cwd, directory, tool });
      const netrc = memory.get('netrc', () => {
        let logins: ReturnType<typeof readNetrc> | undefined;
        return () => {
          logins ??= readNetrc(env);
          return logins;
        };
      });
      const credentials = createIndexCredentials({
        env,
        named: [
          ...settings.named.map((index) => ({ ...index, tool: 'uv' as const })),
          ...(await poetrySources(tool, env)),
        ],
        netrc,
        keyring: settings.keyring,
      });
      for (const url of [...settings.indexes, ...settings.links, ...settings.named.map((index) => index.url)])
        credentials.learn(url);
      const pipenvMirror = env.PIPENV_PYPI_MIRROR || undefined;
      if (pipenvMirror !== undefined) credentials.learn(pipenvMirror);
      const mirrors = new Map(
        Object.entries(indexMirrors).map(([of, mirror]) => [indexIdentity(of), mirror] as const),
      );
      return {
        settings,
        credentials,
        index: createPackageIndex({ http, credentials }),
        http: authorizedClient(http, credentials),
        mirrorOf: (root) => mirrors.get(indexIdentity(root)),
        pipenvMirror,
      };
    },
  );
}

/**
 * Where a distribution's file is looked for, that the lock states no place of.
 *
 * A requirements file leaves the index to the settings of the host, as pip and uv have it. The other locks name the index of each
 * package, or mean PyPI, which the settings' default index stands in for.
 */
export function placesOf(
  distribution: Distribution,
  lock: Pick<LockFile, 'format' | 'indexes'> | undefined,
  access: IndexAccess,
): IndexPlaces {
  const places = unmirrored(distribution, lock, access.settings);
  for (const url of [...places.indexes, ...places.links]) access.credentials.learn(url);
  const ofPipenv = lock?.format === 'pipfile' ? access.pipenvMirror : undefined;
  const isPypi = (root: string): boolean => indexIdentity(root) === indexIdentity(DEFAULT_INDEX);
  const standIn = (root: string): string | undefined =>
    access.mirrorOf(root) ?? (isPypi(root) ? ofPipenv : undefined);
  return { ...places, indexes: places.indexes.map((root) => standIn(root) ?? root) };
}

function unmirrored(
  { name, index, indexes }: Distribution,
  lock: Pick<LockFile, 'format' | 'indexes'> | undefined,
  settings: IndexSettings,
): IndexPlaces {
  const stated = indexes ?? (index === undefined ? undefined : [index]);
  if (stated !== undefined) return { indexes: stated, links: [] };
  const pinned = settings.pinned.get(name);
  if (pinned !== undefined) return { indexes: [pinned], links: [] };
  if (lock?.indexes !== undefined) return withOptions(lock.indexes, settings);
  if (lock?.format === 'requirements' || lock?.format === 'pylock') return settings;
  return { indexes: settings.indexes.slice(-1), links: settings.links };
}

/** As pip has it: an index of the file replaces those of the settings, its further ones and its links are added. */
function withOptions({ index, extra, links, none }: LockIndexes, settings: IndexSettings): IndexPlaces {
  const all = [...links, ...settings.links];
  if (none) return { indexes: [], links: all };
  const rest = index === undefined ? settings.indexes : [index];
  return { indexes: [...new Set([...extra, ...rest])], links: all };
}

/**
 * The distribution without the place of its file, where its index has a mirror: the file is looked for there by its hash. One of a
 * direct URL is of no index.
 */
export function relocated(distribution: Distribution, access: IndexAccess): Distribution {
  const { file, index, directUrl } = distribution;
  if (file?.url === undefined || directUrl !== undefined) return distribution;
  const root = index ?? (/^https:\/\/files\.pythonhosted\.org\//.test(file.url) ? DEFAULT_INDEX : undefined);
  if (root === undefined || access.mirrorOf(root) === undefined) return distribution;
  const { url: _, ...rest } = file;
  return { ...distribution, index: root, file: rest };
}

/** `[[tool.poetry.source]]`: their names are part of the variables that hold their credentials, and what `auth.toml` has them by. */
async function poetrySources(
  tool: Readonly<Record<string, unknown>>,
  env: Session['env'],
): Promise<readonly NamedCredentials[]> {
  const sources = (tool.poetry as { readonly source?: unknown } | undefined)?.source;
  if (!Array.isArray(sources) || sources.length === 0) return [];
  const logins = await readPoetryLogins(env);
  return sources.flatMap((source: unknown): NamedCredentials[] => {
    const { name, url } = (source ?? {}) as { readonly name?: unknown; readonly url?: unknown };
    if (typeof name !== 'string' || typeof url !== 'string') return [];
    const login = logins.get(name);
    const kept = login === undefined ? undefined : { ...login, source: "Poetry's `auth.toml`" };
    return [{ name, url, tool: 'poetry', kept }];
  });
}
