/**
 * Lists that come in pages (distribution specification, "Listing Tags", "Listing Referrers"). What is listed is
 * not known here; that a list ends, and that it stays in its place, is.
 */
import { parseUrl } from '../http/url.ts';
import type { Repository } from './client.ts';
import { RegistryAnswerError } from './errors.ts';

/** What one page gave. */
export interface Page<Item> {
  /** What no page before had. */
  readonly items: readonly Item[];
  /** Bytes of the answer. */
  readonly size: number;
  /** The query of the next page, as in `?n=1000&last=1.2`; undefined after the last one. */
  readonly next: string | undefined;
}

/** Bounds of one list, far above what registries hold. */
const MOST_PAGES = 10_000;
const MOST_ITEMS = 1_000_000;
const MOST_BYTES = 256 * 1024 * 1024;
/** Pages in a row that bring nothing: a filter may leave some empty. */
const MOST_EMPTY = 100;

/**
 * Reads pages until one names no next.
 *
 * @param read gets the query of a page
 * @throws RegistryAnswerError for a list that repeats itself or does not end
 */
export async function readPages<Item>(
  repository: Repository,
  what: string,
  first: string,
  read: (query: string) => Promise<Page<Item>>,
): Promise<Item[]> {
  const refuse = (why: string): RegistryAnswerError =>
    new RegistryAnswerError(`\`${repository.host}/${repository.name}\`: the list of ${what} ${why}`, {
      hint: 'ask whoever runs the registry',
    });
  const all: Item[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  let empty = 0;
  for (let query: string | undefined = first; query !== undefined; ) {
    if (seen.has(query)) throw refuse('leads back to a page that was read already');
    seen.add(query);
    const page: Page<Item> = await read(query);
    for (const item of page.items) all.push(item);
    bytes += page.size;
    empty = page.items.length === 0 ? empty + 1 : 0;
    const isEndless = seen.size >= MOST_PAGES || empty >= MOST_EMPTY;
    if (isEndless || all.length > MOST_ITEMS || bytes > MOST_BYTES) throw refuse('does not end');
    query = page.next;
  }
  return all;
}

/**
 * The query of the page that a `Link` header (RFC 8288) names as `next`. Only its query counts: the list is asked
 * for where the first page was, whatever host, scheme or path a registry behind a proxy takes itself for.
 */
export function nextQuery(links: readonly string[]): string | undefined {
  for (const [, target = '', parameters = ''] of links.join(', ').matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (!/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i.test(parameters)) continue;
    const search = parseUrl(target, 'http://registry/')?.search;
    if (search !== undefined && search !== '') return search;
  }
  return undefined;
}
