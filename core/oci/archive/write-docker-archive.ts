/**
 * Writes what `docker load` and `podman load` take: a tar with manifest.json, one configuration and the layers
 * (the Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format").
 */
import { type Digest, hexOf } from '../../primitives/digest.ts';
import type { Log } from '../../primitives/log.ts';
import type { Layer } from '../image.ts';
import { readLayerTar } from '../layer-tar.ts';
import { OCI_LAYER_ZSTD } from '../media-types.ts';
import { type OutputContents, OutputContentsError, type OutputImage } from '../output.ts';
import { formatPlatform, type Platform, samePlatform } from '../platform.ts';
import { type ArchiveMember, writeTarFile } from './tar-file.ts';
import { blobMember, textMember } from './write-oci-archive.ts';

export interface DockerArchiveContents extends OutputContents {
  /** Whole references, as in `ghcr.io/me/shop:1.2`. */
  readonly names: readonly string[];
}

export interface DockerArchiveOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Which of several images is written, because the format holds one platform; default the first. */
  readonly platform?: Platform;
}

/** @returns the digest of the image's manifest. @throws ArchiveWriteError, BlobContentError, OutputContentsError */
export async function writeDockerArchive(
  file: string,
  contents: DockerArchiveContents,
  options: DockerArchiveOptions,
): Promise<{ readonly digest: Digest }> {
  const image = chooseImage(contents.images, options);
  await writeTarFile(file, await dockerArchive(image, contents.names, options.signal), options.signal);
  return { digest: image.manifest.descriptor.digest };
}

/**
 * The members of such a tar.
 *
 * @param without - digests of layers that the reader has: they are named and not contained
 */
export async function dockerArchive(
  image: OutputImage,
  names: readonly string[],
  signal: AbortSignal,
  without: ReadonlySet<Digest> = new Set(),
): Promise<readonly ArchiveMember[]> {
  const config = `${hexOf(image.config.descriptor.digest)}.json`;
  const contained = image.layers.filter(({ descriptor }) => !without.has(descriptor.digest));
  const layers = await Promise.all(contained.map((layer) => layerMember(layer, signal)));
  const manifest = [{ Config: config, RepoTags: names, Layers: image.layers.map(pathOf) }];
  return [
    textMember('manifest.json', JSON.stringify(manifest)),
    blobMember(config, image.config),
    ...new Map(layers.map((layer) => [layer.path, layer])).values(),
  ];
}

function chooseImage(images: readonly OutputImage[], options: DockerArchiveOptions): OutputImage {
  const { platform, log } = options;
  const fitting = images.find((image) => platform !== undefined && samePlatform(image.platform, platform));
  const image = fitting ?? images[0];
  if (image === undefined) throw new OutputContentsError('there is no image to write');
  if (images.length > 1) {
    log.warn({
      /** Several platforms are built, and a `docker-archive:` output can hold one: the first is written. */
      code: 'PYC_DOCKER_ARCHIVE_ONE_PLATFORM',
      message: `a docker-archive holds one platform: only ${formatPlatform(image.platform)} is written`,
      hint: 'use `archive:FILE` or a registry for several platforms',
    });
  }
  return image;
}

/** Loaders take gzip and plain tars; zstd they learnt late, so that such layers are unpacked. */
async function layerMember(layer: Layer, signal: AbortSignal): Promise<ArchiveMember> {
  const { descriptor } = layer;
  const path = pathOf(layer);
  if (descriptor.mediaType !== OCI_LAYER_ZSTD) return blobMember(path, { descriptor, layer });
  // A tar's header states the size before the content: the layer is read once to learn it.
  let size = 0;
  for await (const chunk of readLayerTar(layer, signal)) size += chunk.length;
  return { path, size, open: (stop) => readLayerTar(layer, stop) };
}

/** Of the bytes that lie there: those of a zstd layer are unpacked. */
function pathOf({ descriptor, diffId }: Layer): string {
  return `${hexOf(descriptor.mediaType === OCI_LAYER_ZSTD ? diffId : descriptor.digest)}.tar`;
}
