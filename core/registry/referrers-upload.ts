/**
 * What is left to do once manifests with a subject are in a repository: that they are listed, by the registry itself or
 * under the fallback tag.
 */
import { parseImageDocument } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Repository } from './client.ts';
import type { ManifestSource } from './manifest-upload.ts';
import { addToFallback, listsReferrers } from './referrers.ts';

/** A manifest or index with a subject that was put. */
export interface PutReferrer {
  readonly subject: Digest;
  readonly manifest: ManifestSource;
  /** The subject that the registry said it noted. */
  readonly noted: Digest | undefined;
}

/** Lists whose fallback tags are written at once. */
const PARALLEL = 16;

/** Resolves when all are listed; `settled` when no other writer is found to have replaced the lists meanwhile. */
export async function announceReferrers(
  repository: Repository,
  referrers: readonly PutReferrer[],
  signal: AbortSignal,
): Promise<{ readonly settled: Promise<unknown> | undefined }> {
  const done = { settled: undefined };
  if (referrers.length === 0) return done;
  const said = referrers.every(({ subject, noted }) => noted === subject);
  if (said && (await listsReferrers(repository, signal))) return done;
  const bySubject = new Map<Digest, Descriptor[]>();
  for (const { subject, manifest } of referrers) {
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), referrerEntry(manifest)]);
  }
  let open = bySubject.size;
  return new Promise((resolve, reject) => {
    const settled = mapConcurrently([...bySubject], PARALLEL, signal, ([subject, entries], inner) => {
      let isListed = false;
      return addToFallback(repository, subject, entries, inner, () => {
        if (!isListed) open -= 1;
        isListed = true;
        if (open === 0) resolve({ settled });
      });
    });
    settled.catch(reject);
  });
}

/** What the list of referrers says of one: its artifact type and annotations are copied from the manifest. */
export function referrerEntry({ descriptor, bytes }: ManifestSource): Descriptor {
  const { value } = parseImageDocument(bytes, 'a referrer', descriptor.mediaType);
  const artifactType = value.artifactType ?? ('config' in value ? value.config.mediaType : undefined);
  const { mediaType, digest, size } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(value.annotations === undefined ? {} : { annotations: value.annotations }),
  };
}
