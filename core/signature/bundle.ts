/** Sigstore bundles, version 0.3, with an envelope in them: what is written, and reading what others wrote. What they are about is the statement's matter. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { parsePublicKey } from './algorithms.ts';
import { IN_TOTO, preAuthentication } from './dsse.ts';
import { BundleError } from './errors.ts';
import { type Signer, signChecked } from './signer.ts';

/** The media type of bundles that are written, and the artifact type of the referrers that hold them. */
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Bytes of a bundle: attestations hold whole SBOMs. */
export const MAX_BUNDLE = 64 * 1024 * 1024;

const READ = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.[123]\+json|\+json;version=0\.[123])$/;

const Shape = z.object({
  mediaType: z.string().regex(READ),
  verificationMaterial: z.looseObject({
    publicKey: z.looseObject({ hint: z.string().optional() }).optional(),
    certificate: z.looseObject({ rawBytes: z.base64() }).optional(),
    x509CertificateChain: z
      .looseObject({ certificates: z.array(z.looseObject({ rawBytes: z.base64() })).min(1) })
      .optional(),
  }),
  dsseEnvelope: z.object({
    payload: z.base64(),
    payloadType: z.literal(IN_TOTO),
    signatures: z.array(z.looseObject({ sig: z.base64() })).length(1),
  }),
});

/** A bundle as it is verified. */
export interface Bundle {
  /** The document whole, for who knows more of it. */
  readonly document: unknown;
  readonly payload: Uint8Array;
  /** What the signature is of. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** DER; undefined where it was signed by a key that stands for itself. */
  readonly certificate: Uint8Array | undefined;
}

/** True for all versions of bundles that are read. */
export function isBundleType(mediaType: string | undefined): boolean {
  return mediaType !== undefined && READ.test(mediaType);
}

/** @throws BundleError */
export function parseBundle(bytes: Uint8Array, shown: string): Bundle {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new BundleError(`${shown} is no JSON: it may be cut off`, { hint: 'sign the image again' });
  }
  const parsed = Shape.safeParse(document);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new BundleError(
      `${shown} is no Sigstore bundle with an in-toto statement${where === '' ? '' : `: \`${where}\` is not as it has to be`}`,
      { hint: 'sign the image again' },
    );
  }
  const { verificationMaterial: material, dsseEnvelope } = parsed.data;
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const certificate =
    material.certificate?.rawBytes ?? material.x509CertificateChain?.certificates[0]?.rawBytes;
  return {
    document,
    payload,
    signed: preAuthentication(dsseEnvelope.payloadType, payload),
    signature: Buffer.from(dsseEnvelope.signatures[0]!.sig, 'base64'),
    certificate: certificate === undefined ? undefined : Buffer.from(certificate, 'base64'),
  };
}

/** Makes bundles. */
export interface BundleSigner {
  /** Names who signs, for remembering signatures; undefined where each is to be made anew. */
  readonly identity: string | undefined;
  /** A bundle around a statement. */
  bundle(payload: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** Bundles by a key that stands for itself. @throws what the signer throws */
export async function keyBundles(signer: Signer, signal: AbortSignal): Promise<BundleSigner> {
  const fingerprint = fingerprintOf(await signer.publicKey(signal));
  return {
    identity: `key ${fingerprint}`,
    async bundle(payload, signal) {
      const signature = await signChecked(signer, preAuthentication(IN_TOTO, payload), signal);
      return writeBundle({ publicKey: { hint: fingerprint } }, payload, signature);
    },
  };
}

/** @param material what is needed to verify it, as the bundle's format has it */
export function writeBundle(material: object, payload: Uint8Array, signature: Uint8Array): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE_TYPE,
      verificationMaterial: material,
      dsseEnvelope: {
        payload: base64(payload),
        payloadType: IN_TOTO,
        // Without a `keyid`: cosign takes one for the name of the key that it has to be given.
        signatures: [{ sig: base64(signature) }],
      },
    }),
  );
}

/** SHA-256 of the key as SubjectPublicKeyInfo, in base64. */
export function fingerprintOf(pem: string): string {
  const der = parsePublicKey(pem, 'that signs').export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
