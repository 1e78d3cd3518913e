/** What the fake registry and the fake index share: a server on loopback that logs requests and misbehaves on demand. */
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as it came, and how it was answered. */
export interface LoggedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bodySize: number;
  readonly status: number;
}

/** What goes wrong with one answer. */
export interface Fault {
  /** Answers this instead. */
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** Breaks the connection after this many bytes of the body. */
  readonly cutAt?: number;
  /** Changes one bit of the body. */
  readonly corrupt?: boolean;
  /** Milliseconds before the answer. */
  readonly delay?: number;
  /** Breaks the connection without an answer. */
  readonly drop?: boolean;
  /** Breaks the connection when this many bytes of the request's body have come. What came is handed on, as cut. */
  readonly cutRequestAt?: number;
  /** The request is carried out all the same where `status` or `drop` keep its answer back. */
  readonly done?: boolean;
  /** Sends the body in pieces of this many bytes, 20 ms apart, as slow-loris servers do. */
  readonly trickle?: number;
}

/** Asked for every request, before it is answered; undefined: all goes well. */
export type FaultInjector = (
  request: Pick<LoggedRequest, 'method' | 'path' | 'headers'>,
) => Fault | undefined;

/** A request with its body read. */
export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** True where the connection broke, so that the body is only its beginning and no answer arrives. */
  readonly isCut?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

export interface FakeServer {
  /** As in `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** As in `127.0.0.1:40123`. */
  readonly host: string;
  readonly requests: LoggedRequest[];
  fault: FaultInjector | undefined;
  close(): Promise<void>;
}

export interface FakeServerOptions {
  readonly fault?: FaultInjector | undefined;
  /** The header Date of all answers; default the time. */
  readonly date?: string;
  /** PEM; makes it an https server. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startFakeServer(
  answer: (request: FakeRequest) => Answer | Promise<Answer>,
  options: FakeServerOptions = {},
): Promise<FakeServer> {
  const requests: LoggedRequest[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = incoming;
    const fault = fake.fault?.({ method, path: url, headers });
    if (fault?.drop === true && fault.done !== true) {
      requests.push({ method, path: url, headers, bodySize: 0, status: 0 });
      incoming.socket.destroy();
      return;
    }
    const request = { method, url: new URL(url, fake.origin), headers };
    const body = await readBody(incoming, fault?.cutRequestAt);
    if (fault?.cutRequestAt !== undefined) {
      await answer({ ...request, body, isCut: true });
      requests.push({ method, path: url, headers, bodySize: body.length, status: 0 });
      incoming.socket.destroy();
      return;
    }
    const isCarriedOut = fault?.status === undefined || fault.done === true;
    const good = isCarriedOut ? await answer({ ...request, body }) : undefined;
    if (fault?.drop === true) {
      requests.push({ method, path: url, headers, bodySize: body.length, status: 0 });
      incoming.socket.destroy();
      return;
    }
    const { status, headers: answered, bytes } = answerOf(good, fault);
    requests.push({ method, path: url, headers, bodySize: body.length, status });
    if (fault?.delay !== undefined) await sleep(fault.delay);
    if (options.date !== undefined) response.setHeader('date', options.date);
    response.writeHead(status, answered);
    if (method === 'HEAD') response.end();
    else if (fault?.trickle !== undefined) await trickle(response, bytes, fault.trickle);
    else if (fault?.cutAt === undefined || bytes.length <= fault.cutAt) response.end(bytes);
    else response.write(bytes.subarray(0, fault.cutAt), () => setTimeout(() => response.destroy(), 5));
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    handle(incoming, response).catch((thrown: unknown) => response.destroy(thrown as Error));
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fake: FakeServer = {
    origin: `${options.tls === undefined ? 'http' : 'https'}://${host}`,
    host,
    requests,
    fault: options.fault,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

/** The bytes that a Range header asks for; undefined where it asks for all, or for what cannot be given. */
export function rangeOf(
  header: string | undefined,
  size: number,
): { readonly from: number; readonly to: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const to = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return from <= to ? { from, to } : undefined;
}

/** Answers with bytes, or with the part of them that was asked for. */
export function answerBytes(
  request: Pick<FakeRequest, 'headers'>,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>> & { readonly etag: string },
): Answer {
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === headers.etag
      ? rangeOf(request.headers.range, bytes.length)
      : undefined;
  if (range === undefined)
    return { status: 200, headers: { 'accept-ranges': 'bytes', ...headers }, body: bytes };
  const part = bytes.subarray(range.from, range.to + 1);
  const contentRange = `bytes ${range.from}-${range.to}/${bytes.length}`;
  return {
    status: 206,
    headers: { 'accept-ranges': 'bytes', ...headers, 'content-range': contentRange },
    body: part,
  };
}

/** Up to `most` bytes of the body. */
async function readBody(incoming: IncomingMessage, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (most === 0) return Buffer.alloc(0);
  // Left early, the iterator would take the connection along, and the handler could not look at it any more.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** What is sent: the answer where all went well, with what the fault changes of it. */
function answerOf(
  good: Answer | undefined,
  fault: Fault | undefined,
): { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly bytes: Buffer } {
  const replaces = fault?.status !== undefined;
  let bytes = Buffer.from(fault?.body ?? (replaces ? undefined : good?.body) ?? '');
  if (fault?.corrupt === true && bytes.length > 0) {
    bytes = Buffer.from(bytes);
    bytes[bytes.length >> 1]! ^= 1;
  }
  const headers = {
    'content-length': String(bytes.length),
    ...(replaces ? {} : good?.headers),
    ...fault?.headers,
  };
  return { status: fault?.status ?? good?.status ?? 500, headers, bytes };
}

async function trickle(response: ServerResponse, bytes: Buffer, piece: number): Promise<void> {
  for (let sent = 0; sent < bytes.length && !response.destroyed; sent += piece) {
    response.write(bytes.subarray(sent, sent + piece));
    await sleep(20);
  }
  response.end();
}
