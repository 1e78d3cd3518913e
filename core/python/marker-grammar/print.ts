/** Writes a marker's expression in its normalised form: double quotes, one space, PEP 508's names. */
import type { MarkerExpression, MarkerOperand } from './expression.ts';

/** What this prints parses to the same expression. */
export function printMarker(expression: MarkerExpression): string {
  if (expression.kind === 'comparison') {
    return `${printOperand(expression.left)} ${expression.operator} ${printOperand(expression.right)}`;
  }
  return expression.terms
    .map((term) => (needsParentheses(term, expression.kind) ? `(${printMarker(term)})` : printMarker(term)))
    .join(` ${expression.kind} `);
}

/** A nested group keeps the parentheses that it had; `and` binds more tightly than `or`. */
function needsParentheses(term: MarkerExpression, around: 'and' | 'or'): boolean {
  if (term.kind === 'comparison') return false;
  return term.parenthesised === true || around === 'and' || term.kind === 'or';
}

function printOperand(operand: MarkerOperand): string {
  if (operand.kind === 'variable') return operand.name;
  return operand.value.includes('"') ? `'${operand.value}'` : `"${operand.value}"`;
}
