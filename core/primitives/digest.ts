/** Content digests as the OCI image specification ("Digests") defines them. Only SHA-256 is written or trusted. */
import { createHash } from 'node:crypto';
import { PycError } from './errors.ts';

declare const digestBrand: unique symbol;

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}` & { readonly [digestBrand]: true };

const PATTERN = /^sha256:[0-9a-f]{64}$/;

/** A text that should be a digest is none. Only SHA-256 digests are used. */
export class DigestError extends PycError {
  readonly code = 'PYC_DIGEST_INVALID';
}

/** True for a well-formed SHA-256 digest; other algorithms and anything that could leave a folder are refused. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && PATTERN.test(text);
}

/** @throws DigestError for any other algorithm, length or alphabet. */
export function parseDigest(text: unknown): Digest {
  if (isDigest(text)) return text;
  throw new DigestError(`\`${String(text).slice(0, 100)}\` is not a SHA-256 digest`, {
    hint: 'a digest is `sha256:` and 64 lower-case hexadecimal digits',
  });
}

/** Makes a digest of 64 hexadecimal digits, in either case. */
export function digestFromHex(hex: string): Digest {
  return parseDigest(`sha256:${hex.toLowerCase()}`);
}

/** The 64 hexadecimal digits alone. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The SHA-256 digest of bytes, or of a text's UTF-8. */
export function digestOf(data: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(data).digest('hex')}` as Digest;
}

/** The digest of a JSON value whose object keys are sorted: a key for anything that plain data determines. */
export function digestOfJson(value: unknown): Digest {
  return digestOf(stableJson(value));
}

/** JSON with sorted object keys and no white space; `undefined` members are left out. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
