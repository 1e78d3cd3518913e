/** SPDX licence expressions (PEP 639) in the spelling that backends write them in. */
import { notStatic } from './not-static.ts';

/** Gives an SPDX identifier in its own spelling; undefined for what is none. */
export type SpellLicense = (identifier: string) => string | undefined;

const OPERATORS = new Set(['AND', 'OR', 'WITH']);
const REFERENCE = /^licenseref-([a-z0-9.-]+)$/i;

/** @throws NotStatic for what is not plainly an expression */
export function canonicalLicense(text: string, spell: SpellLicense): string {
  const tokens = text
    .replace(/[()]/g, ' $& ')
    .split(/\s+/)
    .filter((token) => token !== '');
  const printed: string[] = [];
  let depth = 0;
  let wantsOperand = true;
  for (const token of tokens) {
    if (token === '(' || token === ')') {
      depth += token === '(' ? 1 : -1;
      if (depth < 0 || wantsOperand !== (token === '(')) refuse(text);
      printed.push(token);
      continue;
    }
    const operator = token.toUpperCase();
    if (OPERATORS.has(operator) !== !wantsOperand) refuse(text);
    // Backends differ in whether lower-case operators are errors.
    if (OPERATORS.has(operator) && token !== operator) refuse(text);
    printed.push(OPERATORS.has(operator) ? operator : spelled(token, text, spell));
    wantsOperand = !wantsOperand;
  }
  if (depth !== 0 || wantsOperand) refuse(text);
  return printed.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
}

function spelled(token: string, text: string, spell: SpellLicense): string {
  const reference = REFERENCE.exec(token)?.[1];
  if (reference !== undefined) return `LicenseRef-${reference}`;
  const plus = token.endsWith('+') ? '+' : '';
  // Some identifiers of old end in a plus themselves.
  const identifier = spell(token) ?? (plus === '' ? undefined : spell(token.slice(0, -1)));
  if (identifier === undefined) refuse(text);
  return identifier.endsWith('+') ? identifier : `${identifier}${plus}`;
}

function refuse(text: string): never {
  return notStatic(`\`${text.slice(0, 100)}\` is not a licence expression in SPDX's spelling`);
}
