/** The tags of a repository (distribution specification, "Listing Tags"). What they stand for is not asked for here. */
import type { HttpResponse } from '../http/client.ts';
import { isTag } from '../oci/reference.ts';
import { MAX_MANIFEST } from '../primitives/limits.ts';
import type { Repository } from './client.ts';
import { RegistryAnswerError } from './errors.ts';
import { nextQuery, type Page, readPages } from './pages.ts';
import { wholeAnswer } from './whole-answer.ts';

/** Tags that are asked for at once. */
const PAGE = 1000;

/**
 * All tags, in the registry's order, each once; none where the repository is empty.
 *
 * @throws RegistryNotFoundError where there is no such repository; RegistryAccessError, RegistryStatusError,
 * RegistryAnswerError
 */
export async function listTags(repository: Repository, signal: AbortSignal): Promise<readonly string[]> {
  const seen = new Set<string>();
  await readPages(repository, 'tags', `?n=${PAGE}`, async (query): Promise<Page<string>> => {
    const ask = async (): Promise<HttpResponse> => {
      const headers = { accept: 'application/json' };
      const response = await repository.send(`tags/list${query}`, { headers, signal });
      if (response.status === 200) return response;
      const what = `listing the tags of \`${repository.name}\` failed`;
      throw await repository.failure(what, response, signal);
    };
    const { response, bytes } = await wholeAnswer(ask, MAX_MANIFEST, repository.uploads.retry, signal);
    const tags = tagsOf(repository, Buffer.from(bytes).toString('utf8'));
    const items = tags.filter((tag) => !seen.has(tag));
    for (const tag of items) seen.add(tag);
    const linked = nextQuery(response.headerList('link'));
    return { items, size: bytes.length, next: linked ?? pageAfter(tags, items) };
  });
  return [...seen];
}

/** A full page without a Link may have another after it; one that brings nothing new is the last. */
function pageAfter(tags: readonly string[], fresh: readonly string[]): string | undefined {
  const last = tags.at(-1);
  if (last === undefined || fresh.length === 0 || tags.length < PAGE) return undefined;
  return `?n=${PAGE}&last=${encodeURIComponent(last)}`;
}

function tagsOf(repository: Repository, text: string): string[] {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  // Go's registries write null for none.
  const tags = (answer as { tags?: unknown } | null | undefined)?.tags ?? [];
  const isObject = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
  if (isObject && Array.isArray(tags) && tags.every((tag) => typeof tag === 'string' && isTag(tag))) {
    return tags as string[];
  }
  throw new RegistryAnswerError(
    `\`${repository.host}/${repository.name}\`: the list of tags is no list of tags`,
    { hint: 'ask whoever runs the registry' },
  );
}
