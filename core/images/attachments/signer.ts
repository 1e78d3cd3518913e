/**
 * Whom a signature names, and what a signed statement is about: by its certificate and its payload, as they are written. Nothing
 * is verified here, and whoever shows it must say so.
 */
import { X509Certificate } from 'node:crypto';

export interface NamedSigner {
  /** The certificate's first alternative name, such as an address of mail or of a workflow; null where a bare key signed. */
  readonly identity: string | null;
  /** Who vouched for that identity when the certificate was made, where Sigstore's authority wrote it down. */
  readonly issuer: string | null;
}

export interface ReadBundle extends NamedSigner {
  /** Of an in-toto statement; null for a signature of bytes. */
  readonly predicateType: string | null;
}

const NOBODY: NamedSigner = { identity: null, issuer: null };
/** DER of the object identifiers 1.3.6.1.4.1.57264.1.8 and .1 (Fulcio, "OIDC issuer"). */
const ISSUER = Buffer.from('060a2b0601040183bf300108', 'hex');
const OLD_ISSUER = Buffer.from('060a2b0601040183bf300101', 'hex');

/** A certificate as PEM or DER. */
export function signerOf(certificate: string | Uint8Array): NamedSigner {
  try {
    const { subjectAltName, raw } = new X509Certificate(certificate);
    const [, name = null] = /^(?:email|URI|DNS|othername):\s*"?([^",]+)/.exec(subjectAltName ?? '') ?? [];
    return { identity: name, issuer: issuerIn(Buffer.from(raw)) };
  } catch {
    return NOBODY;
  }
}

/** A Sigstore bundle as JSON; undefined for what is none. */
export function readBundle(bytes: Uint8Array): ReadBundle | undefined {
  const bundle = objectOf(parsed(Buffer.from(bytes).toString('utf8')));
  const material = objectOf(bundle?.verificationMaterial);
  if (material === undefined) return undefined;
  const chain = objectOf(material.x509CertificateChain)?.certificates;
  const first = objectOf(material.certificate) ?? objectOf(Array.isArray(chain) ? chain[0] : undefined);
  const raw = first?.rawBytes;
  const signer = typeof raw === 'string' ? signerOf(Buffer.from(raw, 'base64')) : NOBODY;
  const payload = objectOf(bundle?.dsseEnvelope)?.payload;
  const statement =
    typeof payload === 'string'
      ? objectOf(parsed(Buffer.from(payload, 'base64').toString('utf8')))
      : undefined;
  const type = statement?.predicateType;
  return { ...signer, predicateType: typeof type === 'string' ? type : null };
}

/** The text of an extension: an octet string, in newer ones a UTF-8 string within it (RFC 5280, section 4.1). */
function issuerIn(der: Buffer): string | null {
  for (const identifier of [ISSUER, OLD_ISSUER]) {
    const at = der.indexOf(identifier);
    if (at === -1) continue;
    const value = valueAt(der, at + identifier.length, 0x04);
    const inner = value === undefined ? undefined : (valueAt(value, 0, 0x0c) ?? value);
    const text = inner?.toString('utf8') ?? '';
    if (/^[\x21-\x7e]+$/.test(text)) return text;
  }
  return null;
}

function valueAt(der: Buffer, at: number, tag: number): Buffer | undefined {
  if (der[at] !== tag) return undefined;
  const short = der[at + 1] ?? 0;
  const length = short < 0x80 ? short : short === 0x81 ? (der[at + 2] ?? 0) : -1;
  const start = at + (short < 0x80 ? 2 : 3);
  return length < 0 || start + length > der.length ? undefined : der.subarray(start, start + length);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
