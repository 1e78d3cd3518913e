/**
 * Markers with the environment filled in: what remains is a condition on the extras, groups and projects that
 * are active. Conditions are reduced ordered binary decision diagrams (Bryant 1986), so that two which mean
 * the same are the same number.
 */
import type { Marker, MarkerComparison, MarkerEnvironment, MarkerExpression } from '../../marker.ts';
import { Marker as MarkerValue } from '../../marker.ts';
import { LockMalformedError } from '../lock-error.ts';

/** A diagram's node; 0 never holds, 1 always does. */
export type Formula = number;

export const NEVER: Formula = 0;
export const ALWAYS: Formula = 1;

/** Real locks need some hundreds; only one that was made to be expensive comes near. */
const MOST_NODES = 200_000;

const TERMINAL = Number.POSITIVE_INFINITY;

/** The diagrams of one lock and one environment. */
export class Formulas {
  readonly #environment: MarkerEnvironment;
  readonly #file: string;
  readonly #variables = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #level: number[] = [TERMINAL, TERMINAL];
  readonly #low: Formula[] = [NEVER, ALWAYS];
  readonly #high: Formula[] = [NEVER, ALWAYS];
  readonly #nodes = new Map<string, Formula>();
  readonly #results = new Map<string, Formula>();
  readonly #markers = new Map<Marker, Formula>();

  constructor(environment: MarkerEnvironment, file: string) {
    this.#environment = environment;
    this.#file = file;
  }

  /** The condition that is left of a marker; no marker always holds. */
  of(marker: Marker | undefined): Formula {
    if (marker === undefined) return ALWAYS;
    const known = this.#markers.get(marker);
    if (known !== undefined) return known;
    const formula = this.#reduce(marker.expression);
    this.#markers.set(marker, formula);
    return formula;
  }

  and(a: Formula, b: Formula): Formula {
    if (a === NEVER || b === NEVER) return NEVER;
    if (a === ALWAYS || a === b) return b;
    if (b === ALWAYS) return a;
    return this.#combine('&', a, b, (left, right) => this.and(left, right));
  }

  or(a: Formula, b: Formula): Formula {
    if (a === ALWAYS || b === ALWAYS) return ALWAYS;
    if (a === NEVER || a === b) return b;
    if (b === NEVER) return a;
    return this.#combine('|', a, b, (left, right) => this.or(left, right));
  }

  /** Whether the condition holds for what is active, given by the names that uv encodes. */
  holds(formula: Formula, isActive: (name: string) => boolean): boolean {
    let at = formula;
    while (at > ALWAYS) {
      const name = this.#names[this.#level[at]!]!;
      at = isActive(name) ? this.#high[at]! : this.#low[at]!;
    }
    return at === ALWAYS;
  }

  #reduce(expression: MarkerExpression): Formula {
    switch (expression.kind) {
      case 'and':
        return expression.terms.reduce((all, term) => this.and(all, this.#reduce(term)), ALWAYS);
      case 'or':
        return expression.terms.reduce((any, term) => this.or(any, this.#reduce(term)), NEVER);
      case 'comparison': {
        const name = activationOf(expression);
        if (name === undefined)
          return MarkerValue.from(expression).evaluate(this.#environment) ? ALWAYS : NEVER;
        const level = this.#variable(name);
        return expression.operator === '=='
          ? this.#node(level, NEVER, ALWAYS)
          : this.#node(level, ALWAYS, NEVER);
      }
    }
  }

  #combine(
    operation: '&' | '|',
    a: Formula,
    b: Formula,
    apply: (a: Formula, b: Formula) => Formula,
  ): Formula {
    const key = a < b ? `${a}${operation}${b}` : `${b}${operation}${a}`;
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const level = Math.min(this.#level[a]!, this.#level[b]!);
    const [lowA, highA] = this.#level[a] === level ? [this.#low[a]!, this.#high[a]!] : [a, a];
    const [lowB, highB] = this.#level[b] === level ? [this.#low[b]!, this.#high[b]!] : [b, b];
    const result = this.#node(level, apply(lowA, lowB), apply(highA, highB));
    this.#results.set(key, result);
    return result;
  }

  #node(level: number, low: Formula, high: Formula): Formula {
    if (low === high) return low;
    const key = `${level},${low},${high}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = this.#level.length;
    if (node > MOST_NODES) {
      throw new LockMalformedError(
        this.#file,
        'conflicts',
        'the markers of conflicting extras are too entangled',
      );
    }
    this.#level.push(level);
    this.#low.push(low);
    this.#high.push(high);
    this.#nodes.set(key, node);
    return node;
  }

  #variable(name: string): number {
    const known = this.#variables.get(name);
    if (known !== undefined) return known;
    const level = this.#names.length;
    this.#names.push(name);
    this.#variables.set(name, level);
    return level;
  }
}

/** The name in `extra == "name"` and `extra != "name"`, whichever way round. */
function activationOf({ left, operator, right }: MarkerComparison): string | undefined {
  if (operator !== '==' && operator !== '!=') return undefined;
  if (left.kind === 'variable' && left.name === 'extra' && right.kind === 'literal') return right.value;
  if (right.kind === 'variable' && right.name === 'extra' && left.kind === 'literal') return left.value;
  return undefined;
}
