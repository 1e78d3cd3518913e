/**
 * What a tag stands for before it is moved, and the blobs that a registry keeps for that: they need not be looked for
 * one by one. What is pushed is not known here.
 */
import { parseImageDocument } from '../oci/document.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import type { Digest } from '../primitives/digest.ts';
import type { FetchedManifest, Repository } from './client.ts';
import { isNotFound, RegistryContentError } from './errors.ts';

export interface Standing {
  /** Undefined where the tag is not there. */
  readonly digest: Digest | undefined;
  /** Configurations and layers; empty where they could not be found out. */
  readonly blobs: ReadonlySet<Digest>;
}

const NOTHING: Standing = { digest: undefined, blobs: new Set() };
const PARALLEL = 16;
/** Images of an index that are read; its other blobs are looked for. */
const MOST_IMAGES = 8;

/**
 * Reads it.
 *
 * @param wanted what the tag is to stand for: where it does already, nothing below it is read
 * @throws a PycError where the registry does not answer, or refuses
 */
export async function readStanding(
  repository: Repository,
  tag: string,
  wanted: Digest,
  signal: AbortSignal,
): Promise<Standing> {
  const manifest = await repository.readManifest(tag, signal).catch((thrown: unknown) => {
    // What cannot be read is about to be replaced.
    if (isNotFound(thrown) || thrown instanceof RegistryContentError) return undefined;
    throw thrown;
  });
  if (manifest === undefined) return NOTHING;
  const { digest } = manifest;
  const blobs = digest === wanted ? [] : await blobsBelow(repository, manifest, signal);
  return { digest, blobs: new Set(blobs) };
}

async function blobsBelow(
  repository: Repository,
  { bytes, mediaType }: FetchedManifest,
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const { children, blobs } = partsOf(bytes, mediaType);
  const below = await mapConcurrently(
    children.slice(0, MOST_IMAGES),
    PARALLEL,
    signal,
    async (child, inner) => {
      const manifest = await repository.readManifest(child, inner).catch((thrown: unknown) => {
        if (inner.aborted) throw thrown;
        return undefined;
      });
      return manifest === undefined ? [] : partsOf(manifest.bytes, manifest.mediaType).blobs;
    },
  );
  return [...blobs, ...below.flat()];
}

/** Nothing of a document that is none: whoever wrote it, it is about to be replaced. */
function partsOf(
  bytes: Uint8Array,
  mediaType: string | undefined,
): { readonly children: readonly Digest[]; readonly blobs: readonly Digest[] } {
  try {
    const { kind, value } = parseImageDocument(bytes, 'what stands there', mediaType);
    if (kind === 'manifest') {
      return { children: [], blobs: [value.config, ...value.layers].map(({ digest }) => digest) };
    }
    const images = value.manifests.filter(
      (entry) => isManifestType(entry.mediaType) && !isIndexType(entry.mediaType),
    );
    return { children: images.map(({ digest }) => digest), blobs: [] };
  } catch {
    return { children: [], blobs: [] };
  }
}
