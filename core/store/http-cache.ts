/**
 * A shared cache by the HTTP protocol of bazel-remote, which any web server with GET, HEAD and PUT speaks as well:
 * `/ac/<64 hex>` has what an action gave, `/cas/<SHA-256>` the blobs.
 */
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client.ts';
import { download } from '../http/download.ts';
import { HttpBodyError, HttpStatusError } from '../http/errors.ts';
import { redactUrl } from '../http/url.ts';
import { TooLargeError } from '../primitives/bytes.ts';
import { type Digest, digestOf, hexOf } from '../primitives/digest.ts';
import { messageOf, PycError } from '../primitives/errors.ts';
import { type ActionResult, formatActionResult, parseActionResult } from './action-result.ts';
import { MAX_REMOTE_TEXT, type RemoteBackend, type RemoteBlob, RemoteEntryError } from './remote.ts';
import type { BlobInfo } from './store.ts';

/**
 * The cache at an `http:` or `https:` address wants a login, or refuses the one it got. Logins are read from the
 * netrc file.
 */
export class HttpCacheAccessError extends PycError {
  readonly code = 'PYC_CACHE_ACCESS';
}

export interface HttpCacheOptions {
  readonly http: Pick<HttpClient, 'request'>;
  /** Sent along with every request. */
  readonly authorization?: string | undefined;
}

/** Bytes of an entry, which holds a text itself up to the second bound. */
const MAX_RESULT = 1024 * 1024;
const MAX_INLINE = 64 * 1024;

/** @param root as in `https://cache.example/builds` */
export function createHttpCache(root: URL, { http, authorization }: HttpCacheOptions): RemoteBackend {
  const base = `${root.origin}${root.pathname.replace(/\/+$/, '')}`;
  const urlOf = (kind: 'ac' | 'cas', digest: Digest): string => `${base}/${kind}/${hexOf(digest)}`;
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
    const response = await http.request({ ...request, headers, retries: 1 });
    const { status } = response;
    if ((status >= 200 && status < 300) || status === 404) return response;
    await response.discard();
    const shown = redactUrl(request.url);
    if (status === 401 || status === 403) throw new HttpCacheAccessError(`${shown} answered ${status}`);
    throw new HttpStatusError(`${shown} answered ${status}`, shown, status);
  };

  const sizeAt = async (url: string, signal: AbortSignal): Promise<number | undefined> => {
    const response = await send({ method: 'HEAD', url, signal });
    await response.discard();
    return response.status === 404 ? undefined : Number(response.headers['content-length'] ?? Number.NaN);
  };

  const bytesAt = async (
    url: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> => {
    const response = await send({ url, signal });
    if (response.status !== 404) return response.bytes(limit).catch(asEntryFault(signal));
    await response.discard();
    return undefined;
  };

  const put = async (
    url: string,
    body: NonNullable<HttpRequest['body']>,
    bodySize: number,
    signal: AbortSignal,
  ): Promise<void> => {
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await send({ method: 'PUT', url, headers, body, bodySize, signal });
    await response.discard();
    if (response.status === 404)
      throw new HttpStatusError(`${redactUrl(url)} answered 404`, redactUrl(url), 404);
  };

  const textOf = async (result: ActionResult, signal: AbortSignal): Promise<Uint8Array> => {
    const { text, textBlob } = result;
    if (text !== undefined) return text;
    if (textBlob === undefined) throw new RemoteEntryError('holds no text');
    if (textBlob.size > MAX_REMOTE_TEXT) throw new RemoteEntryError(`holds a text of ${textBlob.size} bytes`);
    const bytes = await bytesAt(urlOf('cas', textBlob.digest), textBlob.size, signal);
    if (bytes === undefined) throw new RemoteEntryError('holds a text that is not there');
    if (digestOf(bytes) !== textBlob.digest) throw new RemoteEntryError('holds a text with another digest');
    return bytes;
  };

  return {
    name: base,

    has: async (key, signal) => (await sizeAt(urlOf('ac', key), signal)) !== undefined,

    async read(key, signal) {
      const bytes = await bytesAt(urlOf('ac', key), MAX_RESULT, signal);
      if (bytes === undefined) return undefined;
      const result = parseActionResult(bytes);
      if (result === undefined) throw new RemoteEntryError('is no result of an action');
      return Buffer.from(await textOf(result, signal)).toString('utf8');
    },

    findBlob: (digest, signal) => sizeAt(urlOf('cas', digest), signal),

    async *open({ digest }, signal) {
      try {
        yield* download({ request: send }, { url: urlOf('cas', digest), signal });
      } catch (thrown) {
        return asEntryFault(signal)(thrown);
      }
    },

    async write(key, text, blob, signal) {
      const bytes = Buffer.from(text);
      const textBlob: BlobInfo | undefined =
        bytes.length <= MAX_INLINE ? undefined : { digest: digestOf(bytes), size: bytes.length };
      if (textBlob !== undefined) await put(urlOf('cas', textBlob.digest), bytes, bytes.length, signal);
      const isMissing = async ({ digest, size, isDamaged = false }: RemoteBlob): Promise<boolean> =>
        isDamaged || (await sizeAt(urlOf('cas', digest), signal)) !== size;
      if (blob !== undefined && (await isMissing(blob))) {
        const stream = (): AsyncIterable<Uint8Array> => opened(blob.open(signal));
        await put(urlOf('cas', blob.digest), stream, blob.size, signal);
      }
      const result = formatActionResult({
        ...(textBlob === undefined ? { text: bytes } : { textBlob }),
        ...(blob === undefined ? {} : { output: blob }),
      });
      await put(urlOf('ac', key), result, result.length, signal);
    },
  };
}

async function* opened(source: Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
  yield* await source;
}

/** What the server has is not what the entry says: missing, cut, or too much of it. */
function asEntryFault(signal: AbortSignal): (thrown: unknown) => never {
  return (thrown) => {
    const isMissing = thrown instanceof HttpStatusError && thrown.status === 404;
    const isWrong = isMissing || thrown instanceof HttpBodyError || thrown instanceof TooLargeError;
    if (!signal.aborted && isWrong) throw new RemoteEntryError(messageOf(thrown), { cause: thrown });
    throw thrown;
  };
}
