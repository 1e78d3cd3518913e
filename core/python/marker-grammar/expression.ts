/**
 * The parts of an environment marker (PyPA's "Dependency specifiers", PEP 508 and PEP 751) as plain data that
 * lock readers may walk and rewrite.
 */

/** The variables that PEP 508 and PEP 751 define. */
export const MARKER_VARIABLES = [
  'python_version',
  'python_full_version',
  'os_name',
  'sys_platform',
  'platform_release',
  'platform_system',
  'platform_version',
  'platform_machine',
  'platform_python_implementation',
  'implementation_name',
  'implementation_version',
  'extra',
  'extras',
  'dependency_groups',
] as const;

export type MarkerVariable = (typeof MARKER_VARIABLES)[number];

export type MarkerOperator = '===' | '==' | '!=' | '<=' | '>=' | '<' | '>' | '~=' | 'in' | 'not in';

export type MarkerOperand =
  | { readonly kind: 'variable'; readonly name: MarkerVariable }
  | { readonly kind: 'literal'; readonly value: string };

/** One term, such as `python_version >= "3.9"`. */
export interface MarkerComparison {
  readonly kind: 'comparison';
  readonly left: MarkerOperand;
  readonly operator: MarkerOperator;
  readonly right: MarkerOperand;
}

/** Terms of which all (`and`) or one (`or`) must hold. */
export interface MarkerGroup {
  readonly kind: 'and' | 'or';
  readonly terms: readonly MarkerExpression[];
  /** Whether it was written in parentheses; printing adds those that the precedence needs by itself. */
  readonly parenthesised?: true;
}

export type MarkerExpression = MarkerComparison | MarkerGroup;

/** What markers are evaluated against: strings as PEP 508 defines them. */
export interface MarkerEnvironment {
  readonly python_version: string;
  readonly python_full_version: string;
  readonly os_name: string;
  readonly sys_platform: string;
  readonly platform_release: string;
  readonly platform_system: string;
  readonly platform_version: string;
  readonly platform_machine: string;
  readonly platform_python_implementation: string;
  readonly implementation_name: string;
  readonly implementation_version: string;
  /** The extra that is asked for, or all active ones: `extra == "x"` then holds where `x` is among them. Absent: none. */
  readonly extra?: string | ReadonlySet<string> | undefined;
  /** PEP 751's sets, which only lock files may ask for. */
  readonly extras?: ReadonlySet<string> | undefined;
  readonly dependency_groups?: ReadonlySet<string> | undefined;
}
