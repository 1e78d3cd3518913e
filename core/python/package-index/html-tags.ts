/**
 * The start tags of an HTML document, with their attributes. No more of HTML than pages of an index need: no
 * tree, no scripts; comments and the insides of raw-text elements are passed over.
 */

/** A start tag; names and attributes' names are lower case, values have their character references resolved. */
export interface StartTag {
  readonly name: string;
  /** Of several attributes of one name the first counts, as HTML has it. */
  readonly attributes: ReadonlyMap<string, string>;
}

const NAME = /[a-z][^\t\n\f\r />]*/iy;
const GAP = /[\t\n\f\r /]*/y;
const ATTRIBUTE_NAME = /[^\t\n\f\r />=][^\t\n\f\r />=]*/y;
const EQUALS = /[\t\n\f\r ]*=[\t\n\f\r ]*/y;
const UNQUOTED = /[^\t\n\f\r >]*/y;

/** Elements whose content is text, whatever it looks like. */
const RAW: ReadonlySet<string> = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
  'noscript',
  'iframe',
]);

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  num: '#',
  plus: '+',
  colon: ':',
  sol: '/',
  equals: '=',
};

/** In the document's order. Runs in linear time, whatever the text. */
export function* startTags(html: string): Generator<StartTag> {
  let at = html.indexOf('<');
  while (at >= 0) {
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4);
      if (end < 0) return;
      at = html.indexOf('<', end + 3);
      continue;
    }
    const name = match(NAME, html, at + 1)?.toLowerCase();
    if (name === undefined) {
      // An end tag, a declaration or a stray `<`.
      at = html.indexOf('<', at + 1);
      continue;
    }
    const { attributes, end } = readAttributes(html, at + 1 + name.length);
    yield { name, attributes };
    at = html.indexOf('<', RAW.has(name) ? endOfRaw(html, name, end) : end);
  }
}

/** Resolves `&amp;`, `&#43;`, `&#x2b;`; names that index pages have no use for stay as they are. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,6}));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
    },
  );
}

function readAttributes(
  html: string,
  start: number,
): { readonly attributes: ReadonlyMap<string, string>; readonly end: number } {
  const attributes = new Map<string, string>();
  let at = start;
  for (;;) {
    at += match(GAP, html, at)?.length ?? 0;
    if (at >= html.length) return { attributes, end: at };
    if (html[at] === '>') return { attributes, end: at + 1 };
    const name = match(ATTRIBUTE_NAME, html, at);
    // A `=` without a name before it is part of none.
    at += name?.length ?? 1;
    const equals = match(EQUALS, html, at);
    let value = '';
    if (equals !== undefined) {
      at += equals.length;
      const quote = html[at];
      if (quote === '"' || quote === "'") {
        const close = html.indexOf(quote, at + 1);
        const end = close < 0 ? html.length : close;
        value = html.slice(at + 1, end);
        at = end + 1;
      } else {
        value = match(UNQUOTED, html, at) ?? '';
        at += value.length;
      }
    }
    const key = name?.toLowerCase();
    if (key !== undefined && !attributes.has(key)) attributes.set(key, decodeReferences(value));
  }
}

function endOfRaw(html: string, name: string, from: number): number {
  const close = new RegExp(`</${name}`, 'gi');
  close.lastIndex = from;
  const found = close.exec(html);
  return found === null ? html.length : found.index;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
