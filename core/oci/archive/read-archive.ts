/** Opens an image of an OCI archive or of a docker-save tar. Its blobs come to lie in the store. */
import { visible } from '../../primitives/path.ts';
import type { Store } from '../../store/store.ts';
import type { Image } from '../image.ts';
import { chooseEntries } from '../layout/read-layout.ts';
import { ImagePlatformError, openLocalImage } from '../local-image.ts';
import { formatPlatform, type Platform } from '../platform.ts';
import { contentsOf } from './archive-contents.ts';
import { type ArchiveListing, ArchiveReadError, importArchive } from './import-archive.ts';
import { layersOf, savedImages } from './saved-images.ts';

export { ArchiveReadError } from './import-archive.ts';

export interface ReadArchiveOptions {
  readonly platform: Platform;
  readonly store: Store;
  readonly signal: AbortSignal;
}

/**
 * @throws ArchiveReadError for what is no archive of images; ImagePlatformError, ImageDocumentError, BlobContentError,
 * TarError
 */
export async function readArchive(file: string, options: ReadArchiveOptions): Promise<Image> {
  const { platform, store } = options;
  const listing = await importArchive(file, store, options.signal);
  const shown = `\`${visible(file)}\``;
  const isSaved = !listing.isLayout && listing.documents['manifest.json'] !== undefined;
  if (isSaved) return openDockerImage(listing, shown, options);
  const contents = contentsOf(listing, file, store);
  return openLocalImage(chooseEntries(contents.entries, undefined, shown), platform, contents);
}

function openDockerImage(listing: ArchiveListing, shown: string, options: ReadArchiveOptions): Image {
  const { platform, store } = options;
  const saved = savedImages(listing, shown);
  const fitting = saved.filter(
    ({ config }) => config.os === platform.os && config.architecture === platform.architecture,
  );
  const [image, ...others] = fitting;
  if (image === undefined) {
    const existing = saved.map(({ config: { os, architecture } }) => formatPlatform({ os, architecture }));
    throw new ImagePlatformError(
      `${shown} is not for ${formatPlatform(platform)}, only for ${existing.join(', ')}`,
      { details: existing },
    );
  }
  if (others.some((other) => other.configName !== image.configName)) {
    throw new ArchiveReadError(`${shown} holds ${fitting.length} images, and only one can be the base`, {
      hint: 'save one image alone',
    });
  }
  return { platform, config: image.config, layers: layersOf(image, listing, shown, store) };
}
