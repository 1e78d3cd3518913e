/** A request made ready to be sent, and what becomes of it on a redirect. Pure; nothing is sent here. */
import { VERSION } from '../primitives/version.ts';
import type { HttpRequest } from './client.ts';
import { HttpRedirectError, HttpRequestError } from './errors.ts';
import { isLinkLocal, parseUrl, redactUrl } from './url.ts';

/** Redirects that one request follows at most. */
export const MAX_REDIRECTS = 10;

/** What is sent. The URL has neither credentials nor fragment. */
export interface Exchange {
  readonly url: URL;
  readonly method: NonNullable<HttpRequest['method']>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpRequest['body'];
  readonly bodySize?: number | undefined;
  /** False: its certificate is not looked at. */
  readonly verify?: boolean;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, 5.5: visible characters, space, tab and obs-text; never a line's end. */
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** What belongs to one origin alone. */
const PRIVATE = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** @throws HttpRequestError for a URL that is not http(s) or a header that cannot be sent */
export function prepare(request: HttpRequest): Exchange {
  const url = parseUrl(request.url);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new HttpRequestError(
      `\`${redactUrl(request.url)}\` is not an http or https URL`,
      redactUrl(request.url),
    );
  }
  const headers: Record<string, string> = {
    'user-agent': `pycontainer/${VERSION}`,
    'accept-encoding': 'identity',
    accept: '*/*',
  };
  if (url.username !== '' || url.password !== '') headers.authorization = basicOf(url);
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!TOKEN.test(name) || !VALUE.test(value)) {
      throw new HttpRequestError(
        `the header \`${TOKEN.test(name) ? name : JSON.stringify(name)}\` holds what cannot be sent`,
        redactUrl(url),
        { hint: 'remove line breaks and characters outside Latin-1 from it' },
      );
    }
    headers[name.toLowerCase()] = value;
  }
  return {
    url: bare(url),
    method: request.method ?? 'GET',
    headers,
    ...(request.body === undefined ? {} : { body: request.body, bodySize: request.bodySize }),
    ...(request.verify === false ? { verify: false } : {}),
  };
}

/** True for the statuses that name another place by `Location`. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/**
 * The exchange that a redirect asks for (RFC 9110, 15.4). Credentials stay with their origin.
 *
 * @throws HttpRedirectError for https to http, for other schemes and for link-local addresses
 */
export function redirected(exchange: Exchange, status: number, location: string): Exchange {
  const { url: from } = exchange;
  const to = parseUrl(location, from);
  if (to === undefined || (to.protocol !== 'http:' && to.protocol !== 'https:')) {
    throw new HttpRedirectError(
      `${redactUrl(from)} redirects to what is no http or https URL`,
      redactUrl(from),
    );
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new HttpRedirectError(
      `${redactUrl(from)} redirects to \`${to.host}\` over http, where anyone could change the answer`,
      redactUrl(from),
      { hint: 'use an address that stays on https' },
    );
  }
  if (isLinkLocal(to.hostname) && !isLinkLocal(from.hostname)) {
    throw new HttpRedirectError(
      `${redactUrl(from)} redirects to \`${to.host}\`, a link-local address, where clouds keep secrets`,
      redactUrl(from),
    );
  }
  const becomesGet =
    (status === 303 && exchange.method !== 'HEAD') || (status <= 302 && exchange.method === 'POST');
  const headers = Object.entries(exchange.headers).filter(
    ([name]) =>
      !(PRIVATE.has(name) && to.origin !== from.origin) &&
      !(becomesGet && /^content-(?:type|length|range)$/.test(name)) &&
      name !== 'host',
  );
  return {
    url: bare(to),
    method: becomesGet ? 'GET' : exchange.method,
    headers: Object.fromEntries(headers),
    ...(becomesGet || exchange.body === undefined
      ? {}
      : { body: exchange.body, bodySize: exchange.bodySize }),
    ...(exchange.verify === false && to.origin === from.origin ? { verify: false } : {}),
  };
}

function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  copy.hash = '';
  return copy;
}

/** The Authorization value for a URL's user and password (RFC 7617). */
export function basicOf(url: URL): string {
  const pair = `${decode(url.username)}:${decode(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
