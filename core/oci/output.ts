/** What a finished build hands to whatever writes it down: images, their index, their referrers; and the blobs of all that. */
import { PycError } from '../primitives/errors.ts';
import type { AttestationDocuments } from './attestation.ts';
import { type Document, EMPTY_BLOB, type ReferrerDocuments } from './build-image.ts';
import type { Descriptor, Layer } from './image.ts';
import type { Platform } from './platform.ts';

/** One platform's image; the pipeline's FinishedImage is one. */
export interface OutputImage {
  readonly platform: Platform;
  readonly layers: readonly Layer[];
  readonly config: Document;
  readonly manifest: Document;
}

/** The pipeline's FinishedBuild is one. */
export interface OutputContents {
  readonly images: readonly OutputImage[];
  /** Needed for several images. */
  readonly index?: Document;
  /** What the index lists beside the images. */
  readonly attestations?: readonly AttestationDocuments[];
  readonly referrers: readonly ReferrerDocuments[];
}

/** A blob and where its bytes are: those of a layer, or of whatever is read like one. */
export type OutputBlob =
  | { readonly descriptor: Descriptor; readonly bytes: Uint8Array }
  | { readonly descriptor: Descriptor; readonly layer: Pick<Layer, 'open' | 'file'> };

/**
 * An output was handed no image, or several images without an index. Only a plugin that changes what is published
 * can cause it: mend or remove the plugin.
 */
export class OutputContentsError extends PycError {
  readonly code = 'PYC_OUTPUT_CONTENTS_INVALID';
}

/** What a name stands for: the index, or the only image's manifest. @throws OutputContentsError for several images without an index */
export function rootOf({ images, index }: OutputContents): Document {
  const [only, ...others] = images;
  const root = index ?? (others.length === 0 ? only?.manifest : undefined);
  if (root === undefined)
    throw new OutputContentsError('several images need an index, and none needs an image');
  return root;
}

/** The documents of referrers: their manifests, their blobs, and the empty configuration. */
export function referrerBlobs(referrers: readonly ReferrerDocuments[]): OutputBlob[] {
  if (referrers.length === 0) return [];
  return unique([EMPTY_BLOB, ...referrers.flatMap(({ manifest, blob }) => [blob, manifest])]);
}

/** Every blob of the images, each digest once: layers, configurations, manifests, index. */
export function imageBlobs({ images, index, attestations = [] }: OutputContents): OutputBlob[] {
  const documents = [
    ...images.flatMap(({ config, manifest }) => [config, manifest]),
    ...attestations.flatMap(({ blobs, manifest }) => [...blobs, manifest]),
  ];
  const layers = images.flatMap((image) =>
    image.layers.map((layer) => ({ descriptor: layer.descriptor, layer })),
  );
  return unique([...layers, ...documents, ...(index === undefined ? [] : [index])]);
}

function unique(blobs: readonly OutputBlob[]): OutputBlob[] {
  return [...new Map(blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
}
