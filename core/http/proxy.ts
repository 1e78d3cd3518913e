/** Which proxy, if any, a URL goes through: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY as curl and Go read them. */
import { ProxyError } from './errors.ts';
import { isLinkLocal, isLoopback, parseUrl } from './url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Answers for one URL; undefined: straight. This machine itself and what only its link sees are never asked for through a proxy. */
export type ProxyChoice = (url: URL) => URL | undefined;

/** @throws ProxyError (when a URL needs it) where a proxy's address is not an http or https URL */
export function proxyChoice(env: Environment): ProxyChoice {
  const all = read(env, 'all_proxy');
  const proxies = { 'http:': read(env, 'http_proxy') ?? all, 'https:': read(env, 'https_proxy') ?? all };
  const exempt = exemption(read(env, 'no_proxy') ?? '');
  return (url) => {
    const proxy = proxies[url.protocol as 'http:' | 'https:'];
    const isNear = isLoopback(url.hostname) || isLinkLocal(url.hostname);
    return proxy === undefined || isNear || exempt(url) ? undefined : parseProxy(proxy);
  };
}

/** The lower-case name is read first, as curl does. */
function read(env: Environment, name: string): string | undefined {
  const value = env[name] ?? env[name.toUpperCase()];
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function parseProxy(text: string): URL {
  const url = parseUrl(text.includes('://') ? text : `http://${text}`);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ProxyError('the address of the proxy is not an `http` or `https` URL', url?.host ?? '', {
      hint: 'correct `HTTP_PROXY` and `HTTPS_PROXY`',
    });
  }
  return url;
}

/** Comma- or space-separated: `*`, names (with their subdomains), addresses, CIDR ranges, each with an optional port. */
function exemption(list: string): (url: URL) => boolean {
  const rules = list
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .map(ruleOf);
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return rules.some((rule) => rule(host, port));
  };
}

type Rule = (host: string, port: string) => boolean;

function ruleOf(item: string): Rule {
  if (item === '*') return () => true;
  const range = /^(\S+)\/(\d{1,3})$/.exec(item);
  if (range !== null) {
    const network = bitsOf(range[1]!);
    const length = Number(range[2]);
    if (network === undefined || length > network.length) return () => false;
    return (host) => {
      const bits = bitsOf(host);
      return bits?.length === network.length && bits.startsWith(network.slice(0, length));
    };
  }
  const [, bracketed, plain, wanted] = /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(item) ?? [];
  const name = (bracketed ?? plain ?? item).toLowerCase().replace(/^\*?\./, '');
  // An address can be written in several ways.
  const address = bitsOf(name);
  return (host, port) =>
    (wanted === undefined || wanted === port) &&
    (address === undefined ? host === name || host.endsWith(`.${name}`) : bitsOf(host) === address);
}

/** An address as a text of bits, 32 or 128 of them; undefined for a name. */
function bitsOf(address: string): string | undefined {
  const bare = address.replace(/^\[|\]$/g, '').toLowerCase();
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(bare)) {
    const parts = bare.split('.').map(Number);
    return parts.every((part) => part < 256)
      ? parts.map((part) => part.toString(2).padStart(8, '0')).join('')
      : undefined;
  }
  if (!bare.includes(':')) return undefined;
  const normal = parseUrl(`http://[${bare}]/`)?.hostname.slice(1, -1);
  if (normal === undefined) return undefined;
  const [head = '', tail] = normal.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const words = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return words.map((word) => Number.parseInt(word, 16).toString(2).padStart(16, '0')).join('');
}
