/**
 * The one HTTP client: time limits, answers, what went wrong. Connections are the transport's. It knows nothing of
 * what is asked for.
 */
import type { Readable } from 'node:stream';
import { readAll } from '../primitives/bytes.ts';
import { shareSignal } from '../primitives/concurrency.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import type { HttpClient, HttpResponse } from './client.ts';
import { createConversation } from './conversation.ts';
import { HttpTimeoutError, OfflineError } from './errors.ts';
import { type Exchange, prepare } from './exchange.ts';
import { faultOf } from './fault.ts';
import { RETRY_RULES, type RetryRules } from './retry.ts';
import { demandPace } from './slow-body.ts';
import { createTransport, type TransportAnswer } from './transport.ts';
import { redactUrl } from './url.ts';

/** Times without progress, in milliseconds, after which a try is given up. */
export interface Timeouts {
  readonly connect: number;
  /** From the request's last byte to the answer's first, for GET and HEAD. */
  readonly answer: number;
  /** The same for requests that send something: a registry may digest gigabytes before it answers. */
  readonly upload: number;
  /** Between two pieces of a body; a body that is read must also bring a kilobyte a second over such a time. */
  readonly idle: number;
}

export interface HttpClientOptions {
  /** HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, NODE_EXTRA_CA_CERTS and where `certs.d` lies are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: Log;
  /** Ends every request, also those that are being answered. */
  readonly signal?: AbortSignal | undefined;
  /** Refuses every request with PYC_OFFLINE. */
  readonly offline?: boolean;
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryRules>;
  /** Connections to one origin at once; default 16. */
  readonly connections?: number;
}

const TIMEOUTS: Timeouts = { connect: 15_000, answer: 60_000, upload: 300_000, idle: 60_000 };
/** A body that is dropped is read on up to here, so that its connection lives on. */
const DRAIN = 128 * 1024;

/** Makes the client. Nothing is opened, read or imported before the first request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const transport = createTransport({ ...options, connectTimeout: timeouts.connect });
  let sent = 0;

  const send = async (exchange: Exchange, signal: AbortSignal | undefined): Promise<HttpResponse> => {
    sent += 1;
    const { url, method, headers, body, bodySize, verify } = exchange;
    const reads = method === 'GET' || method === 'HEAD';
    try {
      const answer = await transport.request(url, {
        method,
        headers: bodySize === undefined ? { ...headers } : { ...headers, 'content-length': String(bodySize) },
        body: body === undefined ? null : ((typeof body === 'function' ? body() : body) as Readable),
        headersTimeout: reads ? timeouts.answer : timeouts.upload,
        bodyTimeout: timeouts.idle,
        // Else undici closes the connection after each HEAD; a server that sends a body with the answer loses its own.
        reset: false,
        ...(signal === undefined ? {} : { signal }),
        ...(verify === false ? { verify } : {}),
      });
      const response = responseOf(answer, url, signal);
      // What is sent may be worked on for long while little is said of it.
      if (method === 'GET') demandPace(answer.body, timeouts.idle, () => tooSlow(url));
      return response;
    } catch (thrown) {
      throw faultOf(thrown, url, signal);
    }
  };

  const answer = createConversation(send, { ...RETRY_RULES, ...options.retry }, options.log ?? silentLog);

  return {
    get sent() {
      return sent;
    },
    async request(request) {
      const exchange = prepare(request);
      if (options.offline === true) throw offline(exchange.url);
      return answer(exchange, request, eitherSignal(options.signal, request.signal));
    },
    close: () => transport.close(),
  };
}

function responseOf(answer: TransportAnswer, url: URL, signal: AbortSignal | undefined): HttpResponse {
  const { body } = answer;
  translateErrors(body, url, signal);
  const what = `the answer of ${redactUrl(url)}`;
  const bytes = (limit: number): Promise<Uint8Array> => readAll(body, limit, what);
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(
      Object.entries(answer.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
      ),
    ),
    headerList(name) {
      const value = answer.headers[name.toLowerCase()];
      return value === undefined ? [] : Array.isArray(value) ? value : [value];
    },
    url: url.href,
    body,
    bytes,
    text: async (limit) => Buffer.from(await bytes(limit)).toString('utf8'),
    discard: () => body.dump({ limit: DRAIN }).catch(() => undefined),
  };
}

/**
 * A body that breaks fails with an error that says whose it was. The listener keeps a body that nobody
 * reads any more from ending the process.
 */
function translateErrors(body: Readable, url: URL, signal: AbortSignal | undefined): void {
  const destroy = body._destroy.bind(body);
  body._destroy = (error, callback) => {
    destroy(error, (thrown) =>
      callback(thrown == null ? null : (faultOf(thrown, url, signal, 'broke off its answer') as Error)),
    );
  };
  body.on('error', () => undefined);
}

function tooSlow(url: URL): HttpTimeoutError {
  const where = redactUrl(url);
  return new HttpTimeoutError(`${where} did not answer: the answer comes too slowly`, where, {
    hint: 'try again, or look whether the server is overloaded or a proxy is needed',
  });
}

function offline(url: URL): OfflineError {
  const where = redactUrl(url);
  return new OfflineError(`${where} is needed, but this build is offline`, where, {
    hint: 'run once without `--offline`, so that the cache has what is needed',
  });
}

function eitherSignal(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  const one = a ?? b;
  if (one === undefined) return undefined;
  return shareSignal(a === undefined || b === undefined || a === b ? one : AbortSignal.any([a, b]));
}
