/** The documents of an OCI image (image specification 1.1: descriptor, manifest, index, config) as types, and a whole image lazily. */
import type { Readable } from 'node:stream';
import type { Digest } from '../primitives/digest.ts';
import type { Platform } from './platform.ts';

/** Image specification, "OCI Content Descriptors". */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly platform?: Platform;
}

/** Image specification, "Image Manifest". */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Image specification, "Image Index". */
export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Image specification, "Image Configuration": `history` and the runtime part. */
export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

export interface RuntimeConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

export interface ConfigDocument {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly config?: RuntimeConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

/** A layer whose bytes are read when asked for. */
export interface Layer {
  readonly descriptor: Descriptor;
  /** Digest of the uncompressed tar. */
  readonly diffId: Digest;
  /** The blob as its descriptor states it; a reader must verify what it gets, unless `isVerified`. */
  open(signal?: AbortSignal): Promise<Readable>;
  /**
   * The blob's bytes from `from` up to `to`, which is left out: a stretch has no digest, so that they are not verified.
   * Present where `open` means a transfer of the whole.
   */
  readRange?(from: number, to: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** As `open`, for bytes that only pass through: they are not kept on this host. Absent where `open` keeps nothing either. */
  pass?(signal?: AbortSignal): Promise<Readable>;
  /** True where `open` itself fails, at its end at the latest, for bytes that are not the descriptor's. */
  readonly isVerified?: boolean;
  /** The blob's file on this host, where it lies there already. */
  readonly file?: string;
  /** Where a registry has the blob, so that a push can mount it and a copy need not pass through this host. */
  readonly registry?: { readonly host: string; readonly repository: string };
}

/** One platform's image, lazily. A base that is assembled here has no manifest of its own. */
export interface Image {
  readonly platform: Platform;
  readonly config: ConfigDocument;
  readonly layers: readonly Layer[];
  readonly manifest?: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of a base that is assembled here: digests all that it is made of, also where it is for planning alone and has no layers. */
  readonly madeOf?: Digest;
}

/** A document that belongs to an image or index: an SBOM, a provenance statement. Becomes a referrer (OCI 1.1). */
export interface Attachment {
  readonly artifactType: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly annotations?: Readonly<Record<string, string>>;
  /** A platform as text, or `index`. */
  readonly subject: string;
  /**
   * True for a statement (in-toto, with the annotation `in-toto.io/predicate-type`) about a platform's image that stands in the index
   * as well, as BuildKit lists attestations. There is an index for one platform too then.
   */
  readonly listed?: boolean;
}
