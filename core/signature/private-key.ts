/** Reads private keys in PEM: PKCS#8, plain or encrypted, and cosign's encrypted keys. No key is ever part of an error. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { decryptKey, ENCRYPTED_LABELS } from './encrypted-key.ts';
import { SigningKeyError } from './errors.ts';

/** Gives the passphrase; undefined where there is none. It is asked only for a key that is encrypted. */
export type Passphrase = () => Promise<string | undefined>;

const PEM = /-----BEGIN ([A-Z0-9 ]{1,60})-----([A-Za-z0-9+/=\s]{1,100000})-----END \1-----/;

/** @param shown names the key in errors, as in `` `cosign.key` `` @throws SigningKeyError */
export async function parsePrivateKey(
  text: string,
  shown: string,
  passphrase: Passphrase,
): Promise<KeyObject> {
  const [pem, label = '', body = ''] = PEM.exec(text) ?? [];
  if (pem === undefined || !label.endsWith('PRIVATE KEY')) {
    throw new SigningKeyError(`${shown} holds no private key in PEM`, {
      hint: 'make one with `cosign generate-key-pair`, or with `openssl genpkey`',
    });
  }
  if (ENCRYPTED_LABELS.includes(label)) {
    // Cosign takes an empty passphrase for a key of its own.
    const secret = (await passphrase()) ?? '';
    const der = await decryptKey(Buffer.from(body, 'base64'), secret, shown);
    return keyOf({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }, shown);
  }
  if (label === 'ENCRYPTED PRIVATE KEY') {
    const secret = await passphrase();
    if (secret === undefined) {
      throw new SigningKeyError(`the key ${shown} is encrypted, and there is no passphrase`, {
        hint: 'set `COSIGN_PASSWORD`, or use `--passphrase-stdin`',
      });
    }
    return keyOf({ key: pem, passphrase: secret }, shown, 'the passphrase does not open it');
  }
  return keyOf({ key: pem }, shown);
}

/** OpenSSL's words are left out: they name its own routines. */
function keyOf(
  input: Parameters<typeof createPrivateKey>[0],
  shown: string,
  why = 'it is damaged, or of a kind that is not supported',
): KeyObject {
  try {
    return createPrivateKey(input);
  } catch {
    throw new SigningKeyError(`the key ${shown} cannot be read: ${why}`, {
      hint: 'use ECDSA on P-256 or P-384, Ed25519 or RSA, as PKCS#8 in PEM',
    });
  }
}
