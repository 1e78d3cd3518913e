/**
 * The images that a reference stands for, each with its manifest and configuration; and what BuildKit lists beside them. No
 * layer is read here.
 */
import { ImageDocumentError } from '../oci/document.ts';
import type { ConfigDocument, Descriptor, Image, Index, Manifest } from '../oci/image.ts';
import { isIndexType } from '../oci/media-types.ts';
import { type Platform, parsePlatform } from '../oci/platform.ts';
import { isImage } from '../oci/platform-choice.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import { type Digest, isDigest } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';
import { chooseImage, platformOf, readConfig } from './choose.ts';
import { layerIn } from './destination.ts';
import type { ImagePlace, PlacedDocument } from './place.ts';

/** One platform's image. */
export interface FoundImage {
  readonly place: ImagePlace;
  readonly platform: Platform;
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  readonly config: ConfigDocument;
}

export interface FoundImages {
  readonly root: PlacedDocument;
  /** In the order of the index. */
  readonly images: readonly FoundImage[];
  /** Manifests of BuildKit's attestations, by the image that they are about. */
  readonly attestations: ReadonlyMap<Digest, readonly Descriptor[]>;
}

/** Indexes in indexes. */
const DEEPEST = 8;
const MOST = 1000;
const PARALLEL = 8;

/**
 * @param platform one of them alone, as in `linux/arm64`
 * @throws ImagePlatformError where it is not made for it; ImageDocumentError; PlatformError
 */
export async function findImages(
  place: ImagePlace,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<FoundImages> {
  const wanted = platform === undefined ? undefined : parsePlatform(platform);
  const root = await place.document(await place.root(signal), signal);
  const entries = await listed(place, root, 0, signal);
  const chosen = wanted === undefined ? entries.filter(isImage) : [await chooseImage(place, wanted, signal)];
  const images = await mapConcurrently(chosen, PARALLEL, signal, (descriptor, inner) =>
    openFound(place, descriptor, inner),
  );
  return { root, images, attestations: attestationsAmong(entries) };
}

/** As code reads images whose layers are wanted; whatever reads them has them verified. */
export function imageOf(
  { place, platform, config, manifest, descriptor, bytes }: FoundImage,
  log: Log,
): Image {
  const diffIds = config.rootfs.diff_ids;
  return {
    platform,
    config,
    layers: manifest.layers.map((layer, index) => ({
      descriptor: layer,
      diffId: diffIds[index]!,
      ...layerIn(place, layer, log),
      isVerified: true,
      ...(place.registry === undefined ? {} : { registry: place.registry }),
    })),
    manifest: { descriptor, bytes },
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
}

async function openFound(
  place: ImagePlace,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<FoundImage> {
  const { document, bytes } = await place.document(descriptor, signal);
  if (document.kind !== 'manifest') {
    throw new ImageDocumentError(`${place.shown} lists \`${descriptor.digest}\` as what it is not`);
  }
  const manifest = document.value;
  const config = await readConfig(place, manifest, signal);
  const diffIds = config.rootfs.diff_ids;
  if (manifest.layers.length !== diffIds.length) {
    throw new ImageDocumentError(
      `${place.shown} has ${manifest.layers.length} layers, but its configuration lists ${diffIds.length}`,
    );
  }
  return { place, platform: descriptor.platform ?? platformOf(config), descriptor, bytes, manifest, config };
}

/** All manifests of an index and of those in it; the manifest itself where there is none. */
async function listed(
  place: ImagePlace,
  { descriptor, document }: PlacedDocument,
  depth: number,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  if (document.kind === 'manifest') return [descriptor];
  if (depth > DEEPEST) {
    throw new ImageDocumentError(`${place.shown} has indexes within indexes, more than ${DEEPEST} deep`);
  }
  const found: Descriptor[] = [];
  for (const entry of (document.value satisfies Index).manifests) {
    const isNested = isIndexType(entry.mediaType) && isImage(entry);
    const below = isNested
      ? await listed(place, await place.document(entry, signal), depth + 1, signal)
      : [entry];
    found.push(...below);
    if (found.length > MOST) throw new ImageDocumentError(`${place.shown} lists more than ${MOST} images`);
  }
  return found;
}

function attestationsAmong(entries: readonly Descriptor[]): FoundImages['attestations'] {
  const found = new Map<Digest, Descriptor[]>();
  for (const entry of entries) {
    const subject = entry.annotations?.['vnd.docker.reference.digest'];
    if (entry.annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest' || !isDigest(subject))
      continue;
    found.set(subject, [...(found.get(subject) ?? []), entry]);
  }
  return found;
}
