/**
 * Reads the expressions that facts are made of: names, attributes, calls, subscripts, literals, `+`, `/`, and what
 * conditions are made of. Everything else is passed over and becomes `unknown`; nothing is evaluated.
 */
import type { Token } from './token.ts';

interface At {
  /** Line on which it begins, counted from 1. */
  readonly line: number;
}

export type Expression = At &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'attribute'; readonly value: Expression; readonly name: string }
    | { readonly kind: 'call'; readonly callee: Expression; readonly arguments: readonly Argument[] }
    | { readonly kind: 'subscript'; readonly value: Expression; readonly index: Expression }
    | { readonly kind: 'string'; readonly value: string }
    /** As written. */
    | { readonly kind: 'number'; readonly text: string }
    | { readonly kind: 'constant'; readonly value: boolean | null }
    | {
        readonly kind: 'binary';
        readonly operator: '+' | '/';
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'boolean';
        readonly operator: 'and' | 'or';
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'comparison';
        readonly operator: '==' | '!=' | 'in' | 'not in';
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: 'not'; readonly value: Expression }
    | {
        readonly kind: 'conditional';
        readonly test: Expression;
        readonly then: Expression;
        readonly otherwise: Expression;
      }
    /** `*value` among items. */
    | { readonly kind: 'starred'; readonly value: Expression }
    | { readonly kind: 'list' | 'tuple' | 'set'; readonly items: readonly Expression[] }
    | { readonly kind: 'dict'; readonly items: readonly (readonly [key: Expression, value: Expression])[] }
    | { readonly kind: 'unknown' }
  );

export interface Argument {
  /** Of a keyword argument. */
  readonly name?: string;
  /** Of an unpacked one. */
  readonly unpacked?: '*' | '**';
  readonly value: Expression;
}

/** What was read, and the index of the first token behind it. */
export interface ExpressionRead {
  readonly expression: Expression;
  readonly end: number;
}

/** Deeper nesting and longer chains are `unknown`, so that no reader of the result can run out of stack. */
const MAX_DEPTH = 200;

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);
/** Words and operators between operands that make the whole unknown. */
const INFIX_WORDS = new Set(['or', 'and', 'in', 'is', 'not', 'if', 'else']);
const INFIX = new Set('<< >> & | ^ < > <= >= == != <> :='.split(' '));
const PRODUCT = new Set('* / % @ //'.split(' '));
const PREFIX_WORDS = new Set(['not', 'await', 'yield', 'from']);
const PREFIX = new Set(['-', '+', '~', '*', '**']);
/** Words that cannot begin an operand; `for` and `async` follow one only in a comprehension. */
const NO_OPERAND = new Set(['for', 'async', 'else', 'if', 'in', 'is', 'and', 'or', 'as', 'import']);

/** Reads one expression; stops at `,`, `=`, `:` and whatever else cannot continue it. */
export function readExpression(tokens: readonly Token[], start: number): ExpressionRead {
  const reader = new ExpressionReader(tokens, start);
  const expression = reader.expression();
  return { expression, end: reader.at };
}

/** Reads an expression or several with commas between them, which are a tuple. */
export function readExpressionList(tokens: readonly Token[], start: number): ExpressionRead {
  const reader = new ExpressionReader(tokens, start);
  const expression = reader.expressionList();
  return { expression, end: reader.at };
}

class ExpressionReader {
  at: number;
  readonly #tokens: readonly Token[];
  #depth = 0;

  constructor(tokens: readonly Token[], start: number) {
    this.#tokens = tokens;
    this.at = start;
  }

  expressionList(): Expression {
    const { line, kind, text } = this.#token();
    if (kind === 'name' && text === 'yield') {
      this.at += 1;
      this.expressionList();
      return { kind: 'unknown', line };
    }
    const first = this.expression();
    if (!this.#is(',')) return first;
    const items = [first];
    while (this.#is(',')) {
      this.at += 1;
      if (!this.#startsOperand()) break;
      items.push(this.expression());
    }
    return { kind: 'tuple', items, line };
  }

  expression(): Expression {
    const { line } = this.#token();
    this.#depth += 1;
    let known = this.#depth <= MAX_DEPTH;
    let result = known ? this.#conditional() : this.#passOver();
    for (;;) {
      const token = this.#token();
      const infix = token.kind === 'operator' ? INFIX.has(token.text) : INFIX_WORDS.has(token.text);
      if (!infix || (token.kind !== 'operator' && token.kind !== 'name')) break;
      known = false;
      this.at += 1;
      result = this.#sum();
    }
    this.#depth -= 1;
    return known ? result : { kind: 'unknown', line };
  }

  #conditional(): Expression {
    const { line } = this.#token();
    const then = this.#boolean('or');
    if (!this.#isWord('if')) return then;
    const before = this.at;
    this.at += 1;
    const test = this.#boolean('or');
    if (!this.#isWord('else')) {
      this.at = before;
      return then;
    }
    this.at += 1;
    return { kind: 'conditional', test, then, otherwise: this.expression(), line };
  }

  #boolean(operator: 'and' | 'or'): Expression {
    const operand = (): Expression => (operator === 'or' ? this.#boolean('and') : this.#negation());
    let result = operand();
    for (let terms = 1; this.#isWord(operator); terms += 1) {
      this.at += 1;
      const { line } = result;
      const right = operand();
      result =
        terms > MAX_DEPTH
          ? { kind: 'unknown', line }
          : { kind: 'boolean', operator, left: result, right, line };
    }
    return result;
  }

  #negation(): Expression {
    const { line } = this.#token();
    let count = 0;
    for (; this.#isWord('not'); count += 1) this.at += 1;
    const value = this.#comparison();
    if (count === 0) return value;
    return count === 1 ? { kind: 'not', value, line } : { kind: 'unknown', line };
  }

  #comparison(): Expression {
    const { line } = this.#token();
    const left = this.#sum();
    const isNegated = this.#isWord('not') && this.#token(1).text === 'in';
    const { text } = this.#token();
    const operator =
      this.#is('==') || this.#is('!=') ? (text as '==' | '!=') : this.#isWord('in') ? 'in' : undefined;
    if (operator === undefined && !isNegated) return left;
    this.at += isNegated ? 2 : 1;
    return { kind: 'comparison', operator: operator ?? 'not in', left, right: this.#sum(), line };
  }

  #sum(): Expression {
    let result = this.#product();
    for (let terms = 1; this.#is('+') || this.#is('-'); terms += 1) {
      const operator = this.#token().text;
      this.at += 1;
      const right = this.#product();
      result = operator === '+' ? join('+', result, right, terms) : { kind: 'unknown', line: result.line };
    }
    return result;
  }

  #product(): Expression {
    let result = this.#operand();
    for (let terms = 1; this.#token().kind === 'operator' && PRODUCT.has(this.#token().text); terms += 1) {
      const operator = this.#token().text;
      this.at += 1;
      const right = this.#operand();
      result = operator === '/' ? join('/', result, right, terms) : { kind: 'unknown', line: result.line };
    }
    return result;
  }

  #operand(): Expression {
    const { line } = this.#token();
    let known = true;
    for (;;) {
      const token = this.#token();
      const prefix = token.kind === 'operator' ? PREFIX.has(token.text) : PREFIX_WORDS.has(token.text);
      if (!prefix || (token.kind !== 'operator' && token.kind !== 'name')) break;
      known = false;
      this.at += 1;
    }
    const operand = this.#trailed(this.#atom());
    while (this.#is('**')) {
      known = false;
      this.at += 1;
      while (this.#is('-') || this.#is('+') || this.#is('~')) this.at += 1;
      this.#trailed(this.#atom());
    }
    return known ? operand : { kind: 'unknown', line };
  }

  /** Attributes, calls and subscripts behind an atom. */
  #trailed(atom: Expression): Expression {
    const { line } = atom;
    let result = atom;
    for (let length = 0; ; length += 1) {
      if (this.#is('.') && this.#token(1).kind === 'name') {
        result = { kind: 'attribute', value: result, name: this.#token(1).text, line };
        this.at += 2;
      } else if (this.#is('(')) {
        result = { kind: 'call', callee: result, arguments: this.#arguments(), line };
      } else if (this.#is('[')) {
        result = { kind: 'subscript', value: result, index: this.#index(), line };
      } else {
        return result;
      }
      if (length > MAX_DEPTH) result = { kind: 'unknown', line };
    }
  }

  #atom(): Expression {
    const token = this.#token();
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
    const { line } = this.#token();
    let value: string | undefined = '';
    for (; this.#token().kind === 'string'; this.at += 1) {
      const next = this.#token().value;
      value = value === undefined || next === undefined ? undefined : value + next;
    }
    return value === undefined ? { kind: 'unknown', line } : { kind: 'string', value, line };
  }

  #lambda(): Expression {
    const { line } = this.#token();
    for (this.at += 1; !this.#is(':'); this.at += 1) {
      const { kind, close } = this.#token();
      if (kind === 'newline' || kind === 'end') return { kind: 'unknown', line };
      if (close !== undefined) this.at = close;
    }
    this.at += 1;
    this.expression();
    return { kind: 'unknown', line };
  }

  #parenthesised(): Expression {
    const { line, close } = this.#token();
    const items = this.#items('tuple');
    if (items.kind !== 'tuple' || items.items.length !== 1) return items;
    const comma = this.#tokens[close! - 1]!;
    const only = items.items[0]!;
    return comma.kind === 'operator' && comma.text === ',' ? items : { ...only, line };
  }

  #items(kind: 'list' | 'tuple' | 'set'): Expression {
    const { line, close } = this.#token();
    const items: Expression[] = [];
    this.at += 1;
    while (this.at < close!) {
      const { line: at } = this.#token();
      if (this.#is('*')) {
        this.at += 1;
        items.push({ kind: 'starred', value: this.expression(), line: at });
      } else items.push(this.expression());
      if (this.#is(',')) this.at += 1;
      else if (this.at !== close) return this.#leave(close!, line);
    }
    this.at = close! + 1;
    return { kind, items, line };
  }

  #braces(): Expression {
    const { line, close } = this.#token();
    const opening = this.at;
    const items: (readonly [Expression, Expression])[] = [];
    this.at += 1;
    while (this.at < close!) {
      if (this.#is('**')) return this.#leave(close!, line);
      const key = this.expression();
      if (!this.#is(':')) {
        if (items.length > 0) return this.#leave(close!, line);
        this.at = opening;
        return this.#items('set');
      }
      this.at += 1;
      items.push([key, this.expression()]);
      if (this.#is(',')) this.at += 1;
      else if (this.at !== close) return this.#leave(close!, line);
    }
    this.at = close! + 1;
    return { kind: 'dict', items, line };
  }

  #arguments(): Argument[] {
    const close = this.#token().close!;
    const found: Argument[] = [];
    this.at += 1;
    while (this.at < close) {
      const token = this.#token();
      const start = this.at;
      if (token.text === '*' || token.text === '**') {
        this.at += 1;
        found.push({ unpacked: token.text, value: this.expression() });
      } else if (token.kind === 'name' && this.#token(1).text === '=' && this.#token(1).kind === 'operator') {
        this.at += 2;
        found.push({ name: token.text, value: this.expression() });
      } else {
        found.push({ value: this.expression() });
      }
      if (this.#is(',')) this.at += 1;
      else if (this.at !== close) {
        // A generator expression, or something that is not read.
        found[found.length - 1] = { value: { kind: 'unknown', line: this.#tokens[start]!.line } };
        this.at = close;
      }
    }
    this.at = close + 1;
    return found;
  }

  #index(): Expression {
    const { line, close } = this.#token();
    this.at += 1;
    const index = this.expressionList();
    return this.at === close ? this.#close(close, index) : this.#leave(close!, line);
  }

  #close(close: number, result: Expression): Expression {
    this.at = close + 1;
    return result;
  }

  #leave(close: number, line: number): Expression {
    this.at = close + 1;
    return { kind: 'unknown', line };
  }

  /** Nested too deeply: on to where the surrounding bracket or line has something else to say. */
  #passOver(): Expression {
    const { line } = this.#token();
    for (; ; this.at += 1) {
      const { kind, text, close } = this.#token();
      if (kind === 'newline' || kind === 'end' || [')', ']', '}', ',', ':', '=', ';'].includes(text)) break;
      if (close !== undefined) this.at = close;
    }
    return { kind: 'unknown', line };
  }

  #startsOperand(): boolean {
    const { kind, text } = this.#token();
    if (kind === 'operator') return '([{'.includes(text) || PREFIX.has(text) || text === '...';
    return kind === 'string' || kind === 'number' || (kind === 'name' && !NO_OPERAND.has(text));
  }

  #is(operator: string): boolean {
    const token = this.#token();
    return token.kind === 'operator' && token.text === operator;
  }

  #isWord(word: string): boolean {
    const { kind, text } = this.#token();
    return kind === 'name' && text === word;
  }

  #token(offset = 0): Token {
    return this.#tokens[this.at + offset] ?? this.#tokens.at(-1)!;
  }
}

function join(operator: '+' | '/', left: Expression, right: Expression, terms: number): Expression {
  const { line } = left;
  if (terms > MAX_DEPTH) return { kind: 'unknown', line };
  return { kind: 'binary', operator, left, right, line };
}
