/** Images for registry tests: small, made in memory, put into fake registries, and clients to reach them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HttpClient } from '../../core/http/client.ts';
import { createHttpClient, type HttpClientOptions } from '../../core/http/undici-client.ts';
import type { Descriptor, Layer } from '../../core/oci/image.ts';
import {
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from '../../core/oci/media-types.ts';
import type { Platform } from '../../core/oci/platform.ts';
import { parseReference, type Reference } from '../../core/oci/reference.ts';
import { streamOf } from '../../core/primitives/bytes.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import type { ProgressEvent, Warning } from '../../core/primitives/log.ts';
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
} from '../../core/registry/client.ts';
import type { PushedImage, PushedReferrer } from '../../core/registry/push.ts';
import { createDiskStore, type DiskStore } from '../../core/store/disk-store.ts';
import {
  type FakeRegistry,
  type FakeRegistryOptions,
  startFakeRegistry,
} from '../../core/testing/fake-registry.ts';

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' };
export const ARM64: Platform = { os: 'linux', architecture: 'arm64' };

const RETRY = { base: 5, longest: 20, deadline: 2_000 };

export async function registry(options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const started = await startFakeRegistry(options);
  onTestFinished(() => started.close());
  return started;
}

export function http(options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = createHttpClient({ env: {}, retry: RETRY, ...options });
  onTestFinished(() => made.close());
  return made;
}

export function client(options: Partial<RegistryClientOptions> = {}): RegistryClient {
  return createRegistryClient({ http: http(), retry: RETRY, ...options });
}

/** A folder that is gone when the test is. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pyc-registry-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function store(): Promise<DiskStore> {
  const made = createDiskStore({ directory: await temporaryFolder(), limit: 1e9 });
  // Runs before the folder is removed: the last one that is registered comes first.
  onTestFinished(() => made.close());
  return made;
}

export function reference(server: FakeRegistry, rest: string): Reference {
  return parseReference(`${server.host}/${rest}`);
}

export function recorder(): {
  warnings: Warning[];
  progress: ProgressEvent[];
  log: RegistryClientOptions['log'] & object;
} {
  const warnings: Warning[] = [];
  const progress: ProgressEvent[] = [];
  const log = {
    info() {},
    debug() {},
    warn: (warning: Warning) => void warnings.push(warning),
    progress: (event: ProgressEvent) => void progress.push(event),
  };
  return { warnings, progress, log };
}

export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );
}

function document(value: unknown, mediaType: string): { descriptor: Descriptor; bytes: Uint8Array } {
  const bytes = Buffer.from(JSON.stringify(value));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

export interface MadeImage extends PushedImage {
  readonly layerBytes: readonly Buffer[];
}

/** An image whose layers are bytes that are no tar: registries do not look. */
export function image(layerTexts: readonly string[], platform: Platform = AMD64, size = 2000): MadeImage {
  const layerBytes = layerTexts.map((text) => Buffer.alloc(size, text));
  const diffIds = layerTexts.map((text) => digestOf(`diff ${text}`));
  const layers: Layer[] = layerBytes.map((bytes, index) => ({
    descriptor: { mediaType: OCI_LAYER_GZIP, digest: digestOf(bytes), size: bytes.length },
    diffId: diffIds[index]!,
    open: async () => streamOf(bytes),
  }));
  const config = document(
    { ...platform, config: { Env: ['A=b'] }, rootfs: { type: 'layers', diff_ids: diffIds } },
    OCI_CONFIG,
  );
  const manifest = document(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: config.descriptor,
      layers: layers.map((layer) => layer.descriptor),
    },
    OCI_MANIFEST,
  );
  return { manifest, config, layers, layerBytes };
}

export function indexOf(images: readonly (readonly [MadeImage, Platform])[]): PushedImage['manifest'] {
  const manifests = images.map(([made, platform]) => ({ ...made.manifest.descriptor, platform }));
  return document({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
}

export function referrer(subject: Descriptor, text: string): PushedReferrer {
  const blob = document({ text }, 'application/vnd.cyclonedx+json');
  const empty = Buffer.from('{}');
  const manifest = document(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: 'application/vnd.cyclonedx+json',
      config: { mediaType: OCI_EMPTY, digest: digestOf(empty), size: 2 },
      layers: [blob.descriptor],
      subject,
      annotations: { text },
    },
    OCI_MANIFEST,
  );
  return { subject, manifest, blob };
}

/** Puts an image into a fake registry without requests. */
export function place(server: FakeRegistry, repository: string, made: MadeImage, tag?: string): Descriptor {
  server.addBlob(repository, made.config.bytes);
  for (const bytes of made.layerBytes) server.addBlob(repository, bytes);
  return server.addManifest(
    repository,
    JSON.parse(Buffer.from(made.manifest.bytes).toString()),
    OCI_MANIFEST,
    tag,
  );
}

/** `METHOD path` of everything that was asked, without the random part of upload paths. */
export function asked(server: FakeRegistry): string[] {
  return server.requests.map(
    ({ method, path }) =>
      `${method} ${path.replace(/upload-[^?]*/, 'ID').replace(/sha256:([0-9a-f]{6})[0-9a-f]*/g, '$1')}`,
  );
}
