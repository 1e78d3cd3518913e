/** What the verbs sign with: a key, or an identity. */
import type { BundleSigner } from '../../signature/bundle.ts';
import { SigningKeyError } from '../../signature/errors.ts';
import { keyBundlesAt } from '../../signature/key-place.ts';
import type { KeylessOptions } from '../../signature/keyless/keyless.ts';
import type { Passphrase } from '../../signature/private-key.ts';
import { rememberedBundles } from '../../signature/remembered.ts';
import type { ImageSession } from '../session.ts';

export interface SigningRequest {
  /** The private key: a file, `env:NAME` or `command:PROGRAM ARGS`. Default `env:COSIGN_PRIVATE_KEY` where that is set. */
  readonly key?: string | undefined;
  /** Default: the variable `COSIGN_PASSWORD`. */
  readonly passphrase?: Passphrase | undefined;
  /** Sign by the identity that the workflow has, and where. */
  readonly keyless?: KeylessOptions | undefined;
}

/** @throws SigningKeyError, SignerError */
export async function signerFor(
  { key, passphrase, keyless }: SigningRequest,
  { cwd, env, http, signal, store }: ImageSession,
): Promise<BundleSigner> {
  if (keyless !== undefined) {
    if (key !== undefined) {
      throw new SigningKeyError('it is to be signed by a key and by an identity', {
        hint: 'state one of the two',
      });
    }
    const { keylessBundles } = await import('../../signature/keyless/keyless.ts');
    return keylessBundles(keyless, { http, env, cwd });
  }
  const place = key ?? (env.COSIGN_PRIVATE_KEY ? 'env:COSIGN_PRIVATE_KEY' : undefined);
  if (place === undefined) {
    throw new SigningKeyError('there is no key to sign with', {
      hint: 'name it, as in `--key cosign.key`, put it into `COSIGN_PRIVATE_KEY`, or sign by an identity with `--keyless`',
    });
  }
  const context = { cwd, env, signal, ...(passphrase === undefined ? {} : { passphrase }) };
  return rememberedBundles(await keyBundlesAt(place, context), store);
}
