/** An image in a registry. Documents are read once; blobs pass through and are not kept. */
import { ImageDocumentError, parseImageDocument } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { DEFAULT_TAG, formatReference, identifierOf, type Reference } from '../oci/reference.ts';
import type { Digest } from '../primitives/digest.ts';
import { listReferrers, type Repository } from '../registry/index.ts';
import { checkKind, type ImagePlace, type PlacedDocument } from './place.ts';
import type { ImageSession } from './session.ts';

/** @param hosts those that the run's own credentials are meant for; default this one */
export async function registryPlace(
  spec: string,
  reference: Reference,
  session: ImageSession,
  hosts: readonly string[] = [reference.host],
): Promise<ImagePlace> {
  const repository = (await session.registry(hosts)).repository(reference);
  const shown = `\`${formatReference(reference)}\``;
  const tag = reference.tag ?? (reference.digest === undefined ? DEFAULT_TAG : undefined);
  const documents = new Map<Digest, Promise<PlacedDocument>>();
  let root: Promise<PlacedDocument> | undefined;
  const rootOf = (signal: AbortSignal): Promise<PlacedDocument> => {
    root ??= readRoot(repository, reference, shown, signal);
    return root;
  };
  return {
    spec,
    shown,
    tag,
    reference:
      tag === undefined
        ? undefined
        : formatReference({ host: reference.host, repository: reference.repository, tag }),
    // Read from a mirror, it is the mirror's: known once that answered.
    get registry() {
      return { host: repository.host, repository: repository.name };
    },
    async root(signal) {
      const found = await rootOf(signal);
      documents.set(found.descriptor.digest, Promise.resolve(found));
      return found.descriptor;
    },
    async document(descriptor, signal) {
      const found = documents.get(descriptor.digest) ?? readDocument(repository, descriptor, shown, signal);
      documents.set(descriptor.digest, found);
      const known = await found;
      checkKind(descriptor, known.document, shown);
      return { ...known, descriptor };
    },
    blob: (descriptor, signal) => repository.readBlob(descriptor, signal),
    referrers: (subject, signal) => listReferrers(repository, subject, signal),
  };
}

/** One request: what the tag stands for and what that is. */
async function readRoot(
  repository: Repository,
  reference: Reference,
  shown: string,
  signal: AbortSignal,
): Promise<PlacedDocument> {
  const { digest, bytes, mediaType } = await repository.readManifest(identifierOf(reference), signal);
  const document = parseImageDocument(bytes, shown, mediaType);
  return { descriptor: { mediaType: document.mediaType, digest, size: bytes.length }, bytes, document };
}

async function readDocument(
  repository: Repository,
  descriptor: Descriptor,
  shown: string,
  signal: AbortSignal,
): Promise<PlacedDocument> {
  const { digest, size } = descriptor;
  const { bytes, mediaType } = await repository.readManifest(digest, signal);
  if (bytes.length !== size) {
    throw new ImageDocumentError(`${shown} lists \`${digest}\` with ${size} bytes; it has ${bytes.length}`);
  }
  return { descriptor, bytes, document: parseImageDocument(bytes, shown, mediaType ?? descriptor.mediaType) };
}
