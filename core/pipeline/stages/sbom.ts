/** The sbom stage: asks the plugins for an image's attachments and makes a referrer of each (OCI 1.1, "subject"). */
import { buildReferrer } from '../../oci/build-image.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Graph } from '../graph.ts';
import type { FinishedImage, Referrer } from '../values.ts';

/** The referrers of one platform's image. */
export async function attachTo(image: FinishedImage, graph: Graph): Promise<Referrer[]> {
  const { attachments } = await graph.hooks.sbom.promise(
    { platform: image.platform, image, attachments: [] },
    graph.context,
  );
  const subject = formatPlatform(image.platform);
  return attachments
    .filter((attachment) => attachment.subject === subject)
    .map((attachment) => buildReferrer(attachment, image.manifest.descriptor));
}
