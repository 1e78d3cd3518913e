import { createPublicKey, generateKeyPairSync, scryptSync } from 'node:crypto';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../core/primitives/errors.ts';
import { parsePublicKey } from '../../core/signature/algorithms.ts';
import { parsePrivateKey } from '../../core/signature/private-key.ts';
import { keySigner, signChecked } from '../../core/signature/signer.ts';

const signal = new AbortController().signal;

/** As `cosign generate-key-pair` writes one; cheaper to open. */
function encrypted(der: Buffer, passphrase: string, change: object = {}): string {
  const salt = Buffer.alloc(32, 1);
  const nonce = Buffer.alloc(24, 2);
  const params = { N: 1024, r: 8, p: 1 };
  const secret = scryptSync(passphrase, salt, 32, params);
  const box = nacl.secretbox(new Uint8Array(der), new Uint8Array(nonce), new Uint8Array(secret));
  const body = JSON.stringify({
    kdf: { name: 'scrypt', params, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(box).toString('base64'),
    ...change,
  });
  const label = 'ENCRYPTED SIGSTORE PRIVATE KEY';
  return `-----BEGIN ${label}-----\n${Buffer.from(body).toString('base64')}\n-----END ${label}-----\n`;
}

const KINDS = {
  'ecdsa-p256-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'ecdsa-p384-sha384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ed25519: generateKeyPairSync('ed25519'),
  'rsa-pkcs1-sha256': generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const DER = KINDS['ecdsa-p256-sha256'].privateKey.export({ type: 'pkcs8', format: 'der' });

describe('a private key', () => {
  it('of each kind is read, plain and encrypted, and signs what its public key verifies', async () => {
    const algorithms: string[] = [];
    for (const { privateKey } of Object.values(KINDS)) {
      const der = privateKey.export({ type: 'pkcs8', format: 'der' });
      const texts = [
        privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        privateKey
          .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
          .toString(),
        encrypted(der, 'secret'),
      ];
      for (const text of texts) {
        const key = await parsePrivateKey(text, 'key', async () => 'secret');
        const signer = keySigner(key, 'key');
        expect(await signChecked(signer, Buffer.from('payload'), signal)).toBeInstanceOf(Uint8Array);
        algorithms.push(signer.algorithm);
      }
    }
    expect([...new Set(algorithms)]).toEqual(Object.keys(KINDS));
  });

  it('that cannot be used is refused in one way, whatever is wrong with it', async () => {
    const huge = { kdf: { name: 'scrypt', params: { N: 2 ** 40, r: 8, p: 1 }, salt: 'AAAA' } };
    const dsa = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    const plain = KINDS.ed25519.privateKey;
    const cases: Readonly<Record<string, readonly [text: string, passphrase?: string]>> = {
      'wrong passphrase': [encrypted(DER, 'secret'), 'wrong'],
      'no passphrase': [encrypted(DER, 'secret')],
      'PKCS#8 and a wrong passphrase': [
        plain.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'a' }).toString(),
        'wrong',
      ],
      'PKCS#8 and no passphrase': [
        plain.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'a' }).toString(),
      ],
      'another curve': [dsa.export({ type: 'pkcs8', format: 'pem' }).toString()],
      'too much memory': [encrypted(DER, 'secret', huge), 'secret'],
      'another cipher': [encrypted(DER, 'secret', { cipher: { name: 'none', nonce: 'AAAA' } }), 'secret'],
      'a short nonce': [
        encrypted(DER, 'secret', { cipher: { name: 'nacl/secretbox', nonce: 'AAAA' } }),
        'secret',
      ],
      'no key inside': [encrypted(Buffer.from('hello'), 'secret'), 'secret'],
      'cut off': [encrypted(DER, 'secret').slice(0, 200), 'secret'],
      'a public key': [createPublicKey(plain).export({ type: 'spki', format: 'pem' }).toString()],
      'no PEM': ['hello'],
      'no base64 of JSON': [
        '-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED COSIGN PRIVATE KEY-----',
      ],
    };
    const mismatches: string[] = [];
    for (const [name, [text, passphrase]] of Object.entries(cases)) {
      const thrown = await parsePrivateKey(text, 'key', async () => passphrase)
        .then((key) => keySigner(key, 'key'))
        .catch((error: unknown) => error);
      if (!isPycError(thrown) || thrown.code !== 'PYC_SIGNING_KEY') mismatches.push(name);
    }
    expect(mismatches).toEqual([]);
  });

  it('is no public key, and what a signer gives is checked before it is published', async () => {
    const { privateKey } = KINDS.ed25519;
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(() => parsePublicKey(pem.toString(), 'key')).toThrow(
      expect.objectContaining({ code: 'PYC_SIGNING_KEY' }),
    );
    const signer = keySigner(privateKey, 'key');
    const wrong = [
      { ...signer, sign: async () => new Uint8Array(64) },
      { ...signer, algorithm: 'ecdsa-p256-sha256' as const },
      { ...signer, sign: async () => 'text' as unknown as Uint8Array },
    ];
    for (const each of wrong) {
      await expect(signChecked(each, new Uint8Array(1), signal)).rejects.toMatchObject({
        code: 'PYC_SIGNER',
      });
    }
  });
});
