import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { certificateOf, subjectHash } from '../../../plugins/debian/system/subject-hash.ts';
import { codeOf } from '../../codes.ts';

/** What `openssl x509 -subject_hash` says of certificates that every runtime brings. */
const HASHES: Readonly<Record<string, string>> = {
  'Amazon Root CA 1': 'ce5e74ef',
  'DigiCert Global Root G2': '607986c7',
  'GlobalSign Root R46': '002c0b4f',
  'ISRG Root X1': '4042bcee',
  'Microsec e-Szigno Root CA 2009': '8160b96c',
  'USERTrust RSA Certification Authority': 'fc5a8f99',
};

describe("a certificate's subject hash", () => {
  it('is what OpenSSL computes', () => {
    const found = new Map(
      rootCertificates.map((pem) => {
        const name = /CN=(.*)/.exec(new X509Certificate(pem).subject)?.[1] ?? '';
        return [name, subjectHash(certificateOf(pem, name), name)];
      }),
    );
    const known = Object.entries(HASHES).filter(([name]) => found.has(name));
    expect(known.length).toBeGreaterThan(2);
    expect(known.map(([name]) => [name, found.get(name)])).toEqual(known);
  });

  it('is refused for what is no certificate', async () => {
    expect([
      await codeOf(() => certificateOf('text', 'x')),
      await codeOf(() => subjectHash(Buffer.from('3003020101', 'hex'), 'x')),
      await codeOf(() => subjectHash(new Uint8Array(), 'x')),
      await codeOf(() => subjectHash(Buffer.from('30847fffffff00', 'hex'), 'x')),
    ]).toEqual(Array(4).fill('PYC_DEBIAN_CERTIFICATE_INVALID'));
  });
});
