/**
 * Finds a platform's image among documents that lie on this host, in a layout or an archive, and holds them to each
 * other. Where the bytes lie is known to the caller alone.
 */
import type { Digest } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import {
  type ImageDocument,
  ImageDocumentError,
  parseConfigDocument,
  parseImageDocument,
} from './document.ts';
import type { ConfigDocument, Descriptor, Image, Layer, Manifest } from './image.ts';
import type { LocalContents } from './local-contents.ts';
import { DOCKER_CONFIG, isIndexType, OCI_CONFIG, OCI_INDEX } from './media-types.ts';
import { formatPlatform, type Platform } from './platform.ts';
import { choosePlatforms, platformsOf } from './platform-choice.ts';

/**
 * A base from a layout or an archive, or an image that is copied, exists, but not for the platform that is wanted. `details`
 * lists the platforms that exist: name one of them with `--platform`, or use another image.
 */
export class ImagePlatformError extends PycError {
  readonly code = 'PYC_IMAGE_PLATFORM_MISSING';
}

/** Indexes in indexes. */
const DEEPEST = 3;
/** Documents that are read to find one manifest. */
const MOST = 32;

/**
 * @param entries what to choose from: one image, or one a platform
 * @throws ImagePlatformError, ImageDocumentError, and what the contents throw
 */
export async function openLocalImage(
  entries: readonly Descriptor[],
  platform: Platform,
  contents: LocalContents,
): Promise<Image> {
  const { shown } = contents;
  const { descriptor, bytes, manifest } = await findManifest(entries, platform, contents);
  const { config: configured, layers, annotations } = manifest;
  if (configured.mediaType !== OCI_CONFIG && configured.mediaType !== DOCKER_CONFIG) {
    throw new ImageDocumentError(
      `${shown} is no container image: its configuration is \`${configured.mediaType}\``,
    );
  }
  const config = parseConfigDocument(await contents.read(configured), `the configuration of ${shown}`);
  checkPlatform(config, descriptor, platform, shown);
  const diffIds = config.rootfs.diff_ids;
  if (layers.length !== diffIds.length) {
    throw new ImageDocumentError(
      `${shown} has ${layers.length} layers, but its configuration lists ${diffIds.length}`,
    );
  }
  return {
    platform: descriptor.platform ?? platform,
    config,
    layers: layers.map((layer, index) => layerOf(layer, diffIds[index]!, contents)),
    manifest: { descriptor, bytes },
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function layerOf(descriptor: Descriptor, diffId: Digest, contents: LocalContents): Layer {
  const file = contents.file(descriptor);
  return {
    descriptor,
    diffId,
    open: (signal) => contents.open(descriptor, signal),
    isVerified: true,
    ...(file === undefined ? {} : { file }),
  };
}

async function findManifest(
  entries: readonly Descriptor[],
  platform: Platform,
  contents: LocalContents,
): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array; readonly manifest: Manifest }> {
  const offered = new Set<string>();
  let reads = 0;
  const search = async (
    manifests: readonly Descriptor[],
    depth: number,
  ): Promise<Awaited<ReturnType<typeof findManifest>> | undefined> => {
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests } as const;
    for (const name of platformsOf(index)) offered.add(name);
    for (const chosen of choosePlatforms(index, platform)) {
      reads += 1;
      if (depth > DEEPEST || reads > MOST) {
        const bound = depth > DEEPEST ? `${DEEPEST} deep` : MOST;
        throw new ImageDocumentError(`${contents.shown} has indexes within indexes, more than ${bound}`);
      }
      const bytes = await contents.read(chosen);
      const document: ImageDocument = parseImageDocument(bytes, contents.shown, chosen.mediaType);
      if (isIndexType(chosen.mediaType) !== (document.kind === 'index')) {
        throw new ImageDocumentError(`${contents.shown} lists \`${chosen.digest}\` as what it is not`);
      }
      if (document.kind === 'manifest') return { descriptor: chosen, bytes, manifest: document.value };
      const found = await search(document.value.manifests, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = await search(entries, 0);
  if (found === undefined) throw missing(contents.shown, platform, [...offered]);
  return found;
}

function checkPlatform(config: ConfigDocument, listed: Descriptor, platform: Platform, shown: string): void {
  const { os, architecture, variant } = config;
  if (os === platform.os && architecture === platform.architecture) return;
  const states = formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
  if (listed.platform === undefined) throw missing(shown, platform, [states]);
  throw new ImageDocumentError(
    `${shown} lists an image for ${formatPlatform(platform)} whose configuration says ${states}`,
  );
}

function missing(shown: string, platform: Platform, existing: readonly string[]): ImagePlatformError {
  const list = existing.length === 0 ? 'for no platform at all' : `only for ${existing.join(', ')}`;
  return new ImagePlatformError(`${shown} is not for ${formatPlatform(platform)}, ${list}`, {
    hint: 'build for one of these with `--platform`, or use another base',
    details: existing,
  });
}
