/** Whether a build shares layers with other machines, and by which cache. Loads what that needs only where a cache is named. */
import type { BuildRun } from './build-run.ts';
import { registryOf } from './stages/publish.ts';

/**
 * The same run with what is shared, and with records that come from there as well; as it is where no cache is named.
 *
 * @param outputs - SPECs: where all of them go decides whether anybody needs a layer's bytes here
 * @throws CachePlaceError, ImageReferenceError
 */
export async function withSharedLayers(run: BuildRun, outputs: readonly string[]): Promise<BuildRun> {
  const { config, graph, records, session } = run;
  if (config.cache === undefined) return run;
  const [{ openCache }, { createSharedLayers }] = await Promise.all([
    import('./defaults/cache.ts'),
    import('./shared-layers.ts'),
  ]);
  const hosts = outputs.map(registryOf);
  const pushedTo = hosts.filter((host) => host !== undefined);
  const cache = await openCache(config, pushedTo, graph, session);
  if (cache === undefined) return run;
  const isMounted = hosts.every((host) => host !== undefined && host === cache.registry?.host);
  const shared = createSharedLayers({ cache, records, session, isMounted });
  return { ...run, shared, records: shared.records };
}
