/**
 * Reads the header block that METADATA and WHEEL share: `Key: value` lines as in electronic mail (RFC 5322 §2.2),
 * in UTF-8. What the keys mean is not known here.
 */

export interface MessageHeaders {
  /** The first value of a key, in any case. */
  get(key: string): string | undefined;
  /** All values of a key, in order. */
  all(key: string): readonly string[];
}

/**
 * Reads up to the first empty line. A line that begins with white space goes on with the one before it; as in
 * Python's own reader, a line without a key ends the headers.
 */
export function parseMessageHeaders(text: string): MessageHeaders {
  const values = new Map<string, string[]>();
  let current: string[] | undefined;
  let from = text.startsWith('\uFEFF') ? 1 : 0;
  while (from < text.length) {
    const newline = text.indexOf('\n', from);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(from, text[end - 1] === '\r' ? end - 1 : end);
    from = end + 1;
    if (line === '') break;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (current === undefined) break;
      current[current.length - 1] += `\n${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(colon, 0));
    if (!/^[\x21-\x39\x3b-\x7e]+$/.test(key)) break;
    const known = values.get(key.toLowerCase());
    current = known ?? [];
    if (known === undefined) values.set(key.toLowerCase(), current);
    current.push(line.slice(colon + 1).trim());
  }
  return {
    get: (key) => values.get(key.toLowerCase())?.[0],
    all: (key) => values.get(key.toLowerCase()) ?? [],
  };
}
