/** Opens the cache that a configuration names. What it is used for is not known here. */
import { basicOf } from '../../http/exchange.ts';
import { parseReference } from '../../oci/reference.ts';
import { PycError } from '../../primitives/errors.ts';
import { createHttpCache } from '../../store/http-cache.ts';
import type { RemoteBackend } from '../../store/remote.ts';
import { createRemoteCache, type RemoteCache } from '../../store/remote-cache.ts';
import type { Graph } from '../graph.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import { readNetrc } from './index-settings.ts';
import { createRegistries } from './registries.ts';

/**
 * `cache` names a registry without a repository, or with a tag or a digest: the entries of a cache are tags of their
 * own. Write `registry:HOST/REPOSITORY`.
 */
export class CachePlaceError extends PycError {
  readonly code = 'PYC_CACHE_PLACE_INVALID';
  override readonly exitCode = 2;
}

const REGISTRY = 'registry:';

/**
 * One cache for all images of a run that name it alike; undefined where none is named, or no request may be made.
 *
 * @param pushedTo - hosts that the run's own credentials are meant for
 * @throws CachePlaceError, ImageReferenceError
 */
export function openCache(
  { cache: place, cacheWrite: mayWrite = false }: Pick<ResolvedConfig, 'cache' | 'cacheWrite'>,
  pushedTo: readonly string[],
  graph: Graph,
  session: Session,
): Promise<RemoteCache> | undefined {
  if (place === undefined || session.offline || session.dryRun) return undefined;
  const { log, signal, memory, noCache } = session;
  const asked = graph.hooks.credentials.taps.map(({ name }) => name);
  return memory.get(`cache ${JSON.stringify([place, mayWrite, pushedTo, asked])}`, async () => {
    const backend = await (place.startsWith(REGISTRY)
      ? inRegistry(place.slice(REGISTRY.length), pushedTo, graph, session)
      : overHttp(new URL(place), session));
    return createRemoteCache(backend, { log, signal, mayRead: !noCache, mayWrite });
  });
}

async function inRegistry(
  text: string,
  pushedTo: readonly string[],
  { hooks, context }: Graph,
  session: Session,
): Promise<RemoteBackend> {
  const place = parseReference(text);
  if (place.tag !== undefined || place.digest !== undefined) {
    throw new CachePlaceError(`the cache \`${REGISTRY}${text}\` has a tag or a digest`, {
      hint: `write the repository alone: \`${REGISTRY}${place.host}/${place.repository}\``,
    });
  }
  const { createRegistryCache } = await import('../../registry/layer-cache.ts');
  const registries = createRegistries(session, (host, repository) =>
    hooks.credentials.promise({ host, repository }, context),
  );
  const hosts = pushedTo.filter((host) => host === place.host);
  return createRegistryCache(place, await registries.client(hosts));
}

/** A login comes from the netrc file, as it does for curl. */
async function overHttp(root: URL, session: Session): Promise<RemoteBackend> {
  const login = (await readNetrc(session.env)).get(root.hostname.toLowerCase());
  const withLogin = new URL(root);
  if (login !== undefined) {
    withLogin.username = encodeURIComponent(login.username);
    withLogin.password = encodeURIComponent(login.password);
  }
  return createHttpCache(root, {
    http: session.http,
    authorization: login === undefined ? undefined : basicOf(withLogin),
  });
}
