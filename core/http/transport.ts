/**
 * Connections on undici: straight or through proxies, with what is trusted at each host. The only file that imports
 * undici, and only when the first request is made.
 */
import type { Dispatcher } from 'undici';
import { messageOf } from '../primitives/errors.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import { trustedCertificates, withRoots } from './certificates.ts';
import { basicOf } from './exchange.ts';
import { proxyFaultOf } from './fault.ts';
import { createHostCertificates, HostCertificateError } from './host-certificates.ts';
import { proxyChoice } from './proxy.ts';

export interface TransportOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: Log;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Connections to one origin at once; default 16. */
  readonly connections?: number;
}

/** An answer as undici gives it. */
export type TransportAnswer = Dispatcher.ResponseData;

export interface Transport {
  request(
    url: URL,
    options: Omit<Dispatcher.RequestOptions, 'origin' | 'path'> & { readonly verify?: boolean },
  ): Promise<TransportAnswer>;
  close(): Promise<void>;
}

const CONNECTIONS = 16;

/** What a connection is made with: options of `tls.connect`. */
type Tls = Readonly<Record<string, unknown>>;

/**
 * One agent for direct connections and one for each proxy, with TLS and without, made when first needed. A host with
 * certificates of its own, or whose certificate is not looked at, has agents of its own.
 */
export function createTransport(options: TransportOptions): Transport {
  const choose = proxyChoice(options.env);
  const log = options.log ?? silentLog;
  const hosts = createHostCertificates(options.env);
  const agents = new Map<string, Promise<Dispatcher>>();
  let trusted: Promise<readonly string[] | undefined> | undefined;
  let shared: Promise<Tls> | undefined;

  const authorities = (): Promise<readonly string[] | undefined> => {
    trusted ??= trustedCertificates(options.env, log);
    return trusted;
  };
  // The authorities of an environment take some 50 ms to parse, which plain http does without.
  const sharedTls = (): Promise<Tls> => {
    shared ??= authorities().then((ca) => (ca === undefined ? {} : contextOf({ ca })));
    return shared;
  };
  const tlsOf = async (host: string | undefined, verify: boolean): Promise<Tls> => {
    const own = host === undefined ? undefined : await hosts.read(host);
    const rest = verify ? {} : { rejectUnauthorized: false };
    if (own === undefined) return { ...(await sharedTls()), ...rest };
    log.debug(`certificates for ${own.folder.slice(own.folder.lastIndexOf('/') + 1)} from ${own.folder}`);
    const known = await authorities();
    const ca =
      own.authorities.length === 0 ? known : [...(known ?? (await withRoots([]))), ...own.authorities];
    try {
      const context = await contextOf({
        ...(ca === undefined ? {} : { ca }),
        ...(own.client.length === 0
          ? {}
          : {
              cert: own.client.map(({ certificate }) => certificate),
              key: own.client.map(({ key }) => key),
            }),
      });
      return { ...context, ...rest };
    } catch (cause) {
      throw new HostCertificateError(
        `the certificates in \`${visible(own.folder)}\` cannot be used: ${messageOf(cause)}`,
        { hint: 'replace the damaged file, and see that each key is that of its certificate', cause },
      );
    }
  };

  const make = async (
    proxy: URL | undefined,
    isSecure: boolean,
    host: string | undefined,
    verify: boolean,
  ): Promise<Dispatcher> => {
    const timed = { timeout: options.connectTimeout };
    const connect = { ...timed, ...(isSecure ? await tlsOf(host, verify) : {}) };
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
      // What a host is shown, and forgiven, is not the proxy's.
      proxyTls: proxy.protocol === 'https:' ? { ...timed, ...(await tlsOf(proxy.host, true)) } : timed,
      factory: (origin: URL, inner: object) => new Pool(origin, { ...inner, ...pooled }),
    });
  };

  return {
    async request(url, { verify = true, ...request }) {
      const proxy = choose(url);
      const isSecure = url.protocol === 'https:';
      const isOwn = isSecure && (!verify || (await hosts.folderOf(url.host)) !== undefined);
      const host = isOwn ? url.host : undefined;
      const key = `${isSecure} ${host ?? ''} ${verify} ${proxy?.href ?? ''}`;
      let agent = agents.get(key);
      if (agent === undefined) {
        agent = make(proxy, isSecure, host, verify);
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

/** Node parses a context once and not for each connection; the other runtimes take the texts. */
async function contextOf(parts: Tls): Promise<Tls> {
  if (process.versions.bun !== undefined || process.versions.deno !== undefined) return parts;
  const { createSecureContext } = await import('node:tls');
  return { secureContext: createSecureContext(parts) };
}
