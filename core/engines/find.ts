/** Finds the engine that `--load` means: the one that is named, else the first that answers. */
import { join } from 'node:path';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { createEngineApi, type EngineApi, type EngineTimeouts } from './api.ts';
import { openContainerd, openK3s } from './containerd.ts';
import { openDocker } from './docker.ts';
import { dockerSockets, statedDocker } from './docker-endpoint.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { ENGINE_KINDS, type Engine, type EngineHost } from './engine.ts';
import { EngineNotFoundError, EngineSettingsError, EngineUnreachableError } from './errors.ts';
import { openKind } from './kind.ts';
import { openPodman, openPodmanProgram } from './podman.ts';

export interface FindOptions {
  readonly signal: AbortSignal;
  readonly timeouts?: EngineTimeouts;
}

/** Milliseconds: what is found by looking need not be waited for as long as what was named. */
const LOOKING = 3000;

/**
 * @param spec - `auto`, or an engine with what it may be given: `docker`, `containerd:default`, `kind:dev`
 * @throws EngineNotFoundError, EngineUnreachableError, EngineSettingsError, EngineAnswerError, EngineTimeoutError
 */
export async function findEngine(spec: string, host: EngineHost, options: FindOptions): Promise<Engine> {
  const [kind = '', ...rest] = spec.split(':');
  const detail = rest.length === 0 ? undefined : rest.join(':');
  if (detail !== undefined && (detail === '' || !['containerd', 'kind'].includes(kind))) throw unknown(spec);
  const search: Search = { host, ...options };
  switch (kind) {
    case 'auto':
      return detect(search);
    case 'docker':
      return namedDocker(search);
    case 'podman':
      return namedPodman(search);
    case 'containerd':
      return await openContainerd(host, detail, options.signal);
    case 'kind':
      return await openKind(host, detail, options.signal);
    case 'k3s':
      return await openK3s(host, options.signal);
    default:
      throw unknown(spec);
  }
}

interface Search extends FindOptions {
  readonly host: EngineHost;
}

/** How an engine is opened over its API. */
type Opener = (api: EngineApi, signal: AbortSignal, timeout?: number) => Promise<Engine>;

async function detect(search: Search): Promise<Engine> {
  const { host, signal } = search;
  const docker = await statedDocker(host);
  if (docker !== undefined) return over(docker, openDocker, search);
  const podman = statedPodman(host);
  if (podman !== undefined) return over(podman, openPodman, search);
  const faults: { at: string; error: unknown }[] = [];
  const found =
    (await firstOf(dockerSockets(host), openDocker, search, faults)) ??
    (await firstOf(podmanSockets(host), openPodman, search, faults));
  if (found !== undefined) return found;
  try {
    return await openPodmanProgram(host, signal);
  } catch (error) {
    signal.throwIfAborted();
    faults.push({ at: 'the program `podman`', error });
  }
  // A socket that is there and does not open is more likely meant than one that is not.
  const meant = faults.find(({ error }) => isDenied(error));
  if (meant !== undefined) throw meant.error;
  throw new EngineNotFoundError(
    `no container engine was found: looked at \`DOCKER_HOST\`, \`CONTAINER_HOST\`, ${faults.map(({ at }) => at).join(', ')}`,
    {
      hint: 'start Docker or podman, or name another engine, as in `--load=containerd`, `--load=kind` or `--load=k3s`',
      details: faults.map(({ at, error }) => ({ at, message: messageOf(error) })),
    },
  );
}

async function namedDocker(search: Search): Promise<Engine> {
  const stated = await statedDocker(search.host);
  if (stated !== undefined) return over(stated, openDocker, search);
  return firstOrFault(dockerSockets(search.host), openDocker, search);
}

async function namedPodman(search: Search): Promise<Engine> {
  const stated = statedPodman(search.host);
  if (stated !== undefined) return over(stated, openPodman, search);
  const found = await firstOf(podmanSockets(search.host), openPodman, search, []);
  return found ?? (await openPodmanProgram(search.host, search.signal));
}

/** CONTAINER_HOST, as podman's own program reads it. @throws EngineSettingsError */
function statedPodman({ env }: EngineHost): Endpoint | undefined {
  if (!env.CONTAINER_HOST) return undefined;
  return parseEndpoint(env.CONTAINER_HOST, { origin: '`CONTAINER_HOST`', program: 'podman' });
}

function podmanSockets({ env, system, runFolders }: EngineHost): Endpoint[] {
  if (system === 'win32') return [];
  const folders = [...(env.XDG_RUNTIME_DIR ? [env.XDG_RUNTIME_DIR] : []), runFolders[1] ?? '/run'];
  return folders
    .map((folder) => join(folder, 'podman/podman.sock'))
    .map((path) => ({ kind: 'socket', path, shown: `unix://${path}` }));
}

async function over(endpoint: Endpoint, open: Opener, search: Search, timeout?: number): Promise<Engine> {
  const { host, signal, timeouts } = search;
  const api = createEngineApi(endpoint, host.env, timeouts);
  try {
    const engine = await open(api, signal, timeout);
    return { ...engine, load: (request) => engine.load(request).finally(() => api.close()) };
  } finally {
    // A build takes its time, and may fail: nothing stays open meanwhile.
    api.close();
  }
}

/** The first that answers as it should. What was wrong with the others is added to `faults`. */
async function firstOf(
  endpoints: readonly Endpoint[],
  open: Opener,
  search: Search,
  faults: { at: string; error: unknown }[],
): Promise<Engine | undefined> {
  for (const endpoint of endpoints) {
    try {
      return await over(endpoint, open, search, LOOKING);
    } catch (error) {
      search.signal.throwIfAborted();
      if (!isPycError(error)) throw error;
      faults.push({ at: endpoint.shown, error });
    }
  }
  return undefined;
}

async function firstOrFault(endpoints: readonly Endpoint[], open: Opener, search: Search): Promise<Engine> {
  const faults: { at: string; error: unknown }[] = [];
  const found = await firstOf(endpoints, open, search, faults);
  if (found !== undefined) return found;
  const telling = faults.find(({ error }) => !isMissing(error)) ?? faults[0];
  throw telling?.error;
}

function isDenied(error: unknown): boolean {
  return error instanceof EngineUnreachableError && causeOf(error) === 'EACCES';
}

function isMissing(error: unknown): boolean {
  return error instanceof EngineUnreachableError && causeOf(error) === 'ENOENT';
}

function causeOf({ cause }: Error): unknown {
  return (cause as { code?: unknown } | undefined)?.code;
}

function unknown(spec: string): EngineSettingsError {
  const [kind = ''] = spec.split(':');
  const close = nearest(kind, ENGINE_KINDS);
  return new EngineSettingsError(`\`${visible(spec)}\` is no engine that images can be loaded into`, {
    hint:
      close === undefined || close === kind
        ? `write one of ${ENGINE_KINDS.map((one) => `\`${one}\``).join(', ')}, \`containerd:NAMESPACE\` or \`kind:CLUSTER\``
        : `did you mean \`${close}\`?`,
  });
}
