/**
 * What belongs to an image besides itself: SBOMs, signatures and provenance, as referrers, under cosign's tags, and among the entries
 * of BuildKit's indexes. They are read as far as it takes to say what they are; no signature is verified here.
 */
import type { Descriptor, Manifest } from '../../oci/image.ts';
import { parseImageSpec } from '../../oci/image-spec.ts';
import { mapConcurrently } from '../../primitives/concurrency.ts';
import type { Digest } from '../../primitives/digest.ts';
import { isPycError, messageOf } from '../../primitives/errors.ts';
import { type ImagePlace, openPlace, readSmallBlob } from '../place.ts';
import type { ImageSession } from '../session.ts';
import { type BillOfMaterials, readBill } from './bill-of-materials.ts';
import { readBundle, signerOf } from './signer.ts';

/** What a report says of an attachment. */
export interface ReportedAttachment {
  readonly kind: 'sbom' | 'signature' | 'provenance' | 'other';
  /** Its artifact type, or the type of the statement that it holds. */
  readonly type: string;
  /** Of its manifest. */
  readonly digest: Digest;
  /** Bytes of its blobs. */
  readonly size: number;
  /** How it was found: as a referrer, by cosign's tag, or as BuildKit lists it. */
  readonly via: 'referrer' | 'tag' | 'index';
  /** Of an SBOM that was read, as in `CycloneDX 1.6`. */
  readonly format: string | null;
  readonly components: number | null;
  /** Whom a signature's certificate names. It was not verified. */
  readonly signer: string | null;
  readonly issuer: string | null;
}

export interface FoundAttachment {
  readonly report: ReportedAttachment;
  /** Of an SBOM that says what is in the image. */
  readonly bill?: BillOfMaterials;
}

const PARALLEL = 8;
/** Attachments of one image that are read. */
const MOST = 200;
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle/;
const BILL = /cyclonedx|spdx/i;
const PREDICATE = 'in-toto.io/predicate-type';
const COSIGN_TAGS = ['sig', 'att', 'sbom'] as const;
const CERTIFICATE = 'dev.sigstore.cosign/certificate';

/** Everything that is known to belong to a digest. What cannot be read is told and left out. */
export async function findAttachments(
  place: ImagePlace,
  subject: Digest,
  listed: readonly Descriptor[],
  session: ImageSession,
): Promise<readonly FoundAttachment[]> {
  const { signal } = session;
  const referrers = (await place.referrers(subject, signal)).slice(0, MOST);
  const read = async (
    from: ImagePlace,
    descriptor: Descriptor,
    via: ReportedAttachment['via'],
    inner: AbortSignal,
  ): Promise<FoundAttachment[]> => {
    try {
      const { document } = await from.document(descriptor, inner);
      if (document.kind !== 'manifest') return [];
      // A list of referrers is not signed by anybody: the manifest itself says what it is about.
      if (via === 'referrer' && document.value.subject?.digest !== subject) return [];
      return await describe(from, descriptor, document.value, via, inner);
    } catch (error) {
      if (!isPycError(error) || inner.aborted) throw error;
      session.log.warn({
        /** A document that refers to the image cannot be read, and is left out of what is said of it. */
        code: 'PYC_ATTACHMENT_UNREADABLE',
        message: `\`${descriptor.digest}\`, which refers to ${place.shown}, cannot be read: ${messageOf(error)}`,
      });
      return [];
    }
  };
  const found = await mapConcurrently(referrers, PARALLEL, signal, (one, inner) =>
    read(place, one, 'referrer', inner),
  );
  const beside = await mapConcurrently(listed, PARALLEL, signal, (one, inner) =>
    read(place, one, 'index', inner),
  );
  const tagged = await mapConcurrently(COSIGN_TAGS, PARALLEL, signal, async (suffix, inner) => {
    const at = await underTag(place, `${subject.replace(':', '-')}.${suffix}`, session, inner);
    return at === undefined ? [] : await read(at.place, at.root, 'tag', inner);
  });
  return [...found, ...beside, ...tagged].flat();
}

/** What lies beside the image under another tag, where anything does. */
async function underTag(
  { spec }: ImagePlace,
  tag: string,
  session: ImageSession,
  signal: AbortSignal,
): Promise<{ readonly place: ImagePlace; readonly root: Descriptor } | undefined> {
  const parsed = parseImageSpec(spec, session.cwd);
  if (parsed.kind !== 'registry' && parsed.kind !== 'layout') return undefined;
  const beside =
    parsed.kind === 'registry'
      ? `${parsed.reference.host}/${parsed.reference.repository}:${tag}`
      : `layout:${parsed.directory}:${tag}`;
  try {
    const place = await openPlace(beside, session);
    return { place, root: await place.root(signal) };
  } catch (error) {
    // Most images have none.
    if (isPycError(error) && !signal.aborted) return undefined;
    throw error;
  }
}

async function describe(
  place: ImagePlace,
  { digest }: Descriptor,
  manifest: Manifest,
  via: ReportedAttachment['via'],
  signal: AbortSignal,
): Promise<FoundAttachment[]> {
  const stated = manifest.artifactType ?? manifest.config.mediaType;
  const head = { digest, size: manifest.layers.reduce((sum, { size }) => sum + size, 0), via };
  const unknown = { ...head, format: null, components: null, signer: null, issuer: null };
  const [blob] = manifest.layers;
  if (blob === undefined) return [{ report: { ...unknown, kind: 'other', type: stated } }];
  if (BUNDLE.test(stated) || BUNDLE.test(blob.mediaType)) {
    const bundle = readBundle(await readSmallBlob(place, blob, signal));
    const predicate = bundle?.predicateType ?? null;
    const named = { signer: bundle?.identity ?? null, issuer: bundle?.issuer ?? null };
    return [
      { report: { ...unknown, ...named, kind: kindOf(predicate ?? 'signature'), type: predicate ?? stated } },
    ];
  }
  // One manifest of BuildKit or cosign holds several statements.
  const several = manifest.layers.filter(
    ({ annotations, mediaType }) =>
      annotations?.[PREDICATE] !== undefined || /in-toto|dsse|simplesigning/.test(mediaType),
  );
  if (several.length > 0) {
    return several.map(({ annotations = {}, mediaType, size }) => {
      const type = annotations[PREDICATE] ?? annotations.predicateType ?? mediaType;
      const { identity, issuer } = signerOf(annotations[CERTIFICATE] ?? '');
      return { report: { ...unknown, size, kind: kindOf(type), type, signer: identity, issuer } };
    });
  }
  const type = BILL.test(blob.mediaType) ? blob.mediaType : stated;
  const bill = kindOf(type) === 'sbom' ? readBill(await readSmallBlob(place, blob, signal)) : undefined;
  const facts = { format: bill?.format ?? null, components: bill?.components ?? null };
  return [
    { report: { ...unknown, ...facts, kind: kindOf(type), type }, ...(bill === undefined ? {} : { bill }) },
  ];
}

/** By the type of an artifact, of a blob, or of an in-toto statement. */
function kindOf(type: string): ReportedAttachment['kind'] {
  if (/cyclonedx|spdx|\bsbom\b/i.test(type)) return 'sbom';
  if (/provenance|slsa\.dev/i.test(type)) return 'provenance';
  return /signature|simplesigning|cosign|notary|\bsign\b|artifact\.sig/i.test(type) ? 'signature' : 'other';
}
