/** Uploads to the fake registry: mounts, in one request, in two, and in pieces. Which repositories there are is not known here. */
import { type Digest, digestOf, isDigest } from '../primitives/digest.ts';
import type { FakeRegistryOptions, FakeRepository } from './fake-registry.ts';
import type { Answer, FakeRequest } from './fake-server.ts';
import { created, fault } from './registry-answers.ts';

/** Answers what is asked below `blobs/uploads/`; `id` is empty for a new upload. */
export type UploadHandler = (request: FakeRequest, name: string, id: string) => Answer;

export interface UploadOptions {
  readonly options: FakeRegistryOptions;
  repository(name: string): FakeRepository;
  origin(): string;
  /** True where the request's token allows a scope. */
  covers(request: FakeRequest, scope: string): boolean;
}

/** The query stands for a signature that must come back as it is. */
const STATE = '_state=a%2Bb%3D%3D';

export function createUploads({ options, repository, origin, covers }: UploadOptions): UploadHandler {
  const uploads = new Map<string, Buffer>();
  const shortened = new Set<string>();

  /** An answer that says where the upload goes on, and how much of it is there. */
  const standing = (status: number, name: string, id: string): Answer => {
    const { location = 'relative', shortestChunk } = options;
    const start = location === 'relative' ? '' : location === 'absolute' ? origin() : location;
    const size = uploads.get(id)?.length ?? 0;
    return {
      status,
      headers: {
        location: `${start}/v2/${name}/blobs/uploads/${id}?${STATE}`,
        range: `0-${Math.max(0, size - 1)}`,
        ...(shortestChunk === undefined ? {} : { 'oci-chunk-min-length': String(shortestChunk) }),
      },
    };
  };

  const mounted = (request: FakeRequest, name: string): Digest | undefined => {
    const mount = request.url.searchParams.get('mount');
    const from = request.url.searchParams.get('from');
    if (!isDigest(mount) || from === null || options.mount === false) return undefined;
    if (!covers(request, `repository:${from}:pull`)) return undefined;
    const blob = repository(from).blobs.get(mount);
    if (blob === undefined) return undefined;
    repository(name).blobs.set(mount, blob);
    return mount;
  };

  const keep = (bytes: Buffer, request: FakeRequest, name: string): Answer => {
    const digest = request.url.searchParams.get('digest');
    if (!isDigest(digest) || digestOf(bytes) !== digest) return fault(400, 'DIGEST_INVALID');
    repository(name).blobs.set(digest, bytes);
    return created(`/v2/${name}/blobs/${digest}`, digest);
  };

  const start = (request: FakeRequest, name: string): Answer => {
    const digest = mounted(request, name);
    if (digest !== undefined) return created(`/v2/${name}/blobs/${digest}`, digest);
    const isWhole = request.url.searchParams.has('digest') && options.oneRequest !== false;
    if (isWhole)
      return request.isCut === true ? fault(400, 'SIZE_INVALID') : keep(request.body, request, name);
    const id = `upload-${uploads.size}-${Math.random().toString(36).slice(2)}`;
    uploads.set(id, Buffer.alloc(0));
    return standing(202, name, id);
  };

  const piece = (request: FakeRequest, name: string, id: string, before: Buffer): Answer => {
    const { shortestChunk = 0 } = options;
    const stated = /^(\d+)-(\d+)$/.exec(String(request.headers['content-range'] ?? ''));
    const from = stated === null ? before.length : Number(stated[1]);
    const length = stated === null ? request.body.length : Number(stated[2]) - from + 1;
    const isShort = request.body.length < length;
    if (from !== before.length || (isShort && request.isCut !== true)) {
      return { ...fault(416, 'RANGE_INVALID'), headers: standing(416, name, id).headers ?? {} };
    }
    if (shortened.has(id)) return fault(400, 'SIZE_INVALID');
    // Only the last piece may be shorter, which shows when another follows.
    if (length < shortestChunk) shortened.add(id);
    uploads.set(id, Buffer.concat([before, request.body]));
    return standing(202, name, id);
  };

  return (request, name, id) => {
    if (request.body.length > (options.largestBody ?? Number.POSITIVE_INFINITY)) return { status: 413 };
    if (request.method === 'POST') return start(request, name);
    const before = uploads.get(id);
    if (before === undefined) return fault(404, 'BLOB_UPLOAD_UNKNOWN');
    if (!request.url.search.includes(STATE)) return fault(400, 'BLOB_UPLOAD_INVALID');
    if (request.isCut === true && options.resumable === false) {
      uploads.delete(id);
      return fault(404, 'BLOB_UPLOAD_UNKNOWN');
    }
    if (request.method === 'GET') return standing(204, name, id);
    if (request.method === 'PATCH') return piece(request, name, id, before);
    const bytes = Buffer.concat([before, request.body]);
    if (request.isCut === true) {
      uploads.set(id, bytes);
      return standing(202, name, id);
    }
    uploads.delete(id);
    return keep(bytes, request, name);
  };
}
