/** A registry in this process, on loopback, by the distribution specification 1.1: for tests of whatever pulls and pushes. */
import { parseImageDocument } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { OCI_INDEX } from '../oci/media-types.ts';
import { type Digest, digestOf, isDigest } from '../primitives/digest.ts';
import {
  type Answer,
  answerBytes,
  type FakeRequest,
  type FakeServer,
  type FakeServerOptions,
  startFakeServer,
} from './fake-server.ts';
import { createUploads, type UploadHandler } from './fake-uploads.ts';
import { createGate, type FakeAccess } from './registry-access.ts';
import { created, fault } from './registry-answers.ts';
import { faultsInTurn, type RegistryFault } from './registry-faults.ts';

export interface FakeRegistryOptions extends FakeServerOptions {
  /** Each strikes as often as it says, where `fault` has nothing to say. */
  readonly faults?: readonly RegistryFault[];
  /** Default: everybody may do everything. */
  readonly access?: FakeAccess;
  /** False: no referrers endpoint and no OCI-Subject, as older registries. */
  readonly referrers?: boolean;
  /** False: mounts are answered with an ordinary upload. */
  readonly mount?: boolean;
  /** False: If-Match is not heeded. */
  readonly ifMatch?: boolean;
  /** Upload Locations: relative (default), absolute, or below another origin. */
  readonly location?: 'relative' | 'absolute' | `http://${string}` | `https://${string}`;
  /** False: a blob that comes with the POST is left, and an ordinary upload started. */
  readonly oneRequest?: boolean;
  /** Larger bodies are answered 413, as proxies with a limit do. */
  readonly largestBody?: number;
  /** Pieces of an upload must be this long, the last one aside; uploads say so in OCI-Chunk-Min-Length. */
  readonly shortestChunk?: number;
  /** False: an upload whose connection broke is forgotten. */
  readonly resumable?: boolean;
  /** Entries of a list of tags or referrers that come at once, whatever is asked for; default all. */
  readonly pageSize?: number;
  /** False: pages of tags do not name the next by a Link. */
  readonly link?: boolean;
  /** False: referrers are not filtered by artifactType. */
  readonly filters?: boolean;
}

/** What one repository holds. */
export interface FakeRepository {
  readonly blobs: Map<Digest, Buffer>;
  readonly manifests: Map<Digest, { readonly mediaType: string; readonly bytes: Buffer }>;
  readonly tags: Map<string, Digest>;
}

export interface FakeRegistry extends FakeServer {
  /** Created where it does not exist. */
  repository(name: string): FakeRepository;
  /** Puts a document there without a request, unchecked; gives its descriptor. */
  addManifest(repository: string, document: unknown, mediaType: string, tag?: string): Descriptor;
  addBlob(repository: string, bytes: Uint8Array): Descriptor;
  /** Ends all tokens that its endpoint gave so far. */
  revokeTokens(): void;
}

/** Starts one. */
export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const repositories = new Map<string, FakeRepository>();
  const repository = (name: string): FakeRepository => {
    const known = repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
    repositories.set(name, known);
    return known;
  };
  const gate = createGate(options.access ?? { kind: 'anonymous' }, () => server.origin);
  const answerUpload = createUploads({
    options,
    repository,
    origin: () => server.origin,
    covers: gate.covers,
  });
  const state: State = {
    options,
    repository,
    repositories,
    uploads: answerUpload,
  };

  const server = await startFakeServer((request) => {
    if (request.url.pathname === '/token') return gate.token(request);
    const route = routeOf(request.url.pathname);
    if (request.url.pathname === '/v2/') return gate.refuse(request, []) ?? { status: 200 };
    if (route === undefined) return { status: 404 };
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    const refusal = gate.refuse(request, [`repository:${route.name}:${writes ? 'pull,push' : 'pull'}`]);
    return refusal ?? HANDLERS[route.kind](request, route, state);
  }, withFaults(options));

  return Object.assign(server, {
    repository,
    revokeTokens: () => gate.revoke(),
    addBlob(name: string, bytes: Uint8Array): Descriptor {
      const digest = digestOf(bytes);
      repository(name).blobs.set(digest, Buffer.from(bytes));
      return { mediaType: 'application/octet-stream', digest, size: bytes.length };
    },
    addManifest(name: string, document: unknown, mediaType: string, tag?: string): Descriptor {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = digestOf(bytes);
      repository(name).manifests.set(digest, { mediaType, bytes });
      if (tag !== undefined) repository(name).tags.set(tag, digest);
      return { mediaType, digest, size: bytes.length };
    },
  });
}

function withFaults(options: FakeRegistryOptions): FakeServerOptions {
  const next = faultsInTurn(options.faults ?? []);
  return { ...options, fault: (request) => options.fault?.(request) ?? next(request) };
}

interface State {
  readonly options: FakeRegistryOptions;
  readonly repositories: ReadonlyMap<string, FakeRepository>;
  repository(name: string): FakeRepository;
  readonly uploads: UploadHandler;
}

interface Route {
  readonly name: string;
  readonly kind: 'blobs' | 'uploads' | 'manifests' | 'tags' | 'referrers';
  readonly rest: string;
}

const ROUTE = /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests|tags|referrers)\/([^/]*)$/;

function routeOf(path: string): Route | undefined {
  const [, name, kind, rest] = ROUTE.exec(decodeURIComponent(path)) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  return { name, kind: kind === 'blobs/uploads' ? 'uploads' : (kind as Route['kind']), rest };
}

type Handler = (request: FakeRequest, route: Route, state: State) => Answer;

const HANDLERS: Readonly<Record<Route['kind'], Handler>> = {
  blobs(request, { name, rest }, { repositories }) {
    const blob = isDigest(rest) ? repositories.get(name)?.blobs.get(rest) : undefined;
    if (blob === undefined) return fault(404, 'BLOB_UNKNOWN');
    const type = {
      'content-type': 'application/octet-stream',
      'docker-content-digest': rest,
      etag: `"${rest}"`,
    };
    if (request.method === 'HEAD')
      return { status: 200, headers: { ...type, 'content-length': String(blob.length) } };
    return answerBytes(request, blob, type);
  },

  uploads: (request, { name, rest }, { uploads }) => uploads(request, name, rest),

  manifests(request, route, state) {
    if (request.isCut === true) return { status: 400 };
    if (request.method === 'PUT') return putManifest(request, route, state);
    const found = state.repositories.get(route.name);
    const digest = isDigest(route.rest) ? route.rest : found?.tags.get(route.rest);
    const manifest = digest === undefined ? undefined : found?.manifests.get(digest);
    if (manifest === undefined) return fault(404, 'MANIFEST_UNKNOWN');
    const { mediaType, bytes } = manifest;
    const headers = {
      'content-type': mediaType,
      'docker-content-digest': digest,
      'content-length': String(bytes.length),
      etag: `"${digest}"`,
    };
    return { status: 200, headers, body: bytes };
  },

  tags({ url }, { name, rest }, { repositories, options }) {
    const repository = repositories.get(name);
    if (repository === undefined || rest !== 'list') return fault(404, 'NAME_UNKNOWN');
    const last = url.searchParams.get('last') ?? '';
    const all = [...repository.tags.keys()].sort().filter((tag) => tag > last);
    const wanted = Number(url.searchParams.get('n') ?? all.length);
    const tags = all.slice(0, Math.min(wanted, options.pageSize ?? wanted));
    const hasNext = tags.length < all.length && options.link !== false;
    const next = `?n=${wanted}&last=${encodeURIComponent(tags.at(-1) ?? '')}`;
    return json({ name, tags }, 'application/json', hasNext ? linkTo(url, next) : {});
  },

  referrers({ url }, { name, rest }, { repositories, options }) {
    if (options.referrers === false) return fault(404, 'UNSUPPORTED');
    const all = [...(repositories.get(name)?.manifests ?? [])].flatMap(([digest, { mediaType, bytes }]) => {
      const { subject, artifactType, annotations, config } = JSON.parse(bytes.toString()) as Record<
        string,
        Descriptor
      > & {
        artifactType?: string;
      };
      if (subject?.digest !== rest) return [];
      return [
        {
          mediaType,
          digest,
          size: bytes.length,
          artifactType: artifactType ?? config?.mediaType,
          annotations,
        },
      ];
    });
    const type = options.filters === false ? null : url.searchParams.get('artifactType');
    const wanted = type === null ? all : all.filter(({ artifactType }) => artifactType === type);
    const from = Number(url.searchParams.get('from') ?? 0);
    const to = from + (options.pageSize ?? wanted.length);
    const filter = type === null ? '' : `&artifactType=${encodeURIComponent(type)}`;
    return json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: wanted.slice(from, to) }, OCI_INDEX, {
      ...(type === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...(to < wanted.length ? linkTo(url, `?from=${to}${filter}`) : {}),
    });
  },
};

function putManifest(request: FakeRequest, { name, rest }: Route, state: State): Answer {
  const mediaType = request.headers['content-type'] ?? '';
  const digest = digestOf(request.body);
  if (isDigest(rest) && rest !== digest) return fault(400, 'DIGEST_INVALID');
  const repository = state.repository(name);
  const condition = request.headers['if-match'];
  if (
    condition !== undefined &&
    state.options.ifMatch !== false &&
    condition !== `"${repository.tags.get(rest)}"`
  ) {
    return fault(412, 'PRECONDITION_FAILED');
  }
  let subject: Digest | undefined;
  try {
    const document = parseImageDocument(request.body, 'the manifest', mediaType);
    subject = document.value.subject?.digest;
    const missing =
      document.kind === 'index'
        ? document.value.manifests.filter((child) => !repository.manifests.has(child.digest))
        : [document.value.config, ...document.value.layers].filter(
            (blob) => !repository.blobs.has(blob.digest),
          );
    if (missing.length > 0)
      return fault(404, document.kind === 'index' ? 'MANIFEST_UNKNOWN' : 'MANIFEST_BLOB_UNKNOWN');
  } catch {
    return fault(400, 'MANIFEST_INVALID');
  }
  repository.manifests.set(digest, { mediaType, bytes: request.body });
  if (!isDigest(rest)) repository.tags.set(rest, digest);
  const answer = created(`/v2/${name}/manifests/${digest}`, digest);
  const noted = subject !== undefined && state.options.referrers !== false;
  return noted ? { ...answer, headers: { ...answer.headers, 'oci-subject': subject } } : answer;
}

function json(value: unknown, type = 'application/json', headers: Answer['headers'] = {}): Answer {
  return { status: 200, headers: { 'content-type': type, ...headers }, body: JSON.stringify(value) };
}

function linkTo({ pathname }: URL, query: string): { readonly link: string } {
  return { link: `<${pathname}${query}>; rel="next"` };
}
