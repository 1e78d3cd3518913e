/** Names the files of an image, however its configuration is worded. */
import type { Image } from '../oci/image.ts';
import { tableDigestOf } from '../oci/rootfs/layer-contents.ts';
import { type Digest, digestOfJson } from '../primitives/digest.ts';

/**
 * The platform and the digests of the layers. A layer that has a table of contents is read by it, and another image may state
 * another table of the same layer.
 */
export function imageKey({ platform, config, layers }: Image): Digest {
  const tables = layers.map((layer) => tableDigestOf(layer) ?? null);
  return digestOfJson({
    platform,
    layers: config.rootfs.diff_ids,
    ...(tables.some((table) => table !== null) ? { tables } : {}),
  });
}
