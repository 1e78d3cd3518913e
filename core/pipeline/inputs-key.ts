/**
 * One digest of all that an image of one platform is made of, known without building it: for tools that skip what did
 * not change. Two builds of one digest give one image; another digest need not give another.
 */
import { readFile } from 'node:fs/promises';
import { type Digest, digestOf, digestOfJson } from '../primitives/digest.ts';
import { VERSION } from '../primitives/version.ts';
import { projectInputs } from './collect/project-inputs.ts';
import { imageKey } from './image-key.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import { LAYER_RULES } from './stages/layer.ts';
import type { Distribution, ImageConfig, Resolution } from './values.ts';

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
    distributions: distributions.map(identityOf),
    excluded,
    project: await projectInputs(project, python, config, session),
    settings: settingsOf(config),
    // What code in it does is not known otherwise.
    configuration: config.file === undefined ? null : digestOf(await readFile(config.file)),
    plugins: config.plugins.map(({ name }) => name),
    epoch: session.sourceDateEpoch ?? null,
  });
}

/** Where a file comes from does not matter where its hash is known. */
function identityOf({ name, version, source, file, directUrl, replaces }: Distribution): unknown {
  const hashes = file?.hashes ?? [];
  const url = hashes.length === 0 ? file?.url : undefined;
  return { name, version, source, file: file?.name, hashes, url, directUrl, replaces };
}

/** What changes the contents, and is not in the image's configuration. Paths of this host are left out. */
function settingsOf(config: ResolvedConfig): unknown {
  const { bytecode, gzipMembers, dependencies, builder, include, exclude, sbom } = config;
  return { bytecode, gzipMembers, dependencies, builder, include, exclude, sbom };
}
