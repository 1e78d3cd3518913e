/** Cosign's encrypted private keys: PKCS#8 in NaCl's secretbox, under a key that scrypt derives of a passphrase. */
import { scrypt } from 'node:crypto';
import * as z from 'zod';
import { SigningKeyError } from './errors.ts';

/** The names of such a key in PEM. */
export const ENCRYPTED_LABELS: readonly string[] = [
  'ENCRYPTED SIGSTORE PRIVATE KEY',
  'ENCRYPTED COSIGN PRIVATE KEY',
];

const Envelope = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    // Somebody else's key file must not fill the memory.
    params: z.object({
      N: z
        .int()
        .min(2)
        .max(2 ** 20),
      r: z.int().min(1).max(32),
      p: z.int().min(1).max(16),
    }),
    salt: z.base64(),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: z.base64() }),
  ciphertext: z.base64(),
});

/** Bytes that scrypt may take. */
const MEMORY = 256 * 1024 * 1024;

/** The key as PKCS#8 in DER. @param body what stands between PEM's lines, decoded @throws SigningKeyError */
export async function decryptKey(body: Uint8Array, passphrase: string, shown: string): Promise<Uint8Array> {
  const { kdf, cipher, ciphertext } = envelopeOf(body, shown);
  const { default: nacl } = await import('tweetnacl');
  const nonce = Buffer.from(cipher.nonce, 'base64');
  const box = Buffer.from(ciphertext, 'base64');
  if (nonce.length !== nacl.secretbox.nonceLength) throw damaged(shown);
  const { N, r, p } = kdf.params;
  const secret = await new Promise<Buffer>((resolve, reject) => {
    const options = { N, r, p, maxmem: MEMORY };
    scrypt(passphrase, Buffer.from(kdf.salt, 'base64'), nacl.secretbox.keyLength, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(damaged(shown));
    });
  });
  // NaCl wants plain arrays: a Buffer of Node's pool is one as well, but not everywhere.
  const opened = nacl.secretbox.open(new Uint8Array(box), new Uint8Array(nonce), new Uint8Array(secret));
  if (opened !== null) return opened;
  throw new SigningKeyError(`the passphrase does not open the key ${shown}`, {
    hint: 'set `COSIGN_PASSWORD` to the passphrase that the key was made with',
  });
}

function envelopeOf(body: Uint8Array, shown: string): z.infer<typeof Envelope> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw damaged(shown);
  }
  const parsed = Envelope.safeParse(value);
  if (!parsed.success) throw damaged(shown);
  return parsed.data;
}

function damaged(shown: string): SigningKeyError {
  return new SigningKeyError(
    `the encrypted key ${shown} is damaged, or encrypted in a way that is not supported`,
    {
      hint: 'make one with `cosign generate-key-pair`, or with `openssl` as PKCS#8',
    },
  );
}
