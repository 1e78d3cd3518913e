/** Opens an image of an OCI archive or of a docker-save tar. Its blobs come to lie in the store. */
import { type Digest, digestOf, isDigest } from '../../primitives/digest.ts';
import { visible } from '../../primitives/path.ts';
import type { Store } from '../../store/store.ts';
import { parseConfigDocument, parseImageDocument } from '../document.ts';
import type { ConfigDocument, Image, Layer } from '../image.ts';
import { layerInStore } from '../layer/write-layers.ts';
import { INDEX } from '../layout/folder.ts';
import { chooseEntries } from '../layout/read-layout.ts';
import { ImagePlatformError, openLocalImage } from '../local-image.ts';
import { formatPlatform, type Platform } from '../platform.ts';
import { BlobContentError } from '../verified.ts';
import { type ArchiveListing, ArchiveReadError, importArchive } from './import-archive.ts';

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
  const listing = await importArchive(file, options.store, options.signal);
  const shown = `\`${visible(file)}\``;
  if (listing.isLayout) return openLayout(listing, shown, options);
  if (listing.documents['manifest.json'] !== undefined) return openDockerImage(listing, shown, options);
  throw new ArchiveReadError(
    `${shown} holds no image: it has neither an \`${INDEX}\` nor a \`manifest.json\``,
    {
      hint: 'make one with `skopeo copy … oci-archive:FILE`, `docker save` or `podman save`',
    },
  );
}

async function openLayout(
  { documents, blobs }: ArchiveListing,
  shown: string,
  { platform, store }: ReadArchiveOptions,
): Promise<Image> {
  const document = parseImageDocument(Buffer.from(documents[INDEX]!), `the index of ${shown}`);
  if (document.kind !== 'index') throw new ArchiveReadError(`the \`${INDEX}\` of ${shown} is no index`);
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  const check = ({ digest, size }: { readonly digest: Digest; readonly size: number }): void => {
    if (sizes.get(digest) === size) return;
    throw new BlobContentError(`the blob \`${digest}\` of ${size} bytes is not in ${shown}`);
  };
  return openLocalImage(chooseEntries(document.value.manifests, undefined, shown), platform, {
    shown,
    read(descriptor) {
      check(descriptor);
      return store.read(descriptor.digest);
    },
    layer(descriptor, diffId) {
      check(descriptor);
      return layerInStore(store, descriptor, diffId);
    },
  });
}

interface Saved {
  readonly config: ConfigDocument;
  readonly configName: string;
  readonly layerNames: readonly string[];
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

function layersOf(
  { config, layerNames }: Saved,
  { layers }: ArchiveListing,
  shown: string,
  store: Store,
): Layer[] {
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== layerNames.length) {
    throw new ArchiveReadError(
      `${shown} has ${layerNames.length} layers, but its configuration lists ${diffIds.length}`,
    );
  }
  return layerNames.map((name, index) => {
    const layer = Object.hasOwn(layers, name) ? layers[name] : undefined;
    if (layer === undefined) throw new ArchiveReadError(`${shown} has no layer \`${visible(name)}\``);
    if (layer.diffId !== diffIds[index]) {
      throw new BlobContentError(
        `the layer \`${visible(name)}\` of ${shown} is \`${layer.diffId}\`, but the configuration says \`${diffIds[index]}\``,
      );
    }
    return layerInStore(store, layer.descriptor, layer.diffId);
  });
}

/** manifest.json, whose members may have changed hands: nothing in it is taken for granted. */
function savedImages({ documents }: ArchiveListing, shown: string): Saved[] {
  const broken = new ArchiveReadError(`the \`manifest.json\` of ${shown} is not one`);
  let list: unknown;
  try {
    list = JSON.parse(documents['manifest.json']!);
  } catch {
    throw broken;
  }
  if (!Array.isArray(list) || list.length === 0) throw broken;
  return list.map((each: unknown) => {
    const { Config: configName, Layers: layerNames } = (each ?? {}) as Record<string, unknown>;
    if (typeof configName !== 'string' || !isTexts(layerNames)) throw broken;
    const text = Object.hasOwn(documents, configName) ? documents[configName] : undefined;
    if (text === undefined)
      throw new ArchiveReadError(`${shown} has no configuration \`${visible(configName)}\``);
    checkName(configName, text, shown);
    const config = parseConfigDocument(Buffer.from(text), `the configuration of ${shown}`);
    return { config, configName, layerNames };
  });
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** The configuration's name is its digest, as every tool writes it. */
function checkName(name: string, text: string, shown: string): void {
  const stated = `sha256:${name.replace(/\.json$/, '')}`;
  if (!isDigest(stated) || stated === digestOf(text)) return;
  throw new BlobContentError(
    `the configuration \`${visible(name)}\` of ${shown} has other content than its name says`,
  );
}
