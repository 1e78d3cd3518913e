/** Copies an image from one place to another, with everything that hangs on it. */
import { parseImageSpec } from '../oci/image-spec.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { Digest } from '../primitives/digest.ts';
import { chooseImage } from './choose.ts';
import { type CopyReceipt, credentialHosts, parseDestination, writeGraph } from './destination.ts';
import { type ImageGraph, readGraph } from './graph.ts';
import { openPlace } from './place.ts';
import type { ImageSession } from './session.ts';

export interface CopyRequest {
  readonly source: string;
  readonly destination: string;
  /** Take one image of an index, as in `linux/arm64`; default all of it. */
  readonly platform?: string | undefined;
  /** False: leave out SBOMs, signatures and whatever else refers to the image. Default true. */
  readonly referrers?: boolean | undefined;
}

/** What was copied. */
export interface CopiedImage {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Manifests of images and indexes, the root among them. */
  readonly documents: number;
  readonly referrers: readonly Digest[];
}

export interface CopyResult {
  readonly image: CopiedImage | null;
  readonly output: CopyReceipt | null;
}

/** @throws a PycError; the destination's tag stands for what it stood for then */
export async function copyImage(request: CopyRequest, session: ImageSession): Promise<CopyResult> {
  const { log, signal, cwd } = session;
  const destination = parseDestination(request.destination, cwd);
  const platform = request.platform === undefined ? undefined : parsePlatform(request.platform);
  const hosts = credentialHosts(destination.parsed, parseImageSpec(request.source, cwd));
  const source = await openPlace(request.source, session, hosts);
  const root =
    platform === undefined ? await source.root(signal) : await chooseImage(source, platform, signal);
  const graph = await readGraph(source, root, { referrers: request.referrers !== false, log, signal });
  const output = await writeGraph(destination, graph, source, session);
  return { image: copiedOf(graph), output };
}

/** What a report says of a graph. */
export function copiedOf({ root, documents, referrers }: ImageGraph): CopiedImage {
  const { digest, mediaType } = root.descriptor;
  return {
    digest,
    mediaType,
    documents: documents.length - referrers.length,
    referrers: referrers.map(({ descriptor }) => descriptor.digest),
  };
}
