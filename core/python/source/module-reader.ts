/**
 * Reads a module's statements and takes them out of their blocks. What only type checkers see is left out.
 * Nothing is executed, and nothing is validated that reading facts does not need.
 */

import { TokenCursor } from './cursor.ts';
import { decodeSource, normalizeText } from './decode.ts';
import type { Expression } from './expression.ts';
import { readExpression, readExpressionList } from './expression-reader.ts';
import { readSimpleStatement } from './simple-statement.ts';
import { SourceError } from './source-error.ts';
import type { Condition, Parameter, Runs, SourceModule, Statement } from './statement.ts';
import { type Token, tokenize } from './token.ts';

/** Longer chains of `elif` are no honest program's: what stands under more conditions is as if something else decided. */
const MAX_CONDITIONS = 200;

const BLOCKS = new Set(['if', 'elif', 'else', 'try', 'except', 'finally', 'for', 'while', 'with']);

/**
 * Reads a module.
 *
 * @param path only names the file
 * @throws SourceError (`PYC_SOURCE_UNREADABLE`) for what cannot be decoded or taken apart, with file and line
 */
export function readModule(path: string, source: Uint8Array | string): SourceModule {
  const text =
    typeof source === 'string'
      ? normalizeText(path, source.replace(/^\ufeff/, ''))
      : decodeSource(path, source);
  return { path, statements: new StatementReader(path, tokenize(path, text)).module() };
}

class StatementReader {
  readonly #path: string;
  readonly #tokens: TokenCursor;
  /** The conditions that the current statement stands under; undefined inside of a loop or a handler. */
  #conditions: readonly Condition[] | undefined = [];
  /** That none of the tests before an `elif` or `else` held; undefined where no `if` came before. */
  #otherwise: readonly Condition[] | undefined;

  constructor(path: string, tokens: readonly Token[]) {
    this.#path = path;
    this.#tokens = new TokenCursor(tokens);
  }

  module(): readonly Statement[] {
    const found: Statement[] = [];
    while (this.#tokens.token().kind !== 'end') this.#statement(found, 'always');
    return found;
  }

  /** One logical line, and the block below it where it has one. */
  #statement(into: Statement[], runs: Runs): void {
    const token = this.#tokens.token();
    if (token.kind === 'indent' || token.kind === 'dedent' || token.kind === 'newline') {
      if (token.kind === 'indent') throw this.#fault('it is indented without a reason');
      this.#tokens.at += 1;
      return;
    }
    const continues = this.#tokens.isWord('elif') || this.#tokens.isWord('else');
    if (!continues) this.#otherwise = undefined;
    const decorators: Expression[] = [];
    while (this.#tokens.isOperator('@')) {
      this.#tokens.at += 1;
      decorators.push(this.#tokens.read(readExpression));
      this.#tokens.toLineEnd();
      this.#tokens.at += 1;
    }
    const asynchronous = this.#tokens.isWord('async') && this.#tokens.token(1).kind === 'name';
    if (asynchronous) this.#tokens.at += 1;
    if (this.#tokens.isWord('def') && this.#tokens.token(1).kind === 'name')
      this.#function(into, runs, decorators, asynchronous);
    else if (this.#tokens.isWord('class') && this.#tokens.token(1).kind === 'name')
      this.#class(into, runs, decorators);
    else if (this.#beginsBlock()) this.#compound(into, runs);
    else this.#simpleStatements(into, runs);
  }

  #function(into: Statement[], runs: Runs, decorators: readonly Expression[], asynchronous: boolean): void {
    const { line } = this.#tokens.token();
    const name = this.#tokens.token(1).text;
    this.#tokens.at += 2;
    this.#typeParameters();
    const parameters = this.#tokens.isOperator('(') ? this.#parameters() : [];
    let returns: Expression | undefined;
    if (this.#tokens.isOperator('->')) {
      this.#tokens.at += 1;
      returns = this.#tokens.read(readExpressionList);
    }
    const body = this.#own(() => this.#block('always'));
    into.push({
      kind: 'function',
      name,
      asynchronous,
      decorators,
      parameters,
      ...(returns === undefined ? {} : { returns }),
      body,
      line,
      runs,
      ...this.#when(runs),
    });
  }

  #class(into: Statement[], runs: Runs, decorators: readonly Expression[]): void {
    const { line } = this.#tokens.token();
    const name = this.#tokens.token(1).text;
    this.#tokens.at += 2;
    this.#typeParameters();
    const bases: Expression[] = [];
    const { close } = this.#tokens.token();
    if (this.#tokens.isOperator('(')) {
      this.#tokens.at += 1;
      while (this.#tokens.at < close!) {
        if (this.#tokens.token(1).text === '=' && this.#tokens.token(1).kind === 'operator') {
          this.#tokens.at += 2;
          this.#tokens.read(readExpression);
        } else if (this.#tokens.isOperator('**')) {
          this.#tokens.at += 1;
          this.#tokens.read(readExpression);
        } else bases.push(this.#tokens.read(readExpression));
        if (this.#tokens.isOperator(',')) this.#tokens.at += 1;
        else this.#tokens.at = close!;
      }
      this.#tokens.at = close! + 1;
    }
    const body = this.#own(() => this.#block('always'));
    into.push({ kind: 'class', name, decorators, bases, body, line, runs, ...this.#when(runs) });
  }

  /** PEP 695. */
  #typeParameters(): void {
    const { close } = this.#tokens.token();
    if (this.#tokens.isOperator('[')) this.#tokens.at = close! + 1;
  }

  #parameters(): Parameter[] {
    const close = this.#tokens.token().close!;
    const found: Parameter[] = [];
    this.#tokens.at += 1;
    while (this.#tokens.at < close) {
      const { kind, text } = this.#tokens.token();
      this.#tokens.at += 1;
      if (kind === 'name') {
        this.#skipBehind(':');
        found.push({ name: text, required: !this.#skipBehind('=') });
      }
      // A star makes the name behind it optional.
      while (this.#tokens.at < close && !this.#tokens.isOperator(',')) {
        this.#tokens.at = (this.#tokens.token().close ?? this.#tokens.at) + 1;
      }
      this.#tokens.at += 1;
    }
    this.#tokens.at = close + 1;
    return found;
  }

  /** Over an operator and the expression behind it, where it stands here. */
  #skipBehind(operator: string): boolean {
    const found = this.#tokens.isOperator(operator);
    if (found) {
      this.#tokens.at += 1;
      this.#tokens.read(readExpression);
    }
    return found;
  }

  /** `if`, `try`, `for`, … and the soft keywords `match` and `case`: their blocks count as the outer one's. */
  #compound(into: Statement[], runs: Runs): void {
    const word = this.#tokens.token().text;
    if (word === 'if' || word === 'elif') {
      this.#tokens.at += 1;
      const test = this.#tokens.read(readExpression);
      const kind = kindOfTest(test);
      const before = word === 'if' ? [] : this.#otherwise;
      const own = before === undefined ? undefined : [...before, { test, holds: true }];
      const body = this.#under(own, () => this.#block(kind === 'main' ? 'main' : inner(runs, 'perhaps')));
      if (kind !== 'never') into.push(...body);
      const isLong = before === undefined || before.length >= MAX_CONDITIONS;
      this.#otherwise = isLong ? undefined : [...before, { test, holds: false }];
      return;
    }
    // What `with` and `try` guard runs unless something fails.
    const certain = word === 'with' || word === 'try' || word === 'finally';
    const own = certain ? [] : word === 'else' ? this.#otherwise : undefined;
    into.push(...this.#under(own, () => this.#block(certain ? runs : inner(runs, 'perhaps'))));
    this.#otherwise = undefined;
  }

  /** Reads something that stands under further conditions; undefined where no condition says when it runs. */
  #under<T>(conditions: readonly Condition[] | undefined, read: () => T): T {
    const outer = this.#conditions;
    const all = outer === undefined || conditions === undefined ? [] : [...outer, ...conditions];
    const isOpen = outer === undefined || conditions === undefined || all.length > MAX_CONDITIONS;
    this.#conditions = isOpen ? undefined : all;
    const result = read();
    this.#conditions = outer;
    return result;
  }

  /** Reads a body whose statements have conditions of their own alone. */
  #own<T>(read: () => T): T {
    const outer = this.#conditions;
    this.#conditions = [];
    const result = read();
    this.#conditions = outer;
    return result;
  }

  #when(runs: Runs): { readonly when?: readonly Condition[] } {
    return runs === 'perhaps' && this.#conditions !== undefined ? { when: this.#conditions } : {};
  }

  /** From wherever the header was read to, over its colon, through the block. */
  #block(runs: Runs): readonly Statement[] {
    const found: Statement[] = [];
    this.#toHeaderEnd();
    this.#tokens.at += 1;
    if (this.#tokens.token().kind !== 'newline') {
      this.#simpleStatements(found, runs);
      return found;
    }
    this.#tokens.at += 1;
    if (this.#tokens.token().kind !== 'indent') throw this.#fault('a block is missing');
    this.#tokens.at += 1;
    while (this.#tokens.token().kind !== 'dedent') {
      if (this.#tokens.token().kind === 'end') return found;
      this.#statement(found, runs);
    }
    this.#tokens.at += 1;
    return found;
  }

  #toHeaderEnd(): void {
    let lambdas = 0;
    for (; ; this.#tokens.at += 1) {
      const { kind, text, close } = this.#tokens.token();
      if (kind === 'newline' || kind === 'end') throw this.#fault('a `:` is missing');
      if (close !== undefined) this.#tokens.at = close;
      else if (kind === 'name' && text === 'lambda') lambdas += 1;
      else if (kind === 'operator' && text === ':') {
        if (lambdas === 0) return;
        lambdas -= 1;
      }
    }
  }

  #simpleStatements(into: Statement[], runs: Runs): void {
    for (;;) {
      const before = this.#tokens.at;
      const when = this.#when(runs);
      const read = readSimpleStatement(this.#tokens, runs);
      into.push(...(when.when === undefined ? read : read.map((statement) => ({ ...statement, ...when }))));
      this.#tokens.toStatementEnd();
      if (this.#tokens.isOperator(';')) this.#tokens.at += 1;
      if (this.#tokens.token().kind === 'newline') {
        this.#tokens.at += 1;
        return;
      }
      if (this.#tokens.token().kind === 'end') return;
      if (this.#tokens.at === before) throw this.#fault('it is no statement');
    }
  }

  /** True for the hard keywords, and for `match` and `case` where only a block can follow. */
  #beginsBlock(): boolean {
    const { kind, text } = this.#tokens.token();
    if (kind !== 'name') return false;
    if (BLOCKS.has(text)) return true;
    if (text !== 'match' && text !== 'case') return false;
    const next = this.#tokens.token(1);
    if (next.kind === 'newline' || (next.kind === 'operator' && !/^(?:[([{*-]|\.\.\.)$/.test(next.text)))
      return false;
    return this.#colonEndsHeader(text);
  }

  /** `match (x):` is a block and `match(x)` a call: only the block's header has a colon outside brackets. */
  #colonEndsHeader(word: string): boolean {
    for (let at = this.#tokens.at + 1; ; at += 1) {
      const { kind, text, close } = this.#tokens.tokens[at]!;
      if (kind === 'newline' || kind === 'end' || text === ';') return false;
      if (close !== undefined) at = close;
      else if (kind === 'operator' && text === ':') {
        return word === 'case' || this.#tokens.tokens[at + 1]!.kind === 'newline';
      }
    }
  }

  #fault(reason: string): SourceError {
    return new SourceError(this.#path, this.#tokens.token().line, reason);
  }
}

function inner(outer: Runs, own: Runs): Runs {
  return outer === 'main' ? 'main' : own;
}

/** What a condition says by itself: never true when the program runs, true for the main module, or open. */
function kindOfTest(test: Expression): 'never' | 'main' | 'open' {
  if (test.kind === 'constant' && test.value !== true) return 'never';
  if (test.kind === 'number' && test.text === '0') return 'never';
  if (test.kind === 'name' && test.name === 'TYPE_CHECKING') return 'never';
  if (test.kind === 'attribute' && test.name === 'TYPE_CHECKING') return 'never';
  if (test.kind !== 'comparison' || test.operator !== '==') return 'open';
  const sides = [test.left, test.right];
  const named = sides.some((side) => side.kind === 'name' && side.name === '__name__');
  return named && sides.some((side) => side.kind === 'string' && side.value === '__main__') ? 'main' : 'open';
}
