/** What the verbs sign with. */
import type { BundleSigner } from '../../signature/bundle.ts';
import { SigningKeyError } from '../../signature/errors.ts';
import { keyBundlesAt } from '../../signature/key-place.ts';
import type { Passphrase } from '../../signature/private-key.ts';
import { rememberedBundles } from '../../signature/remembered.ts';
import type { ImageSession } from '../session.ts';

export interface SigningRequest {
  /** The private key: a file, `env:NAME` or `command:PROGRAM ARGS`. Default `env:COSIGN_PRIVATE_KEY` where that is set. */
  readonly key?: string | undefined;
  /** Default: the variable `COSIGN_PASSWORD`. */
  readonly passphrase?: Passphrase | undefined;
}

/** @throws SigningKeyError, SignerError */
export async function signerFor(
  { key, passphrase }: SigningRequest,
  { cwd, env, signal, store }: ImageSession,
): Promise<BundleSigner> {
  const place = key ?? (env.COSIGN_PRIVATE_KEY ? 'env:COSIGN_PRIVATE_KEY' : undefined);
  if (place === undefined) {
    throw new SigningKeyError('there is no key to sign with', {
      hint: 'name it, as in `--key cosign.key`, or put it into `COSIGN_PRIVATE_KEY`',
    });
  }
  const context = { cwd, env, signal, ...(passphrase === undefined ? {} : { passphrase }) };
  return rememberedBundles(await keyBundlesAt(place, context), store);
}
