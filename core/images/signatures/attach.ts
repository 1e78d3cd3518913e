/** Hangs documents on an image where it is: in its repository, whose list of referrers others may write at the same time, or in its layout. */
import { EMPTY_BLOB, type ReferrerDocuments } from '../../oci/build-image.ts';
import { ImageSpecError, parseImageSpec } from '../../oci/image-spec.ts';
import { referrerBlobs } from '../../oci/output.ts';
import { streamOf } from '../../primitives/bytes.ts';
import { mapConcurrently } from '../../primitives/concurrency.ts';
import { visible } from '../../primitives/path.ts';
import {
  announceReferrers,
  type BlobSource,
  ensureBlobShown,
  putManifest,
  type Repository,
} from '../../registry/index.ts';
import type { ImagePlace } from '../place.ts';
import type { ImageSession } from '../session.ts';

const PARALLEL = 8;

/** @throws ImageSpecError for a place that cannot be added to, such as an archive */
export function checkWritable(spec: string, cwd: string): void {
  const { kind } = parseImageSpec(spec, cwd);
  if (kind === 'registry' || kind === 'layout') return;
  throw new ImageSpecError(`\`${visible(spec)}\` is an archive, which is not written to`, {
    hint: 'copy it to a registry or a layout first, with `pyc copy`',
  });
}

/** Adds them; returns when all are listed, and no other writer was found to have replaced the list. */
export async function attach(
  place: ImagePlace,
  referrers: readonly ReferrerDocuments[],
  session: ImageSession,
): Promise<void> {
  const { cwd, signal, store } = session;
  const parsed = parseImageSpec(place.spec, cwd);
  if (parsed.kind === 'layout') {
    const { writeLayoutEntries } = await import('../../oci/layout.ts');
    const entries = {
      blobs: referrerBlobs(referrers),
      root: await place.root(signal),
      tags: [],
      referrers: referrers.map(({ manifest }) => manifest.descriptor),
    };
    const { directory } = parsed;
    await store.exclusive(
      `layout ${directory}`,
      () => writeLayoutEntries(directory, entries, { signal }),
      signal,
    );
    return;
  }
  if (parsed.kind !== 'registry') return checkWritable(place.spec, cwd);
  const { reference } = parsed;
  const repository = (await session.registry([reference.host])).repository(reference, 'pull,push');
  await attachInRegistry(repository, referrers, session);
}

async function attachInRegistry(
  repository: Repository,
  referrers: readonly ReferrerDocuments[],
  { log, signal }: ImageSession,
): Promise<void> {
  const blobs = [EMPTY_BLOB, ...referrers.map(({ blob }) => blob)].map(
    ({ descriptor, bytes }): BlobSource => ({ descriptor, open: async () => streamOf(bytes) }),
  );
  const unique = [...new Map(blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
  await mapConcurrently(unique, PARALLEL, signal, (blob, inner) =>
    ensureBlobShown(repository, blob, log, inner),
  );
  const put = await mapConcurrently(referrers, PARALLEL, signal, async ({ subject, manifest }, inner) => {
    const noted = await putManifest(repository, manifest, manifest.descriptor.digest, inner);
    return { subject: subject.digest, manifest, noted };
  });
  const { settled } = await announceReferrers(repository, put, signal);
  await settled;
}
