/** Debian's version order (deb-version(7), "Sorting algorithm"), exactly as dpkg has it. */

/** `[epoch:]upstream[-revision]`. */
export interface DebianVersion {
  readonly epoch: number;
  readonly upstream: string;
  /** Empty where there is none, which sorts as `0` does. */
  readonly revision: string;
}

const VALID = /^(?:\d+:)?[0-9A-Za-z.+~:-]+$/;

/** True for what can be a version; dpkg's demand that upstream starts with a digit is only a warning there, and none here. */
export function isDebianVersion(text: string): boolean {
  return VALID.test(text) && text.length <= 256;
}

/** Splits at the first colon and the last hyphen. */
export function parseDebianVersion(text: string): DebianVersion {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon === -1 ? 0 : Number(text.slice(0, colon)),
    upstream: hyphen === -1 ? rest : rest.slice(0, hyphen),
    revision: hyphen === -1 ? '' : rest.slice(hyphen + 1),
  };
}

/** Negative, zero or positive: `a` is older than, equal to or newer than `b`. */
export function compareDebianVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [parseDebianVersion(a), parseDebianVersion(b)];
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

/** Alternates between a run of other characters and a run of digits until they differ. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    while (a[i] === '0') i++;
    while (b[j] === '0') j++;
    let first = 0;
    while (i < a.length && isDigit(a, i) && j < b.length && isDigit(b, j)) {
      first ||= a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    // The longer run of digits is the larger number.
    if (i < a.length && isDigit(a, i)) return 1;
    if (j < b.length && isDigit(b, j)) return -1;
    if (first !== 0) return first;
  }
  return 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** `~` before the end and before digits, those before letters, letters before all else. */
function weight(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 126) return -1;
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter ? code : code + 256;
}
