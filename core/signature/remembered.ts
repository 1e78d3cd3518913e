/** Signatures that were made before: the same statement by the same key is signed once, so that a build where nothing changed pushes nothing. */

import { streamOf } from '../primitives/bytes.ts';
import { digestOf, digestOfJson, isDigest } from '../primitives/digest.ts';
import type { Store } from '../store/store.ts';
import { type BundleSigner, MAX_BUNDLE } from './bundle.ts';

/** Changes whenever the same statement would give another bundle. */
const RULES = 1;

/** The same signer, with the store's memory. One without an identity signs anew each time. */
export function rememberedBundles(signer: BundleSigner, store: Store): BundleSigner {
  const { identity } = signer;
  if (identity === undefined) return signer;
  return {
    identity,
    async bundle(payload, signal) {
      const key = digestOfJson({ what: 'signature', rules: RULES, identity, payload: digestOf(payload) });
      const known = await store.readAction(key);
      if (isDigest(known) && (await store.find(known)) !== undefined) {
        const bytes = await store.read(known).catch(() => undefined);
        if (bytes !== undefined) return bytes;
      }
      const bytes = await signer.bundle(payload, signal);
      const { digest } = await store.write(
        streamOf(bytes),
        { what: 'a signature', limit: MAX_BUNDLE },
        signal,
      );
      await store.writeAction(key, digest);
      return bytes;
    },
  };
}
