/**
 * Decides a marker's expression against an environment (PyPA's "Dependency specifiers", "Environment
 * markers"). Knows nothing of the text it came from.
 */
import { PycError } from '../../primitives/errors.ts';
import { normalizeName } from '../name.ts';
import { parseOperatorSpecifier } from '../specifier.ts';
import type {
  MarkerComparison,
  MarkerEnvironment,
  MarkerExpression,
  MarkerOperator,
  MarkerVariable,
} from './expression.ts';
import { isNameVariable } from './parse.ts';

/**
 * An environment marker is well-formed and has no answer, such as `os_name ~= "posix"`. Correct it where it is
 * written, and lock again.
 */
export class MarkerEvaluationError extends PycError {
  readonly code = 'PYC_MARKER_UNDEFINED';
}

/** The variables whose values are versions; all others are compared as texts. */
const VERSION_VARIABLES: ReadonlySet<MarkerVariable> = new Set<MarkerVariable>([
  'python_version',
  'python_full_version',
  'implementation_version',
  'platform_release',
]);

/** @throws MarkerEvaluationError where the standard defines no answer. */
export function evaluateMarker(expression: MarkerExpression, environment: MarkerEnvironment): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.terms.every((term) => evaluateMarker(term, environment));
    case 'or':
      return expression.terms.some((term) => evaluateMarker(term, environment));
    case 'comparison':
      return evaluateComparison(expression, environment);
  }
}

function evaluateComparison(comparison: MarkerComparison, environment: MarkerEnvironment): boolean {
  const variable = variableOf(comparison);
  const left = sideOf(comparison, 'left', environment);
  const right = sideOf(comparison, 'right', environment);
  if (typeof left === 'string' && typeof right === 'string') {
    return compareTexts(left, comparison.operator, right, variable);
  }
  return compareWithSet(comparison, left, right);
}

/** The variable that says how the two sides are compared. */
function variableOf({ left, right }: MarkerComparison): MarkerVariable | undefined {
  if (left.kind === 'variable') return left.name;
  return right.kind === 'variable' ? right.name : undefined;
}

function sideOf(
  comparison: MarkerComparison,
  side: 'left' | 'right',
  environment: MarkerEnvironment,
): string | ReadonlySet<string> {
  const operand = comparison[side];
  if (operand.kind === 'literal') return operand.value;
  const value = operand.name === 'extra' ? (environment.extra ?? '') : environment[operand.name];
  if (value === undefined) {
    throw new MarkerEvaluationError(`the marker variable \`${operand.name}\` has no value here`, {
      hint: 'only lock files may use `extras` and `dependency_groups`; elsewhere write `extra == "…"`',
    });
  }
  if (!isNameVariable(operand.name)) return value;
  return typeof value === 'string' ? normalizeName(value) : value;
}

function compareTexts(
  left: string,
  operator: MarkerOperator,
  right: string,
  variable: MarkerVariable | undefined,
): boolean {
  if (operator === 'in') return right.includes(left);
  if (operator === 'not in') return !right.includes(left);
  if (variable !== undefined && VERSION_VARIABLES.has(variable)) {
    const specifier = parseOperatorSpecifier(operator, right);
    // Interpreters built from a source tree call themselves `3.11.1+`, which only a local part can say.
    if (specifier !== undefined)
      return specifier.contains(left.endsWith('+') ? `${left}local` : left, { prereleases: true });
  }
  switch (operator) {
    case '==':
    case '<=':
    case '>=':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
    case '>':
      return false;
    default:
      throw new MarkerEvaluationError(
        `the operator \`${operator}\` is not defined for \`${left}\` and \`${right}\`, which are no versions`,
        { hint: 'compare texts with `==`, `!=`, `in` or `not in`' },
      );
  }
}

/** `"x" in extras` (PEP 751), and `extra == "x"` where several extras are active at once. */
function compareWithSet(
  { left: leftOperand, operator, right: rightOperand }: MarkerComparison,
  left: string | ReadonlySet<string>,
  right: string | ReadonlySet<string>,
): boolean {
  const extra = [leftOperand, rightOperand].some(
    (operand) => operand.kind === 'variable' && operand.name === 'extra',
  );
  const set = typeof left === 'string' ? right : left;
  const text = typeof left === 'string' ? left : right;
  if (typeof set !== 'string' && typeof text === 'string') {
    if (extra && (operator === '==' || operator === '!=')) return hasName(set, text) === (operator === '==');
    if (!extra && text === left && (operator === 'in' || operator === 'not in')) {
      return hasName(set, text) === (operator === 'in');
    }
  }
  throw new MarkerEvaluationError(`the operator \`${operator}\` is not defined for a set of names`, {
    hint: 'write `"name" in extras`, `"name" in dependency_groups` or `extra == "name"`',
  });
}

/** Sets usually hold normalised names already; the walk is for those that do not. */
function hasName(names: ReadonlySet<string>, name: string): boolean {
  if (names.has(name)) return true;
  for (const candidate of names) if (normalizeName(candidate) === name) return true;
  return false;
}
