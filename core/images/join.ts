/** Joins images of several platforms to one index: the bytes are those that one build of all of them would have made. */
import { buildIndex, type Document } from '../oci/build-image.ts';
import { parseImageDocument } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { parseImageSpec } from '../oci/image-spec.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, isManifestType, OCI_INDEX } from '../oci/media-types.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import type { Digest } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import { platformOf, readConfig } from './choose.ts';
import { type CopiedImage, copiedOf } from './copy.ts';
import { type CopyReceipt, credentialHosts, parseDestination, writeGraph } from './destination.ts';
import { type GraphDocument, type ImageGraph, readGraph } from './graph.ts';
import { type ImagePlace, openPlace } from './place.ts';
import type { ImageSession } from './session.ts';

/**
 * Images cannot be joined to an index: two of them are for one platform, one is no container image, or some are Docker's
 * and others OCI's. `details` lists what is wrong with each.
 */
export class IndexJoinError extends PycError {
  readonly code = 'PYC_INDEX_JOIN';
}

export interface JoinRequest {
  readonly destination: string;
  /** Images, each of one platform, or indexes; their order is that of the index. */
  readonly sources: readonly string[];
  /** False: leave out what refers to the images. Default true. */
  readonly referrers?: boolean | undefined;
}

export interface JoinResult {
  readonly image: (CopiedImage & { readonly platforms: readonly string[] }) | null;
  readonly output: CopyReceipt | null;
}

/** An image that becomes an entry. */
interface Joined {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
  readonly graph: ImageGraph;
}

/** @throws IndexJoinError before anything is written; what reading and writing throw */
export async function joinImages(request: JoinRequest, session: ImageSession): Promise<JoinResult> {
  const { cwd } = session;
  const destination = parseDestination(request.destination, cwd);
  const joined: Joined[] = [];
  for (const source of request.sources) {
    const hosts = credentialHosts(destination.parsed, parseImageSpec(source, cwd));
    joined.push(...(await imagesOf(await openPlace(source, session, hosts), request, session)));
  }
  check(joined);
  const entries = joined.map(({ descriptor, platform, graph }) => ({
    platform,
    manifest: { descriptor, bytes: graph.root.bytes },
  }));
  const index = buildIndex(entries, joined.every(isDocker) ? DOCKER_INDEX : OCI_INDEX);
  const graph = graphOf(index, joined);
  const output = await writeGraph(destination, graph, { tag: undefined, reference: undefined }, session);
  const platforms = joined.map(({ platform }) => formatPlatform(platform));
  return { image: { ...copiedOf(graph), platforms }, output };
}

/** One image, or those that an index lists, in its order. */
async function imagesOf(place: ImagePlace, request: JoinRequest, session: ImageSession): Promise<Joined[]> {
  const { log, signal } = session;
  const root = await place.root(signal);
  const { document } = await place.document(root, signal);
  const listed = document.kind === 'index' ? document.value.manifests : [root];
  const found: Joined[] = [];
  for (const descriptor of listed) {
    if (!isManifestType(descriptor.mediaType)) {
      throw new IndexJoinError(
        `${place.shown} lists \`${descriptor.digest}\`, which is no image but \`${descriptor.mediaType}\``,
        { hint: 'name the images themselves with `--from`' },
      );
    }
    const graph = await readGraph(place, descriptor, { referrers: request.referrers !== false, log, signal });
    const platform = descriptor.platform ?? (await statedPlatform(place, graph.root, signal));
    found.push({ descriptor: entryOf(descriptor), platform, graph });
  }
  return found;
}

async function statedPlatform(
  place: ImagePlace,
  { document }: GraphDocument,
  signal: AbortSignal,
): Promise<Platform> {
  if (document.kind === 'index') throw new TypeError('an index states no platform');
  return platformOf(await readConfig(place, document.value, signal));
}

function isDocker({ descriptor }: Joined): boolean {
  return descriptor.mediaType === DOCKER_MANIFEST;
}

/** What an entry says besides its platform, which comes last as in the index of a build. */
function entryOf({ platform: _, ...descriptor }: Descriptor): Descriptor {
  return descriptor;
}

/** @throws IndexJoinError with all that is wrong */
function check(joined: readonly Joined[]): void {
  const faults: string[] = [];
  const seen = new Map<string, Joined>();
  for (const image of joined) {
    const { place } = image.graph.root;
    const platform = formatPlatform(image.platform);
    const other = seen.get(platform);
    // Attestations of other builders all have the platform that stands for none.
    if (other !== undefined && image.platform.os !== 'unknown') {
      faults.push(`${place.shown} is for ${platform}, as is ${other.graph.root.place.shown}`);
    }
    seen.set(platform, image);
  }
  const docker = joined.filter(isDocker);
  if (docker.length < joined.length) {
    for (const { graph } of docker) {
      faults.push(`${graph.root.place.shown} is an image of Docker's media types, and others are OCI's`);
    }
  }
  const [first] = faults;
  if (first === undefined) return;
  throw new IndexJoinError(`the images cannot be joined: ${first}`, {
    hint: 'name one image for each platform with `--from`, all of one kind',
    details: faults,
  });
}

/** The index above all images; what several share is there once. */
function graphOf({ descriptor, bytes }: Document, joined: readonly Joined[]): ImageGraph {
  const document = parseImageDocument(bytes, 'the index', descriptor.mediaType);
  const root = { descriptor, bytes, document, level: 1, place: joined[0]!.graph.root.place };
  const documents = new Map<Digest, GraphDocument>([[descriptor.digest, root]]);
  const referrers = new Map<Digest, GraphDocument>();
  for (const { graph } of joined) {
    for (const each of graph.documents) documents.set(each.descriptor.digest, each);
    for (const each of graph.referrers) referrers.set(each.descriptor.digest, each);
  }
  const highest = Math.max(...[...documents.values()].map(({ level }) => level));
  documents.set(descriptor.digest, { ...root, level: highest + 1 });
  return { root, documents: [...documents.values()], referrers: [...referrers.values()] };
}
