/**
 * A shared cache in a repository of a registry: each key is a tag of a small artifact (image specification,
 * "Guidelines for Artifact Usage"), whose layers are the text and the blob that it is about. So the registry keeps
 * the blobs, and a push to another repository of it mounts them.
 */
import { documentOf, EMPTY_BLOB } from '../oci/build-image.ts';
import { ImageDocumentError, parseImageDocument, Schema1Error } from '../oci/document.ts';
import type { Descriptor, Manifest } from '../oci/image.ts';
import { OCI_MANIFEST } from '../oci/media-types.ts';
import { formatReference, type Reference } from '../oci/reference.ts';
import { readAll, streamOf, TooLargeError } from '../primitives/bytes.ts';
import { type Digest, digestOf, hexOf } from '../primitives/digest.ts';
import { messageOf } from '../primitives/errors.ts';
import { MAX_REMOTE_TEXT, type RemoteBackend, type RemoteBlob, RemoteEntryError } from '../store/remote.ts';
import { ensureBlob } from './blob-upload.ts';
import type { RegistryClient, Repository } from './client.ts';
import { isNotFound, RegistryContentError } from './errors.ts';
import { putManifest } from './manifest-upload.ts';

const ARTIFACT_TYPE = 'application/vnd.pycontainer.action.v1';
const TEXT_TYPE = 'application/vnd.pycontainer.action.v1+json';
/** Bytes of a text that the manifest holds itself (image specification, "Embedded Content"). */
const MAX_INLINE = 16 * 1024;

/** @param place - a repository; its tag and digest do not count */
export function createRegistryCache(
  place: Pick<Reference, 'host' | 'endpoint' | 'repository'>,
  client: RegistryClient,
): RemoteBackend {
  const { host, repository: name } = place;
  const reading = client.repository(place, 'pull');
  const writing = client.repository(place, 'pull,push');
  const ensure = (descriptor: Descriptor, bytes: Uint8Array, signal: AbortSignal) =>
    ensureBlob(writing, { descriptor, open: async () => streamOf(bytes) }, signal);
  let empty: Promise<unknown> | undefined;
  /** Once for all entries: distribution 2.8 refuses a manifest whose blob somebody is just writing again. */
  const ensureEmpty = (signal: AbortSignal): Promise<unknown> => {
    empty ??= ensure(EMPTY_BLOB.descriptor, EMPTY_BLOB.bytes, signal).catch((thrown: unknown) => {
      empty = undefined;
      throw thrown;
    });
    return empty;
  };

  return {
    name: `registry:${formatReference({ host, repository: name })}`,
    registry: { host, repository: name },

    has: async (key, signal) => (await writing.findManifest(tagOf(key), signal)) !== undefined,

    async read(key, signal) {
      try {
        const { bytes, mediaType } = await reading.readManifest(tagOf(key), signal);
        return await textOf(descriptorOf(bytes, mediaType), reading, signal);
      } catch (thrown) {
        if (isNotFound(thrown)) return undefined;
        throw asEntryFault(thrown);
      }
    },

    findBlob: (digest, signal) => reading.findBlob(digest, signal),

    async *open(blob, signal) {
      try {
        yield* reading.readBlob(blob, signal);
      } catch (thrown) {
        throw isNotFound(thrown)
          ? new RemoteEntryError(messageOf(thrown), { cause: thrown })
          : asEntryFault(thrown);
      }
    },

    async write(key, text, blob, signal) {
      const bytes = Buffer.from(text);
      const descriptor: Descriptor = { mediaType: TEXT_TYPE, digest: digestOf(bytes), size: bytes.length };
      await Promise.all([
        ensureEmpty(signal),
        ensure(descriptor, bytes, signal),
        blob === undefined ? undefined : ensureBlob(writing, { descriptor: blob, open: blob.open }, signal),
      ]);
      const manifest = documentOf(manifestOf(descriptor, bytes, blob), OCI_MANIFEST);
      await putManifest(writing, manifest, tagOf(key), signal);
    },
  };
}

/** The grammar of tags has no colon. */
function tagOf(key: Digest): string {
  return `pyc-${hexOf(key)}`;
}

function manifestOf(text: Descriptor, bytes: Buffer, blob: RemoteBlob | undefined): Manifest {
  const inline = bytes.length <= MAX_INLINE ? { data: bytes.toString('base64') } : {};
  return {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: ARTIFACT_TYPE,
    config: EMPTY_BLOB.descriptor,
    layers: [
      { ...text, ...inline },
      ...(blob === undefined ? [] : [{ mediaType: blob.mediaType, digest: blob.digest, size: blob.size }]),
    ],
  };
}

/** @throws RemoteEntryError for what is no artifact of ours, ImageDocumentError for what is no manifest */
function descriptorOf(
  bytes: Uint8Array,
  mediaType: string | undefined,
): Descriptor & { readonly data?: unknown } {
  const document = parseImageDocument(bytes, 'its manifest', mediaType);
  const text = document.kind === 'manifest' ? document.value.layers[0] : undefined;
  const isOurs = document.value.artifactType === ARTIFACT_TYPE && text?.mediaType === TEXT_TYPE;
  if (text === undefined || !isOurs) throw new RemoteEntryError('is no entry of a cache');
  if (text.size > MAX_REMOTE_TEXT) throw new RemoteEntryError(`holds a text of ${text.size} bytes`);
  return text;
}

async function textOf(
  text: Descriptor & { readonly data?: unknown },
  repository: Repository,
  signal: AbortSignal,
): Promise<string> {
  const { data, digest, size } = text;
  const bytes =
    typeof data === 'string'
      ? Buffer.from(data, 'base64')
      : await readAll(repository.readBlob(text, signal), size, 'the text of the entry');
  if (bytes.length !== size || digestOf(bytes) !== digest)
    throw new RemoteEntryError('holds a text with another digest');
  return Buffer.from(bytes).toString('utf8');
}

/** What says that the registry's content is wrong, in one word; all else as it is. */
function asEntryFault(thrown: unknown): unknown {
  const isContent =
    thrown instanceof RegistryContentError ||
    thrown instanceof TooLargeError ||
    thrown instanceof ImageDocumentError ||
    thrown instanceof Schema1Error;
  return isContent ? new RemoteEntryError(messageOf(thrown), { cause: thrown }) : thrown;
}
