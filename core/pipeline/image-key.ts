/** Names the files of an image, however its configuration is worded. */
import type { Image } from '../oci/image.ts';
import { type Digest, digestOfJson } from '../primitives/digest.ts';

/** The platform and the digests of the layers. */
export function imageKey(image: Image): Digest {
  return digestOfJson({ platform: image.platform, layers: image.config.rootfs.diff_ids });
}
