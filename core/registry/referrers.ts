/**
 * Referrers (distribution specification 1.1): manifests that name another as their subject, listed by the
 * registry itself, or else in an index under the subject's fallback tag, which clients keep.
 */
import type { HttpResponse } from '../http/client.ts';
import { pause } from '../http/retry.ts';
import { parseImageDocument } from '../oci/document.ts';
import type { Descriptor, Index } from '../oci/image.ts';
import { OCI_INDEX } from '../oci/media-types.ts';
import { type Digest, digestOf, hexOf, parseDigest } from '../primitives/digest.ts';
import { MAX_MANIFEST } from '../primitives/limits.ts';
import type { Repository } from './client.ts';
import { isNotFound, RegistryAnswerError } from './errors.ts';
import { putManifest } from './manifest-upload.ts';
import { nextQuery, type Page, readPages } from './pages.ts';
import { wholeAnswer } from './whole-answer.ts';

/** Tries to get an entry into the fallback index against other writers. */
const TRIES = 8;
/** Milliseconds after a write when it is looked for again: others may have read before and write after it. */
const SETTLING = 20;
/** How registries without the endpoint answer: as the specification has it, or with what their router says. */
const NO_ENDPOINT = new Set([400, 404, 405, 406, 501]);
const ZERO = parseDigest(`sha256:${'0'.repeat(64)}`);

/** The tag under which clients list referrers where the registry does not: `sha256-<hex>`. */
export function referrersTag(subject: Digest): string {
  return subject.replace(':', '-');
}

/** Which referrers are wanted. */
export interface ReferrerFilter {
  readonly artifactType?: string;
}

/**
 * All referrers of a subject, each once, by whichever way the registry has.
 *
 * @throws RegistryAnswerError, RegistryAccessError, RegistryStatusError; never for there being none
 */
export async function listReferrers(
  repository: Repository,
  subject: Digest,
  signal: AbortSignal,
  { artifactType }: ReferrerFilter = {},
): Promise<readonly Descriptor[]> {
  const seen = new Set<Digest>();
  const first = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
  const take = (manifests: readonly Descriptor[]): Descriptor[] =>
    manifests.filter((entry) => {
      // Not every registry heeds the filter, whatever OCI-Filters-Applied says of it.
      const isWanted = artifactType === undefined || entry.artifactType === artifactType;
      const isNew = isWanted && !seen.has(entry.digest);
      if (isNew) seen.add(entry.digest);
      return isNew;
    });
  return readPages(repository, 'referrers', first, async (query): Promise<Page<Descriptor>> => {
    const ask = (): Promise<HttpResponse | undefined> => askReferrers(repository, subject, query, signal);
    const answer = await wholeAnswer(ask, MAX_MANIFEST, repository.uploads.retry, signal);
    if (answer === undefined) {
      const { manifests } = (await readFallback(repository, subject, signal)).index;
      return { items: take(manifests), size: 0, next: undefined };
    }
    const { response, bytes } = answer;
    const items = take(indexOf(bytes, `the referrers of \`${subject}\``).manifests);
    return { items, size: bytes.length, next: nextQuery(response.headerList('link')) };
  });
}

/** True where the registry lists referrers itself. An older one set OCI-Subject without having the endpoint. */
export async function listsReferrers(repository: Repository, signal: AbortSignal): Promise<boolean> {
  const response = await askReferrers(repository, ZERO, '', signal);
  await response?.discard();
  return response !== undefined;
}

/** The registry's own list; undefined where it has no such endpoint, which some say in other ways than by 404. */
async function askReferrers(
  repository: Repository,
  subject: Digest,
  query: string,
  signal: AbortSignal,
): Promise<HttpResponse | undefined> {
  const response = await repository.send(`referrers/${subject}${query}`, {
    headers: { accept: OCI_INDEX },
    signal,
  });
  const isIndex = response.headers['content-type']?.startsWith(OCI_INDEX) === true;
  if (response.status === 200 && isIndex) return response;
  if (response.status !== 200 && !NO_ENDPOINT.has(response.status)) {
    const what = `listing the referrers of \`${subject}\` failed`;
    throw await repository.failure(what, response, signal);
  }
  await response.discard();
  return undefined;
}

/**
 * Adds referrers to the index under the fallback tag and sees to it that they stay there: several writers may
 * do this at once, and not every registry heeds If-Match.
 *
 * @param onWritten called when they are listed for the first time; others may still replace the list after it
 */
export async function addToFallback(
  repository: Repository,
  subject: Digest,
  added: readonly Descriptor[],
  signal: AbortSignal,
  onWritten: () => void = () => undefined,
): Promise<void> {
  let isSettled = false;
  for (let tries = 0; tries < TRIES; ) {
    const { index, etag } = await readFallback(repository, subject, signal);
    const present = new Set(index.manifests.map(({ digest }) => digest));
    const missing = added.filter(({ digest }) => !present.has(digest));
    if (missing.length === 0) {
      onWritten();
      if (isSettled || tries === 0) return;
      isSettled = true;
      await pause(SETTLING * (1 + Math.random() * tries), signal);
    } else {
      isSettled = false;
      tries += 1;
      const bytes = Buffer.from(JSON.stringify({ ...index, manifests: [...index.manifests, ...missing] }));
      const descriptor = { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length };
      const condition = etag === undefined ? {} : { 'if-match': etag };
      await putManifest(repository, { descriptor, bytes }, referrersTag(subject), signal, condition);
      // Writers that met wait differently long before they meet again.
      if (tries > 1) await pause(SETTLING * (1 + Math.random() * tries), signal);
    }
  }
  throw new RegistryAnswerError(
    `the referrers of \`${hexOf(subject).slice(0, 12)}\` in \`${repository.host}/${repository.name}\` cannot be listed: other writers keep replacing the list`,
    { hint: 'push again when the others have ended' },
  );
}

async function readFallback(
  repository: Repository,
  subject: Digest,
  signal: AbortSignal,
): Promise<{ readonly index: Index; readonly etag: string | undefined }> {
  try {
    const { bytes, etag } = await repository.readManifest(referrersTag(subject), signal);
    return { index: indexOf(bytes, `the referrers of \`${subject}\``), etag };
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    return { index: { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }, etag: undefined };
  }
}

function indexOf(bytes: Uint8Array, what: string): Index {
  const document = parseImageDocument(bytes, what, undefined);
  if (document.kind === 'index') return document.value;
  throw new RegistryAnswerError(`${what} are no index`, { hint: 'remove that tag from the registry' });
}
