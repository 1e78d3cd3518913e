/** Whom the verbs trust. */
import { SigningKeyError } from '../../signature/errors.ts';
import { openPublicKey } from '../../signature/key-place.ts';
import { type Trust, trustInKey } from '../../signature/trust.ts';
import type { ImageSession } from '../session.ts';

export interface TrustRequest {
  /** The public key: a file, or `env:NAME`. */
  readonly key?: string | undefined;
}

/** @throws SigningKeyError */
export async function trustFor({ key }: TrustRequest, { cwd, env, signal }: ImageSession): Promise<Trust> {
  if (key !== undefined) return trustInKey(await openPublicKey(key, { cwd, env, signal }));
  throw new SigningKeyError('nobody is named whose signature is to be accepted', {
    hint: 'name a public key, as in `--key cosign.pub`',
  });
}
