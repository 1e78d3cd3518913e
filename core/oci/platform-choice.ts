/** Which entry of an index fits a platform. */
import type { Descriptor, Index } from './image.ts';
import { isIndexType, isManifestType } from './media-types.ts';
import { formatPlatform, normalizePlatform, type Platform, samePlatform } from './platform.ts';

/**
 * What else runs on a variant, best first, as containerd orders it: the older ones of the same architecture. Those of
 * 64-bit Arm do not fall back to 32 bits here, since wheels are chosen for one machine.
 */
const OLDER_VARIANTS: Readonly<Record<string, readonly string[]>> = {
  arm: ['v8', 'v7', 'v6', 'v5'],
  arm64: ['v9', 'v8'],
  amd64: ['v4', 'v3', 'v2', 'v1'],
};

/**
 * The entry for a platform: the same variant, else the newest older one, else a nested index, else the only entry where
 * none states a platform. Undefined where nothing fits.
 */
export function choosePlatform(index: Index, platform: Platform): Descriptor | undefined {
  return choosePlatforms(index, platform)[0];
}

/**
 * As {@link choosePlatform}, with every nested index that may hold the platform where no entry states it. `os.version` and
 * `os.features` mean something on Windows alone and are not looked at.
 */
export function choosePlatforms(index: Index, platform: Platform): readonly Descriptor[] {
  const entries = index.manifests.filter(isImage);
  for (const candidate of fitting(platform)) {
    const found = entries.find(
      (entry) => entry.platform !== undefined && samePlatform(entry.platform, candidate),
    );
    if (found !== undefined) return [found];
  }
  const silent = entries.filter((entry) => entry.platform === undefined);
  const nested = silent.filter((entry) => isIndexType(entry.mediaType));
  if (nested.length > 0) return nested;
  return silent.length === 1 && entries.length === 1 ? silent : [];
}

/** The platform itself, then those whose images run on it as well, best first. A minor version counts too: `v8.2` runs `v8.1`. */
function fitting(platform: Platform): readonly Platform[] {
  const { variant: stated, ...rest } = normalizePlatform(platform);
  const variants = OLDER_VARIANTS[platform.architecture] ?? [];
  const variant = stated ?? (rest.architecture === 'arm64' ? 'v8' : undefined);
  const [, major, minor] = /^(v\d+)(?:\.(\d{1,2}))?$/.exec(variant ?? '') ?? [];
  const at = variants.indexOf(major ?? '');
  if (variant === undefined || at === -1) return [stated === undefined ? rest : { ...rest, variant: stated }];
  const minors = Array.from(
    { length: Number(minor ?? 0) },
    (_, index) => `${major}.${Number(minor) - index}`,
  );
  return [...minors, ...variants.slice(at)].map((one) => normalizePlatform({ ...rest, variant: one }));
}

/** The platforms that an index offers, as text, each once. */
export function platformsOf(index: Index): string[] {
  const stated = index.manifests.filter(isImage).flatMap((entry) => entry.platform ?? []);
  return [...new Set(stated.map(formatPlatform))];
}

/** True for an entry that is an image: BuildKit lists attestations as manifests of the platform `unknown/unknown`; artifacts say their type. */
export function isImage({ mediaType, platform, annotations, artifactType }: Descriptor): boolean {
  const isBeside =
    artifactType !== undefined ||
    platform?.os === 'unknown' ||
    platform?.architecture === 'unknown' ||
    annotations?.['vnd.docker.reference.type'] !== undefined;
  return !isBeside && (isManifestType(mediaType) || isIndexType(mediaType));
}
