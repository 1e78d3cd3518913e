/** Loads into podman: by its own API (libpod 4 and later), else by its program. */
import { namedArchive } from '../oci/archive.ts';
import type { Platform } from '../oci/platform.ts';
import type { EngineApi } from './api.ts';
import { createApiStore } from './api-store.ts';
import { versionOf } from './docker.ts';
import { type Engine, type EngineHost, imageFor } from './engine.ts';
import { EngineAnswerError } from './errors.ts';
import { type ImageStore, loadInto, type StoredImage } from './image-store.ts';
import { localName } from './names.ts';
import { type Command, failureOf, runEngine, succeed } from './program.ts';

const API = '/v4.0.0/libpod';

/** What answers there. @throws EngineAnswerError for what is no such API */
export async function openPodman(api: EngineApi, signal: AbortSignal, timeout?: number): Promise<Engine> {
  const { name, platform } = await versionOf(api, signal, timeout);
  if (!name.startsWith('Podman'))
    throw new EngineAnswerError(`what listens at ${api.shown} is ${name}, not podman`);
  return engineOf(createApiStore(api, `${name} at ${api.shown}`, API), platform);
}

/** The program, which works without a service. @throws EngineUnreachableError where there is none */
export async function openPodmanProgram(host: EngineHost, signal: AbortSignal): Promise<Engine> {
  const { env } = host;
  const said = await succeed(['podman', 'version', '--format', '{{.Client.OsArch}} {{.Client.Version}}'], {
    env,
    signal,
    patience: 30_000,
  });
  const [, architecture, version] = /^\w+\/(\w+) (\S+)$/.exec(said.trim()) ?? [];
  if (architecture === undefined) throw new EngineAnswerError('`podman version` says no version');
  return engineOf(programStore(env, `podman ${version}`), { os: 'linux', architecture });
}

function engineOf(store: ImageStore, platform: Platform): Engine {
  const { shown } = store;
  return {
    kind: 'podman',
    shown,
    async load({ contents, names, log, signal }) {
      const image = imageFor(contents, platform, { log, shown });
      const only = { images: [image], referrers: [] };
      const local = names.map(localName) as [string, ...string[]];
      return loadInto(store, {
        id: image.config.descriptor.digest,
        names: local,
        digest: image.manifest.descriptor.digest,
        contents: only,
        // One entry, since podman refuses more; the other names are given by their own requests.
        archive: (without) => namedArchive(only, [local[0]], without),
        image,
        log,
        signal,
      });
    },
  };
}

function programStore(env: EngineHost['env'], shown: string): ImageStore {
  return {
    shown,
    async inspect(name, signal) {
      const command: Command = [
        'podman',
        'image',
        'inspect',
        '--format',
        '{{.Id}} {{json .RootFS.Layers}}',
        name,
      ];
      const ended = await runEngine(command, { env, signal });
      if (ended.code === 125 && /no such image|not known|failed to find/i.test(ended.stderr))
        return undefined;
      if (ended.code !== 0) throw failureOf(command, ended);
      return storedImage(ended.stdout);
    },
    async list(signal) {
      const said = await succeed(['podman', 'images', '--quiet', '--no-trunc'], { env, signal });
      return [...new Set(said.split('\n').filter(Boolean))];
    },
    async tag(id, name, signal) {
      await succeed(['podman', 'tag', id.replace('sha256:', ''), name], { env, signal });
    },
    async load(archive, signal) {
      await succeed(['podman', 'load', '--quiet'], { env, signal, input: archive });
    },
  };
}

function storedImage(said: string): StoredImage {
  const [, id, layers = '[]'] = /^([0-9a-f]{64}) (.*)$/.exec(said.trim()) ?? [];
  if (id === undefined) throw new EngineAnswerError('`podman image inspect` names no image');
  return {
    id: `sha256:${id}`,
    layers: [...layers.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => digest),
  };
}
