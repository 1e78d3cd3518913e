/**
 * Says in an image what it was built from: a file, labels, and the same facts as a document beside the image. On the host
 * it keeps a record of the build where one is asked for. The platforms of a build differ, so each has facts of its own.
 */
import { definePlugin, formatPlatform, type Platform } from 'pycontainer';
import * as z from 'zod';
import { type Facts, factsOf, printFacts } from './facts.ts';
import { keepRecord } from './record.ts';

const NAME = 'pycontainer-plugin-build-info';

const options = z.strictObject({
  /** Who answers for the image. */
  team: z.string().min(1),
  /** Where the facts lie in the image, relative to its root. */
  file: z
    .string()
    .regex(/^[^/]/, 'write it relative to the root of the image, as in `etc/build-info.json`')
    .default('etc/build-info.json'),
  /** A file on the host, relative to the project, that gets a line of JSON for each step of the build. */
  record: z.string().min(1).optional(),
});

export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { team, file, record }) {
    const known = new Map<string, Facts>();
    // Every hook behind `resolved` is asked for a platform whose facts are known by then.
    const factsFor = (platform: Platform): string => printFacts(known.get(formatPlatform(platform))!);

    hooks.resolved.tap(NAME, (resolution) => {
      known.set(formatPlatform(resolution.platform), factsOf(resolution, team));
    });
    hooks.collect.tap(NAME, (collected) =>
      api.addPart(collected, api.filesPart('build information', { [file]: factsFor(collected.platform) })),
    );
    hooks.label.tap(NAME, (image) => ({
      ...image,
      labels: { ...image.labels, 'build-info.team': team, 'build-info.file': `/${file}` },
    }));
    hooks.sbom.tap(NAME, (input) => ({
      ...input,
      attachments: [
        ...input.attachments,
        {
          artifactType: 'application/vnd.build-info+json',
          mediaType: 'application/json',
          bytes: Buffer.from(factsFor(input.platform)),
          subject: formatPlatform(input.platform),
        },
      ],
    }));
    if (record !== undefined) keepRecord(NAME, hooks, api, record);
  },
});
