/**
 * A bounded memory of parsed texts: a lock states the same versions and markers hundreds of times over. It
 * knows nothing of what is parsed; what it keeps must be immutable.
 */

/** Wraps a pure parser, so that up to `limit` results are kept by their text; a failure is never kept. */
export function cached<T>(parse: (text: string) => T, limit: number): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const hit = known.get(text);
    if (hit !== undefined) return hit;
    const value = parse(text);
    // Starting over is enough: no order of use to maintain on the hot path, and the bound holds.
    if (known.size >= limit) known.clear();
    known.set(text, value);
    return value;
  };
}
