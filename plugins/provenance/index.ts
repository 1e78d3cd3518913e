/**
 * Attaches SLSA provenance to each image, and to the index of several: what was asked for, what went in, and who built it. The
 * same inputs give the same bytes; whoever signs it is another plugin.
 */
import {
  type Attachment,
  definePlugin,
  type FinishedImage,
  formatPlatform,
  type SbomInput,
  statementOf,
} from 'pycontainer';
import * as z from 'zod';
import { builderOf } from './builder.ts';
import { predicateOf, SLSA_PROVENANCE } from './predicate.ts';

export { BuilderIdentityError } from './builder.ts';
export { ProvenanceInputError } from './dependencies.ts';
export { BUILD_TYPE } from './predicate.ts';

const NAME = 'provenance';
const STATEMENT = 'application/vnd.in-toto+json';

/** A Standard Schema. */
const options = z
  .strictObject({
    builder: z
      .union([z.literal('ci'), z.url({ protocol: /^https?$/, error: 'must be `ci` or a URL' })])
      .optional()
      .describe(
        'Who builds: a URL, or `ci` for what GitHub Actions or GitLab CI say. Default: this program, on some host.',
      ),
    buildkit: z.boolean().default(false).describe('Whether it also stands in the index, as BuildKit has it.'),
  })
  .default({ buildkit: false });

/** The plugin: answers `sbom` for each platform, and for the index. */
export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { builder, buildkit }) {
    hooks.sbom.tapPromise(NAME, async (input) => {
      const who = builderOf(builder, api.env, buildkit);
      const predicate = await predicateOf(imagesOf(input), who, api);
      return { ...input, attachments: [...input.attachments, attachmentOf(input, predicate, buildkit)] };
    });
  },
});

function imagesOf({ image, index }: SbomInput): readonly FinishedImage[] {
  return index?.images ?? [image];
}

function attachmentOf({ image, index }: SbomInput, predicate: object, buildkit: boolean): Attachment {
  const { digest } = (index ?? image.manifest).descriptor;
  return {
    artifactType: STATEMENT,
    mediaType: STATEMENT,
    bytes: statementOf(digest, SLSA_PROVENANCE, predicate),
    annotations: {
      'in-toto.io/predicate-type': SLSA_PROVENANCE,
      'org.opencontainers.image.title': 'provenance.intoto.json',
    },
    subject: index === undefined ? formatPlatform(image.platform) : 'index',
    ...(buildkit && index === undefined ? { listed: true } : {}),
  };
}
