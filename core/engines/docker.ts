/** Loads into Docker by its API (Docker Engine API 1.24 and later). */
import { dockerArchive, namedArchive } from '../oci/archive.ts';
import { rootOf } from '../oci/output.ts';
import type { Platform } from '../oci/platform.ts';
import type { EngineApi } from './api.ts';
import { checked, createApiStore } from './api-store.ts';
import { type Engine, imageFor } from './engine.ts';
import { EngineAnswerError } from './errors.ts';
import { loadInto } from './image-store.ts';
import { completeName } from './names.ts';

/** Where a daemon keeps images in containerd, as `DriverStatus` of `docker info` says. */
const CONTAINERD = 'io.containerd.snapshotter.v1';

/** What answers there. @throws EngineAnswerError for what is no such API */
export async function openDocker(api: EngineApi, signal: AbortSignal, timeout?: number): Promise<Engine> {
  const version = await versionOf(api, signal, timeout);
  const shown = `${version.name} at ${api.shown}`;
  const store = createApiStore(api, shown, '');
  return {
    kind: 'docker',
    shown,
    async load({ contents, names, log, signal: stop }) {
      const info = checked(await api.request('GET', '/info', { signal: stop }), shown) as {
        DriverStatus?: unknown;
      };
      if (JSON.stringify(info.DriverStatus ?? null).includes(CONTAINERD)) {
        const { digest } = rootOf(contents).descriptor;
        const complete = names.map(completeName) as [string, ...string[]];
        const archive = namedArchive(contents, complete);
        const request = { id: digest, names, digest, contents, archive: () => archive, log, signal: stop };
        return loadInto(store, request);
      }
      const image = imageFor(contents, version.platform, { log, shown });
      return loadInto(store, {
        id: image.config.descriptor.digest,
        names,
        digest: image.manifest.descriptor.digest,
        contents: { images: [image], referrers: [] },
        archive: (without) => dockerArchive(image, names, stop, without),
        image,
        log,
        signal: stop,
      });
    },
  };
}

export interface ApiVersion {
  /** With the version: `Docker 28.2.2`, `Podman 4.3.1`. */
  readonly name: string;
  readonly platform: Platform;
}

/** Docker and podman answer `/version` alike. @throws EngineAnswerError */
export async function versionOf(api: EngineApi, signal: AbortSignal, timeout?: number): Promise<ApiVersion> {
  const answer = await api.request('GET', '/version', {
    signal,
    ...(timeout === undefined ? {} : { timeout }),
  });
  const document = checked(answer, `the engine at ${api.shown}`) as Record<string, unknown> | null;
  const { Os, Arch, Version, Components } = document ?? {};
  if (typeof Os !== 'string' || typeof Arch !== 'string' || typeof Version !== 'string') {
    throw new EngineAnswerError(`what listens at ${api.shown} is no container engine`);
  }
  const isPodman = JSON.stringify(Components ?? null).includes('Podman');
  return { name: `${isPodman ? 'Podman' : 'Docker'} ${Version}`, platform: { os: Os, architecture: Arch } };
}
