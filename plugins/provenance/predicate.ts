/**
 * The predicate (SLSA v1.0, "Provenance") of images of one build. docs/reference/provenance.md says what its fields mean: what
 * changes there or here makes another build type.
 */
import { type FinishedImage, formatPlatform, type PluginApi, VERSION } from 'pycontainer';
import type { RunDetails } from './builder.ts';
import { configurationOf } from './configuration.ts';
import { dependenciesOf } from './dependencies.ts';

export const SLSA_PROVENANCE = 'https://slsa.dev/provenance/v1';
/** Says how the parameters are to be read. */
export const BUILD_TYPE = 'https://www.npmjs.com/package/pycontainer#provenance-v1';

/** @param images one platform's, or all of an index in its order; they have the project and the lock in common */
export async function predicateOf(
  images: readonly FinishedImage[],
  runDetails: RunDetails,
  api: PluginApi,
): Promise<object> {
  const { project, lock } = images[0]!.resolution;
  const epoch = api.env.SOURCE_DATE_EPOCH;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        configuration: configurationOf(api.config),
        platforms: images.map(({ platform }) => formatPlatform(platform)),
        // Set, it changes more than its value: the project's files have its date then.
        sourceDateEpoch: epoch === undefined || epoch === '' ? null : api.sourceDateEpoch,
      },
      internalParameters: {
        pycontainer: VERSION,
        project: { name: project.name, version: project.version ?? null },
        lock:
          lock === undefined ? null : { path: lock.path, format: lock.format, madeBy: lock.madeBy ?? null },
        plugins: api.config.plugins.map(({ name }) => name),
        images: images.map(imageParameters),
      },
      resolvedDependencies: await dependenciesOf(images, api),
    },
    runDetails,
  };
}

function imageParameters({ platform, resolution, layers }: FinishedImage): object {
  const { interpreter, target } = resolution.python;
  const { implementation, version, abi, libc } = target;
  return {
    platform: formatPlatform(platform),
    base: baseShown(resolution.base.source.reference),
    python: { implementation, version, abi, libc: `${libc.family}-${libc.version}`, interpreter },
    excluded: (resolution.excluded ?? []).map(({ name, version: locked, reason }) => ({
      name,
      version: locked,
      reason,
    })),
    layers: layers
      .filter(({ role }) => role !== 'base')
      .map(({ name, descriptor, diffId }) => ({ name, digest: descriptor.digest, diffId })),
  };
}

/** Of a folder or a file on this host only what kind of base it is. */
function baseShown(reference: string): string {
  return /^(layout|archive):/.exec(reference)?.[1] ?? reference;
}
