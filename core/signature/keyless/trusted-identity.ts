/**
 * Accepts what an identity signed, by the certificates and logs of a trusted root (Sigstore's `trusted_root.json`): the chain, the
 * log of certificates, the transparency log, and that the certificate was valid when it was signed. Makes no request.
 */
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { messageOf } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { SignatureError, SigningKeyError } from '../errors.ts';
import type { ProvedSigner, Trust } from '../trust.ts';

/** A text that has to be the same, or a regular expression that has to match all of it. */
export type Demand = { readonly exactly: string } | { readonly matching: RegExp };

export interface TrustedIdentity {
  /** The certificate's subject, such as an address of mail or of a workflow. */
  readonly identity: Demand;
  /** Who vouches for it. */
  readonly issuer: Demand;
  /** `trusted_root.json`. */
  readonly root: Uint8Array;
}

/** @throws SigningKeyError for a root that is none */
export function trustInIdentity({ identity, issuer, root }: TrustedIdentity): Trust {
  const verifier = verifierOf(root);
  return async ({ document, certificate }): Promise<ProvedSigner> => {
    if (certificate === undefined) throw new SignatureError('it was signed by a key, and not by an identity');
    const found = proved(verifier, document);
    if (!fits(identity, found.identity))
      throw new SignatureError(`it was signed by \`${visible(found.identity ?? '')}\``);
    if (!fits(issuer, found.issuer)) {
      throw new SignatureError(`the identity that signed it comes from \`${visible(found.issuer ?? '')}\``);
    }
    return found;
  };
}

function proved(verifier: Verifier, document: unknown): ProvedSigner {
  try {
    const { identity } = verifier.verify(toSignedEntity(bundleFromJSON(document)));
    return {
      key: null,
      identity: identity?.subjectAlternativeName ?? null,
      issuer: identity?.extensions?.issuer ?? null,
    };
  } catch (cause) {
    const why = cause instanceof Error && cause.cause !== undefined ? `: ${messageOf(cause.cause)}` : '';
    throw new SignatureError(
      `its certificate or its log entry does not hold: ${visible(messageOf(cause))}${visible(why)}`,
      { cause },
    );
  }
}

function verifierOf(root: Uint8Array): Verifier {
  try {
    const parsed = TrustedRoot.fromJSON(JSON.parse(Buffer.from(root).toString('utf8')));
    if (parsed.certificateAuthorities.length === 0) throw new TypeError('it names no certificate authority');
    return new Verifier(toTrustMaterial(parsed));
  } catch (cause) {
    throw new SigningKeyError(`the trusted root cannot be read: ${visible(messageOf(cause).slice(0, 300))}`, {
      hint: 'name a `trusted_root.json`, as `cosign trusted-root create` writes it',
      cause,
    });
  }
}

function fits(demand: Demand, found: string | null): boolean {
  if (found === null) return false;
  return 'exactly' in demand ? demand.exactly === found : demand.matching.test(found);
}
