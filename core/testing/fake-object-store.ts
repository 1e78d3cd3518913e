/** An object store in this process, on loopback: the few requests of S3's that are plain HTTP, by path and without signatures. */
import { createHash } from 'node:crypto';
import { comparePaths } from '../primitives/path.ts';
import {
  type Answer,
  answerBytes,
  type FakeRequest,
  type FakeServer,
  type FakeServerOptions,
  startFakeServer,
} from './fake-server.ts';

export interface FakeObjectStoreOptions extends FakeServerOptions {
  /** By bucket and key, as in `wheels/python/shop-1.0-py3-none-any.whl`. */
  readonly objects?: Readonly<Record<string, string | Uint8Array>>;
  /** The value that the header Authorization must have; default: everybody may do everything. */
  readonly authorization?: string;
}

export interface FakeObjectStore extends FakeServer {
  /** What there is now, for a test to look at and to change. */
  readonly objects: Map<string, Uint8Array>;
}

/** Starts one: GET (in ranges too), HEAD, PUT and DELETE of `/BUCKET/KEY`, and GET of `/BUCKET?prefix=…` to list keys. */
export async function startFakeObjectStore(options: FakeObjectStoreOptions = {}): Promise<FakeObjectStore> {
  const objects = new Map<string, Uint8Array>(
    Object.entries(options.objects ?? {}).map(([path, bytes]) => [path, Buffer.from(bytes as string)]),
  );
  const server = await startFakeServer((request) => {
    const { authorization } = options;
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      return refusal(403, 'AccessDenied');
    }
    const path = decodeURIComponent(request.url.pathname).slice(1);
    if (!path.includes('/'))
      return request.method === 'GET' ? list(path, request, objects) : refusal(405, 'MethodNotAllowed');
    return answer(path, request, objects);
  }, options);
  return Object.assign(server, { objects });
}

function answer(path: string, request: FakeRequest, objects: Map<string, Uint8Array>): Answer {
  const object = objects.get(path);
  switch (request.method) {
    case 'PUT':
      objects.set(path, request.body);
      return { status: 200, headers: { etag: etagOf(request.body) } };
    case 'DELETE':
      objects.delete(path);
      return { status: 204 };
    case 'GET':
    case 'HEAD':
      if (object === undefined) return refusal(404, 'NoSuchKey');
      return answerBytes(request, object, {
        'content-type': 'application/octet-stream',
        etag: etagOf(object),
      });
    default:
      return refusal(405, 'MethodNotAllowed');
  }
}

/** ListObjectsV2, all in one answer. */
function list(bucket: string, { url }: FakeRequest, objects: ReadonlyMap<string, Uint8Array>): Answer {
  const prefix = url.searchParams.get('prefix') ?? '';
  const found = [...objects]
    .filter(([path]) => path.startsWith(`${bucket}/${prefix}`))
    .map(([path, { length }]) => ({ key: path.slice(bucket.length + 1), length }))
    .sort((a, b) => comparePaths(a.key, b.key));
  const contents = found.map(
    ({ key, length }) => `<Contents><Key>${escapeXml(key)}</Key><Size>${length}</Size></Contents>`,
  );
  const head = `<Name>${escapeXml(bucket)}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${found.length}</KeyCount>`;
  return xml(
    200,
    `<ListBucketResult>${head}<IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
  );
}

function refusal(status: number, code: string): Answer {
  return xml(status, `<Error><Code>${code}</Code></Error>`);
}

function xml(status: number, element: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${element}`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
