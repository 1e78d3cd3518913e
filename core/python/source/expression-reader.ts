/**
 * Reads expressions (language reference, chapter 6): the operators between operands, level by level of precedence. What no
 * fact is made of is passed over and becomes `unknown`; nothing is evaluated.
 */
import type { Expression } from './expression.ts';
import { MAX_DEPTH, OperandReader } from './operand-reader.ts';
import type { Token } from './token.ts';

/** What was read, and the index of the first token behind it. */
export interface ExpressionRead {
  readonly expression: Expression;
  readonly end: number;
}

const COMPARING = new Set('< > <= >= == != <>'.split(' '));
/** Bits and shifts bind tighter than comparisons, and looser than sums; what they give is unknown. */
const BITS = new Set('<< >> & | ^'.split(' '));
const PRODUCT = new Set('* / % @ //'.split(' '));

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

class ExpressionReader extends OperandReader {
  #depth = 0;

  override expressionList(): Expression {
    const { line } = this.token();
    const first = this.item();
    if (!this.isOperator(',')) return first;
    const items = [first];
    while (this.isOperator(',')) {
      this.at += 1;
      if (!this.startsItem()) break;
      items.push(this.item());
    }
    return { kind: 'tuple', items, line };
  }

  override expression(): Expression {
    const { line } = this.token();
    this.#depth += 1;
    const result = this.#depth <= MAX_DEPTH ? this.#named() : this.#passOver();
    this.#depth -= 1;
    return this.#depth < MAX_DEPTH ? result : { kind: 'unknown', line };
  }

  /** `name := value`, `yield …`, or neither. */
  #named(): Expression {
    const { line } = this.token();
    if (this.isWord('yield')) {
      this.at += this.token(1).text === 'from' && this.token(1).kind === 'name' ? 2 : 1;
      if (this.startsItem()) this.expressionList();
      return { kind: 'unknown', line };
    }
    const result = this.#conditional();
    if (!this.isOperator(':=')) return result;
    this.at += 1;
    this.expression();
    return { kind: 'unknown', line };
  }

  #conditional(): Expression {
    const { line } = this.token();
    const then = this.#boolean('or');
    if (!this.isWord('if')) return then;
    const before = this.at;
    this.at += 1;
    const test = this.#boolean('or');
    if (!this.isWord('else')) {
      this.at = before;
      return then;
    }
    this.at += 1;
    return { kind: 'conditional', test, then, otherwise: this.expression(), line };
  }

  #boolean(operator: 'and' | 'or'): Expression {
    const operand = (): Expression => (operator === 'or' ? this.#boolean('and') : this.#negation());
    let result = operand();
    for (let terms = 1; this.isWord(operator); terms += 1) {
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
    const { line } = this.token();
    let count = 0;
    for (; this.isWord('not'); count += 1) this.at += 1;
    let result = this.#comparison();
    if (count > MAX_DEPTH) return { kind: 'unknown', line };
    for (; count > 0; count -= 1) result = { kind: 'not', value: result, line };
    return result;
  }

  /** One comparison; a chain of them is unknown. */
  #comparison(): Expression {
    const { line } = this.token();
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
    const { kind, text } = this.token();
    const { kind: nextKind, text: next } = this.token(1);
    if (kind === 'operator' ? !COMPARING.has(text) : kind !== 'name') return undefined;
    const isNegated = text === 'not' && nextKind === 'name' && next === 'in';
    if (kind === 'name' && text !== 'in' && text !== 'is' && !isNegated) return undefined;
    const isTwo = isNegated || (text === 'is' && nextKind === 'name' && next === 'not');
    this.at += isTwo ? 2 : 1;
    return isTwo ? `${text} ${next}` : text;
  }

  #bits(): Expression {
    let result = this.#sum();
    while (this.token().kind === 'operator' && BITS.has(this.token().text)) {
      this.at += 1;
      this.#sum();
      result = { kind: 'unknown', line: result.line };
    }
    return result;
  }

  #sum(): Expression {
    let result = this.#product();
    for (let terms = 1; this.isOperator('+') || this.isOperator('-'); terms += 1) {
      const operator = this.token().text;
      this.at += 1;
      const right = this.#product();
      result = operator === '+' ? join('+', result, right, terms) : { kind: 'unknown', line: result.line };
    }
    return result;
  }

  #product(): Expression {
    let result = this.operand();
    for (let terms = 1; this.token().kind === 'operator' && PRODUCT.has(this.token().text); terms += 1) {
      const operator = this.token().text;
      this.at += 1;
      const right = this.operand();
      result = operator === '/' ? join('/', result, right, terms) : { kind: 'unknown', line: result.line };
    }
    return result;
  }

  /** Nested too deeply: on to where the surrounding bracket or line has something else to say. */
  #passOver(): Expression {
    const { line } = this.token();
    for (; ; this.at += 1) {
      const { kind, text, close } = this.token();
      if (kind === 'newline' || kind === 'end' || [')', ']', '}', ',', ':', '=', ';'].includes(text)) break;
      if (close !== undefined) this.at = close;
    }
    return { kind: 'unknown', line };
  }
}

function isCompared(operator: string): operator is (Expression & { kind: 'comparison' })['operator'] {
  return operator === '==' || operator === '!=' || operator === 'in' || operator === 'not in';
}

function join(operator: '+' | '/', left: Expression, right: Expression, terms: number): Expression {
  const { line } = left;
  if (terms > MAX_DEPTH) return { kind: 'unknown', line };
  return { kind: 'binary', operator, left, right, line };
}
