/** What signing and verifying images is made of: signers, Sigstore bundles, statements, and what hangs on images. */
export type { SignatureAlgorithm } from './algorithms.ts';
export { type BundleSigner, keyBundles } from './bundle.ts';
export {
  BundleError,
  KeylessError,
  PredicateError,
  SignatureError,
  SignerError,
  SigningKeyError,
} from './errors.ts';
export { type KeyContext, keyBundlesAt, openSigner } from './key-place.ts';
export { type KeylessOptions, keylessBundles } from './keyless/keyless.ts';
export { predicateOf } from './predicates.ts';
export { bundleReferrer } from './referrer.ts';
export { rememberedBundles } from './remembered.ts';
export type { Signer } from './signer.ts';
export { SIGNATURE_PREDICATE, statementOf } from './statement.ts';
