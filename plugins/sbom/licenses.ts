/**
 * What a licence statement means: SPDX identifiers and expressions (PEP 639) where it is one or plainly stands for one, names
 * for all else. Nothing is guessed: `BSD` alone is a name.
 */
import * as SPDX from '@cyclonedx/cyclonedx-library/SPDX';
import spdxParse from 'spdx-expression-parse';
import { CLASSIFIED } from './license-names.ts';
import { plainText } from './plain-text.ts';

/** One licence of a component. All of a component's hold together: which of several is to be chosen, only an expression says. */
export type License =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'expression'; readonly expression: string }
  | { readonly kind: 'name'; readonly name: string };

/** Letters of an expression: real ones are short, and the parser is recursive. */
const MAX_EXPRESSION = 500;
const MAX_NAME = 200;

/** How licence texts begin that are put in place of a name. */
const TEXTS: readonly (readonly [beginning: RegExp, id: string])[] = [
  [/^(?:the )?mit license/i, 'MIT'],
  [/^permission is hereby granted, free of charge, to any person obtaining a copy/i, 'MIT'],
  [/^apache license,?\s+version 2\.0/i, 'Apache-2.0'],
  [/^(?:the )?isc license/i, 'ISC'],
  [/^bsd 3-clause license/i, 'BSD-3-Clause'],
  [/^bsd 2-clause license/i, 'BSD-2-Clause'],
  [/^mozilla public license,? version 2\.0/i, 'MPL-2.0'],
];

/** The licences that a text states; none for an empty one. */
export function licensesOf(text: string | undefined): readonly License[] {
  const stated = text?.trim() ?? '';
  if (stated === '') return [];
  const known = knownLicense(stated);
  if (known !== undefined) return [known];
  // Classifiers, as the facts of a distribution join them.
  const words = stated.length > 1000 ? [] : stated.split(', ');
  const each = words.length < 2 ? [] : words.map(knownLicense);
  if (each.length > 0 && each.every((one) => one !== undefined)) return unique(each as License[]);
  const head = stated.slice(0, 400).replace(/\s+/g, ' ');
  const id = TEXTS.find(([beginning]) => stated.includes('\n') && beginning.test(head))?.[1];
  if (id !== undefined) return [{ kind: 'id', id }];
  const name = plainText(stated.split('\n', 1)[0], MAX_NAME);
  return name === undefined ? [] : [{ kind: 'name', name }];
}

function knownLicense(text: string): License | undefined {
  if (text.length > MAX_EXPRESSION || !/^[\w .+():;,/-]+$/.test(text)) return undefined;
  const id = SPDX.fixupSpdxId(text) ?? CLASSIFIED.get(text.toLowerCase());
  if (id !== undefined) return { kind: 'id', id };
  const spelled = text
    .replace(/[()]/g, ' $& ')
    .trim()
    .split(/\s+/)
    .map(spelledWord)
    .join(' ')
    .replaceAll('( ', '(')
    .replaceAll(' )', ')');
  return isExpression(spelled) ? { kind: 'expression', expression: spelled } : undefined;
}

/** Identifiers and operators are compared without regard to case (PEP 639). */
function spelledWord(word: string): string {
  if (/^(?:and|or|with)$/i.test(word)) return word.toUpperCase();
  const reference = /^licenseref-([A-Za-z0-9.-]+)$/i.exec(word)?.[1];
  if (reference !== undefined) return `LicenseRef-${reference}`;
  const known = SPDX.fixupSpdxId(word);
  if (known !== undefined || !word.endsWith('+')) return known ?? word;
  const [bare, plus] = [word.slice(0, -1), '+'];
  return `${SPDX.fixupSpdxId(bare) ?? bare}${plus}`;
}

/** A reference into another document means nothing here. */
function isExpression(text: string): boolean {
  if (/DocumentRef-/i.test(text)) return false;
  try {
    spdxParse(text);
    return true;
  } catch {
    return false;
  }
}

function unique(licenses: readonly License[]): License[] {
  return [...new Map(licenses.map((one) => [JSON.stringify(one), one])).values()];
}
