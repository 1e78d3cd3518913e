/**
 * The statements that facts are read from: imports, assignments, functions, classes, calls. Shapes alone; how
 * they are read is not known here.
 */
import type { Expression } from './expression.ts';

interface At {
  /** Counted from 1. */
  readonly line: number;
  /**
   * `always`: runs whenever its module or function does; `perhaps`: stands in a branch, a loop, a handler;
   * `main`: stands under `if __name__ == '__main__'`.
   */
  readonly runs: 'always' | 'perhaps' | 'main';
  /** Of one that runs `perhaps`: the conditions that decide it, all of them; undefined where something else decides. */
  readonly when?: readonly Condition[];
}

/** What an `if` or `elif` asks, and whether that must hold. */
export interface Condition {
  readonly test: Expression;
  readonly holds: boolean;
}

export interface Parameter {
  readonly name: string;
  /** Has neither a default nor a star. */
  readonly required: boolean;
}

export type Statement = At &
  /** `import module` or `import module as alias`. */
  (
    | { readonly kind: 'import'; readonly module: string; readonly alias?: string }
    /** `from ..module import name as alias`, one for each name; `level` counts the dots; `*` is a name. */
    | {
        readonly kind: 'from';
        readonly module: string;
        readonly level: number;
        readonly name: string;
        readonly alias: string;
      }
    | {
        readonly kind: 'assignment';
        readonly targets: readonly Expression[];
        readonly annotation?: Expression;
        readonly value?: Expression;
        /** As in `+=`; undefined for plain ones. */
        readonly operator?: string;
      }
    | {
        readonly kind: 'function';
        readonly name: string;
        readonly asynchronous: boolean;
        readonly decorators: readonly Expression[];
        readonly parameters: readonly Parameter[];
        readonly returns?: Expression;
        readonly body: readonly Statement[];
      }
    | {
        readonly kind: 'class';
        readonly name: string;
        readonly decorators: readonly Expression[];
        readonly bases: readonly Expression[];
        readonly body: readonly Statement[];
      }
    | { readonly kind: 'return'; readonly value: Expression }
    /** `del a, b[0]`, one for each. */
    | { readonly kind: 'delete'; readonly target: Expression }
    /** `global a, b`, one for each: the function assigns a name of its module. */
    | { readonly kind: 'global'; readonly name: string }
    /** Any other expression that stands by itself, mostly a call. */
    | { readonly kind: 'expression'; readonly value: Expression }
  );

/** A module's statements in the order in which they stand. */
export interface SourceModule {
  /** As given; names the file in errors and reasons. */
  readonly path: string;
  readonly statements: readonly Statement[];
}

export type Runs = At['runs'];
