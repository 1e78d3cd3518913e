/** Finds where a text stops being JSON (RFC 8259). Runtimes say it each in their own way, or not at all. */

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

/** What was read: punctuation, `string`, `scalar`, or nothing that JSON knows. */
interface Token {
  readonly kind: string;
  /** Where it starts. */
  readonly offset: number;
  readonly end: number;
}

/** The offset of the first token that does not belong; the text's length where something is missing at its end. */
export function jsonFaultOffset(text: string): number {
  const end = valueEnd(text, 0);
  if ('fault' in end) return end.fault;
  const rest = /\S/.exec(text.slice(end.end));
  return end.end + (rest?.index ?? 0);
}

type End = { readonly end: number } | { readonly fault: number };

function valueEnd(text: string, at: number): End {
  const token = tokenAt(text, at);
  if (token.kind === 'string' || token.kind === 'scalar') return { end: token.end };
  if (token.kind === '{') return itemsEnd(text, token.end, '}', true);
  if (token.kind === '[') return itemsEnd(text, token.end, ']', false);
  return { fault: token.offset };
}

function itemsEnd(text: string, start: number, close: string, keyed: boolean): End {
  let token = tokenAt(text, start);
  if (token.kind === close) return { end: token.end };
  for (let at = start; ; at = token.end) {
    if (keyed) {
      const key = tokenAt(text, at);
      if (key.kind !== 'string') return { fault: key.offset };
      const colon = tokenAt(text, key.end);
      if (colon.kind !== ':') return { fault: colon.offset };
      at = colon.end;
    }
    const value = valueEnd(text, at);
    if ('fault' in value) return value;
    token = tokenAt(text, value.end);
    if (token.kind === close) return { end: token.end };
    if (token.kind !== ',') return { fault: token.offset };
  }
}

function tokenAt(text: string, at: number): Token {
  TOKEN.lastIndex = at;
  const match = TOKEN.exec(text);
  if (match === null) {
    const skipped = /^[ \t\r\n]*/.exec(text.slice(at))![0].length;
    return { kind: 'unknown', offset: at + skipped, end: at + skipped };
  }
  const [whole, punctuation, string] = match;
  const length = whole.trimStart().length;
  const end = at + whole.length;
  return { kind: punctuation ?? (string === undefined ? 'scalar' : 'string'), offset: end - length, end };
}
