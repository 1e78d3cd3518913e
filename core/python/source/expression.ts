/**
 * The expressions that facts are made of: names, attributes, calls, subscripts, literals, `+`, `/`, and what conditions
 * are made of. Everything else is `unknown`. How they are read is not known here.
 */

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
    /** An f-string whose fields are names, with dots in between or without. */
    | { readonly kind: 'formatted'; readonly pieces: readonly Expression[] }
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
