/**
 * The one HTTP client, on undici: connections, proxies, certificates, time limits. The only
 * file that imports undici, and only when the first request is made. It knows nothing of what is asked for.
 */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { readAll } from '../primitives/bytes.ts';
import { shareSignal } from '../primitives/concurrency.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import { trustedCertificates } from './certificates.ts';
import type { HttpClient, HttpResponse } from './client.ts';
import { createConversation } from './conversation.ts';
import { OfflineError } from './errors.ts';
import { basicOf, type Exchange, prepare } from './exchange.ts';
import { faultOf, proxyFaultOf } from './fault.ts';
import { proxyChoice } from './proxy.ts';
import { RETRY_RULES, type RetryRules } from './retry.ts';
import { redactUrl } from './url.ts';

/** Times without progress, in milliseconds, after which a try is given up. */
export interface Timeouts {
  readonly connect: number;
  /** From the request's last byte to the answer's first, for GET and HEAD. */
  readonly answer: number;
  /** The same for requests that send something: a registry may digest gigabytes before it answers. */
  readonly upload: number;
  /** Between two pieces of a body. */
  readonly idle: number;
}

export interface HttpClientOptions {
  /** HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and NODE_EXTRA_CA_CERTS are read. */
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
const CONNECTIONS = 16;
/** A body that is dropped is read on up to here, so that its connection lives on. */
const DRAIN = 128 * 1024;

/** Makes the client. Nothing is opened, read or imported before the first request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const transport = createTransport(options, timeouts);
  let sent = 0;

  const send = async (exchange: Exchange, signal: AbortSignal | undefined): Promise<HttpResponse> => {
    sent += 1;
    const { url, method, headers, body, bodySize } = exchange;
    const reads = method === 'GET' || method === 'HEAD';
    try {
      const answer = await transport.request(url, {
        method,
        headers: bodySize === undefined ? { ...headers } : { ...headers, 'content-length': String(bodySize) },
        body: body === undefined ? null : ((typeof body === 'function' ? body() : body) as Readable),
        headersTimeout: reads ? timeouts.answer : timeouts.upload,
        bodyTimeout: timeouts.idle,
        ...(signal === undefined ? {} : { signal }),
      });
      return responseOf(answer, url, signal);
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

interface Transport {
  request(
    url: URL,
    options: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>,
  ): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** One agent for direct connections and one for each proxy, with TLS and without, made when first needed. */
function createTransport(options: HttpClientOptions, timeouts: Timeouts): Transport {
  const choose = proxyChoice(options.env);
  const agents = new Map<string, Promise<Dispatcher>>();
  let tls: Promise<Record<string, unknown>> | undefined;

  const make = async (proxy: URL | undefined, isSecure: boolean): Promise<Dispatcher> => {
    // The authorities of an environment take some 50 ms to parse, which plain http does without.
    if (isSecure) tls ??= tlsOptions(options);
    const connect = { timeout: timeouts.connect, ...(await (isSecure ? tls : undefined)) };
    const pooled = { connections: options.connections ?? CONNECTIONS, pipelining: 1 };
    if (proxy === undefined) {
      const { default: Agent } = await import('undici/lib/dispatcher/agent.js');
      return new Agent({ ...pooled, connect });
    }
    // A tunnel needs `connect`, which only the main module adds; by its file, since Bun replaces the bare name.
    const { ProxyAgent, Pool } = await import('undici/index.js');
    return new ProxyAgent({
      uri: proxy.origin,
      ...(proxy.username === '' ? {} : { token: basicOf(proxy) }),
      proxyTunnel: false,
      requestTls: connect,
      proxyTls: connect,
      factory: (origin: URL, inner: object) => new Pool(origin, { ...inner, ...pooled }),
    });
  };

  return {
    async request(url, request) {
      const proxy = choose(url);
      const isSecure = url.protocol === 'https:' || proxy?.protocol === 'https:';
      const key = `${isSecure} ${proxy?.href ?? ''}`;
      let agent = agents.get(key);
      if (agent === undefined) {
        agent = make(proxy, isSecure);
        agents.set(key, agent);
      }
      const { default: send } = await import('undici/lib/api/api-request.js');
      const { pathname, search, origin } = url;
      const answer = await send
        .call(await agent, { ...request, origin, path: pathname + search })
        .catch((thrown: unknown) => {
          throw proxy === undefined ? thrown : proxyFaultOf(thrown, proxy, url);
        });
      if (answer.statusCode === 407 && proxy !== undefined) {
        answer.body.on('error', () => undefined).destroy();
        throw proxyFaultOf(new Error('Proxy response (407)'), proxy, url);
      }
      return answer;
    },
    async close() {
      const made = await Promise.allSettled(agents.values());
      agents.clear();
      await Promise.all(
        made.map((agent) => (agent.status === 'fulfilled' ? agent.value.destroy() : undefined)),
      );
    },
  };
}

/** Empty where the runtime's own authorities are all. Parsed once: a context takes milliseconds to make. */
async function tlsOptions(options: HttpClientOptions): Promise<Record<string, unknown>> {
  const ca = await trustedCertificates(options.env, options.log ?? silentLog);
  if (ca === undefined) return {};
  if (process.versions.bun !== undefined || process.versions.deno !== undefined) return { ca };
  const { createSecureContext } = await import('node:tls');
  return { secureContext: createSecureContext({ ca }) };
}

function responseOf(
  answer: Dispatcher.ResponseData,
  url: URL,
  signal: AbortSignal | undefined,
): HttpResponse {
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
