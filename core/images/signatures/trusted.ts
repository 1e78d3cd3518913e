/** Whom the verbs trust: a public key, or an identity by a trusted root. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { visible } from '../../primitives/path.ts';
import { SigningKeyError } from '../../signature/errors.ts';
import { openPublicKey } from '../../signature/key-place.ts';
import type { Demand } from '../../signature/keyless/trusted-identity.ts';
import { type Trust, trustInKey } from '../../signature/trust.ts';
import type { ImageSession } from '../session.ts';

/** A key, or an identity with its issuer and the root that both are held against. */
export interface TrustRequest {
  /** The public key: a file, or `env:NAME`. */
  readonly key?: string | undefined;
  /** Of the certificate, exactly. */
  readonly identity?: string | undefined;
  /** A regular expression that matches the whole identity. */
  readonly identityPattern?: string | undefined;
  /** Who vouches for the identity, exactly. */
  readonly issuer?: string | undefined;
  /** A regular expression that matches the whole issuer. */
  readonly issuerPattern?: string | undefined;
  /** A file: Sigstore's `trusted_root.json`. */
  readonly trustedRoot?: string | undefined;
}

/** @throws SigningKeyError for a key or root that cannot be read, and where it is not said who is to be trusted */
export async function trustFor(request: TrustRequest, { cwd, env, signal }: ImageSession): Promise<Trust> {
  const { key, trustedRoot } = request;
  const identity = demandOf(request.identity, request.identityPattern);
  const issuer = demandOf(request.issuer, request.issuerPattern);
  if (key !== undefined && identity === undefined && issuer === undefined) {
    return trustInKey(await openPublicKey(key, { cwd, env, signal }));
  }
  if (key !== undefined || identity === undefined || issuer === undefined) {
    const what =
      key !== undefined
        ? 'a key and an identity are named: one of them is enough'
        : 'nobody is named whose signature is to be accepted';
    throw new SigningKeyError(what, {
      hint: 'name a public key, as in `--key cosign.pub`, or an identity with its issuer',
    });
  }
  if (trustedRoot === undefined) {
    throw new SigningKeyError('there is no trusted root to hold identities against', {
      hint: 'name it, as in `--trusted-root trusted_root.json`; `cosign trusted-root create` writes one',
    });
  }
  const root = await readFile(resolve(cwd, trustedRoot)).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code ?? 'no reason given';
    throw new SigningKeyError(`the trusted root \`${visible(trustedRoot)}\` cannot be read (${why})`, {
      hint: 'name a `trusted_root.json`',
    });
  });
  const { trustInIdentity } = await import('../../signature/keyless/trusted-identity.ts');
  return trustInIdentity({ identity, issuer, root });
}

function demandOf(exactly: string | undefined, pattern: string | undefined): Demand | undefined {
  if (exactly !== undefined) return { exactly };
  if (pattern === undefined) return undefined;
  try {
    return { matching: new RegExp(`^(?:${pattern})$`, 'u') };
  } catch {
    throw new SigningKeyError(`\`${visible(pattern)}\` is no regular expression`, {
      hint: 'write one as JavaScript has them, for the whole text',
    });
  }
}
