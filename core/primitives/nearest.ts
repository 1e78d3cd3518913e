/** Finds the word that was probably meant. Where the candidates come from is the caller's matter. */

/**
 * The candidate nearest to `word`, or undefined where none is near enough to be worth a suggestion: one edit
 * for every three characters, and always one. Case, `-` and `_` do not count.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const known = plain(candidate);
    if (Math.abs(known.length - wanted.length) >= fewest) continue;
    const distance = editDistance(wanted, known);
    if (distance < fewest && distance < Math.max(known.length, wanted.length)) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

/**
 * Damerau-Levenshtein distance in its optimal string alignment form: insertions, deletions, substitutions
 * and swaps of neighbours, each at cost 1.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(substitution, last[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

function plain(text: string): string {
  return text.slice(0, 100).toLowerCase().replaceAll(/[-_]/g, '');
}
