/**
 * String literals: where one ends and what it says (language reference, "String and Bytes literals",
 * f-strings as of Python 3.12, t-strings as of 3.14). Of the fields of f-strings, only plain names are read.
 */

/** A literal that was found: where it ends and its value, which bytes, f- and t-strings do not have. */
export interface StringLiteral {
  /** Index behind the closing quote. */
  readonly end: number;
  readonly value: string | undefined;
  /** Of an f-string whose fields are all names: its texts, and each field as a list of names with dots in between. */
  readonly pieces?: readonly (string | readonly string[])[];
}

/** Python itself refuses deeper nesting of f-strings. */
const MAX_NESTING = 100;
const PREFIX = /^(?:[rubft]|r[bft]|[bft]r)$/i;
const NAME = /[\p{XIDS}_][\p{XIDC}]*/uy;
const PLAIN: Readonly<Record<string, RegExp>> = { "'": /[^'\\\n]*/y, '"': /[^"\\\n]*/y };

/** True for what may stand before a quote. */
export function isStringPrefix(text: string): boolean {
  return text.length <= 2 && PREFIX.test(text);
}

/**
 * Reads the literal whose opening quote is at `start`.
 *
 * @returns undefined where it does not end
 */
export function readStringLiteral(text: string, start: number, prefix: string): StringLiteral | undefined {
  const end = endOf(text, start, prefix, 0);
  if (end === undefined) return undefined;
  const quotes = text.startsWith(text[start]!.repeat(3), start) ? 3 : 1;
  const body = text.slice(start + quotes, end - quotes);
  const pieces = /^f$/i.test(prefix) ? piecesOf(body) : undefined;
  if (/[bft]/i.test(prefix)) return { end, value: undefined, ...(pieces === undefined ? {} : { pieces }) };
  return { end, value: /r/i.test(prefix) ? body : textOf(body) };
}

const PIECE = /\{\s*([\p{XIDS}_][\p{XIDC}.]*)\s*\}|((?:[^{}\\]|\{\{|\}\})+)/uy;

/** Undefined where an f-string has escapes, or fields other than names. */
function piecesOf(body: string): readonly (string | readonly string[])[] | undefined {
  const pieces: (string | readonly string[])[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < body.length) {
    const [, field, text] = PIECE.exec(body) ?? [];
    if (field === undefined && text === undefined) return undefined;
    pieces.push(field === undefined ? text!.replaceAll('{{', '{').replaceAll('}}', '}') : field.split('.'));
  }
  return pieces;
}

function endOf(text: string, start: number, prefix: string, nesting: number): number | undefined {
  if (nesting > MAX_NESTING) return undefined;
  const quote = text[start]!;
  const triple = text.startsWith(quote.repeat(3), start);
  if (/[ft]/i.test(prefix)) {
    return endOfFormatted(text, start, triple ? quote.repeat(3) : quote, /r/i.test(prefix), nesting);
  }
  return triple ? endOfTriple(text, start + 3, quote.repeat(3)) : endOfSingle(text, start + 1, quote);
}

function endOfSingle(text: string, start: number, quote: string): number | undefined {
  const plain = PLAIN[quote]!;
  for (let at = start; ; at += 2) {
    plain.lastIndex = at;
    plain.test(text);
    at = plain.lastIndex;
    if (text[at] === quote) return at + 1;
    if (text[at] !== '\\') return undefined;
  }
}

function endOfTriple(text: string, start: number, quotes: string): number | undefined {
  for (let at = start; ; ) {
    const end = text.indexOf(quotes, at);
    if (end === -1) return undefined;
    const backslash = text.indexOf('\\', at);
    if (backslash === -1 || backslash > end) return end + 3;
    at = backslash + 2;
  }
}

/** The literal text of an f-string, field by field. */
function endOfFormatted(
  text: string,
  start: number,
  quotes: string,
  raw: boolean,
  nesting: number,
): number | undefined {
  let at = start + quotes.length;
  while (at < text.length) {
    const character = text[at]!;
    if (text.startsWith(quotes, at)) return at + quotes.length;
    if (character === '\n' && quotes.length === 1) return undefined;
    if (character === '\\') at = behindBackslash(text, at, raw);
    else if (character === '{' && text[at + 1] === '{') at += 2;
    else if (character === '{') {
      const end = endOfField(text, at + 1, quotes, nesting + 1);
      if (end === undefined) return undefined;
      at = end;
    } else at += 1;
  }
  return undefined;
}

/** A backslash takes the next character along, but never opens or hides a field; `\N{…}` is no field. */
function behindBackslash(text: string, at: number, raw: boolean): number {
  const next = text[at + 1];
  if (next === '{' || next === '}') return at + 1;
  if (!raw && next === 'N' && text[at + 2] === '{') {
    const end = text.indexOf('}', at);
    return end === -1 ? text.length : end + 1;
  }
  return at + 2;
}

/** From behind `{` to behind the matching `}`: an expression, then perhaps `:` and a format. */
function endOfField(text: string, start: number, quotes: string, nesting: number): number | undefined {
  if (nesting > MAX_NESTING) return undefined;
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '}' && depth === 0) return at + 1;
    if (character === ':' && depth === 0) return endOfFormat(text, at + 1, quotes, nesting);
    if (character === "'" || character === '"') {
      // Before 3.12 the outer quotes could not stand here, so what stands here is always a literal of its own.
      const end = endOf(text, at, '', nesting + 1);
      if (end === undefined) return undefined;
      at = end;
    } else if (character === '#') {
      const end = text.indexOf('\n', at);
      if (end === -1) return undefined;
      at = end;
    } else {
      if (character === '(' || character === '[' || character === '{') depth += 1;
      else if (character === ')' || character === ']' || character === '}') depth -= 1;
      NAME.lastIndex = at;
      const name = NAME.exec(text)?.[0];
      if (name === undefined) at += 1;
      else {
        at += name.length;
        const quoted = text[at] === "'" || text[at] === '"';
        if (quoted && isStringPrefix(name)) {
          const end = endOf(text, at, name, nesting + 1);
          if (end === undefined) return undefined;
          at = end;
        }
      }
    }
  }
  return undefined;
}

/** A format is literal text in which fields may stand. */
function endOfFormat(text: string, start: number, quotes: string, nesting: number): number | undefined {
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '}') return at + 1;
    if (text.startsWith(quotes, at)) return undefined;
    if (character === '{') {
      const end = endOfField(text, at + 1, quotes, nesting + 1);
      if (end === undefined) return undefined;
      at = end;
    } else at += character === '\\' ? 2 : 1;
  }
  return undefined;
}

const SIMPLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const ESCAPE = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g;

/** The text that a literal stands for; undefined where it names a character (`\N{…}`) or is malformed. */
function textOf(body: string): string | undefined {
  if (!body.includes('\\')) return body;
  let known = true;
  const value = body.replace(ESCAPE, (whole, octal, hex2, hex4, hex8, other: string | undefined) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const hex: string | undefined = hex2 ?? hex4 ?? hex8;
    if (hex !== undefined) {
      const point = Number.parseInt(hex, 16);
      if (point <= 0x10ffff) return String.fromCodePoint(point);
      known = false;
      return '';
    }
    if (other === 'N' || other === 'x' || other === 'u' || other === 'U') known = false;
    // An escape that Python does not know stays as it is written.
    return SIMPLE[other!] ?? whole;
  });
  return known ? value : undefined;
}
