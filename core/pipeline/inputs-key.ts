/**
 * One digest of all that an image of one platform is made of, known without building it: for tools that skip what did
 * not change. Two builds of one digest give one image; another digest need not give another.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { mapConcurrently } from '../primitives/concurrency.ts';
import { type Digest, digestOf, digestOfJson } from '../primitives/digest.ts';
import { readHostFile } from '../primitives/host-file.ts';
import { VERSION } from '../primitives/version.ts';
import { lockedSource } from './collect/locked-source.ts';
import { projectInputs } from './collect/project-inputs.ts';
import { sourceListing } from './collect/source-listing.ts';
import { imageKey } from './image-key.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import { LAYER_RULES } from './stages/layer.ts';
import type { Distribution, ImageConfig, Resolution } from './values.ts';

/** Files that are read at once. */
const PARALLEL = 8;

/** @throws what reading the project's sources throws */
export async function inputsKey(
  resolution: Resolution,
  config: ResolvedConfig,
  image: ImageConfig,
  session: Session,
): Promise<Digest> {
  const { project, python, base, platform, distributions, excluded = [] } = resolution;
  return digestOfJson({
    what: 'inputs of an image',
    // Its rules are part of what an image is made by.
    program: [VERSION, LAYER_RULES],
    platform,
    python,
    base: base.image.manifest?.descriptor.digest ?? base.image.madeOf ?? imageKey(base.image),
    image,
    distributions: await mapConcurrently(distributions, PARALLEL, session.signal, (one) =>
      identityOf(one, config, session),
    ),
    // Its wheels stand in for what is locked as sources.
    wheelhouse:
      config.wheelhouse === undefined
        ? null
        : await listingOf(resolve(config.directory, config.wheelhouse), session),
    excluded,
    project: await projectInputs(project, python, config, session),
    settings: settingsOf(config),
    // What code in it does is not known otherwise.
    configuration: config.file === undefined ? null : digestOf(await readFile(config.file)),
    plugins: config.plugins.map(({ name }) => name),
    epoch: session.sourceDateEpoch ?? null,
  });
}

/** Where a file comes from does not matter where its hash is known; of what lies on this host the bytes count. */
async function identityOf(
  distribution: Distribution,
  config: ResolvedConfig,
  session: Session,
): Promise<unknown> {
  const { name, version, source, file, path, index, directUrl, replaces } = distribution;
  const stated = { name, version, source, directUrl, replaces };
  if (source === 'directory') {
    const sources = await session.memory.get(`identity of the sources in ${path}`, () =>
      lockedSource(distribution, config, session).identity(),
    );
    return { ...stated, sources };
  }
  const hashes = file?.hashes ?? distribution.hashes ?? [];
  if (hashes.length > 0) return { ...stated, file: file?.name, hashes };
  if (file?.path === undefined) return { ...stated, file: file?.name, url: file?.url, index };
  const { content } = await readHostFile(file.path, session.signal);
  return { ...stated, file: file.name, content: content.sha256 };
}

function listingOf(directory: string, { memory, signal }: Session): Promise<Digest> {
  return memory.get(`listing of ${directory}`, () => sourceListing(directory, signal));
}

/** What changes the contents, and is not in the image's configuration. Paths of this host are left out. */
function settingsOf(config: ResolvedConfig): unknown {
  const { bytecode, gzipMembers, dependencies, builder, include, exclude, sbom } = config;
  return { bytecode, gzipMembers, dependencies, builder, include, exclude, sbom };
}
