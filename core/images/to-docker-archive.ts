/** Writes one platform's image as `docker load` takes it: another form of the same image, without its manifest. */
import { ImageDocumentError } from '../oci/document.ts';
import type { ImageSpec } from '../oci/image-spec.ts';
import { ImagePlatformError } from '../oci/local-image.ts';
import type { OutputImage } from '../oci/output.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { choosePlatform, platformsOf } from '../oci/platform-choice.ts';
import { DEFAULT_TAG, formatReference } from '../oci/reference.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';
import { platformOf, readConfig } from './choose.ts';
import { layerIn, type SourceNames } from './destination.ts';
import { type GraphDocument, type ImageGraph, isForeign } from './graph.ts';
import { readSmallBlob } from './place.ts';
import type { ImageSession } from './session.ts';

/** @returns the digest of the manifest that the archive has no room for. @throws ImagePlatformError where one of several must be named */
export async function copyToDockerArchive(
  { file, name }: Extract<ImageSpec, { readonly kind: 'docker-archive' }>,
  graph: ImageGraph,
  names: SourceNames,
  { log, signal }: ImageSession,
): Promise<Digest> {
  const { writeDockerArchive } = await import('../oci/archive.ts');
  const image = await imageOf(onlyImage(graph), log, signal);
  const stated = name === undefined ? names.reference : formatReference({ tag: DEFAULT_TAG, ...name });
  const contents = { images: [image], referrers: [], names: stated === undefined ? [] : [stated] };
  const { digest } = await writeDockerArchive(file, contents, { signal, log });
  log.warn({
    /** A docker-archive has no manifest: whoever loads it and pushes it anew gets another digest. */
    code: 'PYC_DOCKER_ARCHIVE_DIGEST',
    message: `a docker-archive has no manifest: what loads it does not know the image as \`${digest}\``,
    hint: 'copy to an `archive:FILE` where the digest is to stay',
  });
  return digest;
}

function onlyImage({ root, documents }: ImageGraph): GraphDocument {
  let at = root;
  while (at.document.kind === 'index') {
    const index = at.document.value;
    const platforms = platformsOf(index);
    const [platform] = index.manifests.flatMap((entry) =>
      entry.platform === undefined || formatPlatform(entry.platform) !== platforms[0] ? [] : entry.platform,
    );
    const chosen = platforms.length > 1 ? undefined : choosePlatform(index, platform ?? ANY);
    const next = documents.find(({ descriptor }) => descriptor.digest === chosen?.digest);
    if (next === undefined) throw severalPlatforms(root, platforms);
    at = next;
  }
  return at;
}

/** Where no entry states a platform, the only one is taken. */
const ANY: Platform = { os: '', architecture: '' };

function severalPlatforms({ place }: GraphDocument, platforms: readonly string[]): ImagePlatformError {
  const list = platforms.length === 0 ? 'none' : platforms.join(', ');
  return new ImagePlatformError(`a docker-archive holds one platform, and ${place.shown} is for ${list}`, {
    hint: 'name one with `--platform`',
    details: platforms,
  });
}

async function imageOf(found: GraphDocument, log: Log, signal: AbortSignal): Promise<OutputImage> {
  const { descriptor, bytes, document, place } = found;
  if (document.kind !== 'manifest') throw new TypeError('an index is no image');
  const config = await readConfig(place, document.value, signal);
  const { layers } = document.value;
  const diffIds = config.rootfs.diff_ids;
  if (layers.length !== diffIds.length) {
    throw new ImageDocumentError(
      `${place.shown} has ${layers.length} layers, but its configuration lists ${diffIds.length}`,
    );
  }
  const foreign = layers.find(isForeign);
  if (foreign !== undefined) {
    throw new ImageDocumentError(
      `${place.shown} has the layer \`${foreign.digest}\`, which may not be distributed`,
      {
        hint: 'copy to a registry or a `layout:DIR`, which keep it by reference',
      },
    );
  }
  const platform: Platform = descriptor.platform ?? platformOf(config);
  return {
    platform,
    config: {
      descriptor: document.value.config,
      bytes: await readSmallBlob(place, document.value.config, signal),
    },
    manifest: { descriptor, bytes },
    layers: layers.map((layer, index) => ({
      descriptor: layer,
      diffId: diffIds[index]!,
      ...layerIn(place, layer, log),
    })),
  };
}
