/** Where a symbolic link leads among the entries of an archive, all of whose links are known. Nothing of the host is looked at. */

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * True for an absolute target, for one that passes above the top, and for a chain without an end. What does not exist
 * leads nowhere, and that is inside.
 *
 * @param links every link by its path, with its target as written
 */
export function leadsOutside(path: string, target: string, links: ReadonlyMap<string, string>): boolean {
  const at = path.split('/').slice(0, -1);
  const ahead = segmentsOf(target);
  if (isAbsolute(target)) return true;
  for (let followed = 0; ahead.length > 0; ) {
    const segment = ahead.shift()!;
    if (segment === '..') {
      if (at.pop() === undefined) return true;
      continue;
    }
    at.push(segment);
    const next = links.get(at.join('/'));
    if (next === undefined) continue;
    followed += 1;
    if (followed > MOST_LINKS || isAbsolute(next)) return true;
    at.pop();
    ahead.unshift(...segmentsOf(next));
  }
  return false;
}

/** Also as Windows has it, where the same archive may be unpacked. */
function isAbsolute(target: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:)/.test(target);
}

function segmentsOf(target: string): string[] {
  return target.split(/[/\\]/).filter((segment) => segment !== '' && segment !== '.');
}
