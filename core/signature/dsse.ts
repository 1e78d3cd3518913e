/** The Dead Simple Signing Envelope, version 1: what is signed is a payload together with its type. What payloads say is not known here. */

/** The payload type of in-toto's statements. */
export const IN_TOTO = 'application/vnd.in-toto+json';

/** Pre-Authentication Encoding (DSSE, "Signature Definition"): the bytes that are signed. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}
