/** Text from outside as documents may hold it: one line without control characters, well formed, and not endless. */

/** Control characters (C0, C1), the marks that turn a line's direction round, and what ends a line. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+/g;

/** Undefined where nothing is left. @param longest in UTF-16 units */
export function plainText(text: string | undefined, longest = 1000): string | undefined {
  if (text === undefined) return undefined;
  const line = text
    .slice(0, 8 * longest)
    .replace(UNSEEN, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, longest);
  // Half of a pair of surrogates, as a cut may leave it, becomes U+FFFD on its way through UTF-8.
  return line === '' ? undefined : Buffer.from(line).toString('utf8');
}
