/**
 * Reads expressions (language reference, chapter 6) level by level of precedence, in one class, since they call each
 * other. What no fact is made of is passed over and becomes `unknown`; nothing is evaluated.
 */
import type { Argument, Expression } from './expression.ts';
import type { Token } from './token.ts';

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
const COMPARING = new Set('< > <= >= == != <>'.split(' '));
/** Bits and shifts bind tighter than comparisons, and looser than sums; what they give is unknown. */
const BITS = new Set('<< >> & | ^'.split(' '));
const PRODUCT = new Set('* / % @ //'.split(' '));
const SIGNS = new Set(['-', '+', '~']);
/** Words that cannot begin an operand; `for` and `async` follow one only in a comprehension. */
const NO_OPERAND = new Set(['for', 'async', 'else', 'if', 'in', 'is', 'and', 'or', 'as', 'import', 'from']);

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
    const { line } = this.#token();
    const first = this.#item();
    if (!this.#is(',')) return first;
    const items = [first];
    while (this.#is(',')) {
      this.at += 1;
      if (!this.#startsItem()) break;
      items.push(this.#item());
    }
    return { kind: 'tuple', items, line };
  }

  expression(): Expression {
    const { line } = this.#token();
    this.#depth += 1;
    const result = this.#depth <= MAX_DEPTH ? this.#named() : this.#passOver();
    this.#depth -= 1;
    return this.#depth < MAX_DEPTH ? result : { kind: 'unknown', line };
  }

  /** An expression, or `*expression`. */
  #item(): Expression {
    const { line } = this.#token();
    if (!this.#is('*')) return this.expression();
    this.at += 1;
    return { kind: 'starred', value: this.expression(), line };
  }

  /** `name := value`, `yield …`, or neither. */
  #named(): Expression {
    const { line } = this.#token();
    if (this.#isWord('yield')) {
      this.at += this.#token(1).text === 'from' && this.#token(1).kind === 'name' ? 2 : 1;
      if (this.#startsItem()) this.expressionList();
      return { kind: 'unknown', line };
    }
    const result = this.#conditional();
    if (!this.#is(':=')) return result;
    this.at += 1;
    this.expression();
    return { kind: 'unknown', line };
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
    let result = this.#comparison();
    if (count > MAX_DEPTH) return { kind: 'unknown', line };
    for (; count > 0; count -= 1) result = { kind: 'not', value: result, line };
    return result;
  }

  /** One comparison; a chain of them is unknown. */
  #comparison(): Expression {
    const { line } = this.#token();
    let result = this.#bits();
    for (let count = 1; ; count += 1) {
      const operator = this.#comparing();
      if (operator === undefined) return result;
      const right = this.#bits();
      const isKnown = count === 1 && isCompared(operator);
      result = isKnown
        ? { kind: 'comparison', operator, left: result, right, line }
        : { kind: 'unknown', line };
    }
  }

  /** Moves behind a comparison's operator; undefined where none stands here. */
  #comparing(): string | undefined {
    const { kind, text } = this.#token();
    const { kind: nextKind, text: next } = this.#token(1);
    if (kind === 'operator' ? !COMPARING.has(text) : kind !== 'name') return undefined;
    const isNegated = text === 'not' && nextKind === 'name' && next === 'in';
    if (kind === 'name' && text !== 'in' && text !== 'is' && !isNegated) return undefined;
    const isTwo = isNegated || (text === 'is' && nextKind === 'name' && next === 'not');
    this.at += isTwo ? 2 : 1;
    return isTwo ? `${text} ${next}` : text;
  }

  #bits(): Expression {
    let result = this.#sum();
    while (this.#token().kind === 'operator' && BITS.has(this.#token().text)) {
      this.at += 1;
      this.#sum();
      result = { kind: 'unknown', line: result.line };
    }
    return result;
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
    const isPlain = !this.#passSigns();
    const operand = this.#trailed(this.#atom());
    let isPower = false;
    for (; this.#is('**'); isPower = true) {
      this.at += 1;
      this.#passSigns();
      this.#trailed(this.#atom());
    }
    return isPlain && !isPower ? operand : { kind: 'unknown', line };
  }

  /** Over signs and `await`; false where none stood here. */
  #passSigns(): boolean {
    const start = this.at;
    for (; ; this.at += 1) {
      const { kind, text } = this.#token();
      if (kind === 'operator' ? !SIGNS.has(text) : !this.#isWord('await')) return this.at > start;
    }
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
    let pieces: Expression[] | undefined = [];
    for (; this.#token().kind === 'string'; this.at += 1) {
      const { value: next, pieces: formatted } = this.#token();
      value = value === undefined || next === undefined ? undefined : value + next;
      const read = formatted ?? (next === undefined ? undefined : [next]);
      if (read === undefined) pieces = undefined;
      else pieces?.push(...read.map((piece) => pieceOf(piece, line)));
    }
    if (value !== undefined) return { kind: 'string', value, line };
    return pieces === undefined ? { kind: 'unknown', line } : { kind: 'formatted', pieces, line };
  }

  #lambda(): Expression {
    const { line } = this.#token();
    // A default may be a function as well, which has a colon of its own.
    let inner = 0;
    for (this.at += 1; inner > 0 || !this.#is(':'); this.at += 1) {
      const { kind, close } = this.#token();
      if (kind === 'newline' || kind === 'end') return { kind: 'unknown', line };
      if (close !== undefined) this.at = close;
      else if (this.#isWord('lambda')) inner += 1;
      else if (this.#is(':')) inner -= 1;
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
      items.push(this.#item());
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
    if (this.at !== close) return this.#leave(close!, line);
    this.at += 1;
    // `x[*a]` is `x[(*a,)]`.
    return index.kind === 'starred' ? { kind: 'tuple', items: [index], line } : index;
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

  #startsItem(): boolean {
    const { kind, text } = this.#token();
    if (kind === 'operator') return ['(', '[', '{', '*', '...'].includes(text) || SIGNS.has(text);
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

function isCompared(operator: string): operator is (Expression & { kind: 'comparison' })['operator'] {
  return operator === '==' || operator === '!=' || operator === 'in' || operator === 'not in';
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

function join(operator: '+' | '/', left: Expression, right: Expression, terms: number): Expression {
  const { line } = left;
  if (terms > MAX_DEPTH) return { kind: 'unknown', line };
  return { kind: 'binary', operator, left, right, line };
}
