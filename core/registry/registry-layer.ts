/** A layer in a registry: fetched into the store when somebody wants its bytes, and only once among all who do. */
import type { Readable } from 'node:stream';
import type { Descriptor, Layer } from '../oci/image.ts';
import type { Digest } from '../primitives/digest.ts';
import { type Log, silentLog } from '../primitives/log.ts';
import type { Repository } from './client.ts';
import { missingOffline, type RegistryImageOptions } from './resolution.ts';

/** Makes the layer; nothing is fetched before it is opened. */
export async function layerOf(
  repository: Repository,
  descriptor: Descriptor,
  diffId: Digest,
  { store, log = silentLog, offline }: RegistryImageOptions,
): Promise<Layer> {
  const { digest, size } = descriptor;
  const open = async (signal?: AbortSignal): Promise<Readable> => {
    if ((await store.find(digest))?.size !== size) {
      const work = async (): Promise<void> => {
        if ((await store.find(digest))?.size === size) return;
        if (offline === true) throw missingOffline(`${repository.host}/${repository.name}`);
        const source = withProgress(repository.readBlob(descriptor, signal), descriptor, log);
        await store.write(source, { digest, size, what: `layer \`${digest}\`` }, signal);
      };
      await store.exclusive(`layer ${digest}`, work, signal);
    }
    return store.open(digest);
  };
  const isHere = (await store.find(digest))?.size === size;
  return {
    descriptor,
    diffId,
    open,
    ...(isHere ? { file: store.fileOf(digest) } : {}),
    registry: { host: repository.host, repository: repository.name },
  };
}

async function* withProgress(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  log: Log,
): AsyncGenerator<Uint8Array> {
  const step = {
    id: `pull ${digest}`,
    label: `pull ${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`,
    total: size,
  };
  let done = 0;
  log.progress({ ...step, state: 'start', done });
  for await (const chunk of source) {
    done += chunk.length;
    log.progress({ ...step, state: 'advance', done });
    yield chunk;
  }
  log.progress({ ...step, state: 'end', done });
}
