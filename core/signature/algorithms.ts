/** The kinds of keys that images are signed with, and signing and checking by them. Where keys come from is not known here. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { SigningKeyError } from './errors.ts';

/** A kind of key with its hash. ECDSA signatures are DER (RFC 3279, section 2.2.3), RSA's are of PKCS#1 1.5. */
export type SignatureAlgorithm = 'ecdsa-p256-sha256' | 'ecdsa-p384-sha384' | 'ed25519' | 'rsa-pkcs1-sha256';

const CURVES: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: 'ecdsa-p256-sha256',
  secp384r1: 'ecdsa-p384-sha384',
};
/** Null: the algorithm hashes by itself. */
const HASHES: Readonly<Record<SignatureAlgorithm, string | null>> = {
  'ecdsa-p256-sha256': 'sha256',
  'ecdsa-p384-sha384': 'sha384',
  ed25519: null,
  'rsa-pkcs1-sha256': 'sha256',
};
/** Bits of RSA's modulus. */
const FEWEST_BITS = 2048;

/** @param shown names the key in errors @throws SigningKeyError for a kind that is not supported */
export function algorithmOf(key: KeyObject, shown: string): SignatureAlgorithm {
  const kind = key.asymmetricKeyType;
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (kind === 'ed25519') return 'ed25519';
  if (kind === 'rsa' && modulusLength >= FEWEST_BITS) return 'rsa-pkcs1-sha256';
  const onCurve = kind === 'ec' ? CURVES[namedCurve] : undefined;
  if (onCurve !== undefined) return onCurve;
  const what = kind === 'rsa' ? `RSA of ${modulusLength} bits` : [kind, namedCurve].filter(Boolean).join(' ');
  throw new SigningKeyError(`the key ${shown} is of a kind that is not supported: ${what}`, {
    hint: 'use ECDSA on P-256 or P-384, Ed25519, or RSA of 2048 bits or more',
  });
}

export function signBytes(key: KeyObject, algorithm: SignatureAlgorithm, bytes: Uint8Array): Uint8Array {
  return sign(HASHES[algorithm], bytes, key);
}

/** False also for what has not the form of a signature. */
export function isSignedBy(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  // Programs that sign by P-384 do not agree on the hash: both are as strong as the statement's own SHA-256.
  const hashes = algorithm === 'ecdsa-p384-sha384' ? ['sha384', 'sha256'] : [HASHES[algorithm]];
  return hashes.some((hash) => {
    try {
      return verify(hash, bytes, key, signature);
    } catch {
      return false;
    }
  });
}

/** A public key as PEM (SubjectPublicKeyInfo) or in a certificate. @throws SigningKeyError */
export function parsePublicKey(pem: string | Uint8Array, shown: string): KeyObject {
  const text = Buffer.from(pem as string).toString('utf8');
  // Node derives the public key of a private one: who verifies should not have that at hand.
  if (text.includes('PRIVATE KEY')) {
    throw new SigningKeyError(`${shown} holds a private key`, {
      hint: 'verify with the public key, as in `cosign.pub`',
    });
  }
  try {
    const key = createPublicKey(text);
    algorithmOf(key, shown);
    return key;
  } catch (cause) {
    if (cause instanceof SigningKeyError) throw cause;
    throw new SigningKeyError(`${shown} holds no public key in PEM`, {
      hint: 'name a file such as `cosign.pub`',
    });
  }
}
