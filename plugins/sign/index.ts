/**
 * Signs what is published: the index and each platform's image, and the SBOMs and provenance that hang on them. Signatures are
 * Sigstore bundles, as cosign reads them. Which destinations they go to is not known here.
 */
import {
  type BundleSigner,
  definePlugin,
  type KeylessOptions,
  keyBundles,
  keyBundlesAt,
  keylessBundles,
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

const address = z.url({ protocol: /^https?$/ });
const keyless = z.strictObject({
  fulcio: address.optional().describe('The certificate authority; default the public one.'),
  rekor: address.optional().describe('The transparency log; default the public one.'),
  timestamps: address.optional().describe('A timestamp authority, by its whole address.'),
  token: z
    .string()
    .min(1)
    .optional()
    .describe('The identity’s token: `env:NAME` or a file; default what the workflow gives.'),
});

/** A Standard Schema. */
const options = z
  .strictObject({
    key: z
      .union([z.string().min(1), signer])
      .optional()
      .describe('The private key: a file, `env:NAME`, `command:PROGRAM ARGS`, or a `Signer`.'),
    keyless: z
      .union([z.literal(true), keyless])
      .optional()
      .describe('Signs by the identity that the workflow has.'),
    attest: z
      .boolean()
      .default(true)
      .describe('Whether SBOMs and provenance are signed as attestations too.'),
  })
  .refine(
    ({ key, keyless }) => (key === undefined) !== (keyless === undefined),
    'either `key` or `keyless` says what signs',
  );

/** The plugin: adds signatures to what `publish` hands over. */
export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { key, keyless, attest }) {
    hooks.publish.tapPromise({ name: NAME, stage: LAST }, async (plan, { signal }) => {
      if (plan.destinations.length === 0) return plan;
      const bundles = await bundlesOf(key ?? (keyless === true ? {} : (keyless ?? {})), api, signal);
      const build = await withSignatures(plan.build, bundles, {
        attest,
        created: api.sourceDateEpoch,
        signal,
      });
      return { ...plan, build };
    });
  },
});

async function bundlesOf(
  by: string | Signer | KeylessOptions,
  { config, env, http, store }: PluginApi,
  signal: AbortSignal,
): Promise<BundleSigner> {
  const cwd = config.directory;
  if (typeof by === 'string') return rememberedBundles(await keyBundlesAt(by, { cwd, env, signal }), store);
  if ('sign' in by) return rememberedBundles(await keyBundles(by, signal), store);
  return keylessBundles(by, { http, env, cwd });
}
