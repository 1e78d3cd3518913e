/** What a matcher answers, how an expected value is held to a true one, and how both are shown. Nothing of images. */
import { nearest } from '../../primitives/nearest.ts';

/** The shape that `expect.extend` of vitest, jest and bun takes. */
export interface MatcherResult {
  readonly pass: boolean;
  /** Why it failed: without `.not` where `pass` is false, with `.not` where it is true. */
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** A text, a pattern that is looked for in it, or an asymmetric matcher such as `expect.stringContaining('x')`. */
export type ExpectedText = string | RegExp | { asymmetricMatch(actual: unknown): boolean };

/** What a framework calls its matchers with: Bun's asymmetric matchers can only be asked through it. */
export interface MatcherContext {
  readonly equals?: (actual: unknown, expected: unknown) => boolean;
}

const LISTED = 12;
const SHOWN = 600;

/** @param otherwise the message with `.not` */
export function answer(pass: boolean, message: () => string, otherwise: () => string): MatcherResult {
  return { pass, message: pass ? otherwise : message };
}

/** The same for a text that is another one; the framework may show where they differ. */
export function answerOf(
  what: string,
  actual: string,
  expected: ExpectedText,
  context: MatcherContext,
): MatcherResult {
  const pass = fits(actual, expected, context);
  const message = (): string =>
    `${what} is another one\n\nexpected: ${shown(expected)}\nis:       ${shown(actual)}`;
  return {
    ...answer(pass, message, () => `${what} is ${shown(actual)}, and should not be`),
    ...(typeof expected === 'string' ? { actual, expected } : {}),
  };
}

export function fits(actual: string, expected: ExpectedText, context: MatcherContext): boolean {
  if (typeof expected === 'string') return actual === expected;
  // A pattern with `g` or `y` would remember where it was.
  if (expected instanceof RegExp)
    return new RegExp(expected.source, expected.flags.replace(/[gy]/g, '')).test(actual);
  return context.equals === undefined ? expected.asymmetricMatch(actual) : context.equals(actual, expected);
}

/** A value in one line, as JSON where it is data; cut where it is long. */
export function shown(value: unknown): string {
  const text = isPattern(value) ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length} characters)`;
}

/** Patterns and asymmetric matchers are no data: they say themselves what they want. */
function isPattern(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) !== Object.prototype
  );
}

/** Permission bits as code writes them. */
export function octal(mode: number): string {
  return `0o${mode.toString(8)}`;
}

/** What there is in place of what was looked for: the nearest name, and the others. */
export function instead(name: string, names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'there is none at all';
  const close = nearest(name, all);
  const meant = close === undefined || close === name ? '' : `did you mean \`${close}\`? `;
  const rest = all.length > LISTED ? ` and ${all.length - LISTED} more` : '';
  return `${meant}there is ${all
    .slice(0, LISTED)
    .map((each) => `\`${each}\``)
    .join(', ')}${rest}`;
}
