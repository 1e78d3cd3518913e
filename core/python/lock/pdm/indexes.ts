/** Which indexes a project that PDM manages takes a package from: `[[tool.pdm.source]]`. */
import { DEFAULT_INDEX } from '../../../primitives/defaults.ts';
import type { PdmIndex, PdmProject } from './project.ts';

/**
 * The roots to ask for a package, in order; none where only the default one is to be asked. A source called `pypi` stands
 * in for it.
 *
 * @param environment for `${VARIABLES}` in the part of a URL that holds credentials, as PDM fills them in
 */
export function indexesOf(
  name: string,
  project: PdmProject | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const stated = project?.indexes ?? [];
  if (stated.length === 0) return [];
  const fallback: PdmIndex = { name: 'pypi', url: DEFAULT_INDEX, includes: [], excludes: [] };
  const all = stated.some((index) => index.name === 'pypi') ? stated : [fallback, ...stated];
  const including = all.filter(({ includes }) => includes.some((pattern) => matches(pattern, name)));
  const open = all.filter(({ excludes }) => !excludes.some((pattern) => matches(pattern, name)));
  return (including.length > 0 ? including : open).map(({ url }) => withCredentials(url, environment));
}

/** A shell's pattern, over names in their normalised form. */
function matches(pattern: string, name: string): boolean {
  const text = pattern.toLowerCase().replace(/[^a-z0-9?*[\]-]+/g, '-');
  const pieces = text
    .split('*')
    .map((piece) => piece.replace(/[\\^$.+()[\]{}|-]/g, '\\$&').replaceAll('?', '.'));
  return pieces.length <= MOST_STARS && new RegExp(`^${pieces.join('.*')}$`, 's').test(name);
}

/** More of them make matching slow, and no honest pattern. */
const MOST_STARS = 6;

function withCredentials(url: string, environment: Readonly<Record<string, string | undefined>>): string {
  const [whole, scheme = '', credentials = '', rest = ''] =
    /^([a-z]+:\/\/)([^/?#@]*)@(.*)$/is.exec(url) ?? [];
  if (whole === undefined) return url;
  const filled = credentials.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (text, variable: string) =>
    encodeURIComponent(environment[variable] ?? text),
  );
  return `${scheme}${filled}@${rest}`;
}
