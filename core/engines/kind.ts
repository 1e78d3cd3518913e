/** Loads into the nodes of a kind cluster by `kind load image-archive`, which reads a file alone. */
import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namedArchive, writeTarFile } from '../oci/archive.ts';
import { rootOf } from '../oci/output.ts';
import { visible } from '../primitives/path.ts';
import type { Engine, EngineHost } from './engine.ts';
import { EngineSettingsError, EngineUnreachableError } from './errors.ts';
import { completeName } from './names.ts';
import { succeed } from './program.ts';

/** kind's own default. */
const CLUSTER = 'kind';

/** @param stated - the cluster in `kind:CLUSTER`; else KIND_CLUSTER_NAME. @throws EngineUnreachableError where there is no such cluster */
export async function openKind(
  { env }: EngineHost,
  stated: string | undefined,
  signal: AbortSignal,
): Promise<Engine> {
  const cluster = stated ?? (env.KIND_CLUSTER_NAME || CLUSTER);
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(cluster)) {
    throw new EngineSettingsError(`\`${visible(cluster)}\` is no name of a kind cluster`, {
      hint: 'write `--load=kind` or `--load=kind:CLUSTER`',
    });
  }
  const said = await succeed(['kind', 'get', 'clusters'], { env, signal, patience: 60_000 });
  const clusters = said.split('\n').filter(Boolean);
  if (!clusters.includes(cluster)) {
    throw new EngineUnreachableError(`there is no kind cluster \`${cluster}\``, {
      hint:
        clusters.length === 0
          ? 'make one with `kind create cluster`'
          : `name one, as in \`--load=kind:${visible(clusters[0]!)}\``,
    });
  }
  return {
    kind: 'kind',
    shown: `the kind cluster ${cluster}`,
    async load({ contents, names, signal: stop }) {
      const complete = names.map(completeName) as [string, ...string[]];
      const layers = new Set(
        contents.images.flatMap((image) => image.layers.map((one) => one.descriptor.digest)),
      );
      const file = join(tmpdir(), `pycontainer-${randomBytes(8).toString('hex')}.tar`);
      try {
        await writeTarFile(file, namedArchive(contents, complete), stop);
        const { size } = await stat(file);
        await succeed(['kind', 'load', 'image-archive', file, '--name', cluster], { env, signal: stop });
        const { digest } = rootOf(contents).descriptor;
        return { reference: complete[0], digest, bytesSent: size, layersSent: layers.size, layersPresent: 0 };
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}
