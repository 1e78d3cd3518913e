/**
 * What differs between two images: packages, configuration, layers, and files where that is asked for. Layers that both have are
 * not read.
 */
import { formatPlatform } from '../oci/platform.ts';
import type { Digest } from '../primitives/digest.ts';
import { findAttachments } from './attachments/attachments.ts';
import { type ChangedSetting, changedSettings } from './diff/configuration.ts';
import type { FileChanges } from './diff/files.ts';
import { changedPackages, type PackageChanges } from './diff/packages.ts';
import { type FoundImage, findImages } from './found-image.ts';
import { namesOfLayers } from './our-layers.ts';
import { type ImagePackages, packagesOf } from './packages.ts';
import { type ImagePlace, openPlace } from './place.ts';
import type { ImageSession } from './session.ts';

export interface DiffRequest {
  /** What it was. */
  readonly before: string;
  /** What it is. */
  readonly after: string;
  readonly platform?: string | undefined;
  /** True: also which files changed, by reading the layers that only one of them has. */
  readonly files?: boolean | undefined;
  /** True: read all layers, for a comparison of files that holds whatever layers hide from each other. */
  readonly deep?: boolean | undefined;
}

export interface DiffedLayer {
  readonly digest: Digest;
  /** Bytes as they are transferred. */
  readonly size: number;
  readonly name: string;
}

/** One platform's images. */
export interface DiffedImage {
  readonly platform: string;
  readonly before: Digest;
  readonly after: Digest;
  readonly equal: boolean;
  /** Bytes of all layers as they are transferred, before and after. */
  readonly size: { readonly before: number; readonly after: number };
  readonly packagesFrom: ImagePackages['from'];
  /** Null where nothing says what was or is in the image. */
  readonly distributions: PackageChanges | null;
  readonly systemPackages: PackageChanges | null;
  readonly configuration: readonly ChangedSetting[];
  readonly layers: {
    readonly removed: readonly DiffedLayer[];
    readonly added: readonly DiffedLayer[];
    readonly common: number;
  };
  /** Null where it was not asked for. */
  readonly files: FileChanges | null;
}

export interface DiffResult {
  readonly before: Digest | null;
  readonly after: Digest | null;
  /** True where both are the same image or index. */
  readonly equal: boolean;
  /** Platforms that only one of them has. */
  readonly platforms: { readonly removed: readonly string[]; readonly added: readonly string[] };
  /** Those that both have. */
  readonly images: readonly DiffedImage[];
}

/** @throws ImagePlatformError, ImageDocumentError; what reading the places throws */
export async function diffImages(request: DiffRequest, session: ImageSession): Promise<DiffResult> {
  const { platform } = request;
  const [one, other] = await Promise.all(
    [request.before, request.after].map(async (spec) => {
      const place = await openPlace(spec, session);
      return await findImages(place, platform, session.signal);
    }),
  );
  const before = byPlatform(one!.images);
  const after = byPlatform(other!.images);
  const images: DiffedImage[] = [];
  for (const [name, image] of before) {
    const counterpart = after.get(name);
    if (counterpart !== undefined) images.push(await diffFound(name, image, counterpart, request, session));
  }
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const added = [...after.keys()].filter((name) => !before.has(name));
  const [digest, next] = [one!, other!].map(({ root, images: all }) =>
    platform === undefined ? root.descriptor.digest : (all[0]?.descriptor.digest ?? root.descriptor.digest),
  );
  return { before: digest!, after: next!, equal: digest === next, platforms: { removed, added }, images };
}

function byPlatform(images: readonly FoundImage[]): ReadonlyMap<string, FoundImage> {
  return new Map(images.map((image) => [formatPlatform(image.platform), image]));
}

/** The same of two images that were found already. */
export async function diffFound(
  platform: string,
  before: FoundImage,
  after: FoundImage,
  { files = false, deep = false }: Pick<DiffRequest, 'files' | 'deep'>,
  session: ImageSession,
): Promise<DiffedImage> {
  const equal = before.descriptor.digest === after.descriptor.digest;
  const ours = layersOf(before);
  const theirs = layersOf(after);
  const had = new Set(ours.map(({ digest }) => digest));
  const has = new Set(theirs.map(({ digest }) => digest));
  const compared =
    equal || !(files || deep)
      ? undefined
      : await (await import('./diff/files.ts')).changedFiles(before, after, deep, session);
  const packages = compared?.packages ?? (await packagesBySbom(before, after, session));
  return {
    platform,
    before: before.descriptor.digest,
    after: after.descriptor.digest,
    equal,
    size: { before: sizeOf(ours), after: sizeOf(theirs) },
    ...packages,
    configuration: changedSettings(before, after),
    layers: {
      removed: ours.filter(({ digest }) => !has.has(digest)),
      added: theirs.filter(({ digest }) => !had.has(digest)),
      common: ours.filter(({ digest }) => has.has(digest)).length,
    },
    files: compared?.changes ?? (files || deep ? { added: [], removed: [], changed: [] } : null),
  };
}

async function packagesBySbom(
  before: FoundImage,
  after: FoundImage,
  session: ImageSession,
): Promise<Pick<DiffedImage, 'packagesFrom' | 'distributions' | 'systemPackages'>> {
  const [old, next] = await Promise.all(
    [before, after].map((image) => byDocuments(image.place, image, session)),
  );
  const distributions = changedPackages(old!.distributions, next!.distributions);
  return {
    packagesFrom: distributions === null ? null : 'sbom',
    distributions,
    systemPackages: changedPackages(old!.systemPackages, next!.systemPackages),
  };
}

async function byDocuments(
  place: ImagePlace,
  image: FoundImage,
  session: ImageSession,
): Promise<ImagePackages> {
  const found = await findAttachments(place, image.descriptor.digest, [], session);
  return await packagesOf(image, found, false, session);
}

function layersOf({ manifest, config }: FoundImage): DiffedLayer[] {
  const names = namesOfLayers(config);
  return manifest.layers.map(({ digest, size }, index) => ({ digest, size, name: names[index]?.name ?? '' }));
}

function sizeOf(layers: readonly DiffedLayer[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}
