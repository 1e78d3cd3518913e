/** Opens the cache that a configuration names. What it is used for is not known here. */
import { basicOf } from '../../http/exchange.ts';
import { parseReference, type Reference } from '../../oci/reference.ts';
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { createHttpCache } from '../../store/http-cache.ts';
import type { RemoteBackend } from '../../store/remote.ts';
import { createRemoteCache, type RemoteCache } from '../../store/remote-cache.ts';
import type { Graph } from '../graph.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import { readNetrc } from './index-settings.ts';
import { createRegistries } from './registries.ts';

/**
 * `cache` names no place: an address that is none, or a repository with a tag or a digest, while the entries of a
 * cache are tags of their own. Write `registry:HOST/REPOSITORY` or an http(s) address.
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
  { cache: text, cacheWrite: mayWrite = false }: Pick<ResolvedConfig, 'cache' | 'cacheWrite'>,
  pushedTo: readonly string[],
  graph: Graph,
  session: Session,
): Promise<RemoteCache> | undefined {
  if (text === undefined) return undefined;
  const place = placeOf(text);
  if (session.offline || session.dryRun) return undefined;
  const { log, signal, memory, noCache } = session;
  const asked = graph.hooks.credentials.taps.map(({ name }) => name);
  return memory.get(`cache ${JSON.stringify([text, mayWrite, pushedTo, asked])}`, async () => {
    const backend = await (place instanceof URL
      ? overHttp(place, session)
      : inRegistry(place, pushedTo, graph, session));
    return createRemoteCache(backend, { log, signal, mayRead: !noCache, mayWrite });
  });
}

function placeOf(text: string): Reference | URL {
  if (!text.startsWith(REGISTRY)) {
    if (URL.canParse(text)) return new URL(text);
    throw new CachePlaceError(`the cache \`${visible(text)}\` is no address`, {
      hint: 'write it as in `https://cache.example/builds`',
    });
  }
  const place = parseReference(text.slice(REGISTRY.length));
  if (place.tag === undefined && place.digest === undefined) return place;
  throw new CachePlaceError(`the cache \`${text}\` has a tag or a digest`, {
    hint: `write the repository alone: \`${REGISTRY}${place.host}/${place.repository}\``,
  });
}

async function inRegistry(
  place: Reference,
  pushedTo: readonly string[],
  { hooks, context }: Graph,
  session: Session,
): Promise<RemoteBackend> {
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
