/** What an engine is to a build, and the choice of what is loaded. How each takes it is its own file's matter. */
import type { OutputContents, OutputImage } from '../oci/output.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { choosePlatform } from '../oci/platform-choice.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';

/** In the order of the documentation. */
export const ENGINE_KINDS = ['docker', 'podman', 'containerd', 'kind', 'k3s'] as const;
export type EngineKind = (typeof ENGINE_KINDS)[number];

export interface LoadRequest {
  readonly contents: OutputContents;
  /** References with tags, as the user wrote them: `shop:1.0`, `ghcr.io/me/shop:latest`. */
  readonly names: readonly [string, ...string[]];
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Loaded {
  /** By which the engine's own program runs it. */
  readonly reference: string;
  /** Of what the name stands for there: the index, or a platform's manifest. */
  readonly digest: Digest;
  /** What was sent to the engine, headers of the archive included. */
  readonly bytesSent: number;
  readonly layersSent: number;
  readonly layersPresent: number;
}

export interface Engine {
  readonly kind: EngineKind;
  /** For people, as in `Docker 28.2.2 at unix:///var/run/docker.sock`. */
  readonly shown: string;
  load(request: LoadRequest): Promise<Loaded>;
}

/** The outside world of an engine, as the edge gives it. */
export interface EngineHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's. */
  readonly home: string;
  /** As `process.platform`. */
  readonly system: string;
  /** As `process.arch`. */
  readonly architecture: string;
  /** Where the system's engines have their sockets: `/var/run` and `/run`. */
  readonly runFolders: readonly string[];
}

/** The image for the engine's platform. Another one is loaded with a warning, since an engine may emulate. */
export function imageFor(
  { images }: OutputContents,
  platform: Platform,
  { log, shown }: { readonly log: Log; readonly shown: string },
): OutputImage {
  const manifests = images.map((image) => ({ ...image.manifest.descriptor, platform: image.platform }));
  const chosen = choosePlatform({ schemaVersion: 2, manifests }, platform);
  const fitting = images.find(({ manifest }) => manifest.descriptor.digest === chosen?.digest);
  const image = fitting ?? images[0]!;
  if (fitting === undefined) {
    log.warn({
      /** The engine's machine is of another architecture than every image that was built. It is loaded all the same. */
      code: 'PYC_LOAD_PLATFORM_FOREIGN',
      message: `${shown} runs on ${formatPlatform(platform)}, and the image is for ${formatPlatform(image.platform)}: it starts only where that is emulated`,
      hint: `build with \`--platform ${formatPlatform(platform)}\``,
    });
  }
  if (images.length > 1) {
    log.warn({
      /** Several platforms are built, and the engine keeps one of them: that of its own machine is loaded. */
      code: 'PYC_LOAD_ONE_PLATFORM',
      message: `${shown} keeps one platform of an image: only ${formatPlatform(image.platform)} is loaded`,
      hint: 'push to a registry, or use `archive:FILE`, for several platforms',
    });
  }
  return image;
}
