/**
 * Python's lexical analysis (language reference, chapter 2) as far as reading facts needs it: names,
 * strings, numbers, operators, logical lines and indentation. It validates nothing beyond that.
 */
import { SourceError } from './source-error.ts';
import { isStringPrefix, readStringLiteral } from './string-literal.ts';

export type TokenKind = 'name' | 'number' | 'string' | 'operator' | 'newline' | 'indent' | 'dedent' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; names in Unicode's NFKC form. Empty for strings and layout. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** What a string says; undefined for bytes, f- and t-strings. */
  readonly value?: string | undefined;
  /** Of an f-string whose fields are all names. */
  readonly pieces?: readonly (string | readonly string[])[];
  /** Of an opening bracket: the index of the token that closes it. */
  close?: number;
}

/** The depth that CPython itself refuses. */
const MAX_INDENTATION = 100;

const BLANK = /[ \t\f]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const WIDE_NAME = /[\p{XIDS}_][\p{XIDC}]*/uy;
const NUMBER =
  /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?/y;
const OPERATOR =
  /\*\*=|\/\/=|>>=|<<=|\.\.\.|!=|->|:=|==|<=|>=|<>|\*\*|\/\/|<<|>>|[-+*/%&|^@]=|[-+*/%@&|^~<>()[\]{},:.;=!]/y;
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/**
 * Cuts a text (line ends `\n`) into tokens. Brackets are matched: each opening one knows its closing one.
 *
 * @throws SourceError for literals that do not end, brackets that do not match, indentation that fits no
 * level, and characters that Python does not know
 */
export function tokenize(path: string, text: string): Token[] {
  const tokens: Token[] = [];
  const open: number[] = [];
  const indentation = [0];
  let line = 1;
  let at = 0;
  let fresh = true;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };

  while (at < text.length) {
    if (fresh && open.length === 0) {
      const blank = match(BLANK)!;
      at += blank.length;
      if (at >= text.length) break;
      if (text[at] === '\n') {
        at += 1;
        line += 1;
        continue;
      }
      if (text[at] === '#') {
        at = endOfLine(text, at);
        continue;
      }
      if (text[at] === '\\' && text[at + 1] === '\n') {
        at += 2;
        line += 1;
        // The indentation of the first of the joined lines counts.
        at += match(BLANK)!.length;
      }
      indent(path, tokens, indentation, columnOf(blank), line);
    }
    fresh = false;
    const character = text[at]!;
    if (character === ' ' || character === '\t' || character === '\f') {
      at += match(BLANK)!.length;
    } else if (character === '\n') {
      if (open.length === 0) {
        tokens.push({ kind: 'newline', text: '', line });
        fresh = true;
      }
      at += 1;
      line += 1;
    } else if (character === '#') {
      at = endOfLine(text, at);
    } else if (character === '\\' && text[at + 1] === '\n') {
      at += 2;
      line += 1;
    } else if (character === "'" || character === '"') {
      at = string('');
    } else {
      const name = match(NAME);
      const code = text.charCodeAt(at + (name?.length ?? 0));
      const wide = code > 0x7f ? match(WIDE_NAME) : undefined;
      const word = wide ?? name;
      if (word !== undefined) {
        at += word.length;
        if ((text[at] === "'" || text[at] === '"') && isStringPrefix(word)) at = string(word);
        else tokens.push({ kind: 'name', text: wide === undefined ? word : wide.normalize('NFKC'), line });
        continue;
      }
      const number = /[\d.]/.test(character) ? match(NUMBER) : undefined;
      if (number !== undefined) {
        tokens.push({ kind: 'number', text: number, line });
        at += number.length;
        continue;
      }
      const operator = match(OPERATOR);
      if (operator === undefined) throw new SourceError(path, line, 'a character stands where none can');
      bracket(operator);
      tokens.push({ kind: 'operator', text: operator, line });
      at += operator.length;
    }
  }
  if (open.length > 0) {
    const first = tokens[open.at(-1)!]!;
    throw new SourceError(path, first.line, `\`${first.text}\` is never closed`);
  }
  if (tokens.length > 0 && tokens.at(-1)!.kind !== 'newline')
    tokens.push({ kind: 'newline', text: '', line });
  for (let level = indentation.length; level > 1; level -= 1) tokens.push({ kind: 'dedent', text: '', line });
  tokens.push({ kind: 'end', text: '', line });
  return tokens;

  function string(prefix: string): number {
    const literal = readStringLiteral(text, at, prefix);
    if (literal === undefined) throw new SourceError(path, line, 'a string literal does not end');
    const { value, pieces } = literal;
    tokens.push({ kind: 'string', text: '', line, value, ...(pieces === undefined ? {} : { pieces }) });
    for (
      let end = text.indexOf('\n', at);
      end !== -1 && end < literal.end;
      end = text.indexOf('\n', end + 1)
    ) {
      line += 1;
    }
    return literal.end;
  }

  function bracket(operator: string): void {
    if (operator === '(' || operator === '[' || operator === '{') {
      open.push(tokens.length);
    } else if (operator in CLOSING) {
      const opener = open.pop();
      if (opener === undefined || tokens[opener]!.text !== CLOSING[operator]) {
        throw new SourceError(path, line, `\`${operator}\` closes nothing`);
      }
      tokens[opener]!.close = tokens.length;
    }
  }
}

function indent(path: string, tokens: Token[], levels: number[], column: number, line: number): void {
  if (column > levels.at(-1)!) {
    if (levels.length >= MAX_INDENTATION) throw new SourceError(path, line, 'it is indented too deeply');
    levels.push(column);
    tokens.push({ kind: 'indent', text: '', line });
    return;
  }
  while (column < levels.at(-1)!) {
    levels.pop();
    tokens.push({ kind: 'dedent', text: '', line });
  }
  if (column !== levels.at(-1)!) throw new SourceError(path, line, 'the indentation fits no outer level');
}

/** Tabs go to the next multiple of eight; a form feed starts anew. */
function columnOf(blank: string): number {
  let column = 0;
  for (const character of blank) {
    if (character === '\f') column = 0;
    else column = character === '\t' ? column - (column % 8) + 8 : column + 1;
  }
  return column;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
