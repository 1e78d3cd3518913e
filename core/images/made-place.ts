/** An image that is made here of layers that lie elsewhere, as a place: what is written of it is read from where each blob is. */
import { parseImageDocument } from '../oci/document.ts';
import type { Descriptor, Layer } from '../oci/image.ts';
import type { Digest } from '../primitives/digest.ts';
import type { ImageGraph } from './graph.ts';
import type { ImagePlace } from './place.ts';

/** A document or another small blob. */
export interface MadeBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An image or an index that is not written anywhere yet. */
export interface MadeImage {
  readonly shown: string;
  readonly root: MadeBlob;
  /** Manifests below it, or none. */
  readonly manifests: readonly MadeBlob[];
  readonly referrers: readonly MadeBlob[];
  /** Configurations and whatever else is no layer. */
  readonly blobs: readonly MadeBlob[];
  readonly layers: readonly Layer[];
}

/** Everything that hangs on it, to be written. */
export function graphOfMade(made: MadeImage): ImageGraph {
  const place = placeOf(made);
  const documentOf = ({ descriptor, bytes }: MadeBlob, level: number): ImageGraph['root'] => ({
    descriptor,
    bytes,
    document: parseImageDocument(bytes, made.shown, descriptor.mediaType),
    place,
    level,
  });
  const below = made.manifests.map((manifest) => documentOf(manifest, 0));
  const root = documentOf(made.root, below.length === 0 ? 0 : 1);
  const referrers = made.referrers.map((referrer) => documentOf(referrer, 0));
  return { root, documents: [root, ...below, ...referrers], referrers };
}

/** The place that its blobs are read from. */
export function placeOf({ shown, root, blobs, layers }: MadeImage): ImagePlace {
  const small = new Map(blobs.map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
  const large = new Map(layers.map((layer) => [layer.descriptor.digest, layer]));
  const layerOf = ({ digest }: Descriptor): Layer => {
    const layer = large.get(digest);
    if (layer === undefined) throw new TypeError(`\`${digest}\` is no blob of what was made`);
    return layer;
  };
  return {
    spec: shown,
    shown,
    tag: undefined,
    reference: undefined,
    async root() {
      return root.descriptor;
    },
    async document() {
      throw new TypeError('the documents of what was made are known');
    },
    async *blob(descriptor, signal) {
      const bytes = small.get(descriptor.digest);
      if (bytes !== undefined) return yield bytes;
      const layer = layerOf(descriptor);
      return yield* (await (layer.pass?.(signal) ?? layer.open(signal))) as AsyncIterable<Uint8Array>;
    },
    async referrers(_: Digest) {
      return [];
    },
    file: ({ digest }) => large.get(digest)?.file,
    registryOf: ({ digest }) => large.get(digest)?.registry,
  };
}
