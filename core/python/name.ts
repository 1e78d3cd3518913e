/**
 * Names of projects, extras and dependency groups as PyPA's "Names and normalization" (PEP 503, PEP 685)
 * defines them. Knows nothing of file names, which spell names in their own way.
 */
import { PycError } from '../primitives/errors.ts';

/** A text that should be the name of a project, an extra or a group is none. */
export class NameError extends PycError {
  readonly code = 'PYC_NAME_INVALID';
}

const VALID = /^(?:[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9])$/i;
const NORMALIZED = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * The form in which names are compared: lower case, runs of `-`, `_` and `.` become one `-` (PEP 503).
 * It does not check; use {@link parseName} for names that come from outside.
 */
export function normalizeName(text: string): string {
  if (NORMALIZED.test(text)) return text;
  return text.replace(/[-_.]+/g, '-').toLowerCase();
}

/** True where the text is a valid name in its normalised form. */
export function isNormalizedName(text: string): boolean {
  return NORMALIZED.test(text);
}

/** True for what the core metadata's field "Name" may hold. */
export function isName(text: string): boolean {
  return VALID.test(text);
}

/**
 * Checks a name and normalises it.
 *
 * @throws NameError for anything but ASCII letters, digits, `.`, `-` and `_` with a letter or digit at each end.
 */
export function parseName(text: string): string {
  if (isName(text)) return normalizeName(text);
  throw new NameError(`\`${text.slice(0, 100)}\` is not a valid name`, {
    hint: 'use ASCII letters, digits, `.`, `-` and `_`, with a letter or a digit at each end',
  });
}
