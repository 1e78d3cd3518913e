/** Writes what hangs on an image to wherever a text says. The bytes are those that were read, so that digests stay. */
import { Readable } from 'node:stream';
import type { Descriptor, Layer } from '../oci/image.ts';
import { type ImageSpec, ImageSpecError, parseImageSpec } from '../oci/image-spec.ts';
import type { OutputBlob } from '../oci/output.ts';
import { DEFAULT_TAG, type Reference } from '../oci/reference.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import { blobsOf, type ImageGraph } from './graph.ts';
import type { ImagePlace } from './place.ts';
import { withProgress } from './progress.ts';
import type { ImageSession } from './session.ts';

/** What a destination did. Bytes and blobs are those of registries. */
export interface CopyReceipt {
  /** As the user wrote it. */
  readonly destination: string;
  /** How other programs address it. */
  readonly reference: string;
  /** Of what the reference stands for; of what it was made of where the destination has a form of its own. */
  readonly digest: Digest;
  readonly bytesUploaded: number;
  readonly blobsUploaded: number;
  readonly blobsMounted: number;
  readonly blobsPresent: number;
}

/** What the names of the copy are, where the destination states none. */
export interface SourceNames {
  readonly tag: string | undefined;
  /** A whole reference with a tag. */
  readonly reference: string | undefined;
}

/** A place that is written to. */
export interface ImageDestination {
  readonly spec: string;
  readonly parsed: ImageSpec;
}

/** @throws ImageSpecError, ImageReferenceError */
export function parseDestination(spec: string, cwd: string): ImageDestination {
  return { spec, parsed: parseImageSpec(spec, cwd) };
}

/** The hosts that the run's own credentials are meant for: that which is written to, else that which is read. */
export function credentialHosts(destination: ImageSpec | undefined, source: ImageSpec): string[] {
  const meant = destination?.kind === 'registry' ? destination : source;
  return meant.kind === 'registry' ? [meant.reference.host] : [];
}

/**
 * Writes all of a graph; tags are moved last.
 *
 * @throws ImageSpecError for a digest that the image does not have; what writing to the place throws: nothing is tagged then
 */
export async function writeGraph(
  { spec, parsed }: ImageDestination,
  graph: ImageGraph,
  names: SourceNames,
  session: ImageSession,
): Promise<CopyReceipt> {
  switch (parsed.kind) {
    case 'registry': {
      const { copyToRegistry } = await import('./to-registry.ts');
      const target = withDefaultTag(parsed.reference);
      if (target.digest !== undefined && target.digest !== graph.root.descriptor.digest) {
        throw new ImageSpecError(
          `\`${visible(spec)}\` states a digest, and the image has another: \`${graph.root.descriptor.digest}\``,
          { hint: 'leave the digest out: it is the image’s own' },
        );
      }
      return { destination: spec, ...(await copyToRegistry(graph, target, session)) };
    }
    case 'layout': {
      const { directory, tag = names.tag ?? DEFAULT_TAG } = parsed;
      const { copyToLayout } = await import('./to-local.ts');
      const digest = await copyToLayout(directory, tag, graph, session);
      return locally(spec, `oci:${directory}:${tag}`, digest);
    }
    case 'archive': {
      const { file, tag = names.tag ?? DEFAULT_TAG } = parsed;
      const { copyToArchive } = await import('./to-local.ts');
      return locally(spec, `oci-archive:${file}`, await copyToArchive(file, tag, graph, session));
    }
    default: {
      const { copyToDockerArchive } = await import('./to-docker-archive.ts');
      const digest = await copyToDockerArchive(parsed, graph, names, session);
      return locally(spec, `docker-archive:${parsed.file}`, digest);
    }
  }
}

/** Every blob once, documents among them, in the form in which layouts and archives are written. */
export function outputBlobs(documents: ImageGraph['documents'], log: Log): OutputBlob[] {
  const blobs = new Map<Digest, OutputBlob>();
  for (const document of documents) {
    const { place } = document;
    for (const descriptor of blobsOf(document)) {
      if (!blobs.has(descriptor.digest))
        blobs.set(descriptor.digest, { descriptor, layer: layerIn(place, descriptor, log) });
    }
  }
  for (const { descriptor, bytes } of documents) blobs.set(descriptor.digest, { descriptor, bytes });
  return [...blobs.values()];
}

/** A blob of a place, as layers are read. */
export function layerIn(place: ImagePlace, descriptor: Descriptor, log: Log): Pick<Layer, 'open' | 'file'> {
  const file = place.file?.(descriptor);
  return {
    async open(signal = new AbortController().signal) {
      const source = place.blob(descriptor, signal);
      // What lies on this host is there before anybody could read how far it is.
      const shown = file === undefined ? withProgress(source, descriptor, log) : source;
      return Readable.from(shown, { objectMode: false });
    },
    ...(file === undefined ? {} : { file }),
  };
}

/** A digest without a tag is enough to find the image by. */
function withDefaultTag(reference: Reference): Reference {
  const isNamed = reference.tag !== undefined || reference.digest !== undefined;
  return isNamed ? reference : { ...reference, tag: DEFAULT_TAG };
}

function locally(destination: string, reference: string, digest: Digest): CopyReceipt {
  return {
    destination,
    reference,
    digest,
    bytesUploaded: 0,
    blobsUploaded: 0,
    blobsMounted: 0,
    blobsPresent: 0,
  };
}
