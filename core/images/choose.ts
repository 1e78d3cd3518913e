/** One platform's image among those of an index. */
import { ImageDocumentError, parseConfigDocument } from '../oci/document.ts';
import type { ConfigDocument, Descriptor, Manifest } from '../oci/image.ts';
import { ImagePlatformError } from '../oci/local-image.ts';
import { DOCKER_CONFIG, OCI_CONFIG } from '../oci/media-types.ts';
import { formatPlatform, normalizePlatform, type Platform, samePlatform } from '../oci/platform.ts';
import { choosePlatform, platformsOf } from '../oci/platform-choice.ts';
import { type ImagePlace, readSmallBlob } from './place.ts';

/** Indexes in indexes. */
const DEEPEST = 8;

/**
 * What the place's reference stands for on one platform.
 *
 * @throws ImagePlatformError where it is not made for it; ImageDocumentError
 */
export async function chooseImage(
  place: ImagePlace,
  platform: Platform,
  signal: AbortSignal,
): Promise<Descriptor> {
  const root = await place.root(signal);
  let at = root;
  for (let depth = 0; depth <= DEEPEST; depth += 1) {
    const { document } = await place.document(at, signal);
    if (document.kind === 'manifest') {
      const stated = platformOf(await readConfig(place, document.value, signal));
      if (at.platform === undefined && !samePlatform(stated, platform)) {
        throw missing(place, platform, [formatPlatform(stated)]);
      }
      return { ...at, platform: at.platform ?? stated };
    }
    const chosen = choosePlatform(document.value, platform);
    if (chosen === undefined) throw missing(place, platform, platformsOf(document.value));
    at = chosen;
  }
  throw new ImageDocumentError(`${place.shown} has indexes within indexes, more than ${DEEPEST} deep`);
}

/** @throws ImageDocumentError for what is no configuration of a container image */
export async function readConfig(
  place: ImagePlace,
  { config }: Manifest,
  signal: AbortSignal,
): Promise<ConfigDocument> {
  if (config.mediaType !== OCI_CONFIG && config.mediaType !== DOCKER_CONFIG) {
    throw new ImageDocumentError(
      `${place.shown} is no container image: its configuration is \`${config.mediaType}\``,
    );
  }
  return parseConfigDocument(
    await readSmallBlob(place, config, signal),
    `the configuration of ${place.shown}`,
  );
}

/** What a configuration says that it runs on. */
export function platformOf({ os, architecture, variant, ...rest }: ConfigDocument): Platform {
  const version = rest['os.version'];
  return normalizePlatform({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  });
}

function missing({ shown }: ImagePlace, platform: Platform, existing: readonly string[]): ImagePlatformError {
  const list = existing.length === 0 ? 'for no platform at all' : `only for ${existing.join(', ')}`;
  return new ImagePlatformError(`${shown} is not for ${formatPlatform(platform)}, ${list}`, {
    hint: 'name one of these with `--platform`',
    details: existing,
  });
}
