/** Looks for our provenance of an image: as a statement or in a bundle that refers to it, or as BuildKit lists it. No signature is verified. */
import { STATEMENT_TYPE } from '../../oci/attestation.ts';
import type { Descriptor, Manifest } from '../../oci/image.ts';
import { isPycError, PycError } from '../../primitives/errors.ts';
import { isBundleType, parseBundle } from '../../signature/bundle.ts';
import type { FoundImage } from '../found-image.ts';
import { readBlobWithin } from '../signatures/read-blob.ts';
import { type BuildDefinition, readProvenance } from './statement.ts';

/**
 * Nothing says how the image was built: it has no provenance of pycontainer's, or the copy that was looked at lost it. Build with the
 * plugin `provenance`, and look where the image was pushed: archives hold none.
 */
export class ProvenanceMissingError extends PycError {
  readonly code = 'PYC_PROVENANCE_MISSING';
}

/** Bytes of a statement, or of a bundle around it. */
const LIMIT = 64 * 1024 * 1024;
/** Documents that are looked at. */
const MOST = 200;

/**
 * @param beside what the index lists about the image
 * @throws ProvenanceMissingError
 */
export async function findProvenance(
  image: FoundImage,
  beside: readonly Descriptor[],
  signal: AbortSignal,
): Promise<BuildDefinition> {
  const { place, descriptor } = image;
  const referrers = await place.referrers(descriptor.digest, signal);
  for (const candidate of [...referrers, ...beside].slice(0, MOST)) {
    const found = await provenanceIn(image, candidate, signal).catch((error: unknown) => {
      // What somebody else hung there does not hide what is looked for.
      if (isPycError(error) && !signal.aborted) return undefined;
      throw error;
    });
    if (found !== undefined) return found;
  }
  throw new ProvenanceMissingError(`${place.shown} has no provenance that a build could be repeated by`, {
    hint: 'build with the plugin `provenance`, and name a registry or a layout: archives hold none',
  });
}

async function provenanceIn(
  { place, descriptor: image }: FoundImage,
  candidate: Descriptor,
  signal: AbortSignal,
): Promise<BuildDefinition | undefined> {
  const { document } = await place.document(candidate, signal);
  if (document.kind !== 'manifest') return undefined;
  const { layers } = document.value satisfies Manifest;
  for (const layer of layers.slice(0, MOST)) {
    const isBundle = isBundleType(layer.mediaType);
    if (!isBundle && layer.mediaType !== STATEMENT_TYPE) continue;
    const bytes = await readBlobWithin(place, layer, LIMIT, signal);
    const payload = isBundle ? parseBundle(bytes, `\`${layer.digest}\``).payload : bytes;
    const found = readProvenance(payload, image.digest);
    if (found !== undefined) return found;
  }
  return undefined;
}
