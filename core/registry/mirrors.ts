/**
 * Reads from several places in order: the first that answers well serves. How a place is chosen for a name is not
 * known here, nor what is read.
 */
import type { HttpResponse } from '../http/client.ts';
import { OfflineError } from '../http/errors.ts';
import { isDigest } from '../primitives/digest.ts';
import { isPycError, messageOf } from '../primitives/errors.ts';
import type { Log } from '../primitives/log.ts';
import type { Site } from './site.ts';

/** Sends one request to one place. @param isLast false: there is another place to try */
type SendAt = (site: Site, isLast: boolean) => Promise<HttpResponse>;

export interface SitesInOrder {
  /** The place that answered last; the repository's own before that. */
  readonly current: Site;
  /**
   * Any answer of the last place, or a good one of those before it.
   *
   * @param path below `/v2/<name>/`
   */
  send(path: string, sendAt: SendAt, signal?: AbortSignal): Promise<HttpResponse>;
  /**
   * Asks a mirror no more whose answer looked well and was not.
   *
   * @returns false where that was the repository's own place, and nothing is left to ask
   */
  passOver(thrown: unknown): boolean;
}

/** @param silent endpoints that did not answer, or wrongly; they are not asked again, and noted here */
export function sitesInOrder(
  sites: readonly [Site, ...(readonly Site[])],
  silent: Set<string>,
  log: Log,
): SitesInOrder {
  const own = sites.at(-1) ?? sites[0];
  let chosen: Site | undefined;
  return {
    get current() {
      return chosen ?? own;
    },
    async send(path, sendAt, signal) {
      for (const site of mirrorsFor(path, sites, own, chosen)) {
        const { endpoint, host, repository } = site.place;
        if (silent.has(endpoint)) continue;
        try {
          const response = await sendAt(site, false);
          if (response.status < 400) {
            chosen = site;
            return response;
          }
          await response.discard();
          log.debug(`${host}/${repository} answered ${response.status}; asking the next place`);
        } catch (thrown) {
          if (signal?.aborted || !isPycError(thrown) || thrown instanceof OfflineError) throw thrown;
          if (thrown.code.startsWith('PYC_HTTP_')) silent.add(endpoint);
          log.debug(`${host}/${repository} is left out: ${messageOf(thrown)}`);
        }
      }
      chosen = own;
      return sendAt(own, true);
    },
    passOver(thrown) {
      if (chosen === own || !isPycError(thrown) || thrown instanceof OfflineError) return false;
      // Whoever read the same at the same time has left it out.
      if (chosen === undefined) return true;
      const { endpoint, host, repository } = chosen.place;
      silent.add(endpoint);
      chosen = undefined;
      log.debug(`${host}/${repository} is left out: ${messageOf(thrown)}`);
      return true;
    },
  };
}

/** The mirrors that may have what a path names. The one that has served before comes first: it has its manifest's blobs. */
function mirrorsFor(
  path: string,
  sites: readonly Site[],
  own: Site,
  chosen: Site | undefined,
): readonly Site[] {
  const manifest = /^manifests\/(.+)$/.exec(path)?.[1];
  const isBlob = /^blobs\/sha256:/.test(path);
  // Lists of tags and of referrers are the repository's own.
  if (manifest === undefined && !isBlob) return [];
  const kind = isBlob || isDigest(manifest) ? 'digests' : 'tags';
  const fitting = sites.filter(
    (site) => site !== own && (site.place.serves === 'all' || site.place.serves === kind),
  );
  if (!isBlob || chosen === undefined) return fitting;
  return chosen === own ? [] : [chosen, ...fitting.filter((site) => site !== chosen)];
}
