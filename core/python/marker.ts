/**
 * Environment markers (PyPA's "Dependency specifiers", PEP 508; PEP 751's sets): the immutable value that the
 * rest of the program passes around. The grammar's parts live beside it.
 */
import { evaluateMarker } from './marker-grammar/evaluate.ts';
import type { MarkerEnvironment, MarkerExpression } from './marker-grammar/expression.ts';
import { parseMarker } from './marker-grammar/parse.ts';
import { printMarker } from './marker-grammar/print.ts';
import { cached } from './parse-cache.ts';

export { MarkerEvaluationError } from './marker-grammar/evaluate.ts';
export type {
  MarkerComparison,
  MarkerEnvironment,
  MarkerExpression,
  MarkerGroup,
  MarkerOperand,
  MarkerOperator,
  MarkerVariable,
} from './marker-grammar/expression.ts';
export { MarkerError } from './marker-grammar/parse.ts';

/** A condition on the environment that something is installed into. */
export class Marker {
  /** Plain data: walk it, rewrite it, and make a new marker of it with {@link Marker.from}. */
  readonly expression: MarkerExpression;

  private constructor(expression: MarkerExpression) {
    this.expression = expression;
  }

  /** @throws MarkerError for what PEP 508 refuses. */
  static parse(text: string): Marker {
    return parseCached(text);
  }

  static from(expression: MarkerExpression): Marker {
    return new Marker(expression);
  }

  /** @throws MarkerEvaluationError where the standard defines no answer. */
  evaluate(environment: MarkerEnvironment): boolean {
    return evaluateMarker(this.expression, environment);
  }

  /** The normalised form: double quotes where they fit, single spaces, PEP 508's names of variables. */
  toString(): string {
    return printMarker(this.expression);
  }

  toJSON(): string {
    return this.toString();
  }
}

const parseCached = cached((text: string) => Marker.from(parseMarker(text)), 4096);
