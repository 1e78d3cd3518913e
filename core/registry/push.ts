/**
 * Pushes a finished build: blobs that are missing, then manifests from the leaves up, then referrers, and
 * the tag last, so that whoever sees the tag sees everything. What an image means is not known here.
 */

import { parseImageDocument } from '../oci/document.ts';
import type { Descriptor, Layer } from '../oci/image.ts';
import { OCI_EMPTY } from '../oci/media-types.ts';
import { formatReference, type Reference } from '../oci/reference.ts';
import { streamOf } from '../primitives/bytes.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import { type Digest, digestOf, digestOfJson } from '../primitives/digest.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import { type BlobPlaces, createBlobPlaces } from './blob-places.ts';
import { ensureBlobShown } from './blob-progress.ts';
import type { BlobSource } from './blob-source.ts';
import type { BlobOutcome } from './blob-upload.ts';
import type { RegistryClient, Repository } from './client.ts';
import { isNotFound, RegistryStatusError } from './errors.ts';
import { type ManifestSource, putManifest } from './manifest-upload.ts';
import { announceReferrers } from './referrers-upload.ts';
import { readStanding, type Standing } from './standing.ts';

/** A document with its bytes. */
interface Bytes {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** One platform's image; the pipeline's FinishedImage is one. */
export interface PushedImage {
  readonly manifest: ManifestSource;
  readonly config: Bytes;
  readonly layers: readonly Layer[];
}

/** A manifest with one blob that names a subject; the pipeline's Referrer is one. */
export interface PushedReferrer {
  readonly subject: Descriptor;
  readonly manifest: ManifestSource;
  readonly blob: Bytes;
}

/** A manifest in an index that is no image; the pipeline's AttestationDocuments is one. */
export interface PushedAttestation {
  readonly manifest: ManifestSource;
  readonly blobs: readonly Bytes[];
}

export interface PushRequest {
  /** Its tag is written last; without one the image is reached by its digest alone. */
  readonly target: Reference;
  readonly images: readonly PushedImage[];
  /** Needed for several images. */
  readonly index?: ManifestSource | undefined;
  /** What the index lists beside the images. */
  readonly attestations?: readonly PushedAttestation[] | undefined;
  readonly referrers: readonly PushedReferrer[];
  /** Default: the layer's own `pass`, else its `open`. */
  open?(layer: Layer, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

export interface PushOptions {
  readonly client: RegistryClient;
  readonly log?: Log;
  readonly signal: AbortSignal;
  /** Where the run's other pushes left blobs: they are mounted from there. */
  readonly places?: BlobPlaces;
  /** Takes the step that moves the tag, for a caller with several pushes that are to become visible together. Default: it is done at once. */
  readonly later?: (moveTag: () => Promise<void>) => void;
}

export interface PushResult {
  /** Of the index, or of the only manifest. */
  readonly digest: Digest;
  /** `host/repository@sha256:…` */
  readonly reference: string;
  readonly bytesUploaded: number;
  readonly blobsUploaded: number;
  readonly blobsMounted: number;
  readonly blobsPresent: number;
}

/** Requests of one kind at once; uploads are bounded further by the repository. */
const PARALLEL = 16;
/** The configuration of a manifest that has none: `{}`. */
const EMPTY = new TextEncoder().encode('{}');

/** @throws a PycError; nothing is tagged then */
export async function push(
  request: PushRequest,
  { client, log = silentLog, signal, places = createBlobPlaces(), later }: PushOptions,
): Promise<PushResult> {
  const { target, images, index } = request;
  const root = index ?? images[0]?.manifest;
  if (root === undefined || (images.length > 1 && index === undefined)) {
    throw new TypeError('a push needs one image, or several and their index');
  }
  const repository = client.repository(target, 'pull,push');
  const blobs = blobsOf(request, repository, places);
  const { digest } = root.descriptor;
  const reference = formatReference({ host: target.host, repository: target.repository, digest });
  const count = (outcomes: readonly (readonly [BlobSource, BlobOutcome])[]): PushResult => {
    const of = (wanted: BlobOutcome): BlobSource[] =>
      outcomes.flatMap(([blob, outcome]) => (outcome === wanted ? [blob] : []));
    const uploaded = of('uploaded');
    return {
      digest,
      reference,
      bytesUploaded: uploaded.reduce((sum, blob) => sum + blob.descriptor.size, 0),
      blobsUploaded: uploaded.length,
      blobsMounted: of('mounted').length,
      blobsPresent: of('present').length,
    };
  };
  const whole = wholeOf(request, root);
  const isTwin = places.has(repository.host, repository.name, whole);
  const [standing, hasReferrers] = await Promise.all([
    standingOf(repository, target.tag, digest, isTwin, signal),
    hasAll(repository, request.referrers, signal),
  ]);
  if (standing.digest === digest && hasReferrers) {
    log.debug(`${reference} is there already`);
    for (const { descriptor } of blobs) places.note(repository.host, repository.name, descriptor.digest);
    return count(blobs.map((blob) => [blob, 'present']));
  }
  const moveTag = async (): Promise<void> => {
    if (target.tag !== undefined) await putManifest(repository, root, target.tag, signal);
  };
  if (isTwin) {
    if (later === undefined) await moveTag();
    else later(moveTag);
    return count(blobs.map((blob) => [blob, 'present']));
  }
  // Where there is no such tag, layers are not to be expected either.
  const isNew = standing.digest === undefined;
  const send = async (known: ReadonlySet<Digest>): Promise<PushResult> => {
    const outcomes = await mapConcurrently(blobs, PARALLEL, signal, async (blob, inner) => {
      const outcome = known.has(blob.descriptor.digest)
        ? 'present'
        : await ensureBlobShown(repository, { ...blob, isNew }, log, inner);
      places.note(repository.host, repository.name, blob.descriptor.digest);
      return [blob, outcome] as const;
    });
    // Where the tag waits for others, all that can be refused is sent before.
    const { settled } = await pushManifests(repository, request, root, later !== undefined, signal);
    if (later === undefined) await Promise.all([settled, moveTag()]);
    else {
      await settled;
      later(moveTag);
    }
    places.note(repository.host, repository.name, whole);
    return count(outcomes);
  };
  try {
    return await send(standing.blobs);
  } catch (thrown) {
    // A registry may have lost blobs of what the tag stood for.
    if (standing.blobs.size === 0 || signal.aborted || !mayLackBlobs(thrown)) throw thrown;
    return send(new Set());
  }
}

/** Distribution specification, "Error Codes"; registries send them with 404, and some with 400. */
function mayLackBlobs(thrown: unknown): boolean {
  if (isNotFound(thrown)) return true;
  return (
    thrown instanceof RegistryStatusError &&
    thrown.status === 400 &&
    JSON.stringify(thrown.details ?? []).includes('BLOB_UNKNOWN')
  );
}

/** What stands where the image is to be. @param isTwin the image is there, so that its blobs matter no more */
async function standingOf(
  repository: Repository,
  tag: string | undefined,
  digest: Digest,
  isTwin: boolean,
  signal: AbortSignal,
): Promise<Standing> {
  if (tag !== undefined && !isTwin) return readStanding(repository, tag, digest, signal);
  const found = await repository.findManifest(tag ?? digest, signal);
  return { digest: found?.digest, blobs: new Set() };
}

/** True where all referrers are there. */
async function hasAll(
  repository: Repository,
  referrers: PushRequest['referrers'],
  signal: AbortSignal,
): Promise<boolean> {
  const found = await mapConcurrently(referrers, PARALLEL, signal, async ({ manifest }, inner) => {
    const { digest } = manifest.descriptor;
    return (await repository.findManifest(digest, inner))?.digest === digest;
  });
  return found.every(Boolean);
}

/** Stands for an image with its referrers: where a run pushed this, only a further tag is left to do. */
function wholeOf({ referrers }: PushRequest, root: ManifestSource): Digest {
  const manifests = [root, ...referrers.map(({ manifest }) => manifest)];
  return digestOfJson(manifests.map(({ descriptor }) => descriptor.digest));
}

/** Every blob once: configurations, layers, and those of referrers. */
function blobsOf(
  { images, attestations = [], referrers, open }: PushRequest,
  repository: Repository,
  places: BlobPlaces,
): BlobSource[] {
  const blobs = new Map<Digest, BlobSource>();
  const add = (blob: BlobSource): void => {
    const { digest } = blob.descriptor;
    const mountFrom = blob.mountFrom ?? places.find(repository.host, digest);
    if (!blobs.has(digest)) blobs.set(digest, { ...blob, mountFrom });
  };
  const inMemory = ({ descriptor, bytes }: Bytes): BlobSource => ({
    descriptor,
    open: async () => streamOf(bytes),
  });
  for (const { config, layers } of images) {
    add(inMemory(config));
    for (const layer of layers) {
      const { registry } = layer;
      add({
        descriptor: layer.descriptor,
        open: (signal) => open?.(layer, signal) ?? layer.pass?.(signal) ?? layer.open(signal),
        mountFrom: registry?.host === repository.host ? registry.repository : undefined,
      });
    }
  }
  for (const blob of attestations.flatMap(({ blobs }) => blobs)) add(inMemory(blob));
  for (const { blob, manifest } of referrers) {
    add(inMemory(blob));
    const { value } = parseImageDocument(manifest.bytes, 'a referrer', manifest.descriptor.mediaType);
    if ('config' in value && value.config.mediaType === OCI_EMPTY) {
      add(
        inMemory({
          descriptor: { mediaType: OCI_EMPTY, digest: digestOf(EMPTY), size: EMPTY.length },
          bytes: EMPTY,
        }),
      );
    }
  }
  return [...blobs.values()];
}

/** All but the tag. @param alone put the root under its digest although its tag follows */
async function pushManifests(
  repository: Repository,
  { target, images, index, attestations = [], referrers }: PushRequest,
  root: ManifestSource,
  alone: boolean,
  signal: AbortSignal,
): ReturnType<typeof pushReferrers> {
  const byDigest = (manifest: ManifestSource, inner: AbortSignal): Promise<Digest | undefined> =>
    putManifest(repository, manifest, manifest.descriptor.digest, inner);
  if (index !== undefined) {
    await mapConcurrently(
      [...images, ...attestations].map(({ manifest }) => manifest),
      PARALLEL,
      signal,
      byDigest,
    );
  }
  if (alone || referrers.length > 0 || target.tag === undefined) await byDigest(root, signal);
  return pushReferrers(repository, referrers, signal);
}

async function pushReferrers(
  repository: Repository,
  referrers: readonly PushedReferrer[],
  signal: AbortSignal,
): ReturnType<typeof announceReferrers> {
  const put = await mapConcurrently(referrers, PARALLEL, signal, async ({ subject, manifest }, inner) => {
    const noted = await putManifest(repository, manifest, manifest.descriptor.digest, inner);
    return { subject: subject.digest, manifest, noted };
  });
  return announceReferrers(repository, put, signal);
}
