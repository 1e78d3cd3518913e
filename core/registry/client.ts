/**
 * Speaks the distribution specification to one repository: manifests and blobs, read and verified. Pushing,
 * referrers and images are built on it elsewhere.
 */
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client.ts';
import { download } from '../http/download.ts';
import { HttpStatusError } from '../http/errors.ts';
import { isLoopback } from '../http/url.ts';
import type { Descriptor } from '../oci/image.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../oci/media-types.ts';
import type { Reference } from '../oci/reference.ts';
import { createLimiter, type Limiter } from '../primitives/concurrency.ts';
import { type Digest, digestOf, isDigest } from '../primitives/digest.ts';
import { MAX_MANIFEST } from '../primitives/limits.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import { createAuthorizer, type Target } from './authorizer.ts';
import type { CredentialSource } from './credentials.ts';
import { parseFaults, RegistryAnswerError, statusError } from './errors.ts';
import { verifiedBlob, wrongDigest } from './verified-blob.ts';

export interface RegistryClientOptions {
  readonly http: HttpClient;
  readonly log?: Log;
  /** Default: none. */
  readonly credentials?: CredentialSource;
  /** Hosts that are spoken to over http besides this machine itself. */
  readonly insecure?: readonly string[];
}

export interface RegistryClient {
  /** @param actions what will be done there: one token then serves all of it. Default `pull` */
  repository(reference: Pick<Reference, 'host' | 'endpoint' | 'repository'>, actions?: Actions): Repository;
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

/** One repository of a registry. Every method throws a PycError for an answer that it does not expect. */
export interface Repository {
  readonly host: string;
  readonly name: string;
  /** Of the registry: scheme and authority. */
  readonly base: URL;
  /** Bounds the uploads to this registry that are under way at once. */
  readonly uploads: Limiter;
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
/** Uploads to one registry at once. */
const UPLOADS = 4;
const LARGEST_FAULT = 64 * 1024;

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { http, log = silentLog } = options;
  const authorizer = createAuthorizer(http, options.credentials ?? (async () => undefined));
  const uploads = new Map<string, Limiter>();
  const warned = new Set<string>();

  /** Distribution specification, "Warnings". */
  const showWarnings = (host: string, response: HttpResponse): void => {
    for (const value of response.headerList('warning')) {
      const text = /^299 - "((?:[^"\\]|\\.)*)"/.exec(value.trim())?.[1]?.replace(/\\(.)/g, '$1');
      if (text === undefined || warned.has(text) || warned.size >= 20) continue;
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
    repository({ host, endpoint, repository: name }, actions = 'pull') {
      const base = baseOf(endpoint, options.insecure ?? []);
      const target: Target = { host, repository: name, base };
      const limiter = uploads.get(base.origin) ?? createLimiter(UPLOADS);
      uploads.set(base.origin, limiter);

      const sendTo: Repository['sendTo'] = async (url, request = {}, { alsoPull = [] } = {}) => {
        const scopes = [
          `repository:${name}:${actions}`,
          ...alsoPull.map((other) => `repository:${other}:pull`),
        ];
        const response = await authorizer.send(target, scopes, { ...request, url });
        showWarnings(host, response);
        return response;
      };
      const send: Repository['send'] = (path, request, sending) =>
        sendTo(`${base.origin}/v2/${name}/${path}`, request, sending);

      const failure: Repository['failure'] = async (what, response, signal) => {
        const text = await response.text(LARGEST_FAULT).catch(() => '');
        const faults = parseFaults(authorizer.withoutSecrets(text));
        const hasCredentials = await authorizer.hasCredentials(target, signal).catch(() => true);
        return statusError(what, host, response.status, faults, hasCredentials);
      };

      const what = (thing: string): string => `\`${host}/${name}\`: ${thing}`;

      return {
        host,
        name,
        base,
        uploads: limiter,
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
          const response = await send(`manifests/${reference}`, { headers: { accept: ACCEPT }, signal });
          if (response.status !== 200)
            throw await failure(what(`reading \`${reference}\` failed`), response, signal);
          const bytes = await response.bytes(MAX_MANIFEST);
          const digest = digestOf(bytes);
          const stated = response.headers['docker-content-digest'];
          const wanted = isDigest(reference) ? reference : isDigest(stated) ? stated : digest;
          if (digest !== wanted) throw wrongDigest(what(`the manifest \`${reference}\``), wanted, digest);
          return { digest, bytes, mediaType: typeOf(response), etag: response.headers.etag };
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
              { url: `${base.origin}/v2/${name}/blobs/${descriptor.digest}`, signal },
              { expectedSize: descriptor.size },
            ),
            descriptor,
            what(`blob \`${descriptor.digest}\``),
            (thrown) =>
              thrown instanceof HttpStatusError
                ? authorizer
                    .hasCredentials(target, signal)
                    .then((has) =>
                      statusError(
                        what(`reading blob \`${descriptor.digest}\` failed`),
                        host,
                        thrown.status,
                        [],
                        has,
                      ),
                    )
                : Promise.resolve(thrown),
          ),
      };
    },
  };
}

/** http for this machine and the hosts that were named insecure, https for all others. */
function baseOf(endpoint: string, insecure: readonly string[]): URL {
  const plain = new URL(`http://${endpoint}`);
  return isLoopback(plain.hostname) || insecure.includes(endpoint) ? plain : new URL(`https://${endpoint}`);
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
