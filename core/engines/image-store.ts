/**
 * Loads an image into an engine that keeps images by name: what is there already is not sent. It knows neither how the engine
 * is spoken to nor what kind of archive it reads.
 */

import type { ArchiveMember } from '../oci/archive.ts';
import { tarBytes } from '../oci/archive.ts';
import type { OutputContents, OutputImage } from '../oci/output.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';
import type { Loaded } from './engine.ts';
import { EngineAnswerError, EngineLoadError } from './errors.ts';

export interface StoredImage {
  readonly id: string;
  /** DiffIDs, from the base up. */
  readonly layers: readonly string[];
}

export interface ImageStore {
  readonly shown: string;
  /** Undefined where there is none of that name or id. */
  inspect(name: string, signal: AbortSignal): Promise<StoredImage | undefined>;
  /** Ids of what it has, the newest first. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  tag(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** @throws EngineLoadError where the engine refuses it */
  load(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

export interface StoreRequest {
  /** What the engine knows the image by once it has it. */
  readonly id: Digest;
  /** As the engine writes them. */
  readonly names: readonly [string, ...string[]];
  readonly digest: Digest;
  readonly contents: OutputContents;
  /** The archive, without the blobs of these digests. */
  archive(without: ReadonlySet<Digest>): Promise<readonly ArchiveMember[]> | readonly ArchiveMember[];
  /** Of an image: which layers the engine need not be sent, since it has these chains of layers; absent: all are sent. */
  readonly image?: OutputImage;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Images that are looked into for layers. */
const LOOKED_INTO = 64;
const AT_ONCE = 8;

/** @throws EngineLoadError, EngineAnswerError, and what the store throws */
export async function loadInto(store: ImageStore, request: StoreRequest): Promise<Loaded> {
  const { id, names, digest, contents, signal, log } = request;
  const layers = new Set(
    contents.images.flatMap((image) => image.layers.map((one) => one.descriptor.digest)),
  );
  const loaded = { reference: names[0], digest };
  if ((await store.inspect(id, signal)) !== undefined) {
    await tagAll(store, request);
    return { ...loaded, bytesSent: 0, layersSent: 0, layersPresent: layers.size };
  }
  const present =
    request.image === undefined ? new Set<Digest>() : await presentLayers(store, request.image, signal);
  let bytesSent = 0;
  const send = async (without: ReadonlySet<Digest>): Promise<void> => {
    const members = await request.archive(without);
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const bytes of tarBytes(members, signal)) {
        bytesSent += bytes.length;
        yield bytes;
      }
    };
    await store.load(counted(), signal);
  };
  let without: ReadonlySet<Digest> = present;
  try {
    await send(present);
  } catch (thrown) {
    // A layer may have been removed since it was seen.
    if (present.size === 0 || !(thrown instanceof EngineLoadError)) throw thrown;
    log.debug(`${store.shown} wants all layers: ${thrown.message}`);
    without = new Set();
    await send(without);
  }
  await tagAll(store, request);
  return { ...loaded, bytesSent, layersSent: layers.size - without.size, layersPresent: without.size };
}

/** Every name stands for the image then. */
async function tagAll(store: ImageStore, { id, names, signal }: StoreRequest): Promise<void> {
  for (const name of names) {
    if ((await store.inspect(name, signal))?.id === id) continue;
    if ((await store.inspect(id, signal)) === undefined) {
      throw new EngineAnswerError(`${store.shown} says that it loaded the image, and has no \`${id}\``);
    }
    await store.tag(id, name, signal);
  }
}

/**
 * Layers that the engine has with everything below them, as an engine keeps them: by the chain of their diffIDs (image
 * specification, "Layer ChainID"). What also stands higher up is sent.
 */
async function presentLayers(
  store: ImageStore,
  { layers }: OutputImage,
  signal: AbortSignal,
): Promise<ReadonlySet<Digest>> {
  const ids = (await store.list(signal)).slice(0, LOOKED_INTO);
  const images = await mapConcurrently(ids, AT_ONCE, signal, (id, inner) => store.inspect(id, inner));
  const depths = images.map((image) => {
    const differs = layers.findIndex(({ diffId }, index) => image?.layers[index] !== diffId);
    return differs === -1 ? layers.length : differs;
  });
  const depth = Math.max(0, ...depths);
  const above = new Set(layers.slice(depth).map(({ descriptor }) => descriptor.digest));
  return new Set(
    layers
      .slice(0, depth)
      .map(({ descriptor }) => descriptor.digest)
      .filter((one) => !above.has(one)),
  );
}
