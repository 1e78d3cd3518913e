/**
 * The hash of a certificate's subject that names it in a folder of trusted certificates, as OpenSSL's
 * X509_subject_name_hash computes it: SHA-1 over a canonical form of the name. Knows just enough DER (X.690) for that.
 */
import { createHash } from 'node:crypto';
import { PycError } from 'pycontainer';

/** A file among the certificates of Debian's `ca-certificates` package is no X.509 certificate. */
export class CertificateError extends PycError {
  readonly code = 'PYC_DEBIAN_CERTIFICATE_INVALID';
}

/** A DER element: its tag, its content, and itself with its header. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const UTF8_STRING = 0x0c;
const EXPLICIT_VERSION = 0xa0;
/** Strings that the canonical form turns into lower-case UTF-8; others stay as they are. */
const STRINGS: Readonly<Record<number, BufferEncoding | 'utf16be' | 'utf32be'>> = {
  [UTF8_STRING]: 'utf8',
  19: 'latin1',
  20: 'latin1',
  22: 'latin1',
  26: 'latin1',
  28: 'utf32be',
  30: 'utf16be',
};

/** The first certificate of a PEM text as DER. @throws CertificateError where there is none */
export function certificateOf(pem: string, what: string): Buffer {
  const body = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem)?.[1];
  if (body === undefined)
    throw new CertificateError(`${what} holds no certificate`, { hint: 'report it to Debian' });
  return Buffer.from(body, 'base64');
}

/** Eight hexadecimal digits. @throws CertificateError for what is no X.509 certificate */
export function subjectHash(certificate: Uint8Array, what: string): string {
  try {
    const [signed] = elementsIn(only(Buffer.from(certificate), SEQUENCE).content);
    const fields = elementsIn(signed!.content);
    // version (optional), serialNumber, signature, issuer, validity, subject (RFC 5280, 4.1).
    const subject = fields[fields[0]!.tag === EXPLICIT_VERSION ? 5 : 4]!;
    const digest = createHash('sha1').update(canonicalName(subject)).digest();
    return digest.readUInt32LE(0).toString(16).padStart(8, '0');
  } catch (cause) {
    throw new CertificateError(`${what} is no X.509 certificate`, { hint: 'report it to Debian', cause });
  }
}

/** The parts of the name without the sequence around them. */
function canonicalName(name: Element): Buffer {
  const sets = elementsIn(name.content).map((set) => {
    const attributes = elementsIn(set.content).map((attribute) => {
      const [type, value] = elementsIn(attribute.content);
      return encode(SEQUENCE, Buffer.concat([type!.whole, canonicalValue(value!)]));
    });
    return encode(SET, Buffer.concat(attributes.sort(Buffer.compare)));
  });
  return Buffer.concat(sets);
}

function canonicalValue(value: Element): Buffer {
  const encoding = STRINGS[value.tag];
  if (encoding === undefined) return value.whole;
  const text = decode(value.content, encoding);
  // Only ASCII counts as space and only ASCII letters are folded.
  const folded = text
    .replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
    .replace(/[ \t\n\v\f\r]+/g, ' ')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return encode(UTF8_STRING, Buffer.from(folded, 'utf8'));
}

function decode(bytes: Buffer, encoding: BufferEncoding | 'utf16be' | 'utf32be'): string {
  if (encoding === 'utf16be') return Buffer.from(bytes).swap16().toString('utf16le');
  if (encoding !== 'utf32be') return bytes.toString(encoding);
  const points: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) points.push(bytes.readUInt32BE(at));
  return String.fromCodePoint(...points);
}

function encode(tag: number, content: Buffer): Buffer {
  const size: number[] = [];
  for (let rest = content.length; rest > 0; rest >>>= 8) size.unshift(rest & 0xff);
  const length = content.length < 0x80 ? [content.length] : [0x80 | size.length, ...size];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function elementsIn(bytes: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; at += found.at(-1)!.whole.length) found.push(elementAt(bytes, at));
  return found;
}

function only(bytes: Buffer, tag: number): Element {
  const element = elementAt(bytes, 0);
  if (element.tag !== tag) throw new RangeError(`tag ${element.tag} instead of ${tag}`);
  return element;
}

function elementAt(bytes: Buffer, at: number): Element {
  const tag = bytes.readUInt8(at);
  const first = bytes.readUInt8(at + 1);
  const extra = first < 0x80 ? 0 : first & 0x7f;
  const size = extra === 0 ? first : bytes.readUIntBE(at + 2, extra);
  const start = at + 2 + extra;
  if (start + size > bytes.length) throw new RangeError('an element goes past the end');
  return { tag, content: bytes.subarray(start, start + size), whole: bytes.subarray(at, start + size) };
}
