/**
 * What an archive holds, by descriptor: an OCI archive as it is, a docker-save tar as the OCI documents that say the same.
 * Its blobs come to lie in the store.
 */
import { streamOf, TooLargeError } from '../../primitives/bytes.ts';
import { type Digest, digestOf } from '../../primitives/digest.ts';
import { MAX_MANIFEST } from '../../primitives/limits.ts';
import { visible } from '../../primitives/path.ts';
import type { Store } from '../../store/store.ts';
import { buildManifest, type Document } from '../build-image.ts';
import { parseImageDocument } from '../document.ts';
import type { Descriptor } from '../image.ts';
import { INDEX, REF_NAME } from '../layout/folder.ts';
import type { LocalContents } from '../local-contents.ts';
import { OCI_CONFIG } from '../media-types.ts';
import { DEFAULT_TAG, parseReference } from '../reference.ts';
import { BlobContentError } from '../verified.ts';
import { type ArchiveListing, ArchiveReadError, importArchive } from './import-archive.ts';
import { layersOf, type SavedImage, savedImages } from './saved-images.ts';

/**
 * @throws ArchiveReadError for what is no archive of images; ImageDocumentError, BlobContentError, TarError
 */
export async function openArchive(file: string, store: Store, signal: AbortSignal): Promise<LocalContents> {
  return contentsOf(await importArchive(file, store, signal), file, store);
}

/** What was read of an archive before. @throws as {@link openArchive} */
export function contentsOf(listing: ArchiveListing, file: string, store: Store): LocalContents {
  const shown = `\`${visible(file)}\``;
  if (listing.isLayout) return layoutContents(listing, shown, store);
  if (listing.documents['manifest.json'] !== undefined) return savedContents(listing, shown, store);
  throw new ArchiveReadError(
    `${shown} holds no image: it has neither an \`${INDEX}\` nor a \`manifest.json\``,
    {
      hint: 'make one with `skopeo copy … oci-archive:FILE`, `docker save` or `podman save`',
    },
  );
}

function layoutContents({ documents, blobs }: ArchiveListing, shown: string, store: Store): LocalContents {
  const document = parseImageDocument(Buffer.from(documents[INDEX]!), `the index of ${shown}`);
  if (document.kind !== 'index') throw new ArchiveReadError(`the \`${INDEX}\` of ${shown} is no index`);
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  return kept(document.value.manifests, new Map(), sizes, shown, store);
}

/** A tar of `docker save` has no manifest: it gets the one that a push of the image would have. */
function savedContents(listing: ArchiveListing, shown: string, store: Store): LocalContents {
  const documents = new Map<Digest, Uint8Array>();
  const sizes = new Map<string, number>();
  const entries = savedImages(listing, shown).flatMap((saved) => {
    const bytes = Buffer.from(saved.configText);
    const config = { mediaType: OCI_CONFIG, digest: digestOf(bytes), size: bytes.length };
    const layers = layersOf(saved, listing, shown, store);
    const manifest: Document = buildManifest(config, layers, {});
    documents.set(config.digest, bytes);
    documents.set(manifest.descriptor.digest, manifest.bytes);
    for (const { descriptor } of layers) sizes.set(descriptor.digest, descriptor.size);
    return entriesOf(saved, manifest.descriptor);
  });
  return kept(entries, documents, sizes, shown, store);
}

/** One a name, as an index.json lists them. */
function entriesOf({ names, config }: SavedImage, manifest: Descriptor): Descriptor[] {
  const { os, architecture, variant } = config;
  const entry = {
    ...manifest,
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
  };
  if (names.length === 0) return [entry];
  return names.map((name) => ({ ...entry, annotations: { [REF_NAME]: tagIn(name) } }));
}

/** A name that is no reference stays what it is. */
function tagIn(name: string): string {
  try {
    return parseReference(name).tag ?? DEFAULT_TAG;
  } catch {
    return name;
  }
}

/** What lies in the store, apart from documents that were made here. */
function kept(
  entries: readonly Descriptor[],
  made: ReadonlyMap<Digest, Uint8Array>,
  sizes: ReadonlyMap<string, number>,
  shown: string,
  store: Store,
): LocalContents {
  const check = ({ digest, size }: Descriptor): void => {
    if (sizes.get(digest) === size) return;
    throw new BlobContentError(`the blob \`${digest}\` of ${size} bytes is not in ${shown}`);
  };
  return {
    shown,
    entries,
    async read(descriptor) {
      const known = made.get(descriptor.digest);
      if (known !== undefined) return known;
      check(descriptor);
      if (descriptor.size > MAX_MANIFEST) {
        throw new TooLargeError(
          `the document \`${descriptor.digest}\` of ${shown} is larger than ${MAX_MANIFEST} bytes`,
        );
      }
      return store.read(descriptor.digest);
    },
    async open(descriptor) {
      const known = made.get(descriptor.digest);
      if (known !== undefined) return streamOf(known);
      check(descriptor);
      return store.open(descriptor.digest);
    },
    file(descriptor) {
      if (made.has(descriptor.digest)) return undefined;
      check(descriptor);
      return store.fileOf(descriptor.digest);
    },
  };
}
