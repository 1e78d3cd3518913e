/** What a bundle holds, in which order: documents in memory, layers by reference. How it is written is not known here. */
import {
  type BuiltLayer,
  type Digest,
  digestOf,
  type FinishedBuild,
  formatPlatform,
  hexOf,
} from 'pycontainer';
import type { Document } from 'pycontainer/oci';

/** One file of the bundle. */
export type BundleFile =
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; readonly layer: BuiltLayer };

/** Every file once, the small ones that say what the others are first. */
export function contentsOf(build: FinishedBuild): readonly BundleFile[] {
  const documents = documentsOf(build);
  const layers = new Map(
    build.images.flatMap(({ layers }) => layers.map((layer) => [layer.descriptor.digest, layer] as const)),
  );
  const blobs: BundleFile[] = [
    ...[...documents].map(([digest, bytes]) => ({ path: blobPath(digest), bytes })),
    ...[...layers].map(([digest, layer]) => ({ path: blobPath(digest), layer })),
  ];
  const head: BundleFile[] = [
    { path: 'manifest.json', bytes: json(summaryOf(build)) },
    { path: 'layout/oci-layout', bytes: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'layout/index.json', bytes: json(indexOf(build)) },
  ];
  const files = [...head, ...blobs];
  const sums = files.map((file) => `${sha256(file)}  ${file.path}\n`).join('');
  return [{ path: 'SHA256SUMS', bytes: Buffer.from(sums) }, ...files];
}

/** For people and deployment scripts: what the bundle is, without knowing OCI. */
function summaryOf({ name, version, tags, images, index }: FinishedBuild): object {
  return {
    name,
    version: version ?? null,
    tags,
    digest: (index ?? images[0]!.manifest).descriptor.digest,
    images: images.map(({ platform, manifest, resolution, layers }) => ({
      platform: formatPlatform(platform),
      digest: manifest.descriptor.digest,
      size: layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
      python: resolution.python.target.version,
      distributions: Object.fromEntries(
        resolution.distributions.map((distribution) => [distribution.name, distribution.version]),
      ),
    })),
  };
}

/** The layout's way in (image specification, "OCI Image Layout"): a name for each tag; what is attached has none. */
function indexOf({ tags, images, index, referrers }: FinishedBuild): object {
  const { descriptor } = index ?? images[0]!.manifest;
  // What stands behind the last colon, unless that is the port of a registry.
  const names = tags.map((tag) => /:([^/:]+)$/.exec(tag)?.[1] ?? 'latest');
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      ...[...new Set(names.length === 0 ? ['latest'] : names)].map((name) => ({
        ...descriptor,
        annotations: { 'org.opencontainers.image.ref.name': name },
      })),
      ...referrers.map(({ manifest }) => manifest.descriptor),
    ],
  };
}

function documentsOf({ images, index, referrers }: FinishedBuild): ReadonlyMap<Digest, Uint8Array> {
  const documents: Document[] = [
    ...(index === undefined ? [] : [index]),
    ...images.flatMap(({ manifest, config }) => [manifest, config]),
    ...referrers.flatMap(({ manifest, blob }) => [manifest, blob]),
  ];
  const found = new Map(documents.map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
  if (referrers.length > 0) {
    // The configuration of a manifest that has none (image specification, "Guidance for an Empty Descriptor").
    const empty = Buffer.from('{}');
    found.set(digestOf(empty), empty);
  }
  return found;
}

function blobPath(digest: Digest): string {
  return `layout/blobs/sha256/${hexOf(digest)}`;
}

function json(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

function sha256(file: BundleFile): string {
  return hexOf('layer' in file ? file.layer.descriptor.digest : digestOf(file.bytes));
}
