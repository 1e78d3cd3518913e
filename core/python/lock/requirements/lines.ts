/**
 * Cuts a requirements file into logical lines as pip does: continuations joined, comments and empty lines
 * dropped, `${VARIABLES}` filled in. What a line says is not looked at.
 */

/** A logical line with the number of its first physical one, from 1. */
export interface LogicalLine {
  readonly number: number;
  readonly text: string;
}

/** Everything that Python's `str.splitlines` takes for the end of a line. */
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
/** Python's `\s` in a text. JavaScript's takes U+FEFF for white space and leaves out the separators below it. */
const SPACE = '[\\t-\\r \\x1c-\\x1f\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const COMMENT = new RegExp(`(?:^|${SPACE}+)#.*$`, 's');
const COMMENT_LINE = new RegExp(`^${SPACE}*#`);
const EDGES = new RegExp(`^${SPACE}+|${SPACE}+$`, 'g');
const VARIABLE = /\$\{([A-Z0-9_]+)\}/g;

/**
 * @param environment variables that may be used; those that are unset or empty stay as written
 */
export function logicalLines(
  content: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly LogicalLine[] {
  return joinLines(content.split(LINE_END)).flatMap(({ number, text }) => {
    const stripped = strip(text.replace(COMMENT, ''));
    return stripped === '' ? [] : [{ number, text: expand(stripped, environment) }];
  });
}

/** White space off both ends, by Python's reckoning. */
export function strip(text: string): string {
  return text.replace(EDGES, '');
}

/** A comment ends a continuation, and takes part in it as an empty piece. */
function joinLines(physical: readonly string[]): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let pieces: string[] = [];
  let first = 0;
  for (const [index, line] of physical.entries()) {
    const isComment = COMMENT_LINE.test(line);
    if (pieces.length === 0) first = index + 1;
    if (line.endsWith('\\') && !isComment) {
      pieces.push(line.replace(/^\\+|\\+$/g, ''));
      continue;
    }
    // The blank before it keeps a comment recognisable after joining.
    lines.push({ number: first, text: [...pieces, isComment ? ` ${line}` : line].join('') });
    pieces = [];
  }
  if (pieces.length > 0) lines.push({ number: first, text: pieces.join('') });
  return lines;
}

/** One name after the other, each everywhere: a value that holds a later name is filled in again, as in pip. */
function expand(line: string, environment: Readonly<Record<string, string | undefined>>): string {
  let expanded = line;
  for (const [whole, name = ''] of line.matchAll(VARIABLE)) {
    const value = environment[name];
    if (value) expanded = expanded.replaceAll(whole, () => value);
  }
  return expanded;
}
