/**
 * Writes an OCI layout as a tar. Its index.json has exactly one entry and no referrers, because engines that load
 * archives refuse more.
 */

import { streamOf } from '../../primitives/bytes.ts';
import type { Digest } from '../../primitives/digest.ts';
import { hexOf } from '../../primitives/digest.ts';
import type { Descriptor } from '../image.ts';
import { INDEX, MARKER, MARKER_CONTENT, REF_NAME } from '../layout/folder.ts';
import { OCI_INDEX } from '../media-types.ts';
import { imageBlobs, type OutputBlob, type OutputContents, rootOf } from '../output.ts';
import { verified } from '../verified.ts';
import { type ArchiveMember, writeTarFile } from './tar-file.ts';

export interface ArchiveContents extends OutputContents {
  readonly tag: string;
}

/** Blobs of whatever meaning, and the one entry of index.json. */
export interface ArchiveEntry {
  readonly blobs: readonly OutputBlob[];
  readonly root: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  readonly tag: string;
}

/** @throws ArchiveWriteError; BlobContentError for a layer that is not what its descriptor says */
export async function writeArchive(
  file: string,
  contents: ArchiveContents,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly digest: Digest }> {
  const { tag } = contents;
  return writeArchiveEntry(
    file,
    { blobs: imageBlobs(contents), root: rootOf(contents).descriptor, tag },
    options,
  );
}

/** Writes blobs as {@link writeArchive} does, whatever they are. @throws the same */
export async function writeArchiveEntry(
  file: string,
  { blobs, root: { mediaType, digest, size }, tag }: ArchiveEntry,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly digest: Digest }> {
  const annotations = { [REF_NAME]: tag };
  const index = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ mediaType, digest, size, annotations }],
  };
  const files = blobs.map((blob) => blobMember(`blobs/sha256/${hexOf(blob.descriptor.digest)}`, blob));
  const members = [textMember(MARKER, MARKER_CONTENT), textMember(INDEX, JSON.stringify(index)), ...files];
  await writeTarFile(file, members, options.signal);
  return { digest };
}

/** By what containerd and Docker name what they take out of an archive: a whole reference. */
const CONTAINERD_NAME = 'io.containerd.image.name';

/**
 * The members of an OCI archive for engines, which name what they take by whole references.
 *
 * @param names - complete, as in `docker.io/library/shop:1.0`
 * @param without - digests of blobs that the reader has
 */
export function namedArchive(
  contents: OutputContents,
  names: readonly [string, ...string[]],
  without: ReadonlySet<Digest> = new Set(),
): readonly ArchiveMember[] {
  const { mediaType, digest, size } = rootOf(contents).descriptor;
  const manifests = names.map((name) => ({
    mediaType,
    digest,
    size,
    annotations: { [CONTAINERD_NAME]: name, [REF_NAME]: name },
  }));
  const blobs = imageBlobs(contents).filter(({ descriptor }) => !without.has(descriptor.digest));
  return [
    textMember(MARKER, MARKER_CONTENT),
    textMember(INDEX, JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })),
    ...blobs.map((blob) => blobMember(`blobs/sha256/${hexOf(blob.descriptor.digest)}`, blob)),
  ];
}

/** A small file. */
export function textMember(path: string, text: string): ArchiveMember {
  const bytes = Buffer.from(text);
  return { path, size: bytes.length, open: () => streamOf(bytes) };
}

/** A blob, verified while it is copied. */
export function blobMember(path: string, blob: OutputBlob): ArchiveMember {
  const { descriptor } = blob;
  return {
    path,
    size: descriptor.size,
    open: async (signal) =>
      'bytes' in blob
        ? streamOf(blob.bytes)
        : verified(await blob.layer.open(signal), descriptor, 'the image'),
  };
}
