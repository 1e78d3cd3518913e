/**
 * The list of contents of an image that exists: the document that hangs on it, else one that is made of its files. What makes
 * documents comes in as a function.
 */
import type { Descriptor, Layer } from '../oci/image.ts';
import type { Platform } from '../oci/platform.ts';
import { formatPlatform } from '../oci/platform.ts';
import { readImageFiles } from '../oci/rootfs.ts';
import type { Digest } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import { type FoundImage, findImages, imageOf } from './found-image.ts';
import { namesOfLayers } from './our-layers.ts';
import { type ImagePlace, openPlace, readSmallBlob } from './place.ts';
import type { ImageSession } from './session.ts';

/**
 * The reference stands for images of several platforms, none of which has an SBOM of all of them. Name one platform with
 * `--platform`.
 */
export class SbomPlatformError extends PycError {
  readonly code = 'PYC_SBOM_PLATFORM_UNSTATED';
  override readonly exitCode = 2;
}

type Format = 'cyclonedx' | 'cyclonedx-1.7' | 'spdx';

export interface BillRequest {
  readonly place: string;
  readonly platform: string | undefined;
  readonly format: Format;
  /** True: `claims` and `layers` are wanted. */
  readonly audit: boolean;
}

/** Makes a document of an image's own files. */
export type DescribeFiles = (
  files: {
    readonly name: string;
    readonly digest: Digest;
    readonly platform: Platform;
    read(patterns: readonly RegExp[]): Promise<ReadonlyMap<string, Uint8Array>>;
  },
  format: Format,
  epoch: number,
) => Promise<{
  readonly bytes: Uint8Array;
  readonly unread: readonly { readonly path: string; readonly reason: string }[];
}>;

export interface FoundBill {
  readonly name: string;
  readonly from: 'attached' | 'files';
  readonly document: string;
  /** A document in CycloneDX of the one image that is looked at. */
  readonly claims: Uint8Array;
  /** Those of pycontainer. */
  readonly layers: readonly Layer[];
}

/** @throws SbomPlatformError, ImagePlatformError, and what reading the place throws */
export async function billOf(
  { place: spec, platform, format, audit }: BillRequest,
  describe: DescribeFiles,
  session: ImageSession,
): Promise<FoundBill> {
  const { signal, log } = session;
  const place = await openPlace(spec, session);
  const { root, images } = await findImages(place, platform, signal);
  const name = place.reference?.replace(/:[^/:]*$/, '') ?? nameOf(spec);
  const [only] = images;
  const isIndex = images.length > 1 || only?.descriptor.digest !== root.descriptor.digest;
  if (isIndex && platform === undefined && !audit) {
    const attached = await attachedTo(place, root.descriptor.digest, format, signal);
    if (attached !== undefined) return { ...found(name, attached), claims: attached, layers: [] };
  }
  if (only === undefined || images.length > 1) {
    const platforms = images.map((image) => formatPlatform(image.platform));
    throw new SbomPlatformError(`${place.shown} stands for several images: ${platforms.join(', ')}`, {
      hint: 'name one of them with `--platform`',
      details: platforms,
    });
  }
  const attached = await attachedTo(place, only.descriptor.digest, format, signal);
  const made = async (written: Format): Promise<Uint8Array> => {
    const { bytes, unread } = await describe(filesOf(name, only, session), written, 0);
    for (const { path, reason } of unread) {
      log.warn({
        code: 'PYC_SBOM_DATABASE_UNREAD',
        message: `the SBOM lacks system packages: \`${path}\` cannot be read, ${reason}`,
      });
    }
    return bytes;
  };
  const bytes = attached ?? (await made(format));
  const claims = audit
    ? ((await attachedTo(place, only.descriptor.digest, 'cyclonedx', signal)) ?? (await made('cyclonedx')))
    : bytes;
  const result =
    attached === undefined ? { ...found(name, bytes), from: 'files' as const } : found(name, bytes);
  return { ...result, claims, layers: ownLayers(only, session) };
}

function found(name: string, bytes: Uint8Array): Pick<FoundBill, 'name' | 'from' | 'document'> {
  return { name, from: 'attached', document: Buffer.from(bytes).toString('utf8') };
}

/** A layout's folder or an archive's file is nobody's business. */
function nameOf(spec: string): string {
  return spec.split(/[/:\\]/).findLast((word) => word !== '') ?? 'image';
}

const MEDIA_TYPES = { cyclonedx: 'application/vnd.cyclonedx+json', spdx: 'application/spdx+json' } as const;

/** The first document of that format that refers to the digest. */
async function attachedTo(
  place: ImagePlace,
  digest: Digest,
  format: Format,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const mediaType = format === 'spdx' ? MEDIA_TYPES.spdx : MEDIA_TYPES.cyclonedx;
  for (const descriptor of await place.referrers(digest, signal)) {
    const bytes = await documentIn(place, descriptor, digest, mediaType, signal);
    if (bytes !== undefined && isOf(format, bytes)) return bytes;
  }
  return undefined;
}

async function documentIn(
  place: ImagePlace,
  descriptor: Descriptor,
  subject: Digest,
  mediaType: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { document } = await place.document(descriptor, signal);
  if (document.kind !== 'manifest' || document.value.subject?.digest !== subject) return undefined;
  const [layer, ...others] = document.value.layers;
  if (layer?.mediaType !== mediaType || others.length > 0) return undefined;
  return await readSmallBlob(place, layer, signal);
}

function isOf(format: Format, bytes: Uint8Array): boolean {
  if (format === 'spdx') return true;
  const is17 = /"specVersion"\s*:\s*"1\.7"/.test(Buffer.from(bytes.subarray(0, 2000)).toString('latin1'));
  return is17 === (format === 'cyclonedx-1.7');
}

function filesOf(
  name: string,
  image: FoundImage,
  { log, signal }: ImageSession,
): Parameters<DescribeFiles>[0] {
  return {
    name,
    digest: image.descriptor.digest,
    platform: image.platform,
    read: (patterns) => readImageFiles(imageOf(image, log), patterns, signal),
  };
}

function ownLayers(image: FoundImage, { log }: ImageSession): readonly Layer[] {
  const names = namesOfLayers(image.config);
  return imageOf(image, log).layers.filter((_, index) => {
    const role = names[index]?.role;
    return role !== 'base' && role !== null && role !== undefined;
  });
}
