/** Which statements about a build are signed. By whom, and how, is the signer's matter. */
import {
  type BundleSigner,
  bundleReferrer,
  type Descriptor,
  type FinishedBuild,
  mapConcurrently,
  predicateOf,
  type Referrer,
  SIGNATURE_PREDICATE,
  statementOf,
} from 'pycontainer';

export interface SignatureOptions {
  /** Sign SBOMs and provenance too. */
  readonly attest: boolean;
  /** Seconds since 1970. */
  readonly created: number;
  readonly signal: AbortSignal;
}

/** Signatures at once: a service of keys may take a second for each. */
const PARALLEL = 8;

/** The build with a signature for its index and each image, and with what hangs on them attested. */
export async function withSignatures(
  build: FinishedBuild,
  signer: BundleSigner,
  { attest, created, signal }: SignatureOptions,
): Promise<FinishedBuild> {
  const roots = [
    ...(build.index === undefined ? [] : [build.index]),
    ...build.images.map(({ manifest }) => manifest),
  ];
  const wanted: Wanted[] = roots.map(({ descriptor }) => ({
    subject: descriptor,
    type: SIGNATURE_PREDICATE,
    value: {},
  }));
  for (const { subject, blob } of attest ? build.referrers : []) {
    const shown = `the attachment \`${blob.descriptor.mediaType}\``;
    const predicate = predicateOf(blob.descriptor.mediaType, blob.bytes, shown);
    if (predicate !== undefined) wanted.push({ subject, ...predicate });
  }
  const signed = await mapConcurrently(wanted, PARALLEL, signal, async ({ subject, type, value }, inner) => {
    const bundle = await signer.bundle(statementOf(subject.digest, type, value), inner);
    return bundleReferrer(subject, bundle, type, created);
  });
  const referrers: readonly Referrer[] = [...build.referrers, ...signed];
  return { ...build, referrers };
}

interface Wanted {
  readonly subject: Descriptor;
  readonly type: string;
  readonly value: unknown;
}
