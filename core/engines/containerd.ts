/** Loads into containerd by `ctr`, also that of k3s: into the namespace that Kubernetes looks into, unless another is named. */
import { namedArchive, tarBytes } from '../oci/archive.ts';
import { rootOf } from '../oci/output.ts';
import type { Digest } from '../primitives/digest.ts';
import type { Engine, EngineHost, EngineKind, Loaded, LoadRequest } from './engine.ts';
import { EngineLoadError, EngineSettingsError } from './errors.ts';
import { completeName } from './names.ts';
import { type Command, runEngine, succeed } from './program.ts';

/** The namespace of Kubernetes. */
export const KUBERNETES = 'k8s.io';

/** @param stated - the namespace in `containerd:NAMESPACE`; `ctr` reads CONTAINERD_ADDRESS itself */
export async function openContainerd(
  host: EngineHost,
  stated: string | undefined,
  signal: AbortSignal,
): Promise<Engine> {
  const { env } = host;
  const namespace = stated ?? (env.CONTAINERD_NAMESPACE || KUBERNETES);
  if (!/^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/.test(namespace)) {
    throw new EngineSettingsError(`\`${namespace}\` is no namespace of containerd`, {
      hint: 'write `--load=containerd` or `--load=containerd:NAMESPACE`',
    });
  }
  const at = env.CONTAINERD_ADDRESS ? ` at ${env.CONTAINERD_ADDRESS}` : '';
  return openCtr(
    ['ctr', '--namespace', namespace],
    'containerd',
    `containerd${at}, namespace ${namespace}`,
    host,
    signal,
  );
}

/** k3s has a `ctr` of its own, which knows where its containerd is. */
export function openK3s(host: EngineHost, signal: AbortSignal): Promise<Engine> {
  return openCtr(['k3s', 'ctr', '--namespace', KUBERNETES], 'k3s', 'k3s', host, signal);
}

/** Asks whether it answers. @throws EngineUnreachableError, EngineLoadError */
async function openCtr(
  ctr: Command,
  kind: EngineKind,
  shown: string,
  { env }: EngineHost,
  signal: AbortSignal,
): Promise<Engine> {
  await succeed([...ctr, 'images', 'ls', '--quiet', 'name==none'], { env, signal, patience: 30_000 });
  return { kind, shown, load: (request) => load(ctr, shown, env, request) };
}

async function load(
  ctr: Command,
  shown: string,
  env: EngineHost['env'],
  { contents, names, log, signal }: LoadRequest,
): Promise<Loaded> {
  const { digest } = rootOf(contents).descriptor;
  const complete = names.map(completeName) as [string, ...string[]];
  const layers = new Set(
    contents.images.flatMap((image) => image.layers.map((one) => one.descriptor.digest)),
  );
  const loaded = { reference: complete[0], digest };
  if (await hasAll(ctr, complete, digest, env, signal)) {
    return { ...loaded, bytesSent: 0, layersSent: 0, layersPresent: layers.size };
  }
  const listed = await succeed([...ctr, 'content', 'ls', '--quiet'], { env, signal });
  const stored = new Set(listed.split('\n'));
  let without = new Set([...layers].filter((layer) => stored.has(layer)));
  let bytesSent = 0;
  const send = async (): Promise<void> => {
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const bytes of tarBytes(namedArchive(contents, complete, without), signal)) {
        bytesSent += bytes.length;
        yield bytes;
      }
    };
    const command: Command = [...ctr, 'images', 'import', '--all-platforms', '-'];
    await succeed(command, { env, signal, input: counted() });
  };
  try {
    await send();
  } catch (thrown) {
    // What was stored may have been collected since.
    if (without.size === 0 || !(thrown instanceof EngineLoadError)) throw thrown;
    log.debug(`${shown} wants all layers: ${thrown.message}`);
    without = new Set();
    await send();
  }
  return { ...loaded, bytesSent, layersSent: layers.size - without.size, layersPresent: without.size };
}

/** A line an image: name, media type, digest, and more. */
async function hasAll(
  ctr: Command,
  names: readonly string[],
  digest: Digest,
  env: EngineHost['env'],
  signal: AbortSignal,
): Promise<boolean> {
  const filters = names.map((name) => `name==${name}`);
  const ended = await runEngine([...ctr, 'images', 'ls', ...filters], { env, signal });
  const lines = ended.stdout.split('\n').map((line) => line.split(/\s+/));
  return names.every((name) => lines.some(([first, , third]) => first === name && third === digest));
}
