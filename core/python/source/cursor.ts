/** A place in a list of tokens that moves forward; what the tokens mean is its users' business. */
import type { Expression } from './expression.ts';
import type { readExpression } from './expression-reader.ts';
import type { Token } from './token.ts';

export class TokenCursor {
  readonly tokens: readonly Token[];
  /** Index of the current token. */
  at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The current token or one near it; past the end the last one, which is of the kind `end`. */
  token(offset = 0): Token {
    return this.tokens[this.at + offset] ?? this.tokens.at(-1)!;
  }

  isWord(word: string): boolean {
    const { kind, text } = this.token();
    return kind === 'name' && text === word;
  }

  isOperator(operator: string): boolean {
    const { kind, text } = this.token();
    return kind === 'operator' && text === operator;
  }

  /** Reads an expression and moves behind it. */
  read(reader: typeof readExpression): Expression {
    const { expression, end } = reader(this.tokens, this.at);
    this.at = end;
    return expression;
  }

  /** To the `;` or the end of the line that ends a simple statement. */
  toStatementEnd(): void {
    for (; ; this.at += 1) {
      const { kind, text, close } = this.token();
      if (kind === 'newline' || kind === 'end' || (kind === 'operator' && text === ';')) return;
      if (close !== undefined) this.at = close;
    }
  }

  toLineEnd(): void {
    while (this.token().kind !== 'newline' && this.token().kind !== 'end') this.at += 1;
  }
}
