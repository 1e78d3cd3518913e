/** Verifies what is signed about an image: which statements hang on it, and that those that are demanded were signed as demanded. Whose signatures are trusted comes from outside. */
import type { Descriptor } from '../../oci/image.ts';
import { OCI_EMPTY } from '../../oci/media-types.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { mapConcurrently } from '../../primitives/concurrency.ts';
import { type Digest, hexOf } from '../../primitives/digest.ts';
import { isPycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { isBundleType, MAX_BUNDLE, parseBundle } from '../../signature/bundle.ts';
import { BundleError, PredicateError, SignatureError } from '../../signature/errors.ts';
import { predicateTypeOf } from '../../signature/predicates.ts';
import { parseStatement, SIGNATURE_PREDICATE } from '../../signature/statement.ts';
import type { Trust } from '../../signature/trust.ts';
import { chooseImage } from '../choose.ts';
import { type ImagePlace, openPlace } from '../place.ts';
import type { ImageSession } from '../session.ts';
import { readBlobWithin } from './read-blob.ts';
import { type TrustRequest, trustFor } from './trusted.ts';

export interface VerifyRequest extends TrustRequest {
  readonly image: string;
  readonly platform?: string | undefined;
  /** Predicates that all have to be there: URIs, or short names such as `cyclonedx`. Default: a signature. */
  readonly types?: readonly string[] | undefined;
}

/** A statement about the image that was signed as demanded. */
export interface VerifiedStatement {
  /** Of the manifest that holds it. */
  readonly digest: Digest;
  readonly predicateType: string;
  /** SHA-256 of the key that signed, in base64. */
  readonly key: string | null;
  readonly identity: string | null;
  readonly issuer: string | null;
}

/** Something that hangs on the image as a signature, and was not accepted. */
export interface RefusedStatement {
  readonly digest: Digest;
  readonly predicateType: string | null;
  readonly reason: string;
}

export interface VerifyResult {
  readonly digest: Digest | null;
  readonly verified: readonly VerifiedStatement[];
  readonly refused: readonly RefusedStatement[];
}

/** Bundles that are read of one image. */
const MOST = 1000;
const PARALLEL = 8;

/** @throws SignatureError where a demanded predicate is not there, or not signed as demanded */
export async function verifyImage(request: VerifyRequest, session: ImageSession): Promise<VerifyResult> {
  const { signal } = session;
  const wanted = typesOf(request.types);
  const trust = await trustFor(request, session);
  const place = await openPlace(request.image, session);
  const subject =
    request.platform === undefined
      ? await place.root(signal)
      : await chooseImage(place, parsePlatform(request.platform), signal);
  const { verified, refused } = await verifySubject(place, subject.digest, trust, signal);
  const missing = wanted.filter((type) => !verified.some(({ predicateType }) => predicateType === type));
  if (missing.length > 0) throw notVerified(place, missing, refused);
  return { digest: subject.digest, verified, refused };
}

/** All that hangs on one digest. */
async function verifySubject(
  place: ImagePlace,
  subject: Digest,
  trust: Trust,
  signal: AbortSignal,
): Promise<Pick<VerifyResult, 'verified' | 'refused'>> {
  const listed = await place.referrers(subject, signal);
  const found = listed.filter(({ artifactType }) => mayHoldBundle(artifactType));
  if (found.length > MOST) {
    throw new SignatureError(`more than ${MOST} signatures hang on ${place.shown}`, {
      hint: 'remove those that nobody needs',
    });
  }
  const verified: VerifiedStatement[] = [];
  const refused: RefusedStatement[] = [];
  await mapConcurrently(found, PARALLEL, signal, async (entry, inner) => {
    const outcome = await verifyReferrer(place, entry, subject, trust, inner);
    if (outcome === undefined) return;
    if ('reason' in outcome) refused.push(outcome);
    else verified.push(outcome);
  });
  const inOrder = (a: { digest: Digest }, b: { digest: Digest }): number => (a.digest < b.digest ? -1 : 1);
  return { verified: verified.sort(inOrder), refused: refused.sort(inOrder) };
}

/** Cosign lists its own under registries without referrers as what their configuration is. */
function mayHoldBundle(artifactType: string | undefined): boolean {
  return artifactType === undefined || artifactType === OCI_EMPTY || isBundleType(artifactType);
}

/** Undefined for what is no bundle. */
async function verifyReferrer(
  place: ImagePlace,
  entry: Descriptor,
  subject: Digest,
  trust: Trust,
  signal: AbortSignal,
): Promise<VerifiedStatement | RefusedStatement | undefined> {
  const { digest } = entry;
  let predicateType: string | null = null;
  try {
    const { document } = await place.document(entry, signal);
    if (document.kind !== 'manifest') return undefined;
    const [layer] = document.value.layers;
    if (layer === undefined || !isBundleType(layer.mediaType)) return undefined;
    // Who lists referrers is not who signs: the manifest itself says what it is about, and so does the statement.
    if (document.value.subject?.digest !== subject) throw new SignatureError('it hangs on another image');
    const shown = `the signature \`${digest}\``;
    const bundle = parseBundle(await readBlobWithin(place, layer, MAX_BUNDLE, signal), shown);
    const signer = await trust(bundle);
    const statement = parseStatement(bundle.payload, shown);
    predicateType = statement.predicateType;
    if (!statement.subjects.includes(hexOf(subject))) throw new SignatureError('it is about another image');
    return { digest, predicateType, ...signer };
  } catch (thrown) {
    // What the network does is not the signature's fault.
    if (thrown instanceof SignatureError || thrown instanceof BundleError || isContentFault(thrown)) {
      return { digest, predicateType, reason: thrown.message };
    }
    throw thrown;
  }
}

function isContentFault(thrown: unknown): thrown is Error {
  return (
    isPycError(thrown) &&
    ['PYC_INPUT_TOO_LARGE', 'PYC_IMAGE_DOCUMENT_INVALID', 'PYC_REGISTRY_CONTENT'].includes(thrown.code)
  );
}

function typesOf(types: readonly string[] | undefined): readonly string[] {
  if (types === undefined || types.length === 0) return [SIGNATURE_PREDICATE];
  return types.map((text) => {
    const type = predicateTypeOf(text);
    if (type !== undefined) return type;
    throw new PredicateError(`\`${visible(text)}\` is no type of predicates`, {
      hint: 'write a URI, or a short name such as `cyclonedx`, `spdx` or `slsaprovenance1`',
    });
  });
}

function notVerified(
  { shown }: ImagePlace,
  missing: readonly string[],
  refused: readonly RefusedStatement[],
): SignatureError {
  const what = missing
    .map((type) => (type === SIGNATURE_PREDICATE ? 'no signature' : `no signed \`${visible(type)}\``))
    .join(' and ');
  const reasons = [...new Set(refused.map(({ reason }) => reason))];
  const why = reasons.length === 0 ? 'nothing that is signed hangs on it' : reasons.join('; ');
  return new SignatureError(`${shown} has ${what} as demanded: ${visible(why.slice(0, 600))}`, {
    hint: 'check the key or the identity, and whether this very image was signed',
    details: refused,
  });
}
