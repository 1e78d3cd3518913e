/**
 * Signs what is published: the index and each platform's image, and the SBOMs and provenance that hang on them. Signatures are
 * Sigstore bundles, as cosign reads them. Which destinations they go to is not known here.
 */
import {
  type BundleSigner,
  definePlugin,
  keyBundles,
  keyBundlesAt,
  type PluginApi,
  rememberedBundles,
  type Signer,
} from 'pycontainer';
import * as z from 'zod';
import { withSignatures } from './signatures.ts';

const NAME = 'sign';
/** After all others: what they add to the build is signed as well. */
const LAST = 1000;

const signer = z.custom<Signer>(
  (value) => typeof (value as Partial<Signer> | null)?.sign === 'function',
  'it has no `sign`',
);

/** A Standard Schema. */
const options = z.strictObject({
  key: z
    .union([z.string().min(1), signer])
    .describe('The private key: a file, `env:NAME`, `command:PROGRAM ARGS`, or a `Signer`.'),
  attest: z.boolean().default(true).describe('Whether SBOMs and provenance are signed as attestations too.'),
});

/** The plugin: adds signatures to what `publish` hands over. */
export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { key, attest }) {
    hooks.publish.tapPromise({ name: NAME, stage: LAST }, async (plan, { signal }) => {
      if (plan.destinations.length === 0) return plan;
      const bundles = await bundlesOf(key, api, signal);
      const build = await withSignatures(plan.build, bundles, {
        attest,
        created: api.sourceDateEpoch,
        signal,
      });
      return { ...plan, build };
    });
  },
});

async function bundlesOf(key: string | Signer, api: PluginApi, signal: AbortSignal): Promise<BundleSigner> {
  const { env, config, store } = api;
  const bundles =
    typeof key === 'string'
      ? await keyBundlesAt(key, { cwd: config.directory, env, signal })
      : await keyBundles(key, signal);
  return rememberedBundles(bundles, store);
}
