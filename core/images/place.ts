/**
 * One image or index, wherever it is: in a registry, an OCI layout or an archive. Each kind is read by the code that
 * builds read it with; what is done with the image is not known here.
 */
import { type ImageDocument, ImageDocumentError } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { parseImageSpec } from '../oci/image-spec.ts';
import { isIndexType } from '../oci/media-types.ts';
import { DEFAULT_TAG } from '../oci/reference.ts';
import { readAll } from '../primitives/bytes.ts';
import type { Digest } from '../primitives/digest.ts';
import { MAX_CONFIG } from '../primitives/limits.ts';
import type { ImageSession } from './session.ts';

/** A manifest or an index with the bytes that its digest is of. */
export interface PlacedDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly document: ImageDocument;
}

/** One image or index, wherever it is. Everything that is read is held to its digest and size. */
export interface ImagePlace {
  /** As the user wrote it. */
  readonly spec: string;
  /** Names the place in errors, in backticks. */
  readonly shown: string;
  /** What the reference stands for. A tag is looked up once. */
  root(signal: AbortSignal): Promise<Descriptor>;
  document(descriptor: Descriptor, signal: AbortSignal): Promise<PlacedDocument>;
  /** The last bytes come only if all are right. */
  blob(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Those that name the digest as their subject, as the place lists them: read them to be sure. */
  referrers(subject: Digest, signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** The tag by which it was found; undefined where it was not found by one. */
  readonly tag: string | undefined;
  /** The whole reference with its tag, where a registry knows it by one. */
  readonly reference: string | undefined;
  /** Where a registry has it; of what mirrors serve, the one that did. */
  readonly registry?: { readonly host: string; readonly repository: string };
  /** Where a registry has this very blob, for a place whose blobs lie in several. */
  registryOf?(descriptor: Descriptor): { readonly host: string; readonly repository: string } | undefined;
  /** The blob's file on this host, where it lies in one. */
  file?(descriptor: Descriptor): string | undefined;
}

/**
 * Opens what a text names: `REF` or `registry:REF`, `layout:DIR[:TAG]`, `archive:FILE[:TAG]` (an OCI archive or one of
 * `docker save`), and what skopeo writes for these. Nothing of a registry is asked for yet.
 *
 * @param hosts those that the run's own credentials are meant for; default the image's own
 * @throws ImageSpecError, ImageReferenceError; LayoutError, ArchiveReadError and what else reading those throws
 */
export async function openPlace(
  spec: string,
  session: ImageSession,
  hosts?: readonly string[],
): Promise<ImagePlace> {
  const parsed = parseImageSpec(spec, session.cwd);
  switch (parsed.kind) {
    case 'registry': {
      const { registryPlace } = await import('./registry-place.ts');
      return registryPlace(spec, parsed.reference, session, hosts);
    }
    case 'layout': {
      const [{ openLayout }, { localPlace }] = await Promise.all([
        import('../oci/layout.ts'),
        import('./local-place.ts'),
      ]);
      return localPlace(spec, await openLayout(parsed.directory), parsed.tag);
    }
    default: {
      const [{ openArchive }, { localPlace }] = await Promise.all([
        import('../oci/archive.ts'),
        import('./local-place.ts'),
      ]);
      const contents = await openArchive(parsed.file, session.store, session.signal);
      const tag = parsed.kind === 'archive' ? parsed.tag : parsed.name && (parsed.name.tag ?? DEFAULT_TAG);
      return localPlace(spec, contents, tag);
    }
  }
}

/** A small blob whole, such as a configuration. @throws TooLargeError */
export async function readSmallBlob(
  place: ImagePlace,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const what = `the blob \`${descriptor.digest}\` of ${place.shown}`;
  return await readAll(place.blob(descriptor, signal), MAX_CONFIG, what);
}

/** What lists a document must call it what it is. @throws ImageDocumentError */
export function checkKind(descriptor: Descriptor, document: ImageDocument, shown: string): void {
  if (isIndexType(descriptor.mediaType) === (document.kind === 'index')) return;
  throw new ImageDocumentError(`${shown} lists \`${descriptor.digest}\` as what it is not`);
}
