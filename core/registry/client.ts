/**
 * Speaks the distribution specification to one repository: manifests and blobs, read and verified. Pushing,
 * referrers and images are built on it elsewhere.
 */
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client.ts';
import { download } from '../http/download.ts';
import { HttpStatusError } from '../http/errors.ts';
import { askedDelay, RETRY_RULES, type RetryRules } from '../http/retry.ts';
import { refuseSchema1 } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../oci/media-types.ts';
import { type Digest, digestOf, isDigest } from '../primitives/digest.ts';
import { MAX_MANIFEST } from '../primitives/limits.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import type { Target } from './authorizer.ts';
import type { CredentialSource } from './credentials.ts';
import { parseFaults, plainRefused, RegistryAnswerError, statusError } from './errors.ts';
import { type SitesInOrder, sitesInOrder } from './mirrors.ts';
import { type PlaceFinder, placeOf, type RepositoryName } from './place.ts';
import { createSites, type Site } from './site.ts';
import type { Uploads } from './uploads.ts';
import { verifiedBlob, wrongDigest } from './verified-blob.ts';
import { wholeAnswer } from './whole-answer.ts';

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

const ACCEPT = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST].join(', ');
const LARGEST_FAULT = 64 * 1024;
/** Of reading where there is another place to read from. */
const MIRROR_RETRIES = 1;
const MOST_WARNINGS = 20;

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { http, log = silentLog } = options;
  const retry = { ...RETRY_RULES, ...options.retry };
  const siteOf = createSites(http, options.credentials ?? (async () => undefined), log, retry);
  const silent = new Set<string>();
  /** What is read from mirrors: the one that served once does so again. */
  const mirrored = new Map<string, SitesInOrder>();
  const warned = new Set<string>();

  /** Distribution specification, "Warnings". */
  const showWarnings = (site: Site, response: HttpResponse): void => {
    const { host } = site.target;
    for (const said of warningsOf(response.headerList('warning'))) {
      const text = site.authorizer.withoutSecrets(said);
      if (warned.has(text) || warned.size >= MOST_WARNINGS) continue;
      warned.add(text);
      log.warn({
        /**
         * A registry sent a `Warning` header (distribution specification, "Warnings"): a notice of its own to
         * whoever pulls or pushes, such as a deprecation.
         */
        code: 'PYC_REGISTRY_WARNING',
        message: `\`${host}\` says: ${visible(text.slice(0, 500))}`,
      });
    }
  };

  return {
    async checkAccess(name, signal) {
      const [{ scheme }] = options.places?.(name, 'write') ?? [placeOf(name)];
      const site = siteOf({ ...placeOf(name), scheme });
      const target = await site.settle(signal);
      // Distribution specification, "Determining Support".
      const request = { url: `${target.base.origin}/v2/`, signal };
      const response = await site.authorizer.send(target, [], request);
      const faults = parseFaults(
        site.authorizer.withoutSecrets(await response.text(LARGEST_FAULT).catch(() => '')),
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
              ({ base, repository }) => `${base.origin}/v2/${repository}/${path}`,
              isLast ? request : { ...request, retries: MIRROR_RETRIES },
              alsoPull,
            ),
          request.signal,
        );

      const failure: Repository['failure'] = async (what, response, signal) => {
        const text = await response.text(LARGEST_FAULT).catch(() => '');
        const { authorizer, target } = sites.current;
        const hasCredentials = await authorizer.hasCredentials(target, signal).catch(() => true);
        const faults = parseFaults(text, authorizer.withoutSecrets);
        if (response.status === 400 && faults.length === 0 && target.base.protocol === 'http:')
          return plainRefused(what, target.host);
        const retryAfter = askedDelay(response.headers, Date.now());
        return statusError(what, target.host, response.status, faults, hasCredentials, retryAfter);
      };

      const what = (thing: string): string => {
        const { host, repository } = sites.current.place;
        return `\`${host}/${repository}\`: ${thing}`;
      };

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

        async findManifest(reference, signal) {
          const response = await send(`manifests/${reference}`, {
            method: 'HEAD',
            headers: { accept: ACCEPT },
            signal,
          });
          await response.discard();
          if (response.status === 404) return undefined;
          if (response.status !== 200)
            throw await failure(what(`asking for \`${reference}\` failed`), response, signal);
          const digest = response.headers['docker-content-digest'];
          const mediaType = typeOf(response);
          refuseSchema1(mediaType, what(`\`${reference}\``));
          const size = Number(response.headers['content-length']);
          if (isDigest(digest)) {
            if (isDigest(reference) && reference !== digest)
              throw wrongDigest(what('a manifest'), reference, digest);
            return {
              digest,
              ...(size > 0 ? { size } : {}),
              ...(mediaType === undefined ? {} : { mediaType }),
            };
          }
          if (isDigest(reference)) return { digest: reference };
          // The header is optional; the manifest itself is not.
          const whole = await this.readManifest(reference, signal);
          return { digest: whole.digest, size: whole.bytes.length };
        },

        async readManifest(reference, signal) {
          const ask = async (): Promise<HttpResponse> => {
            const response = await send(`manifests/${reference}`, { headers: { accept: ACCEPT }, signal });
            if (response.status === 200) return response;
            throw await failure(what(`reading \`${reference}\` failed`), response, signal);
          };
          const { response, bytes } = await wholeAnswer(ask, MAX_MANIFEST, retry, signal);
          const mediaType = typeOf(response);
          refuseSchema1(mediaType, what(`\`${reference}\``));
          const digest = digestOf(bytes);
          const stated = response.headers['docker-content-digest'];
          const wanted = isDigest(reference) ? reference : isDigest(stated) ? stated : digest;
          if (digest !== wanted) throw wrongDigest(what(`the manifest \`${reference}\``), wanted, digest);
          return { digest, bytes, mediaType, etag: response.headers.etag };
        },

        async findBlob(digest, signal) {
          const response = await send(`blobs/${digest}`, { method: 'HEAD', signal });
          await response.discard();
          if (response.status === 404) return undefined;
          if (response.status !== 200)
            throw await failure(what(`asking for blob \`${digest}\` failed`), response, signal);
          return Number(response.headers['content-length'] ?? 0);
        },

        readBlob: (descriptor, signal) =>
          verifiedBlob(
            download(
              { request: (request) => send(`blobs/${descriptor.digest}`, withoutUrl(request)) },
              {
                url: `${sites.current.target.base.origin}/v2/${sites.current.place.repository}/blobs/${descriptor.digest}`,
                signal,
              },
              {
                expectedSize: descriptor.size,
                isVerified: true,
                pause: retry.base,
              },
            ),
            descriptor,
            what(`blob \`${descriptor.digest}\``),
            async (thrown) => {
              if (!(thrown instanceof HttpStatusError)) return thrown;
              const { authorizer, target } = sites.current;
              const has = await authorizer.hasCredentials(target, signal);
              const failed = what(`reading blob \`${descriptor.digest}\` failed`);
              return statusError(failed, target.host, thrown.status, [], has);
            },
          ),
      };
    },
  };
}

/** Texts of the warnings that the specification allows: `299 - "text"`, one or several in a header. */
function warningsOf(headers: readonly string[]): string[] {
  const all = headers.join(', ').slice(0, 64 * 1024);
  return [...all.matchAll(/(?:^|,)\s*299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );
}

/** @throws RegistryAnswerError for several content types in one answer */
function typeOf(response: HttpResponse): string | undefined {
  const values = response.headerList('content-type');
  if (values.length > 1) throw new RegistryAnswerError('a registry answered with two content types');
  return values[0]?.split(';')[0]?.trim().toLowerCase();
}

function withoutUrl({ url: _url, ...request }: HttpRequest): Omit<HttpRequest, 'url'> {
  return request;
}
