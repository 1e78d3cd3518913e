/** Bundles as they hang on images: a manifest with the image as its subject, as cosign writes and finds them. */
import { buildReferrer, type ReferrerDocuments } from '../oci/build-image.ts';
import type { Descriptor } from '../oci/image.ts';
import { BUNDLE_TYPE } from './bundle.ts';

/** @param created seconds since 1970 */
export function bundleReferrer(
  subject: Descriptor,
  bundle: Uint8Array,
  predicateType: string,
  created: number,
): ReferrerDocuments {
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': predicateType,
    'org.opencontainers.image.created': new Date(created * 1000).toISOString().replace('.000Z', 'Z'),
  };
  const { mediaType, digest } = subject;
  return buildReferrer(
    { artifactType: BUNDLE_TYPE, mediaType: BUNDLE_TYPE, bytes: bundle, annotations, subject: digest },
    { mediaType, digest, size: subject.size },
  );
}
