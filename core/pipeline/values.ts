/**
 * The values that go from stage to stage. All are immutable: a stage reads what came before and gives the
 * next one a new value.
 */
import type { Readable } from 'node:stream';
import type { HttpClient } from '../http/client.ts';
import type { AttestationDocuments } from '../oci/attestation.ts';
import type { Document, ImageSettings, ReferrerDocuments } from '../oci/build-image.ts';
import type { ConfigDocument, Image, Layer } from '../oci/image.ts';
import type { Platform } from '../oci/platform.ts';
import type { Digest } from '../primitives/digest.ts';
import type { FileTree, PartRole, TreeItem } from '../primitives/file-tree.ts';
import type { Log } from '../primitives/log.ts';
import type { Distribution, LockFile } from '../python/lock/lock-file.ts';
import type { Pyproject } from '../python/pyproject.ts';
import type { PythonTarget } from '../python/target.ts';
import type { Store } from '../store/store.ts';

/** The project that is built. */
export interface Project {
  /** Absolute path. */
  readonly directory: string;
  /** Normalised distribution name; the folder's name where the project states none. */
  readonly name: string;
  readonly version?: string;
  /** False where there is no `[build-system]`: its sources are copied to `/app`. */
  readonly isPackage: boolean;
  readonly requiresPython?: string;
  /** The parsed pyproject.toml, where there is one. */
  readonly pyproject?: Pyproject;
  readonly description?: string;
  readonly authors?: readonly string[];
  readonly license?: string;
  readonly urls?: Readonly<Record<string, string>>;
  /** Console scripts: name → `module:attribute`. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** The commit that is checked out, where the project is a git work tree. */
  readonly git?: { readonly commit: string; readonly dirty: boolean; readonly remote?: string };
}

export type {
  Distribution,
  DistributionFile,
  LockChoice,
  LockFile,
  RefusalKind,
  Rejection,
  Selection,
  SourceKind,
} from '../python/lock/lock-file.ts';

/** Where a base image comes from. */
export interface BaseSource {
  /** As the report prints it: `python:3.12-slim`, `layout:DIR`, `apt:bookworm`, `scratch`. */
  readonly reference: string;
  open(platform: Platform, signal: AbortSignal, context: BaseContext): Promise<Image>;
  /** True where opening transfers no more than documents: it is opened for all platforms then before anything is made for one. */
  readonly isLazy?: boolean;
  /** What the source knows of the Python in an image that it gave; undefined where the files must be read. */
  python?(image: Image): PythonInBase | undefined;
}

/** What a lock of bases remembers for one base: `pycontainer.lock`'s section of it. */
export interface Pins {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  /** What the file said when it was read, also where everything is pinned anew. */
  before?(key: string): unknown;
  /** True under `--locked`: what is not pinned is an error, and nothing moves. */
  readonly locked: boolean;
}

/** What a base may use while it is opened. */
export interface BaseContext {
  readonly http: HttpClient;
  readonly store: Store;
  readonly log: Log;
  /** True under `--offline`: what the store has is accepted without asking whether it is current. */
  readonly offline: boolean;
  readonly pins: Pins;
  /** True for `pyc check` and `pyc lock`: what moved since it was pinned is told, at the cost of a request. */
  readonly tellsMoves?: boolean;
  /** True: the image is for planning alone. A base that is assembled here leaves its layers out. */
  readonly dryRun?: boolean;
  /** Seconds since 1970 for whatever the base itself would date. */
  readonly sourceDateEpoch: number;
  /** Absolute path that relative locations in references start from. */
  readonly directory: string;
  /** Writes a layer, or finds the one that was written under this key before; `items` is read only in the first case. */
  writeLayer(
    name: string,
    key: Digest,
    items: AsyncIterable<TreeItem> | Iterable<TreeItem>,
    signal: AbortSignal,
  ): Promise<Layer>;
}

/** A Python that was found in a base. */
export interface PythonInBase {
  readonly target: PythonTarget;
  /** Absolute path inside the image, as in `/usr/local/bin/python3.12`. */
  readonly interpreter: string;
}

/** What `resolve` gives: everything that goes in, and from where. */
export interface Resolution {
  readonly platform: Platform;
  readonly project: Project;
  readonly lock: LockFile | undefined;
  readonly base: { readonly source: BaseSource; readonly image: Image };
  readonly python: PythonInBase;
  readonly distributions: readonly Distribution[];
  /** What the lock has and the configuration takes out; ordered by name. */
  readonly excluded?: readonly ExcludedDistribution[];
}

/** A distribution that is locked and stays out. */
export interface ExcludedDistribution {
  /** Normalised. */
  readonly name: string;
  /** Null where the lock does not state it. */
  readonly version: string | null;
  /** As the configuration states it. */
  readonly reason: string;
}

/** A wheel on this host, verified. */
export interface WheelFile {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly digest: Digest;
  readonly size: number;
}

/** The tree of one platform. */
export interface Collected {
  readonly platform: Platform;
  readonly tree: FileTree;
}

/** Parts that share a layer. */
export interface LayerGroup {
  /** Shown in history and progress, as in `dependencies: numpy`. */
  readonly name: string;
  readonly role: PartRole;
  /** Names of parts of the tree. */
  readonly parts: readonly string[];
}

/** How the tree of one platform is cut. Groups are in the order of layers, from the base up. */
export interface LayerPlan {
  readonly platform: Platform;
  readonly groups: readonly LayerGroup[];
}

/** A layer as it stands in the finished image. */
export interface BuiltLayer extends Layer {
  readonly role: 'base' | PartRole;
  readonly name: string;
  /** `cached`: the store had it; `base`: the base image brought it. */
  readonly origin: 'built' | 'cached' | 'base';
  /** Names of the distributions in it. */
  readonly distributions: readonly string[];
}

/** The layers of one platform, from the base up. */
export interface Layered {
  readonly platform: Platform;
  readonly layers: readonly BuiltLayer[];
}

/** What the image's configuration and manifest will say. */
export interface ImageConfig extends ImageSettings {
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A platform's image, finished. */
export interface FinishedImage {
  readonly platform: Platform;
  readonly resolution: Resolution;
  readonly tree: FileTree;
  readonly layers: readonly BuiltLayer[];
  readonly config: Document & { readonly document: ConfigDocument };
  readonly manifest: Document;
}

/** The index of several platforms' images, finished. */
export interface FinishedIndex extends Document {
  /** In the order of the index. */
  readonly images: readonly FinishedImage[];
}

/** A referrer that was made of an attachment: a manifest of its own with one layer. */
export type Referrer = ReferrerDocuments;

/** What the destinations get. */
export interface FinishedBuild {
  readonly name: string;
  readonly version?: string;
  /** Tags and references as configured, such as `shop:1.2` or `ghcr.io/me/shop:latest`. */
  readonly tags: readonly string[];
  readonly images: readonly FinishedImage[];
  /** True for one platform of an image whose others another machine builds: no tag may stand for it. */
  readonly isPart?: boolean;
  /** Undefined for one platform, unless something is listed beside it. */
  readonly index?: Document;
  /** What the index lists beside the images, as BuildKit does. */
  readonly attestations?: readonly AttestationDocuments[];
  readonly referrers: readonly Referrer[];
}

/** What a destination did. */
export interface Receipt {
  /** The SPEC, as in `layout:build/image`. */
  readonly destination: string;
  /** How others address the result, as in `oci:build/image:latest` or `ghcr.io/me/shop@sha256:…`. */
  readonly reference: string;
  readonly digest: Digest;
  readonly bytesUploaded: number;
  readonly blobsUploaded: number;
  readonly blobsMounted: number;
  readonly blobsPresent: number;
}

/** Where a finished build goes. */
export interface Destination {
  /** The SPEC. */
  readonly name: string;
  /**
   * Where it lies, as in `registry ghcr.io`: destinations of several lanes are published at once, those of one lane one after
   * the other. Those that name none share a lane.
   */
  readonly lane?: string;
  publish(build: FinishedBuild, context: PublishContext): Promise<Receipt>;
}

/** What a destination may use. */
export interface PublishContext {
  readonly signal: AbortSignal;
  /** The bytes of a layer, from the store or wherever the layer lies. */
  open(layer: Layer): Promise<Readable>;
  /**
   * Takes the step that makes what was published visible, such as moving a tag: it is done when every destination of the build
   * has all else. Absent where this destination is the only one.
   */
  readonly last?: (step: () => Promise<void>) => void;
}
