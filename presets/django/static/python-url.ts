/**
 * What Python's `urllib.parse` and `posixpath` make of a reference, as far as Django's storages ask them. Only the forms
 * that occur for names of files are known here.
 */

export interface UrlParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

/** What Python's `str.isspace` and `\s` hold for white space, as the inside of a class. */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SURROUNDING = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g');

/** `str.strip`. */
export function strip(text: string): string {
  return text.replace(SURROUNDING, '');
}

/** `urlsplit`: control characters in front, tabs and line ends are dropped. */
export function splitUrl(text: string): UrlParts {
  let rest = text.replace(/^[\0-\x20]+/, '').replace(/[\t\r\n]/g, '');
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(rest)?.[0] ?? '';
  if (scheme !== '') rest = rest.slice(scheme.length + 1);
  const authority = rest.startsWith('//') ? /^\/\/[^/?#]*/.exec(rest)![0] : '';
  rest = rest.slice(authority.length);
  const [before, fragment] = cut(rest, '#');
  const [path, query] = cut(before, '?');
  return { scheme: scheme.toLowerCase(), authority: authority.slice(2), path, query, fragment };
}

/** `urlunsplit`: empty queries and fragments are left out. */
export function joinUrl({ scheme, authority, path, query, fragment }: UrlParts): string {
  const below = authority !== '' && path !== '' && !path.startsWith('/') ? `/${path}` : path;
  const hierarchy = authority === '' ? below : `//${authority}${below}`;
  return [
    scheme === '' ? '' : `${scheme}:`,
    hierarchy,
    query === '' ? '' : `?${query}`,
    fragment === '' ? '' : `#${fragment}`,
  ].join('');
}

/** `urldefrag`. */
export function splitFragment(text: string): readonly [url: string, fragment: string] {
  if (!text.includes('#')) return [text, ''];
  const parts = splitUrl(text);
  return [joinUrl({ ...parts, fragment: '' }), parts.fragment];
}

/** `unquote`: runs of escapes are UTF-8; what is no UTF-8 becomes U+FFFD. */
export function unquote(text: string): string {
  return text.replace(/(?:%[\da-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString(),
  );
}

/** `posixpath.join` of two. */
export function joinPath(base: string, path: string): string {
  if (path.startsWith('/')) return path;
  return base === '' || base.endsWith('/') ? base + path : `${base}/${path}`;
}

/** `posixpath.split`: what is before and behind the last slash. */
export function splitPath(path: string): readonly [head: string, tail: string] {
  const slash = path.lastIndexOf('/') + 1;
  const head = path.slice(0, slash);
  return [/^\/*$/.test(head) ? head : head.replace(/\/+$/, ''), path.slice(slash)];
}

/** `posixpath.splitext` of a name without slashes: dots in front belong to the root. */
export function splitExtension(name: string): readonly [root: string, extension: string] {
  const dot = name.lastIndexOf('.');
  return /^\.*$/.test(name.slice(0, Math.max(dot, 0))) ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
}

/** `posixpath.normpath`. */
export function normalizePath(path: string): string {
  const isAbsolute = path.startsWith('/');
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (segment !== '..' || !isAbsolute) kept.push(segment);
  }
  return `${isAbsolute ? '/' : ''}${kept.join('/')}` || '.';
}

function cut(text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at);
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
