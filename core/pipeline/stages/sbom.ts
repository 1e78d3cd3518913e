/** The sbom stage: asks the plugins for an image's attachments and makes a referrer of each (OCI 1.1, "subject"). */
import { type AttestationDocuments, buildAttestation } from '../../oci/attestation.ts';
import { buildReferrer } from '../../oci/build-image.ts';
import type { Attachment, Descriptor } from '../../oci/image.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Graph } from '../graph.ts';
import type { FinishedImage, FinishedIndex, Referrer } from '../values.ts';

/** A platform's image with what belongs to it, or to the index that it becomes a part of. */
export interface AttachedImage {
  readonly image: FinishedImage;
  readonly attachments: readonly Attachment[];
}

/** One platform's image with what the plugins attach. */
export async function attachTo(image: FinishedImage, graph: Graph): Promise<AttachedImage> {
  const { attachments } = await graph.hooks.sbom.promise(
    { platform: image.platform, image, attachments: [] },
    graph.context,
  );
  return { image, attachments };
}

/** What the plugins attach to the index of these images; what they attach to one of the images has been said before. */
export async function attachToIndex(index: FinishedIndex, graph: Graph): Promise<readonly Attachment[]> {
  const [image] = index.images;
  if (image === undefined) return [];
  const input = { platform: image.platform, image, attachments: [], index };
  const { attachments } = await graph.hooks.sbom.promise(input, graph.context);
  return attachments.filter(({ subject }) => subject === 'index');
}

/** What the index lists beside the images. @throws AttestationError */
export function attestationsOf(attached: readonly AttachedImage[]): readonly AttestationDocuments[] {
  return attached.flatMap(({ image, attachments }) => {
    const platform = formatPlatform(image.platform);
    const own = attachments.filter(({ subject }) => subject === platform);
    return buildAttestation(own, image.manifest.descriptor.digest) ?? [];
  });
}

/**
 * The referrers of a build's images and of its index. What belongs to an index belongs to the image where there is only
 * one; what several platforms' taps say of the index in the same words is said once.
 */
export function referrersOf(
  attached: readonly AttachedImage[],
  index: Descriptor | undefined,
  ofIndex: readonly Attachment[] = [],
): Referrer[] {
  const referrers = attached.flatMap(({ image, attachments }) => {
    const own = image.manifest.descriptor;
    const platform = formatPlatform(image.platform);
    return attachments
      .filter(({ subject }) => subject === platform || subject === 'index')
      .map((attachment) => buildReferrer(attachment, attachment.subject === 'index' ? (index ?? own) : own));
  });
  if (index !== undefined) referrers.push(...ofIndex.map((attachment) => buildReferrer(attachment, index)));
  return [...new Map(referrers.map((one) => [one.manifest.descriptor.digest, one])).values()];
}
