/** Downloads that survive broken connections: the rest is asked for by range where the server can give it. */
import type { HttpClient, HttpRequest, HttpResponse } from './client.ts';
import {
  HttpBodyError,
  type HttpError,
  HttpStatusError,
  HttpTimeoutError,
  HttpUnreachableError,
} from './errors.ts';
import { pause } from './retry.ts';
import { redactUrl } from './url.ts';

export interface DownloadOptions {
  /** Bytes that the whole must have. */
  readonly expectedSize?: number | undefined;
  /**
   * True where the caller knows what the bytes must be and checks it: whatever is sent again is the same then, so that
   * the rest may be taken from a server that names no version, or from a second answer that begins anew.
   */
  readonly isVerified?: boolean;
  /** Breaks without progress between them that are survived; default 5. Ten times as many with progress. */
  readonly resumes?: number;
  /** Milliseconds before the rest is asked for, times the number of breaks in a row; default 200. */
  readonly pause?: number;
}

const PAUSE = 200;
/** Bytes that count as progress: servers that send next to nothing are given up. */
const PROGRESS = 64 * 1024;

/**
 * Yields the body of a GET. Connects when it is iterated.
 *
 * @throws HttpStatusError where the answer is not 200; HttpBodyError where the body has another size than
 * expected, or breaks and cannot be resumed
 */
export async function* download(
  client: Pick<HttpClient, 'request'>,
  request: HttpRequest,
  options: DownloadOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { expectedSize } = options;
  const where = redactUrl(request.url);
  const first = await client.request({ ...request, method: 'GET' });
  await demandStatus(first, 200, where);
  const total = lengthOf(first) ?? expectedSize;
  if (expectedSize !== undefined && total !== expectedSize) {
    first.body.destroy();
    throw new HttpBodyError(`${where} has ${total} bytes instead of ${expectedSize}`, where, {
      hint: SIZE_HINT,
    });
  }
  const validator = options.isVerified === true ? undefined : validatorOf(first);
  let position = 0;
  let response = first;
  /** Bytes that come again at the beginning of an answer. */
  let skip = 0;
  const resumes = options.resumes ?? 5;
  for (let breaks = 0, all = 0; ; all += 1) {
    const before = position;
    let fault: HttpError | undefined;
    try {
      for await (const received of response.body as AsyncIterable<Uint8Array>) {
        const chunk = received.subarray(skip);
        skip -= received.length - chunk.length;
        position += chunk.length;
        if (total !== undefined && position > total) {
          throw new HttpBodyError(`${where} has more than ${total} bytes`, where, { hint: SIZE_HINT });
        }
        if (chunk.length > 0) yield chunk;
      }
    } catch (thrown) {
      if (!(thrown instanceof HttpUnreachableError || thrown instanceof HttpTimeoutError)) throw thrown;
      fault = thrown;
    }
    if (fault === undefined && (total === undefined || position === total)) return;
    breaks = position - before > PROGRESS ? 1 : breaks + 1;
    const canResume = validator !== undefined || options.isVerified === true;
    if (!canResume || breaks > resumes || all > 10 * resumes) throw cut(where, position, total, fault);
    await pause((options.pause ?? PAUSE) * breaks, request.signal);
    response = await resume(client, request, position, total, validator, where);
    skip = response.status === 206 ? 0 : position;
  }
}

const SIZE_HINT = 'the file on the server changed or was damaged on the way; try again later';

/**
 * Asks for the bytes from `position` on (RFC 9110, 14). If-Range makes a changed file answer 200 instead of 206. Without a
 * validator, a 200 is the whole again.
 */
async function resume(
  client: Pick<HttpClient, 'request'>,
  request: HttpRequest,
  position: number,
  total: number | undefined,
  validator: string | undefined,
  where: string,
): Promise<HttpResponse> {
  const condition = validator === undefined ? {} : { 'if-range': validator };
  const headers = { ...request.headers, range: `bytes=${position}-`, ...condition };
  const response = await client.request({ ...request, method: 'GET', headers });
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '');
  const sameWhole = total === undefined || range?.[2] === '*' || range?.[2] === String(total);
  if (response.status === 206 && range?.[1] === String(position) && sameWhole) return response;
  if (response.status === 200 && validator === undefined) return response;
  response.body.destroy();
  throw cut(where, position, total, undefined);
}

async function demandStatus(response: HttpResponse, wanted: number, where: string): Promise<void> {
  if (response.status === wanted) return;
  await response.discard();
  throw new HttpStatusError(`${where} answered ${response.status}`, where, response.status, {
    hint:
      response.status === 401 || response.status === 403
        ? 'check the credentials for this server'
        : 'check that the address is right and try again later',
  });
}

function lengthOf(response: HttpResponse): number | undefined {
  const text = response.headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** A strong entity tag, else a date; undefined where the server offers neither, or refuses ranges. */
function validatorOf(response: HttpResponse): string | undefined {
  const { etag, 'last-modified': date, 'accept-ranges': ranges } = response.headers;
  if (ranges === 'none') return undefined;
  return etag?.startsWith('"') === true ? etag : date;
}

function cut(where: string, position: number, total: number | undefined, cause: unknown): HttpBodyError {
  const of = total === undefined ? '' : ` of ${total}`;
  return new HttpBodyError(`${where} ended after ${position}${of} bytes`, where, {
    hint: 'try again; the network or the server broke the connection',
    cause,
  });
}
