/** Whose signatures are accepted, as one function a kind of trust: a public key here, identities by certificates in a module of their own. */
import type { KeyObject } from 'node:crypto';
import { algorithmOf, isSignedBy } from './algorithms.ts';
import type { Bundle } from './bundle.ts';
import { fingerprintOf } from './bundle.ts';
import { SignatureError } from './errors.ts';

/** Who signed, once that is proved. */
export interface ProvedSigner {
  /** SHA-256 of the public key, in base64; null for an identity. */
  readonly key: string | null;
  /** The certificate's subject, such as an address of mail or of a workflow; null for a key. */
  readonly identity: string | null;
  /** Who vouched for the identity; null for a key. */
  readonly issuer: string | null;
}

/** Proves that a bundle was signed as demanded. @throws SignatureError that says why not */
export type Trust = (bundle: Bundle) => Promise<ProvedSigner>;

/** Accepts what was signed by one key. */
export function trustInKey(key: KeyObject): Trust {
  const algorithm = algorithmOf(key, 'to verify with');
  const fingerprint = fingerprintOf(key.export({ type: 'spki', format: 'pem' }).toString());
  return async ({ signed, signature }) => {
    if (isSignedBy(key, algorithm, signed, signature))
      return { key: fingerprint, identity: null, issuer: null };
    throw new SignatureError('it was not signed by this key, or changed since');
  };
}
