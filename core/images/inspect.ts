/**
 * Says what an image is and what is in it: by its documents, and by its layers where that is asked for. Its SBOM is believed as it
 * stands; signatures are named, not verified.
 */
import type { RuntimeConfig } from '../oci/image.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Digest } from '../primitives/digest.ts';
import { type FoundAttachment, findAttachments, type ReportedAttachment } from './attachments/attachments.ts';
import { type FoundImage, findImages } from './found-image.ts';
import { type LayerRole, namesOfLayers } from './our-layers.ts';
import { type ImagePackages, packagesOf, type ReportedPackage, type ReportedPython } from './packages.ts';
import { openPlace } from './place.ts';
import type { ImageSession } from './session.ts';

export interface InspectRequest {
  readonly image: string;
  /** One image of an index alone, as in `linux/arm64`. */
  readonly platform?: string | undefined;
  /** True: read the layers for what is in them. */
  readonly deep?: boolean | undefined;
}

export interface InspectedLayer {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly mediaType: string;
  /** Bytes as they are transferred. */
  readonly size: number;
  /** Null where the image does not say it. */
  readonly role: LayerRole;
  readonly name: string;
  /** What it brought, as far as that is known. */
  readonly distributions: readonly ReportedPackage[];
}

/** One platform's image. */
export interface InspectedImage {
  readonly platform: string;
  readonly digest: Digest;
  /** Bytes of manifest, configuration and layers, as they are transferred. */
  readonly size: number;
  readonly created: string | null;
  /** As its labels and annotations say. */
  readonly base: { readonly reference: string | null; readonly digest: string | null } | null;
  readonly python: ReportedPython | null;
  /** As the image specification names it: `Entrypoint`, `Cmd`, `Env`, `User`, … */
  readonly config: RuntimeConfig;
  readonly annotations: Readonly<Record<string, string>>;
  readonly layers: readonly InspectedLayer[];
  /** How the lists that follow came about; null where nothing says what is in the image. */
  readonly packagesFrom: ImagePackages['from'];
  readonly distributions: readonly ReportedPackage[] | null;
  /** Null where they are not listed. */
  readonly systemPackages: readonly ReportedPackage[] | null;
  readonly attachments: readonly ReportedAttachment[];
}

export interface InspectResult {
  /** With its tag or digest, where it is in a registry. */
  readonly reference: string | null;
  /** What the reference stands for. */
  readonly digest: Digest | null;
  readonly mediaType: string | null;
  readonly images: readonly InspectedImage[];
  /** Of an index: what belongs to all of its images. */
  readonly attachments: readonly ReportedAttachment[];
}

/** @throws ImagePlatformError, ImageDocumentError; what reading the place throws */
export async function inspectImage(request: InspectRequest, session: ImageSession): Promise<InspectResult> {
  const { signal } = session;
  const place = await openPlace(request.image, session);
  const { root, images, attestations } = await findImages(place, request.platform, signal);
  const inspected: InspectedImage[] = [];
  for (const image of images) {
    const { digest } = image.descriptor;
    const found = await findAttachments(place, digest, attestations.get(digest) ?? [], session);
    inspected.push(reportOf(image, found, await packagesOf(image, found, request.deep === true, session)));
  }
  const { digest, mediaType } = root.descriptor;
  const isIndex = root.document.kind === 'index';
  const ofAll = isIndex ? await findAttachments(place, digest, [], session) : [];
  return {
    reference: place.reference ?? null,
    digest,
    mediaType,
    images: inspected,
    attachments: ofAll.map(({ report }) => report),
  };
}

function reportOf(
  image: FoundImage,
  attachments: readonly FoundAttachment[],
  packages: ImagePackages,
): InspectedImage {
  const { config, manifest, descriptor, platform } = image;
  const names = namesOfLayers(config);
  const documents = descriptor.size + manifest.config.size;
  return {
    platform: formatPlatform(platform),
    digest: descriptor.digest,
    size: manifest.layers.reduce((sum, { size }) => sum + size, documents),
    created: config.created ?? null,
    base: baseOf(image),
    python: packages.python,
    config: config.config ?? {},
    annotations: manifest.annotations ?? {},
    layers: manifest.layers.map(({ digest, size, mediaType }, index) => ({
      digest,
      diffId: config.rootfs.diff_ids[index]!,
      mediaType,
      size,
      ...names[index]!,
      distributions: packages.ofLayer(index),
    })),
    packagesFrom: packages.from,
    distributions: packages.distributions,
    systemPackages: packages.systemPackages,
    attachments: attachments.map(({ report }) => report),
  };
}

/** Pre-defined annotation keys of the image specification, in labels as well. */
function baseOf({ config, manifest }: FoundImage): InspectedImage['base'] {
  const said = { ...config.config?.Labels, ...manifest.annotations };
  const reference = said['org.opencontainers.image.base.name'] ?? null;
  const digest = said['org.opencontainers.image.base.digest'] ?? null;
  return reference === null && digest === null ? null : { reference, digest };
}
