/** Answers of a timestamp authority (RFC 3161): a signed statement of when something was. */
import { createHash, sign } from 'node:crypto';
import { ECDSA, type Issued } from './certificates.ts';
import { context, integer, objectId, octets, sequence, setOf, tagged, time } from './der.ts';

const SHA256 = sequence(objectId('2.16.840.1.101.3.4.2.1'), tagged(0x05));
const INFO = objectId('1.2.840.113549.1.9.16.1.4');
const SIGNED_DATA = objectId('1.2.840.113549.1.7.2');

/** @param imprint SHA-256 of what is stamped */
export function timestampResponse(signer: Issued, imprint: Uint8Array, date: Date): Buffer {
  const info = sequence(
    integer(1),
    objectId('1.3.6.1.4.1.57264.2'),
    sequence(SHA256, octets(imprint)),
    tagged(0x02, signer.serial),
    time(date),
  );
  const attributes = [
    sequence(objectId('1.2.840.113549.1.9.3'), setOf(INFO)),
    sequence(objectId('1.2.840.113549.1.9.4'), setOf(octets(createHash('sha256').update(info).digest()))),
  ];
  // What is signed is the set; what is written has another tag (RFC 5652, section 5.4).
  const signature = sign('sha256', setOf(...attributes), signer.keys.privateKey);
  const signerInfo = sequence(
    integer(1),
    sequence(signer.issuerName, tagged(0x02, signer.serial)),
    SHA256,
    context(0, ...attributes),
    ECDSA,
    octets(signature),
  );
  const signed = sequence(
    integer(3),
    setOf(SHA256),
    sequence(INFO, context(0, octets(info))),
    context(0, signer.der),
    setOf(signerInfo),
  );
  return sequence(sequence(integer(0)), sequence(SIGNED_DATA, context(0, signed)));
}
