/**
 * Makes the documents of a finished image: configuration, manifest, index, and the manifests of referrers. The
 * same input always gives the same bytes.
 */
import { type Digest, digestOf } from '../primitives/digest.ts';
import type {
  Attachment,
  ConfigDocument,
  Descriptor,
  HistoryEntry,
  Image,
  Index,
  Layer,
  Manifest,
  RuntimeConfig,
} from './image.ts';
import {
  DOCKER_LAYER_GZIP,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from './media-types.ts';
import { normalizePlatform, type Platform } from './platform.ts';

/** A document's bytes and the descriptor that points to them. */
export interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** What an image says of the process that it starts, and of itself. */
export interface ImageSettings {
  readonly platform: Platform;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  /** As in `8000/tcp`. */
  readonly ports: readonly string[];
  readonly stopSignal?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly history: readonly HistoryEntry[];
  /** RFC 3339. */
  readonly created: string;
  readonly author?: string;
}

/** The configuration (image specification, "Image Configuration"). The base's volumes stay, its health check and shell do not. */
export function buildConfig(
  settings: ImageSettings,
  layers: readonly Layer[],
  base: Image,
): Document & { readonly document: ConfigDocument } {
  const { os, architecture, variant } = normalizePlatform(settings.platform);
  const volumes = base.config.config?.Volumes;
  const runtime: RuntimeConfig = {
    User: settings.user,
    ...(settings.ports.length === 0
      ? {}
      : { ExposedPorts: Object.fromEntries(settings.ports.map((port) => [port, {}])) }),
    Env: Object.entries(settings.env).map(([name, value]) => `${name}=${value}`),
    ...(settings.entrypoint.length === 0 ? {} : { Entrypoint: settings.entrypoint }),
    ...(settings.cmd.length === 0 ? {} : { Cmd: settings.cmd }),
    ...(volumes === undefined ? {} : { Volumes: volumes }),
    WorkingDir: settings.workdir,
    ...(Object.keys(settings.labels).length === 0 ? {} : { Labels: sorted(settings.labels) }),
    ...(settings.stopSignal === undefined ? {} : { StopSignal: settings.stopSignal }),
  };
  const document: ConfigDocument = {
    created: settings.created,
    ...(settings.author === undefined ? {} : { author: settings.author }),
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: runtime,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: settings.history,
  };
  return { ...documentOf(document, OCI_CONFIG), document };
}

/** The manifest (image specification, "Image Manifest"). Docker's layers get OCI's media type: their bytes are the same. */
export function buildManifest(
  config: Descriptor,
  layers: readonly Layer[],
  annotations: Readonly<Record<string, string>>,
): Document {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config,
    // A base's annotations stay: those of eStargz, for one, let a node start before it has all of the layer.
    layers: layers.map(({ descriptor: { mediaType, digest, size, annotations: own } }) => ({
      mediaType: mediaType === DOCKER_LAYER_GZIP ? OCI_LAYER_GZIP : mediaType,
      digest,
      size,
      ...(own === undefined || Object.keys(own).length === 0 ? {} : { annotations: sorted(own) }),
    })),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: sorted(annotations) }),
  };
  return documentOf(manifest, OCI_MANIFEST);
}

/** An image as an index lists it. */
export interface IndexedImage {
  readonly platform: Platform;
  /** Where all images of an index have `bytes`, it has the annotations that they share: registries show those of the index. */
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes?: Uint8Array };
}

/**
 * An index of one image a platform (image specification, "Image Index").
 *
 * @param mediaType Docker's for images of Docker's
 * @param beside what is listed after the images
 */
export function buildIndex(
  images: readonly IndexedImage[],
  mediaType: string = OCI_INDEX,
  beside: readonly Descriptor[] = [],
): Document {
  const annotations = mediaType === OCI_INDEX ? sharedAnnotations(images) : {};
  const index: Index = {
    schemaVersion: 2,
    mediaType,
    manifests: [
      ...images.map(({ platform, manifest: { descriptor } }) => ({
        ...descriptor,
        platform: normalizePlatform(platform),
      })),
      ...beside,
    ],
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  return documentOf(index, mediaType);
}

function sharedAnnotations(images: readonly IndexedImage[]): Readonly<Record<string, string>> {
  const all = images.map(({ manifest: { bytes } }) =>
    bytes === undefined ? {} : ((JSON.parse(Buffer.from(bytes).toString()) as Manifest).annotations ?? {}),
  );
  const [first = {}, ...others] = all;
  const shared = Object.entries(first).filter(([key, value]) => others.every((one) => one[key] === value));
  return sorted(Object.fromEntries(shared));
}

const EMPTY = new TextEncoder().encode('{}');

/** The blob that stands for a configuration where there is none (image specification, "Guidance for an Empty Descriptor"). */
export const EMPTY_BLOB: Document = {
  descriptor: { mediaType: OCI_EMPTY, digest: digestOf(EMPTY), size: EMPTY.length },
  bytes: EMPTY,
};

/** A referrer as it goes to a registry or a layout: a manifest with a `subject`, and its one blob. */
export interface ReferrerDocuments {
  readonly subject: Descriptor;
  readonly manifest: Document;
  readonly blob: Document;
}

/** The manifest of an attachment (image specification, "Guidelines for Artifact Usage"). */
export function buildReferrer(attachment: Attachment, subject: Descriptor): ReferrerDocuments {
  const blob: Descriptor = {
    mediaType: attachment.mediaType,
    digest: digestOf(attachment.bytes),
    size: attachment.bytes.length,
  };
  const { mediaType, digest, size } = subject;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: attachment.artifactType,
    config: EMPTY_BLOB.descriptor,
    layers: [blob],
    subject: { mediaType, digest, size },
    ...(attachment.annotations === undefined ? {} : { annotations: sorted(attachment.annotations) }),
  };
  const { descriptor, bytes } = documentOf(manifest, OCI_MANIFEST);
  return {
    subject: { mediaType, digest, size },
    manifest: {
      descriptor: {
        ...descriptor,
        artifactType: attachment.artifactType,
        ...(attachment.annotations === undefined ? {} : { annotations: sorted(attachment.annotations) }),
      },
      bytes,
    },
    blob: { descriptor: blob, bytes: attachment.bytes },
  };
}

/** A document of these values, as JSON in the order that they have. */
export function documentOf(value: object, mediaType: string): Document {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const digest: Digest = digestOf(bytes);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
