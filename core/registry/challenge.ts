/** Reads WWW-Authenticate (RFC 9110, 11.6.1): several challenges in one header or in several. */

export interface Challenge {
  /** Lower case, as in `bearer`. */
  readonly scheme: string;
  /** Lower-case names; the first of several equal ones holds. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A word, and where an equals sign follows, the parameter's value. */
const PIECE = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z/-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*)))?/y;
const LONGEST = 16 * 1024;

/** All challenges, in order. What cannot be read ends its header. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) => parseOne(header.slice(0, LONGEST)));
}

/** `repository:x:pull,push` from one or more scopes, with the actions of each resource joined and everything sorted. */
export function mergeScopes(...lists: readonly (readonly string[])[]): string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of lists.flat()) {
    const colon = scope.lastIndexOf(':');
    if (colon <= 0) continue;
    const resource = scope.slice(0, colon);
    const known = actions.get(resource) ?? new Set();
    for (const action of scope.slice(colon + 1).split(',')) if (action !== '') known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, names]) => `${resource}:${[...names].sort().join(',')}`).sort();
}

function parseOne(header: string): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  const piece = new RegExp(PIECE);
  for (let match = piece.exec(header); match !== null; match = piece.exec(header)) {
    const [, word = '', quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    const current = found.at(-1);
    if (value === undefined)
      found.push({ scheme: word.toLowerCase(), parameters: Object.create(null) as Record<string, string> });
    else if (current !== undefined) current.parameters[word.toLowerCase()] ??= value;
  }
  return found;
}
