/**
 * Attaches SBOMs to each image and to their index: what is in the tree and in the base, never what is on the host. Writes one as
 * a file for `--output sbom:FILE`.
 */
import {
  type Attachment,
  definePlugin,
  type FinishedBuild,
  type FinishedImage,
  type FinishedIndex,
  formatPlatform,
  type PluginApi,
  type SbomInput,
} from 'pycontainer';
import { BASE_PATTERNS } from './base-packages.ts';
import { createDescriber, type Describer } from './describe.ts';
import { documentOfBuild, fileDestination } from './file-destination.ts';
import { type Format, sbomOptions, settingsOf } from './options.ts';

export { unclaimedFiles } from './audit.ts';
export { describeFiles, type FoundFiles } from './found-files.ts';
export { FORMATS, type Format, type SbomOptions, sbomOptions } from './options.ts';

/** The media type that IANA lists for CycloneDX JSON. */
export const SBOM_MEDIA_TYPE = 'application/vnd.cyclonedx+json';
/** The media type that IANA lists for SPDX JSON. */
export const SPDX_MEDIA_TYPE = 'application/spdx+json';

const NAME = 'sbom';

/** On by default; `sbom: false` in the configuration attaches none. */
export default definePlugin({
  name: NAME,
  options: sbomOptions,
  apply(hooks, api, options) {
    const settings = settingsOf(options, api.config);
    const describer = createDescriber(api, settings);
    hooks.destination.tapPromise(NAME, async (request) =>
      request.scheme === NAME ? fileDestination(request, describer, settings.formats[0], api) : undefined,
    );
    api.announceBaseFiles(BASE_PATTERNS);
    if (!settings.attaches) return;
    hooks.sbom.tapPromise(NAME, async (input) => {
      const made: Attachment[] = [];
      for (const format of settings.formats) made.push(await attachmentFor(input, format, describer));
      return { ...input, attachments: [...input.attachments, ...made] };
    });
  },
});

/** The one document of a build, as `--output sbom:FILE` writes it: of its index where it has several images. */
export function describeBuild(
  build: Pick<FinishedBuild, 'images' | 'index'>,
  format: Format,
  api: PluginApi,
): Promise<Uint8Array> {
  return documentOfBuild(build, format, createDescriber(api, settingsOf({}, api.config)));
}

async function attachmentFor(
  { image, index }: Pick<SbomInput, 'image' | 'index'>,
  format: Format,
  describer: Describer,
): Promise<Attachment> {
  const mediaType = format === 'spdx' ? SPDX_MEDIA_TYPE : SBOM_MEDIA_TYPE;
  return {
    artifactType: mediaType,
    mediaType,
    bytes: await documentOf(image, index, format, describer),
    annotations: { 'org.opencontainers.image.title': format === 'spdx' ? 'sbom.spdx.json' : 'sbom.cdx.json' },
    subject: index === undefined ? formatPlatform(image.platform) : 'index',
  };
}

function documentOf(
  image: FinishedImage,
  index: FinishedIndex | undefined,
  format: Format,
  describer: Describer,
): Promise<Uint8Array> {
  return index === undefined ? describer.ofImage(image, format) : describer.ofIndex(index, format);
}
