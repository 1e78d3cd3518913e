/** A timestamp authority (RFC 3161): when a signature existed. The answer is kept as it is; whoever verifies reads it. */
import { createHash } from 'node:crypto';
import { askService, type Services } from './services.ts';

/** Up to SHA-256 of what is stamped: version 1, and the algorithm's identifier 2.16.840.1.101.3.4.2.1 (RFC 3161, 2.4.1). */
const BEFORE = Buffer.from('3039020101' + '3031300d060960864801650304020105000420', 'hex');
/** The certificate is wanted. */
const AFTER = Buffer.from('0101ff', 'hex');

/** The response's DER. @throws KeylessError */
export async function stamp(services: Services, address: string, signature: Uint8Array): Promise<Uint8Array> {
  return await askService(services, 'the timestamp authority', [200, 201], {
    url: address,
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: Buffer.concat([BEFORE, createHash('sha256').update(signature).digest(), AFTER]),
  });
}
