/** What was signed, and what was verified, a line each. */
import type { SignReport, VerifyReport } from '../../index.ts';
import { safe } from './safe-text.ts';
import { tableOf } from './table.ts';

/** What was attached: the predicate's type and the digest that it is about. */
export function formatSignatures({ signatures }: SignReport): string {
  const rows = signatures.map(({ predicateType, subject }) => [safe(predicateType), subject]);
  return `${tableOf(rows, ['left', 'left']).join('\n')}\n`;
}

/** What was verified, and by whom it was signed. */
export function formatVerified({ digest, verified }: VerifyReport): string {
  const rows = verified.map(({ predicateType, key, identity, issuer }) => [
    safe(predicateType),
    key === null ? safe(`${identity ?? ''} (${issuer ?? ''})`) : `key ${key}`,
  ]);
  return `${digest ?? ''}\n${tableOf(rows, ['left', 'left']).join('\n')}\n`;
}
