/** What can go wrong with keys, signers, bundles and signatures. None of these errors ever holds a key or a passphrase. */
import { PycError } from '../primitives/errors.ts';

/**
 * A key to sign or verify with is not there, cannot be read, is of a kind that is not supported, or its passphrase is wrong. ECDSA on
 * P-256 and P-384, Ed25519 and RSA from 2048 bits on are supported, as PKCS#8 or as cosign's encrypted keys; the passphrase
 * comes from `COSIGN_PASSWORD` or from standard input.
 */
export class SigningKeyError extends PycError {
  readonly code = 'PYC_SIGNING_KEY';
  override readonly exitCode = 2;
}

/**
 * What signs, a command or a service of keys, failed, or what it gave is no signature by the key that it names.
 * Try it by itself first.
 */
export class SignerError extends PycError {
  readonly code = 'PYC_SIGNER';
}

/**
 * A Sigstore bundle, or the statement in it, cannot be read: it is cut off, of a version that is not supported, or no
 * bundle at all. Sign the image again.
 */
export class BundleError extends PycError {
  readonly code = 'PYC_BUNDLE';
}

/**
 * Nothing that is attached to the image is a signature as it was demanded: by that key or identity, about this image, with that
 * predicate. `details` lists what was found, and why each was not accepted.
 */
export class SignatureError extends PycError {
  readonly code = 'PYC_SIGNATURE';
}

/**
 * What is to be attested cannot be: its file is missing or no JSON, or its type is neither a URI nor a short name. State the type, as in
 * `--type cyclonedx`.
 */
export class PredicateError extends PycError {
  readonly code = 'PYC_PREDICATE';
  override readonly exitCode = 2;
}

/**
 * Signing by an identity failed: there is no token of one, or Sigstore's services refused it or failed. The message says which. A
 * workflow on GitHub needs `id-token: write`; elsewhere `SIGSTORE_ID_TOKEN` is to hold a token for the audience `sigstore`.
 */
export class KeylessError extends PycError {
  readonly code = 'PYC_KEYLESS';
}
