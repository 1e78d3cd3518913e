/** Which predicate a document becomes that hangs on an image, and the short names of predicates. What documents say is not known here. */
import { IN_TOTO } from './dsse.ts';
import { PredicateError } from './errors.ts';
import { parseStatement } from './statement.ts';

/** Short names, those of cosign among them. */
export const PREDICATE_TYPES: Readonly<Record<string, string>> = {
  signature: 'https://sigstore.dev/cosign/sign/v1',
  cyclonedx: 'https://cyclonedx.org/bom',
  spdx: 'https://spdx.dev/Document',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  openvex: 'https://openvex.dev/ns',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
};

/** A predicate of a type. */
export interface Predicate {
  readonly type: string;
  /** JSON. */
  readonly value: unknown;
}

/** The URI that a short name stands for; a URI stands for itself. Undefined for neither. */
export function predicateTypeOf(text: string): string | undefined {
  if (Object.hasOwn(PREDICATE_TYPES, text)) return PREDICATE_TYPES[text];
  return URL.canParse(text) ? text : undefined;
}

/**
 * What a document is attested as: SBOMs by their media types, statements as what they state. Undefined for whatever else hangs on images.
 *
 * @throws PredicateError for a document that is not what its media type says
 */
export function predicateOf(mediaType: string, bytes: Uint8Array, shown: string): Predicate | undefined {
  if (mediaType === IN_TOTO) {
    const { predicateType, predicate } = parseStatement(bytes, shown);
    return { type: predicateType, value: predicate };
  }
  const type = SBOMS[mediaType.split(/[;+]/)[0]!];
  return type === undefined ? undefined : { type, value: jsonOf(bytes, shown) };
}

const SBOMS: Readonly<Record<string, string>> = {
  'application/vnd.cyclonedx': 'https://cyclonedx.org/bom',
  'application/spdx': 'https://spdx.dev/Document',
  'text/spdx': 'https://spdx.dev/Document',
};

/** @throws PredicateError */
export function jsonOf(bytes: Uint8Array, shown: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new PredicateError(`${shown} is no JSON`, { hint: 'attest a document in JSON' });
  }
}
