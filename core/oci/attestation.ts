/**
 * Attestations as BuildKit lists them: a manifest an image that stands in the index beside it, one layer a statement. What
 * statements say is not known here.
 */
import { type Digest, digestOf } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import { type Document, documentOf, EMPTY_BLOB } from './build-image.ts';
import type { Attachment, Descriptor, Manifest } from './image.ts';
import { OCI_MANIFEST } from './media-types.ts';

/**
 * A plugin wants an attachment listed in the index, and it is no in-toto statement that says its predicate's type. Only a
 * plugin can cause it: mend or remove the plugin.
 */
export class AttestationError extends PycError {
  readonly code = 'PYC_ATTESTATION_INVALID';
}

/** Of statements (in-toto attestation framework, "DSSE envelope"). */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';
/** The annotation that says of a layer what its statement is about. */
export const PREDICATE_TYPE = 'in-toto.io/predicate-type';
const ARTIFACT_TYPE = 'application/vnd.docker.attestation.manifest.v1+json';

/** The statements about one image: a manifest, and its blobs with the empty configuration. */
export interface AttestationDocuments {
  /** The image that they are about. */
  readonly subject: Digest;
  readonly manifest: Document;
  readonly blobs: readonly Document[];
}

/**
 * What an image's attachments with `listed` become; undefined where there are none.
 *
 * @throws AttestationError for one that is no statement
 */
export function buildAttestation(
  attachments: readonly Attachment[],
  subject: Digest,
): AttestationDocuments | undefined {
  const listed = attachments.filter((attachment) => attachment.listed === true);
  if (listed.length === 0) return undefined;
  const layers = listed.map(layerOf);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: ARTIFACT_TYPE,
    config: EMPTY_BLOB.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  return { subject, manifest: documentOf(manifest, OCI_MANIFEST), blobs: [EMPTY_BLOB, ...layers] };
}

/** How an index lists it: as a manifest for no platform, which runtimes pass over. */
export function attestationEntry({ subject, manifest }: AttestationDocuments): Descriptor {
  return {
    ...manifest.descriptor,
    artifactType: ARTIFACT_TYPE,
    annotations: {
      'vnd.docker.reference.digest': subject,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
    platform: { os: 'unknown', architecture: 'unknown' },
  };
}

function layerOf({ mediaType, bytes, annotations }: Attachment): Document {
  const type = annotations?.[PREDICATE_TYPE];
  if (mediaType !== STATEMENT_TYPE || type === undefined) {
    throw new AttestationError(`an attachment of the type \`${mediaType}\` cannot be listed in an index`, {
      hint: `report this to the author of the plugin: it has to be \`${STATEMENT_TYPE}\` with \`${PREDICATE_TYPE}\``,
    });
  }
  const descriptor = {
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    annotations: { [PREDICATE_TYPE]: type },
  };
  return { descriptor, bytes };
}
