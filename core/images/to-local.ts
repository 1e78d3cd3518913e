/** Writes what hangs on an image into an OCI layout, or into an OCI archive. */
import type { Descriptor } from '../oci/image.ts';
import type { Digest } from '../primitives/digest.ts';
import { referrerEntry } from '../registry/referrers-upload.ts';
import { outputBlobs } from './destination.ts';
import type { GraphDocument, ImageGraph } from './graph.ts';
import type { ImageSession } from './session.ts';

/** Referrers become entries without a tag, as in the layout of a build. */
export async function copyToLayout(
  directory: string,
  tag: string,
  { root, documents, referrers }: ImageGraph,
  { store, log, signal }: ImageSession,
): Promise<Digest> {
  const { writeLayoutEntries } = await import('../oci/layout.ts');
  const contents = {
    blobs: outputBlobs(documents, log),
    root: entryOf(root),
    tags: [tag],
    referrers: referrers.map(({ descriptor, bytes }) => referrerEntry({ descriptor, bytes })),
  };
  // Its index is read, added to and written: two writers at once would forget one of the two.
  const { digest } = await store.exclusive(
    `layout ${directory}`,
    () => writeLayoutEntries(directory, contents, { signal }),
    signal,
  );
  return digest;
}

/** An archive has one entry, and no room for referrers: engines that load it refuse more. */
export async function copyToArchive(
  file: string,
  tag: string,
  graph: ImageGraph,
  { log, signal }: ImageSession,
): Promise<Digest> {
  const { writeArchiveEntry } = await import('../oci/archive.ts');
  const { root, documents, referrers } = withoutReferrers(graph);
  if (referrers.length > 0) {
    log.warn({
      /** The image has an SBOM, a signature or the like, and the archive that it is copied to holds the image alone. */
      code: 'PYC_ARCHIVE_WITHOUT_REFERRERS',
      message: `an archive holds an image alone: ${referrers.length} that refer to it are left out`,
      hint: 'copy to a `layout:DIR` or a registry to keep them',
    });
  }
  const contents = { blobs: outputBlobs(documents, log), root: root.descriptor, tag };
  return (await writeArchiveEntry(file, contents, { signal })).digest;
}

/** What is below the root, and what is left out. */
function withoutReferrers({ root, documents, referrers }: ImageGraph): ImageGraph {
  const kept = new Set<Digest>();
  const keep = ({ descriptor: { digest }, document }: GraphDocument): void => {
    if (kept.has(digest)) return;
    kept.add(digest);
    if (document.kind !== 'index') return;
    for (const child of document.value.manifests) {
      const found = documents.find((each) => each.descriptor.digest === child.digest);
      if (found !== undefined) keep(found);
    }
  };
  keep(root);
  return {
    root,
    documents: documents.filter(({ descriptor }) => kept.has(descriptor.digest)),
    referrers: referrers.filter(({ descriptor }) => !kept.has(descriptor.digest)),
  };
}

/** As index.json has it. */
function entryOf({ descriptor: { mediaType, digest, size, platform } }: GraphDocument): Descriptor {
  return { mediaType, digest, size, ...(platform === undefined ? {} : { platform }) };
}
