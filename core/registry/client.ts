/**
 * Speaks the distribution specification to repositories: what is sent, where to, and what an answer means that was not
 * expected. Reading, pushing, referrers and images are built on it elsewhere.
 */
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client.ts';
import { askedDelay, RETRY_RULES, type RetryRules } from '../http/retry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { Digest } from '../primitives/digest.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import type { Target } from './authorizer.ts';
import type { CredentialSource } from './credentials.ts';
import { parseFaults, plainRefused, statusError } from './errors.ts';
import { type SitesInOrder, sitesInOrder } from './mirrors.ts';
import { type PlaceFinder, placeOf, type RepositoryName } from './place.ts';
import { createWarnings } from './registry-warnings.ts';
import { contentOf } from './repository-content.ts';
import { createSites, type Site } from './site.ts';
import type { Uploads } from './uploads.ts';

export interface RegistryClientOptions {
  readonly http: HttpClient;
  readonly log?: Log;
  /** Default: none. */
  readonly credentials?: CredentialSource;
  /** Where repositories really are; default where their names say. */
  readonly places?: PlaceFinder;
  /** When uploads and answers that broke off are tried again. Single requests are the HTTP client's matter. */
  readonly retry?: Partial<RetryRules>;
}

export interface RegistryClient {
  /** @param actions what will be done there: one token then serves all of it. Default `pull` */
  repository(name: RepositoryName, actions?: Actions): Repository;
  /**
   * Has the registry itself, not a mirror, check the credentials for it.
   *
   * @param name its repository may be a namespace, or empty
   * @returns false where it asks nobody for any, and so checked nothing
   * @throws RegistryAccessError where it refuses them
   */
  checkAccess(name: RepositoryName, signal?: AbortSignal): Promise<boolean>;
}

/** What a registry says of a manifest without giving it. */
export interface ManifestFacts {
  readonly digest: Digest;
  readonly size?: number;
  readonly mediaType?: string;
}

/** A manifest whose bytes are its digest's. */
export interface FetchedManifest {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** Content-Type without parameters; undefined where the registry sent none. */
  readonly mediaType: string | undefined;
  readonly etag: string | undefined;
}

/** As scopes write them. */
export type Actions = 'pull' | 'pull,push';

export interface SendOptions {
  /** Further repositories that the request reads, as a mount does. */
  readonly alsoPull?: readonly string[];
}

/**
 * One repository of a registry. Every method throws a PycError for an answer that it does not expect. Where it is read from
 * mirrors, host, name and base are those of the one that answered last.
 */
export interface Repository {
  readonly host: string;
  readonly name: string;
  /** Of the registry: scheme and authority. */
  readonly base: URL;
  /** What all uploads to this registry share. */
  readonly uploads: Uploads;
  /** Sends to a path below `/v2/<name>/`; any status is given back. */
  send(path: string, request?: Omit<HttpRequest, 'url'>, options?: SendOptions): Promise<HttpResponse>;
  /** The same to a whole URL of this registry: an upload's Location. */
  sendTo(url: string, request?: Omit<HttpRequest, 'url'>, options?: SendOptions): Promise<HttpResponse>;
  /** Sends without credentials, to wherever. */
  sendElsewhere(request: HttpRequest): Promise<HttpResponse>;
  /** What a tag or digest stands for, by HEAD; undefined where there is none. */
  findManifest(reference: string, signal?: AbortSignal): Promise<ManifestFacts | undefined>;
  /** @param reference a tag or a digest */
  readManifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest>;
  /** The blob's size where the registry has it. */
  findBlob(digest: Digest, signal?: AbortSignal): Promise<number | undefined>;
  /** A blob's bytes, resumed where the connection breaks, and verified: the last chunk comes only if all are right. */
  readBlob(descriptor: Pick<Descriptor, 'digest' | 'size'>, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** The error for an answer that was not expected; reads and drops its body. */
  failure(what: string, response: HttpResponse, signal?: AbortSignal): Promise<Error>;
}

const LARGEST_FAULT = 64 * 1024;
/** Of reading where there is another place to read from. */
const MIRROR_RETRIES = 1;

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { http, log = silentLog } = options;
  const retry = { ...RETRY_RULES, ...options.retry };
  const siteOf = createSites(http, options.credentials ?? (async () => undefined), log, retry);
  const silent = new Set<string>();
  /** What is read from mirrors: the one that served once does so again. */
  const mirrored = new Map<string, SitesInOrder>();
  const showWarnings = createWarnings(log);

  return {
    async checkAccess(name, signal) {
      const [{ scheme }] = options.places?.(name, 'write') ?? [placeOf(name)];
      const site = siteOf({ ...placeOf(name), scheme });
      const target = await site.settle(signal);
      // Distribution specification, "Determining Support".
      const request = { url: `${target.base.origin}/v2/`, signal };
      const response = await site.authorizer.send(target, [], request);
      const faults = parseFaults(
        await response.text(LARGEST_FAULT).catch(() => ''),
        site.authorizer.withoutSecrets,
      );
      if (response.status === 200) return site.authorizer.hasAsked(target);
      throw statusError('logging in failed', name.host, response.status, faults, true);
    },

    repository(reference, actions = 'pull') {
      const purpose = actions === 'pull' ? 'read' : 'write';
      const [first, ...others] = options.places?.(reference, purpose) ?? [placeOf(reference)];
      const key = `${reference.host}/${reference.repository}`;
      const known = purpose === 'read' ? mirrored.get(key) : undefined;
      const sites = known ?? sitesInOrder([siteOf(first), ...others.map(siteOf)], silent, log);
      if (others.length > 0) mirrored.set(key, sites);

      const sendFrom = async (
        site: Site,
        pathOf: (target: Target) => string,
        request: Omit<HttpRequest, 'url'>,
        alsoPull: readonly string[],
      ): Promise<HttpResponse> => {
        const target = await site.settle(request.signal);
        const scopes = [target.repository, ...alsoPull].map((name, index) =>
          index === 0 ? `repository:${name}:${actions}` : `repository:${name}:pull`,
        );
        const response = await site.authorizer.send(target, scopes, { ...request, url: pathOf(target) });
        showWarnings(site, response);
        return response;
      };
      const sendTo: Repository['sendTo'] = (url, request = {}, { alsoPull = [] } = {}) =>
        sendFrom(sites.current, () => url, request, alsoPull);
      const send: Repository['send'] = (path, request = {}, { alsoPull = [] } = {}) =>
        sites.send(
          path,
          (site, isLast) =>
            sendFrom(
              site,
              (target) => urlAt(target, path),
              isLast ? request : { ...request, retries: MIRROR_RETRIES },
              alsoPull,
            ),
          request.signal,
        );

      const failure: Repository['failure'] = async (what, response, signal) => {
        const text = await response.text(LARGEST_FAULT).catch(() => '');
        const { authorizer, target } = sites.current;
        const isRefused = response.status === 401 || response.status === 403;
        const hasCredentials =
          isRefused && (await authorizer.hasCredentials(target, signal).catch(() => true));
        const faults = parseFaults(text, authorizer.withoutSecrets);
        if (response.status === 400 && faults.length === 0 && target.base.protocol === 'http:')
          return plainRefused(what, target.host);
        const retryAfter = askedDelay(response.headers, Date.now());
        return statusError(what, target.host, response.status, faults, hasCredentials, retryAfter);
      };

      const what = (thing: string): string => {
        const { host, repository } = sites.current.place;
        const at = `${host}/${repository}`;
        return `\`${key}\`${at === key ? '' : `, which is read from \`${at}\``}: ${thing}`;
      };

      const urlOf = (path: string): string => urlAt(sites.current.target, path);

      return {
        get host() {
          return sites.current.place.host;
        },
        get name() {
          return sites.current.place.repository;
        },
        get base() {
          return sites.current.target.base;
        },
        get uploads() {
          return sites.current.uploads;
        },
        send,
        sendTo,
        failure,
        sendElsewhere: (request) => http.request(request),

        ...contentOf({ send, failure, what, urlOf, passOver: sites.passOver, retry }),
      };
    },
  };
}

function urlAt({ base, repository }: Target, path: string): string {
  return `${base.origin}/v2/${repository}/${path}`;
}
