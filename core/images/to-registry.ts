/**
 * Writes what hangs on an image into a repository: blobs that are missing, mounted where the registry has them already
 * and else passed on from where they are, then documents from the leaves up, and the tag last.
 */
import { formatReference, type Reference } from '../oci/reference.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import type { Digest } from '../primitives/digest.ts';
import {
  announceReferrers,
  type BlobOutcome,
  type BlobSource,
  ensureBlobShown,
  type PushResult,
  type PutReferrer,
  putManifest,
  type Repository,
} from '../registry/index.ts';
import { blobsOf, type GraphDocument, type ImageGraph } from './graph.ts';
import type { ImageSession } from './session.ts';

/** Requests of one kind at once; uploads are bounded further by the repository. */
const PARALLEL = 16;

/** @throws a PycError; nothing is tagged then */
export async function copyToRegistry(
  { root, documents, referrers }: ImageGraph,
  target: Reference,
  { log, signal, registry }: ImageSession,
): Promise<PushResult> {
  const repository = (await registry([target.host])).repository(target, 'pull,push');
  const { host, repository: name } = target;
  const { digest } = root.descriptor;
  const [present, tagged] = await Promise.all([
    presentAmong(documents, repository, signal),
    target.tag === undefined ? undefined : repository.findManifest(target.tag, signal),
  ]);
  const sources = blobSources(documents, repository);
  const missing = blobSources(
    documents.filter((document) => !present.has(document.descriptor.digest)),
    repository,
  );
  // Where neither tag nor document is, layers are not to be expected either.
  const isNew = tagged === undefined && present.size === 0;
  const outcomes = await mapConcurrently([...missing.values()], PARALLEL, signal, async (blob, inner) => {
    return [blob, await ensureBlobShown(repository, { ...blob, isNew }, log, inner)] as const;
  });
  const { tag } = target;
  // Without referrers it is enough to put the root under its tag.
  const isPutLast = ({ descriptor }: GraphDocument): boolean =>
    descriptor.digest === digest && tag !== undefined && referrers.length === 0;
  const put = await putDocuments(
    documents.filter((document) => needsPut(document, present) && !isPutLast(document)),
    repository,
    signal,
  );
  const { settled } = await announceReferrers(repository, put, signal);
  await settled;
  if (tag !== undefined && tagged?.digest !== digest) await putManifest(repository, root, tag, signal);
  const of = (wanted: BlobOutcome): BlobSource[] =>
    outcomes.flatMap(([blob, outcome]) => (outcome === wanted ? [blob] : []));
  return {
    digest,
    reference: formatReference({ host, repository: name, digest }),
    bytesUploaded: of('uploaded').reduce((sum, blob) => sum + blob.descriptor.size, 0),
    blobsUploaded: of('uploaded').length,
    blobsMounted: of('mounted').length,
    blobsPresent: sources.size - of('uploaded').length - of('mounted').length,
  };
}

/** Documents that the repository has: their blobs were there before them, and are not asked for one by one. */
async function presentAmong(
  documents: readonly GraphDocument[],
  repository: Repository,
  signal: AbortSignal,
): Promise<ReadonlySet<Digest>> {
  const found = await mapConcurrently(documents, PARALLEL, signal, async ({ descriptor }, inner) => {
    const facts = await repository.findManifest(descriptor.digest, inner);
    return facts === undefined ? [] : [descriptor.digest];
  });
  return new Set(found.flat());
}

/** What has a subject is put again where it is there: who put it may not have come to list it. */
function needsPut({ descriptor, document }: GraphDocument, present: ReadonlySet<Digest>): boolean {
  return !present.has(descriptor.digest) || document.value.subject !== undefined;
}

function blobSources(
  documents: readonly GraphDocument[],
  repository: Repository,
): ReadonlyMap<Digest, BlobSource> {
  const sources = new Map<Digest, BlobSource>();
  for (const document of documents) {
    const { place } = document;
    for (const descriptor of blobsOf(document)) {
      if (sources.has(descriptor.digest)) continue;
      const registry = place.registryOf?.(descriptor) ?? place.registry;
      const mountFrom = registry?.host === repository.host ? registry.repository : undefined;
      sources.set(descriptor.digest, {
        descriptor,
        open: async (inner) => place.blob(descriptor, inner),
        mountFrom,
      });
    }
  }
  return sources;
}

/** Lower levels first, since registries refuse an index before what it lists. */
async function putDocuments(
  documents: readonly GraphDocument[],
  repository: Repository,
  signal: AbortSignal,
): Promise<PutReferrer[]> {
  const put: PutReferrer[] = [];
  const highest = Math.max(0, ...documents.map(({ level }) => level));
  for (let level = 0; level <= highest; level += 1) {
    const here = documents.filter((document) => document.level === level);
    const noted = await mapConcurrently(here, PARALLEL, signal, (manifest, inner) =>
      putManifest(repository, manifest, manifest.descriptor.digest, inner),
    );
    for (const [at, manifest] of here.entries()) {
      const subject = manifest.document.value.subject?.digest;
      if (subject !== undefined) put.push({ subject, manifest, noted: noted[at] });
    }
  }
  return put;
}
