/**
 * What becomes of the documents that refer to an image when its base is another: our own SBOM is made anew, all others are about
 * the image that was, and stay with it.
 */
import { buildReferrer, type Document, EMPTY_BLOB } from '../../oci/build-image.ts';
import type { Image } from '../../oci/image.ts';
import type { Digest } from '../../primitives/digest.ts';
import type { FoundImage } from '../found-image.ts';
import { type ImagePlace, type PlacedDocument, readSmallBlob } from '../place.ts';
import type { ImageSession } from '../session.ts';
import type { OpenedBase } from './base-images.ts';
import { rewriteBill } from './bill.ts';

/** An SBOM of the rebased image, as a referrer. */
export interface RebasedBill {
  readonly manifest: Document;
  readonly blobs: readonly Document[];
  /** The referrer that it was made of. */
  readonly from: Digest;
}

/** What changed, as far as an SBOM says it. */
export interface BillChange {
  readonly image: FoundImage;
  readonly manifest: Document;
  /** Digests of what became another. */
  readonly moved: readonly (readonly [Digest, Digest])[];
  readonly base: OpenedBase;
  readonly next: Image;
  readonly python: string;
}

const CYCLONEDX = 'application/vnd.cyclonedx+json';

/** The image's own SBOMs that pycontainer wrote, for the new image. */
export async function rebasedBills(change: BillChange, session: ImageSession): Promise<RebasedBill[]> {
  const { place, descriptor } = change.image;
  const bills: RebasedBill[] = [];
  for (const listed of await place.referrers(descriptor.digest, session.signal)) {
    if (listed.artifactType !== CYCLONEDX) continue;
    const found = await place.document(listed, session.signal);
    const bytes = await billIn(found, descriptor.digest, place, session);
    const rewritten = bytes === undefined ? undefined : rewriteBill(bytes, change);
    if (rewritten === undefined) continue;
    if (rewritten.wasCut) {
      session.log.warn({
        /** The SBOM listed what is in the old base. That of the rebased image names the new base by its digest alone. */
        code: 'PYC_REBASE_SBOM_CUT',
        message: `the SBOM of ${place.shown} listed what is in its old base, and does not list what is in the new one`,
        hint: 'build the image anew to have it listed',
      });
    }
    const { annotations } = found.document.value;
    const referrer = buildReferrer(
      {
        artifactType: CYCLONEDX,
        mediaType: CYCLONEDX,
        bytes: rewritten.bytes,
        subject: '',
        ...(annotations === undefined ? {} : { annotations }),
      },
      change.manifest.descriptor,
    );
    bills.push({ manifest: referrer.manifest, blobs: [EMPTY_BLOB, referrer.blob], from: listed.digest });
  }
  return bills;
}

async function billIn(
  { document }: PlacedDocument,
  subject: Digest,
  place: ImagePlace,
  { signal }: ImageSession,
): Promise<Uint8Array | undefined> {
  if (document.kind !== 'manifest' || document.value.subject?.digest !== subject) return undefined;
  const [blob, ...others] = document.value.layers;
  return blob === undefined || others.length > 0 ? undefined : await readSmallBlob(place, blob, signal);
}

/** Says what of the old image the new one does not have. */
export async function tellOfReferrers(
  place: ImagePlace,
  root: Digest,
  made: readonly { readonly image: FoundImage; readonly bills: readonly RebasedBill[] }[],
  { log, signal }: ImageSession,
): Promise<void> {
  const kept = new Set(made.flatMap(({ bills }) => bills.map(({ from }) => from)));
  const subjects = new Set([root, ...made.map(({ image }) => image.descriptor.digest)]);
  const left: string[] = [];
  for (const subject of subjects) {
    for (const { digest, artifactType } of await place.referrers(subject, signal)) {
      if (!kept.has(digest)) left.push(artifactType ?? 'an unknown type');
    }
  }
  if (left.length === 0) return;
  log.warn({
    /** Signatures, provenance and SBOMs of other tools are about the image that was rebased, not about the result. */
    code: 'PYC_REBASE_REFERRERS_LEFT',
    message: `what refers to ${place.shown} is not about the rebased image and stays with the old one: ${[...new Set(left)].join(', ')}`,
    hint: 'sign and attest the rebased image anew',
  });
}
