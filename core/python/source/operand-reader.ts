/**
 * Reads operands (language reference, chapters 6.2 and 6.3): names, literals, what stands in brackets, with attributes, calls
 * and subscripts behind. How operators join them is the expression reader's knowledge.
 */
import { TokenCursor } from './cursor.ts';
import type { Argument, Expression } from './expression.ts';
import type { Token } from './token.ts';

/** Deeper nesting and longer chains are `unknown`, so that no reader of the result can run out of stack. */
export const MAX_DEPTH = 200;

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);
const SIGNS = new Set(['-', '+', '~']);
/** Words that cannot begin an operand; `for` and `async` follow one only in a comprehension. */
const NO_OPERAND = new Set(['for', 'async', 'else', 'if', 'in', 'is', 'and', 'or', 'as', 'import', 'from']);

export abstract class OperandReader extends TokenCursor {
  constructor(tokens: readonly Token[], start: number) {
    super(tokens);
    this.at = start;
  }

  /** One expression of any kind. */
  abstract expression(): Expression;

  /** An expression or several with commas between them. */
  abstract expressionList(): Expression;

  protected operand(): Expression {
    const { line } = this.token();
    const isPlain = !this.#passSigns();
    const operand = this.#trailed(this.#atom());
    let isPower = false;
    for (; this.isOperator('**'); isPower = true) {
      this.at += 1;
      this.#passSigns();
      this.#trailed(this.#atom());
    }
    return isPlain && !isPower ? operand : { kind: 'unknown', line };
  }

  /** An expression, or `*expression`. */
  protected item(): Expression {
    const { line } = this.token();
    if (!this.isOperator('*')) return this.expression();
    this.at += 1;
    return { kind: 'starred', value: this.expression(), line };
  }

  protected startsItem(): boolean {
    const { kind, text } = this.token();
    if (kind === 'operator') return ['(', '[', '{', '*', '...'].includes(text) || SIGNS.has(text);
    return kind === 'string' || kind === 'number' || (kind === 'name' && !NO_OPERAND.has(text));
  }

  /** Over signs and `await`; false where none stood here. */
  #passSigns(): boolean {
    const start = this.at;
    for (; ; this.at += 1) {
      const { kind, text } = this.token();
      if (kind === 'operator' ? !SIGNS.has(text) : !this.isWord('await')) return this.at > start;
    }
  }

  /** Attributes, calls and subscripts behind an atom. */
  #trailed(atom: Expression): Expression {
    const { line } = atom;
    let result = atom;
    for (let length = 0; ; length += 1) {
      if (this.isOperator('.') && this.token(1).kind === 'name') {
        result = { kind: 'attribute', value: result, name: this.token(1).text, line };
        this.at += 2;
      } else if (this.isOperator('(')) {
        result = { kind: 'call', callee: result, arguments: this.#arguments(), line };
      } else if (this.isOperator('[')) {
        result = { kind: 'subscript', value: result, index: this.#index(), line };
      } else {
        return result;
      }
      if (length > MAX_DEPTH) result = { kind: 'unknown', line };
    }
  }

  #atom(): Expression {
    const token = this.token();
    const { line } = token;
    if (token.kind === 'string') return this.#strings();
    if (token.kind === 'number') {
      this.at += 1;
      return { kind: 'number', text: token.text, line };
    }
    if (token.kind === 'name') {
      if (token.text === 'lambda') return this.#lambda();
      if (NO_OPERAND.has(token.text)) return { kind: 'unknown', line };
      this.at += 1;
      const constant = CONSTANTS.get(token.text);
      return constant === undefined
        ? { kind: 'name', name: token.text, line }
        : { kind: 'constant', value: constant, line };
    }
    if (token.text === '...') this.at += 1;
    else if (token.text === '(') return this.#parenthesised();
    else if (token.text === '[') return this.#items('list');
    else if (token.text === '{') return this.#braces();
    return { kind: 'unknown', line };
  }

  /** Literals that stand side by side are one. */
  #strings(): Expression {
    const { line } = this.token();
    let value: string | undefined = '';
    let pieces: Expression[] | undefined = [];
    for (; this.token().kind === 'string'; this.at += 1) {
      const { value: next, pieces: formatted } = this.token();
      value = value === undefined || next === undefined ? undefined : value + next;
      const read = formatted ?? (next === undefined ? undefined : [next]);
      if (read === undefined) pieces = undefined;
      else pieces?.push(...read.map((piece) => pieceOf(piece, line)));
    }
    if (value !== undefined) return { kind: 'string', value, line };
    return pieces === undefined ? { kind: 'unknown', line } : { kind: 'formatted', pieces, line };
  }

  #lambda(): Expression {
    const { line } = this.token();
    // A default may be a function as well, which has a colon of its own.
    let inner = 0;
    for (this.at += 1; inner > 0 || !this.isOperator(':'); this.at += 1) {
      const { kind, close } = this.token();
      if (kind === 'newline' || kind === 'end') return { kind: 'unknown', line };
      if (close !== undefined) this.at = close;
      else if (this.isWord('lambda')) inner += 1;
      else if (this.isOperator(':')) inner -= 1;
    }
    this.at += 1;
    this.expression();
    return { kind: 'unknown', line };
  }

  #parenthesised(): Expression {
    const { line, close } = this.token();
    const items = this.#items('tuple');
    if (items.kind !== 'tuple' || items.items.length !== 1) return items;
    const comma = this.tokens[close! - 1]!;
    const only = items.items[0]!;
    return comma.kind === 'operator' && comma.text === ',' ? items : { ...only, line };
  }

  #items(kind: 'list' | 'tuple' | 'set'): Expression {
    const { line, close } = this.token();
    const items: Expression[] = [];
    this.at += 1;
    while (this.at < close!) {
      items.push(this.item());
      if (this.isOperator(',')) this.at += 1;
      else if (this.at !== close) return this.#leave(close!, line);
    }
    this.at = close! + 1;
    return { kind, items, line };
  }

  #braces(): Expression {
    const { line, close } = this.token();
    const opening = this.at;
    const items: (readonly [Expression, Expression])[] = [];
    this.at += 1;
    while (this.at < close!) {
      if (this.isOperator('**')) return this.#leave(close!, line);
      const key = this.expression();
      if (!this.isOperator(':')) {
        if (items.length > 0) return this.#leave(close!, line);
        this.at = opening;
        return this.#items('set');
      }
      this.at += 1;
      items.push([key, this.expression()]);
      if (this.isOperator(',')) this.at += 1;
      else if (this.at !== close) return this.#leave(close!, line);
    }
    this.at = close! + 1;
    return { kind: 'dict', items, line };
  }

  #arguments(): Argument[] {
    const close = this.token().close!;
    const found: Argument[] = [];
    this.at += 1;
    while (this.at < close) {
      const token = this.token();
      const start = this.at;
      if (token.text === '*' || token.text === '**') {
        this.at += 1;
        found.push({ unpacked: token.text, value: this.expression() });
      } else if (token.kind === 'name' && this.token(1).text === '=' && this.token(1).kind === 'operator') {
        this.at += 2;
        found.push({ name: token.text, value: this.expression() });
      } else {
        found.push({ value: this.expression() });
      }
      if (this.isOperator(',')) this.at += 1;
      else if (this.at !== close) {
        // A generator expression, or something that is not read.
        found[found.length - 1] = { value: { kind: 'unknown', line: this.tokens[start]!.line } };
        this.at = close;
      }
    }
    this.at = close + 1;
    return found;
  }

  #index(): Expression {
    const { line, close } = this.token();
    this.at += 1;
    const index = this.expressionList();
    if (this.at !== close) return this.#leave(close!, line);
    this.at += 1;
    // `x[*a]` is `x[(*a,)]`.
    return index.kind === 'starred' ? { kind: 'tuple', items: [index], line } : index;
  }

  #leave(close: number, line: number): Expression {
    this.at = close + 1;
    return { kind: 'unknown', line };
  }
}

/** A text, or a field's name. */
function pieceOf(piece: string | readonly string[], line: number): Expression {
  if (typeof piece === 'string') return { kind: 'string', value: piece, line };
  const [first = '', ...rest] = piece.slice(0, MAX_DEPTH);
  return rest.reduce<Expression>((value, name) => ({ kind: 'attribute', value, name, line }), {
    kind: 'name',
    name: first,
    line,
  });
}
