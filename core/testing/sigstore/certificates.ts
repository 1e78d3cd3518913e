/** X.509 certificates (RFC 5280) as Sigstore's authorities issue them, with the proof of a certificate log in them (RFC 6962). */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bits, context, integer, objectId, octets, sequence, setOf, tagged, text, time, yes } from './der.ts';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface Issued {
  readonly der: Buffer;
  readonly keys: KeyPair;
  readonly name: Buffer;
  readonly issuerName: Buffer;
  readonly serial: Buffer;
}

export interface CertificateRequest {
  readonly name: string;
  readonly keys: KeyPair;
  /** Signs it; default itself. */
  readonly issuer?: Issued;
  readonly from: Date;
  readonly to: Date;
  readonly isAuthority?: boolean;
  /** Object identifier of the use that it is for. */
  readonly use?: string;
  readonly identity?: { readonly subject: string; readonly issuer: string };
  /** Notes the certificate, and proves it in it. */
  readonly log?: KeyPair;
}

/** ecdsa-with-SHA256. */
export const ECDSA = sequence(objectId('1.2.840.10045.4.3.2'));
export const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
export const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

export function ecKeys(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

export function spkiOf({ publicKey }: Pick<KeyPair, 'publicKey'>): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

export function issue(request: CertificateRequest): Issued {
  const { keys, issuer, log } = request;
  const name = request.name === '' ? sequence() : nameOf(request.name);
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(8)]);
  const signer = issuer ?? { keys, name };
  const bodyOf = (extensions: readonly Buffer[]): Buffer =>
    sequence(
      context(0, integer(2)),
      tagged(0x02, serial),
      ECDSA,
      signer.name,
      sequence(time(request.from), time(request.to)),
      name,
      spkiOf(keys),
      context(3, sequence(...extensions)),
    );
  const extensions = extensionsOf(request);
  const proof =
    log === undefined ? [] : [logProof(log, spkiOf(signer.keys), bodyOf(extensions), request.from)];
  const body = bodyOf([...extensions, ...proof]);
  const der = sequence(body, ECDSA, bits(sign('sha256', body, signer.keys.privateKey)));
  return { der, keys, name, issuerName: signer.name, serial };
}

function nameOf(name: string): Buffer {
  return sequence(setOf(sequence(objectId('2.5.4.3'), text(name))));
}

function extensionsOf({ isAuthority = false, use, identity }: CertificateRequest): Buffer[] {
  const extension = (id: string, value: Buffer, isCritical = true): Buffer =>
    sequence(objectId(id), ...(isCritical ? [yes()] : []), octets(value));
  // keyCertSign and cRLSign, or digitalSignature.
  const usage = tagged(0x03, Buffer.from(isAuthority ? [1, 0x06] : [7, 0x80]));
  const extensions = [extension('2.5.29.15', usage)];
  if (isAuthority) extensions.push(extension('2.5.29.19', sequence(yes())));
  if (use !== undefined) extensions.push(extension('2.5.29.37', sequence(objectId(use))));
  if (identity !== undefined) {
    const tag = identity.subject.includes('://') ? 0x86 : 0x81;
    extensions.push(extension('2.5.29.17', sequence(tagged(tag, Buffer.from(identity.subject)))));
    extensions.push(extension('1.3.6.1.4.1.57264.1.8', text(identity.issuer), false));
  }
  return extensions;
}

/** The extension with one signed certificate timestamp (RFC 6962, sections 3.2 and 3.3). */
function logProof(log: KeyPair, issuerKey: Buffer, body: Buffer, date: Date): Buffer {
  const at = Buffer.alloc(8);
  at.writeBigUInt64BE(BigInt(date.getTime()));
  const signed = Buffer.concat([
    Buffer.from([0, 0]),
    at,
    Buffer.from([0, 1]),
    createHash('sha256').update(issuerKey).digest(),
    bigEndian(body.length, 3),
    body,
    Buffer.from([0, 0]),
  ]);
  const signature = sign('sha256', signed, log.privateKey);
  const proof = Buffer.concat([
    Buffer.from([0]),
    createHash('sha256').update(spkiOf(log)).digest(),
    at,
    Buffer.from([0, 0, 4, 3]),
    bigEndian(signature.length, 2),
    signature,
  ]);
  const list = Buffer.concat([bigEndian(proof.length + 2, 2), bigEndian(proof.length, 2), proof]);
  return sequence(objectId('1.3.6.1.4.1.11129.2.4.2'), octets(octets(list)));
}

function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}
