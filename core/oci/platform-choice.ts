/** Which entry of an index fits a platform. */
import type { Descriptor, Index } from './image.ts';
import { isIndexType, isManifestType } from './media-types.ts';
import { formatPlatform, normalizePlatform, type Platform, samePlatform } from './platform.ts';

/** What an image runs on that is built for the same or an older variant, best first: containerd's order. */
const OLDER_VARIANTS: Readonly<Record<string, readonly string[]>> = {
  v8: ['v7', 'v6', 'v5'],
  v7: ['v6', 'v5'],
  v6: ['v5'],
};

/**
 * The entry for a platform: the same variant, else the newest older one of 32-bit Arm, else a nested index,
 * else the only entry where none states a platform. Undefined where nothing fits.
 */
export function choosePlatform(index: Index, platform: Platform): Descriptor | undefined {
  const entries = index.manifests.filter(isImage);
  const wanted = normalizePlatform(platform);
  const older = wanted.architecture === 'arm' ? (OLDER_VARIANTS[wanted.variant ?? ''] ?? []) : [];
  for (const candidate of [wanted, ...older.map((variant) => ({ ...wanted, variant }))]) {
    const found = entries.find(
      (entry) => entry.platform !== undefined && samePlatform(entry.platform, candidate),
    );
    if (found !== undefined) return found;
  }
  const silent = entries.filter((entry) => entry.platform === undefined);
  const nested = silent.find((entry) => isIndexType(entry.mediaType));
  return nested ?? (silent.length === 1 && entries.length === 1 ? silent[0] : undefined);
}

/** The platforms that an index offers, as text, each once. */
export function platformsOf(index: Index): string[] {
  const stated = index.manifests.filter(isImage).flatMap((entry) => entry.platform ?? []);
  return [...new Set(stated.map(formatPlatform))];
}

/** BuildKit lists attestations as manifests of the platform `unknown/unknown`. */
function isImage({ mediaType, platform, annotations }: Descriptor): boolean {
  const isAttestation =
    platform?.os === 'unknown' || annotations?.['vnd.docker.reference.type'] !== undefined;
  return !isAttestation && (isManifestType(mediaType) || isIndexType(mediaType));
}
