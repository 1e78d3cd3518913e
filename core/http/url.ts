/** Judging and showing URLs: what may be printed, which hosts are this machine, what is one origin. */
import { visible } from '../primitives/path.ts';

/** A URL fit for a message: without user, password, query and fragment, control characters escaped. */
export function redactUrl(url: string | URL): string {
  const parsed = typeof url === 'string' ? parseUrl(url) : url;
  if (parsed === undefined)
    return visible(
      String(url)
        .replace(/[?#].*$/s, '')
        .replace(/\/\/[^/]*@/, '//')
        .slice(0, 200),
    );
  return visible(`${parsed.protocol}//${parsed.host}${parsed.pathname}${parsed.search === '' ? '' : '?…'}`);
}

/** The URL parsed, or undefined. */
export function parseUrl(text: string, base?: string | URL): URL | undefined {
  const from = base === undefined ? undefined : String(base);
  return URL.canParse(text, from) ? new URL(text, from) : undefined;
}

/** True for `localhost`, its subdomains, 127.0.0.0/8 and ::1. Takes a URL's hostname (IPv6 in brackets or not). */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}

/** True for addresses that only the link sees, cloud metadata services among them. */
export function isLinkLocal(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return /^169\.254\./.test(host) || /^fe[89ab][0-9a-f]:/.test(host) || /^::ffff:a9fe:/.test(host);
}
