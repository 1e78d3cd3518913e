/** Fulcio, the certificate authority: a certificate of a few minutes for a key and an identity (API version 2). */
import { type KeyObject, sign } from 'node:crypto';
import * as z from 'zod';
import { KeylessError } from '../errors.ts';
import type { IdentityToken } from './identity-token.ts';
import { askService, pathOf, type Services } from './services.ts';

const Chain = z.object({ chain: z.object({ certificates: z.array(z.string()).min(1) }) });
const Answer = z.object({
  signedCertificateEmbeddedSct: Chain.optional(),
  signedCertificateDetachedSct: Chain.optional(),
});

/** The leaf's DER. @throws KeylessError */
export async function requestCertificate(
  services: Services,
  { token, subject }: IdentityToken,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Promise<Buffer> {
  const answer = await askService(services, 'Fulcio', [200, 201], {
    url: pathOf(services.fulcio, '/api/v2/signingCert'),
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      credentials: { oidcIdentityToken: token },
      publicKeyRequest: {
        publicKey: {
          algorithm: 'ECDSA',
          content: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        },
        proofOfPossession: sign('sha256', Buffer.from(subject), privateKey).toString('base64'),
      },
    }),
  });
  const parsed = Answer.safeParse(jsonOf(answer));
  const found = parsed.data?.signedCertificateEmbeddedSct ?? parsed.data?.signedCertificateDetachedSct;
  const der = derOf(found?.chain.certificates[0] ?? '');
  if (der !== undefined) return der;
  throw new KeylessError('Fulcio gave no certificate', {
    hint: 'check that its address is that of a Fulcio',
  });
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function derOf(pem: string): Buffer | undefined {
  const body = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem)?.[1];
  return body === undefined ? undefined : Buffer.from(body, 'base64');
}
