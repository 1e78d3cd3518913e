/** What signs: the interface that services of keys implement, and the signer of a key in memory. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { algorithmOf, isSignedBy, parsePublicKey, type SignatureAlgorithm, signBytes } from './algorithms.ts';
import { SignerError } from './errors.ts';

/**
 * Something that holds a private key and signs with it, such as a service of keys (KMS) or a hardware token. The key itself is
 * never asked for.
 */
export interface Signer {
  /** Must be the public key's. */
  readonly algorithm: SignatureAlgorithm;
  /** The public key as PEM (SubjectPublicKeyInfo). */
  publicKey(signal: AbortSignal): Promise<string>;
  /** The signature of the bytes, which are hashed as the algorithm says. ECDSA's is DER. */
  sign(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** The signer of a private key. @param shown names it in errors @throws SigningKeyError */
export function keySigner(key: KeyObject, shown: string): Signer {
  const algorithm = algorithmOf(key, shown);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  return {
    algorithm,
    publicKey: async () => publicKey,
    sign: async (bytes) => signBytes(key, algorithm, bytes),
  };
}

/** Signs, and makes sure that the signature is the public key's: what is published cannot be taken back. @throws SignerError */
export async function signChecked(
  signer: Signer,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const key = parsePublicKey(await signer.publicKey(signal), 'that the signer names');
  if (algorithmOf(key, 'that the signer names') !== signer.algorithm) {
    throw new SignerError(
      `the signer says that it signs by ${signer.algorithm}, and its public key is of another kind`,
      {
        hint: 'report this to whoever wrote the signer',
      },
    );
  }
  const signature = await signer.sign(bytes, signal);
  if (signature instanceof Uint8Array && isSignedBy(key, signer.algorithm, bytes, signature))
    return signature;
  throw new SignerError('what the signer gave is no signature by the key that it names', {
    hint: 'ask it for a signature over the bytes themselves, not over their digest; ECDSA’s is to be DER',
  });
}
