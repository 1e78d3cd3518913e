/**
 * Everything that hangs on an image or index: the manifests below it, what refers to any of them, and which blobs they
 * need. Read from a place before anything is written anywhere.
 */
import { ImageDocumentError } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { TooLargeError } from '../primitives/bytes.ts';
import { createLimiter, mapConcurrently } from '../primitives/concurrency.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import type { ImagePlace, PlacedDocument } from './place.ts';

/** A document, and the place that has its blobs. */
export interface GraphDocument extends PlacedDocument {
  readonly place: ImagePlace;
  /** 0 for a manifest, for an index one more than the highest below it: lower ones are written first. */
  readonly level: number;
}

export interface ImageGraph {
  readonly root: GraphDocument;
  /** Each once; the root first, then what is below it, each with its referrers after it. */
  readonly documents: readonly GraphDocument[];
  /** Those among them that were found by their subject. */
  readonly referrers: readonly GraphDocument[];
}

export interface GraphOptions {
  /** False: leave out what refers to the image. */
  readonly referrers: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Requests at once. */
const PARALLEL = 16;
/** Indexes in indexes, and referrers of referrers. */
const DEEPEST = 8;
const MOST_DOCUMENTS = 10_000;
/** Bytes of all documents together. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Reads all of it.
 *
 * @throws ImageDocumentError, TooLargeError, and what reading the place throws
 */
export async function readGraph(
  place: ImagePlace,
  root: Descriptor,
  { referrers: wantsReferrers, log, signal }: GraphOptions,
): Promise<ImageGraph> {
  const found = new Map<Digest, PlacedDocument>();
  const referring = new Map<Digest, readonly Descriptor[]>();
  const asked = new Set<Digest>();
  const limit = createLimiter(PARALLEL);
  let bytes = 0;

  const visit = async (descriptor: Descriptor, depth: number, inner: AbortSignal): Promise<void> => {
    const { digest } = descriptor;
    if (asked.has(digest)) return;
    asked.add(digest);
    if (depth > DEEPEST) {
      throw new ImageDocumentError(
        `${place.shown} has documents within documents, more than ${DEEPEST} deep`,
      );
    }
    const document = await limit(() => place.document(descriptor, inner));
    bytes += document.bytes.length;
    if (asked.size > MOST_DOCUMENTS || bytes > MOST_BYTES) {
      throw new TooLargeError(
        `${place.shown} has more than ${MOST_DOCUMENTS} documents or ${MOST_BYTES} bytes of them`,
      );
    }
    found.set(digest, document);
    const listed = wantsReferrers ? await limit(() => place.referrers(digest, inner)) : [];
    const known = listed.filter((entry) => isDocument(entry));
    if (known.length < listed.length) warnOfUnknown(listed, place, log);
    referring.set(digest, known);
    const next = [...childrenOf(document), ...known];
    await mapConcurrently(next, PARALLEL, inner, (each, signal) => visit(each, depth + 1, signal));
  };
  await visit(root, 0, signal);
  return inOrder(place, root, found, referring);
}

/** The manifests and indexes that a document lists. */
export function childrenOf({ document }: PlacedDocument): readonly Descriptor[] {
  return document.kind === 'index' ? document.value.manifests.filter(isDocument) : [];
}

/** The blobs of a document, without those that are kept elsewhere. */
export function blobsOf({ document }: PlacedDocument): readonly Descriptor[] {
  const all =
    document.kind === 'manifest'
      ? [document.value.config, ...document.value.layers]
      : document.value.manifests.filter((entry) => !isDocument(entry));
  return all.filter((blob) => !isForeign(blob));
}

/**
 * True for a layer that may not be distributed: it stays where its `urls` say (image specification,
 * "Non-Distributable Layers"), and nobody fetches it here.
 */
export function isForeign({ mediaType }: Descriptor): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.') ||
    mediaType === 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
  );
}

function isDocument({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}

/** The same order whatever came first over the network. */
function inOrder(
  place: ImagePlace,
  root: Descriptor,
  found: ReadonlyMap<Digest, PlacedDocument>,
  referring: ReadonlyMap<Digest, readonly Descriptor[]>,
): ImageGraph {
  const documents = new Map<Digest, GraphDocument>();
  const referrers: GraphDocument[] = [];
  const add = (digest: Digest): GraphDocument => {
    const known = documents.get(digest);
    if (known !== undefined) return known;
    const document = found.get(digest)!;
    // Its place in the order comes before its level is known.
    documents.set(digest, { ...document, place, level: 0 });
    const levels = childrenOf(document).map((child) => add(child.digest).level);
    const complete = {
      ...document,
      place,
      level: document.document.kind === 'index' ? 1 + Math.max(0, ...levels) : 0,
    };
    documents.set(digest, complete);
    for (const entry of referring.get(digest) ?? []) {
      const isNew = !documents.has(entry.digest);
      // A list of referrers is not signed by anybody: the manifest itself says what it is about.
      if (found.get(entry.digest)?.document.value.subject?.digest !== digest) continue;
      const referrer = add(entry.digest);
      if (isNew) referrers.push(referrer);
    }
    return complete;
  };
  const complete = add(root.digest);
  return { root: { ...complete, descriptor: root }, documents: [...documents.values()], referrers };
}

function warnOfUnknown(listed: readonly Descriptor[], { shown }: ImagePlace, log: Log): void {
  const types = [...new Set(listed.filter((entry) => !isDocument(entry)).map(({ mediaType }) => mediaType))];
  log.warn({
    /** Something refers to the image that is neither a manifest nor an index, as early artifacts were. It is left out. */
    code: 'PYC_REFERRER_UNKNOWN',
    message: `what refers to ${shown} as ${types.map((type) => `\`${visible(type.slice(0, 100))}\``).join(', ')} is left out`,
  });
}
