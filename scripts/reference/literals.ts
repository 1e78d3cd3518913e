/** String literals in the text of a source: where they end, and what they say. Knows nothing of what they are for. */

/** The literal at an offset as text, where there is one; what a template fills in is `…`, and it ends at a line break. */
export function literalAt(
  text: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  const quote = text[start];
  if (quote !== '`' && quote !== "'" && quote !== '"') return undefined;
  let said = '';
  let at = start + 1;
  while (at < text.length && text[at] !== quote) {
    if (quote === '`' && text.startsWith('${', at)) {
      at = callEnd(text, at + 2) + 1;
      said += '…';
    } else if (text[at] === '\\') {
      said += text[at + 1] === 'n' ? '\n' : (text[at + 1] ?? '');
      at += 2;
    } else {
      said += text[at];
      at += 1;
    }
  }
  return { text: said.split('\n')[0]!.replaceAll('|', '\\|'), end: at + 1 };
}

/** Where the bracket is closed that was opened right before an offset. */
export function callEnd(text: string, start: number): number {
  return walk(text, start, () => {}, /[)\]}]/);
}

/** What the expression at an offset can be, where literals say it: itself, or the branches of a conditional. */
export function literalsIn(text: string, start: number): string[] {
  const found: string[] = [];
  const offer = (said: string, before: string): void => {
    // What is compared or indexed with is not what the expression becomes; a sum is one text.
    if (/(?:[!=]==|\bcase|\[)\s*$/.test(before)) return;
    if (/\+\s*$/.test(before) && found.length > 0) found.push(`${found.pop()}${said}`);
    else found.push(said);
  };
  walk(text, start, offer, /[,)\]};]/);
  return found;
}

/** Goes on to what ends the expression, past nested brackets; says the literals that are in none. */
function walk(
  text: string,
  start: number,
  onLiteral: (said: string, before: string) => void,
  end: RegExp,
): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const comment = /^(?:\/\/.*|\/\*[\s\S]*?\*\/)/.exec(text.slice(at, at + 2000))?.[0];
    const literal = literalAt(text, at);
    if (comment !== undefined) {
      at += comment.length;
    } else if (literal !== undefined) {
      if (depth === 0) onLiteral(literal.text, text.slice(Math.max(start, at - 20), at));
      at = literal.end;
    } else {
      const sign = text[at]!;
      if (depth === 0 && end.test(sign)) return at;
      if (/[([{]/.test(sign)) depth += 1;
      if (/[)\]}]/.test(sign)) depth -= 1;
      at += 1;
    }
  }
  return at;
}
