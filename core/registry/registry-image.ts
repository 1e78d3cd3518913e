/**
 * An image in a registry, shallow: its manifest and configuration are read, its layers only when somebody
 * wants their bytes. All of it is kept in the store, so that a pinned image is opened without a request.
 */
import {
  type ImageDocument,
  ImageDocumentError,
  parseConfigDocument,
  parseImageDocument,
} from '../oci/document.ts';
import type { ConfigDocument, Descriptor, Image, Manifest } from '../oci/image.ts';
import { DOCKER_CONFIG, isIndexType, OCI_CONFIG } from '../oci/media-types.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { choosePlatforms, platformsOf } from '../oci/platform-choice.ts';
import { formatReference, type Reference } from '../oci/reference.ts';
import { streamOf } from '../primitives/bytes.ts';
import type { Digest } from '../primitives/digest.ts';
import { MAX_CONFIG } from '../primitives/limits.ts';
import type { Repository } from './client.ts';
import { RegistryPlatformError } from './errors.ts';
import { layerOf } from './registry-layer.ts';
import { missingOffline, type RegistryImageOptions, resolveTag } from './resolution.ts';

/** An image of a registry. */
export interface RegistryImage extends Image {
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  /** What the reference stood for: the index's digest, or the manifest's where there is no index. */
  readonly resolved: Digest;
}

/** Indexes in indexes. */
const DEEPEST = 3;
/** Documents that are read to find one manifest. */
const MOST = 32;

/**
 * Opens a platform's image. A reference with a digest makes no request where the store has what it needs;
 * one with a tag makes one.
 *
 * @throws RegistryNotFoundError, RegistryAccessError, RegistryPlatformError, ImageDocumentError, RegistryContentError
 */
export async function openRegistryImage(
  reference: Reference,
  platform: Platform,
  options: RegistryImageOptions,
): Promise<RegistryImage> {
  const repository = options.client.repository(reference);
  const resolved = reference.digest ?? (await resolveTag(reference, options));
  const shown = formatReference({ ...reference, digest: resolved });
  const found = await findManifest(repository, resolved, platform, shown, options);
  const { config: configured, layers } = found.manifest;
  if (configured.mediaType !== OCI_CONFIG && configured.mediaType !== DOCKER_CONFIG) {
    throw new ImageDocumentError(
      `\`${shown}\` is no container image: its configuration is \`${configured.mediaType}\``,
    );
  }
  const configBytes = await readDocument(
    configured.digest,
    options,
    () => configOf(repository, configured, options.signal),
    shown,
  );
  const config = parseConfigDocument(configBytes, `the configuration of \`${shown}\``);
  checkConfig(config, platform, found, shown);
  return {
    platform: found.descriptor.platform ?? platform,
    config,
    layers: await Promise.all(
      layers.map((descriptor, index) =>
        layerOf(repository, descriptor, config.rootfs.diff_ids[index]!, options),
      ),
    ),
    manifest: { descriptor: found.descriptor, bytes: found.bytes },
    ...(found.manifest.annotations === undefined ? {} : { annotations: found.manifest.annotations }),
    resolved,
  };
}

interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  /** True where an index listed it under a platform. */
  readonly isListed: boolean;
}

/** Walks from the digest through indexes to the platform's manifest; where an index states nothing, through all of its indexes. */
async function findManifest(
  repository: Repository,
  root: Digest,
  platform: Platform,
  shown: string,
  options: RegistryImageOptions,
): Promise<FoundManifest> {
  const offered = new Set<string>();
  let read = 0;
  const search = async (
    next: Partial<Descriptor> & { readonly digest: Digest },
    depth: number,
  ): Promise<FoundManifest | undefined> => {
    read += 1;
    if (depth > DEEPEST || read > MOST) {
      throw new ImageDocumentError(
        `\`${shown}\` has indexes within indexes, more than ${depth > DEEPEST ? `${DEEPEST} deep` : MOST}`,
      );
    }
    const { bytes, document } = await readManifestDocument(repository, next, options, shown);
    if (document.kind === 'manifest') {
      const { mediaType } = document;
      const { platform: listed } = next;
      const of = listed === undefined ? {} : { platform: listed };
      const descriptor = { mediaType, digest: next.digest, size: bytes.length, ...of };
      return { descriptor, bytes, manifest: document.value, isListed: listed !== undefined };
    }
    for (const name of platformsOf(document.value)) offered.add(name);
    for (const chosen of choosePlatforms(document.value, platform)) {
      const found = await search(chosen, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = await search({ digest: root }, 0);
  if (found === undefined) throw wrongPlatform(shown, platform, [...offered]);
  return found;
}

async function readManifestDocument(
  repository: Repository,
  wanted: Partial<Descriptor> & { readonly digest: Digest },
  options: RegistryImageOptions,
  shown: string,
): Promise<{ readonly bytes: Uint8Array; readonly document: ImageDocument }> {
  let served: string | undefined;
  const bytes = await readDocument(
    wanted.digest,
    options,
    async () => {
      const fetched = await repository.readManifest(wanted.digest, options.signal);
      served = fetched.mediaType;
      // Checked before it is kept: what comes from the store later has no Content-Type.
      parseImageDocument(fetched.bytes, `\`${shown}\``, served);
      return fetched.bytes;
    },
    shown,
  );
  if (wanted.size !== undefined && wanted.size !== bytes.length) {
    throw new ImageDocumentError(
      `\`${shown}\` lists \`${wanted.digest}\` with ${wanted.size} bytes; it has ${bytes.length}`,
    );
  }
  const document = parseImageDocument(bytes, `\`${shown}\``, served ?? wanted.mediaType);
  const listedAs = wanted.mediaType;
  if (listedAs !== undefined && isIndexType(listedAs) !== (document.kind === 'index')) {
    throw new ImageDocumentError(
      `\`${shown}\` lists \`${wanted.digest}\` as \`${listedAs}\`, which it is not`,
    );
  }
  return { bytes, document };
}

/** A small document by its digest: from the store, else fetched and kept. */
async function readDocument(
  digest: Digest,
  { store, signal, offline }: RegistryImageOptions,
  fetch: () => Promise<Uint8Array>,
  shown: string,
): Promise<Uint8Array> {
  if ((await store.find(digest)) !== undefined) {
    // A damaged blob removes itself and is fetched again.
    const kept = await store.read(digest).catch(() => undefined);
    if (kept !== undefined) return kept;
  }
  if (offline === true) throw missingOffline(shown);
  const bytes = await fetch();
  await store.write(streamOf(bytes), { digest, what: shown }, signal);
  return bytes;
}

async function configOf(
  repository: Repository,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (descriptor.size > MAX_CONFIG) {
    throw new ImageDocumentError(
      `the configuration \`${descriptor.digest}\` is larger than ${MAX_CONFIG} bytes`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of repository.readBlob(descriptor, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function checkConfig(config: ConfigDocument, platform: Platform, found: FoundManifest, shown: string): void {
  const { os, architecture, variant } = config;
  const { rootfs } = config;
  const states = formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
  const isOther = os !== platform.os || architecture !== platform.architecture;
  if (isOther && found.isListed) {
    throw new ImageDocumentError(
      `\`${shown}\` lists an image for ${formatPlatform(platform)} whose configuration says ${states}`,
    );
  }
  if (isOther) throw wrongPlatform(shown, platform, [states]);
  const { layers } = found.manifest;
  if (layers.length !== rootfs.diff_ids.length) {
    throw new ImageDocumentError(
      `\`${shown}\` has ${layers.length} layers, but its configuration lists ${rootfs.diff_ids.length}`,
    );
  }
}

function wrongPlatform(
  shown: string,
  platform: Platform,
  existing: readonly string[],
): RegistryPlatformError {
  const list = existing.length === 0 ? 'for no platform at all' : `only for ${existing.join(', ')}`;
  return new RegistryPlatformError(`\`${shown}\` is not for ${formatPlatform(platform)}, ${list}`, {
    hint: 'build for one of these with `--platform`, or use another base',
    details: existing,
  });
}
