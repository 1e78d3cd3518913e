/**
 * Puts the layers of an image on another base: nothing is built, and only documents and a layer of a few hundred bytes are new.
 * The result is what a build of the same files on the new base is, to the digest.
 */
import { buildIndex } from '../../oci/build-image.ts';
import { parseImageSpec } from '../../oci/image-spec.ts';
import type { Digest } from '../../primitives/digest.ts';
import { type CopyReceipt, credentialHosts, parseDestination, writeGraph } from '../destination.ts';
import { findImages } from '../found-image.ts';
import type { ImageGraph } from '../graph.ts';
import { graphOfMade } from '../made-place.ts';
import { type ImagePlace, openPlace } from '../place.ts';
import type { ImageSession } from '../session.ts';
import { openBase } from './base-images.ts';
import { RebaseSourceError } from './errors.ts';
import { type FindPython, type Made, type RebasedImage, rebaseOne } from './rebased-image.ts';
import { tellOfReferrers } from './referrers.ts';

export interface RebaseRequest {
  readonly image: string;
  /** `REF`, `layout:DIR[:TAG]` or `archive:FILE`. */
  readonly base: string;
  /** What the image was built on, where its labels do not say so. */
  readonly oldBase?: string | undefined;
  /** One image of an index alone, as in `linux/arm64`. */
  readonly platform?: string | undefined;
  /** Where it is written, as for `pyc copy`. None: nothing is written, and the result says what would be. */
  readonly destinations?: readonly string[] | undefined;
}

export interface RebaseResult {
  /** Of the image, or of the index of all platforms. */
  readonly digest: Digest | null;
  readonly images: readonly RebasedImage[];
  readonly outputs: readonly CopyReceipt[];
}

/** @throws RebaseSourceError, RebaseUnfitError before anything is written; what reading and writing throw */
export async function rebaseImage(
  request: RebaseRequest,
  session: ImageSession,
  findPython: FindPython,
): Promise<RebaseResult> {
  const { cwd, signal } = session;
  const destinations = (request.destinations ?? []).map((spec) => parseDestination(spec, cwd));
  const hosts = credentialHosts(destinations[0]?.parsed, parseImageSpec(request.image, cwd));
  const base = openBase(request.base, session, hosts);
  const oldBase = request.oldBase === undefined ? undefined : openBase(request.oldBase, session, hosts);
  const place = await openPlace(request.image, session, hosts);
  const found = await findImages(place, request.platform, signal);
  const made: Made[] = [];
  for (const image of found.images) {
    made.push(await rebaseOne(image, { base, oldBase, hosts, findPython }, session));
  }
  await tellOfReferrers(place, found.root.descriptor.digest, made, session);
  const graph = graphOf(place, made, found.root.document.kind === 'index' && request.platform === undefined);
  const outputs: CopyReceipt[] = [];
  for (const destination of destinations) outputs.push(await writeGraph(destination, graph, place, session));
  const { digest } = graph.root.descriptor;
  return { digest, images: made.map(({ report }) => report), outputs };
}

function graphOf({ shown }: ImagePlace, made: readonly Made[], isIndex: boolean): ImageGraph {
  const manifests = made.map(({ manifest }) => manifest);
  const [only] = manifests;
  if (only === undefined) throw new RebaseSourceError(`${shown} holds no image`);
  const entries = made.map(({ image, manifest }) => ({ platform: image.platform, manifest }));
  const bills = made.flatMap((each) => each.bills);
  return graphOfMade({
    shown: `${shown} on its new base`,
    root: isIndex ? buildIndex(entries) : only,
    manifests: isIndex ? manifests : [],
    referrers: bills.map(({ manifest }) => manifest),
    blobs: [...made.map(({ config }) => config), ...bills.flatMap(({ blobs }) => blobs)],
    layers: made.flatMap(({ layers }) => layers),
  });
}
