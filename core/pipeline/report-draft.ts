/** Gathers the build report while the build goes on, so that a build that fails reports what it knew. */

import { redactUrl } from '../http/url.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Digest } from '../primitives/digest.ts';
import type { FileTree } from '../primitives/file-tree.ts';
import type { Log, Warning } from '../primitives/log.ts';
import { normalizeName } from '../python/name.ts';
import { sha256Of } from './defaults/wheel.ts';
import { processesOf } from './processes.ts';
import type { BuildReport, ReportedDistribution, ReportedImage, ReportedLayer } from './report.ts';
import type { BuiltLayer, Distribution, ImageConfig, LayerPlan, LockFile, Resolution } from './values.ts';

/** A log that also keeps the warnings. What several platforms have to say is said once. */
export function keepWarnings(log: Log): { readonly log: Log; readonly warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  const seen = new Set<string>();
  const told = new Set<string>();
  return {
    warnings,
    log: {
      ...log,
      info(message) {
        if (told.has(message)) return;
        told.add(message);
        log.info(message);
      },
      warn(warning) {
        const key = `${warning.code} ${warning.message}`;
        if (seen.has(key)) return;
        seen.add(key);
        warnings.push(warning);
        log.warn(warning);
      },
    },
  };
}

/** A lock that was made for this build says so. */
export function reportLock({ path, format, madeBy }: LockFile): NonNullable<BuildReport['lock']> {
  return { path, format, ...(madeBy === undefined ? {} : { madeBy }) };
}

/** What an image's report says before anything of it is built. */
export function reportPlanned(
  { name, tags }: Pick<ReportedImage, 'name' | 'tags'>,
  resolution: Resolution,
  plan: LayerPlan,
  image: ImageConfig,
): ReportedImage {
  const { python, base } = resolution;
  const { target } = python;
  return {
    name,
    tags,
    platform: formatPlatform(resolution.platform),
    python: {
      version: target.version,
      tag: target.abi,
      libc: `${target.libc.family}-${target.libc.version}`,
    },
    base: { reference: base.source.reference, digest: base.image.manifest?.descriptor.digest ?? null },
    digest: null,
    size: null,
    command: [...image.entrypoint, ...image.cmd],
    processes: processesOf(image.labels),
    user: image.user,
    ports: image.ports,
    distributions: resolution.distributions.map(reportDistribution),
    excluded: resolution.excluded ?? [],
    layers: [
      ...base.image.layers.map(
        (layer): ReportedLayer => ({
          digest: layer.descriptor.digest,
          diffId: layer.diffId,
          size: layer.descriptor.size,
          role: 'base',
          name: 'base',
          origin: 'base',
          distributions: [],
        }),
      ),
      ...plan.groups.map(
        (group): ReportedLayer => ({
          digest: null,
          diffId: null,
          size: null,
          role: roleOf(group.role),
          name: group.name,
          origin: null,
          distributions: group.role === 'dependency' ? group.parts : [],
        }),
      ),
    ],
  };
}

/**
 * The same with what was built.
 *
 * @param facts - by name of a distribution
 */
export function reportBuilt(
  planned: ReportedImage,
  layers: readonly BuiltLayer[],
  manifest: { readonly digest: Digest; readonly size: number },
  configSize: number,
  facts: ReadonlyMap<string, PartFacts>,
): ReportedImage {
  return {
    ...planned,
    distributions: planned.distributions.map((one) => ({
      ...one,
      // A lock has none for what comes from a folder or an address: the wheel says it.
      version: one.version === '' ? (facts.get(one.name)?.version ?? '') : one.version,
      installedSize: facts.get(one.name)?.size ?? null,
    })),
    digest: manifest.digest,
    size: layers.reduce((sum, layer) => sum + layer.descriptor.size, configSize + manifest.size),
    layers: layers.map((layer) => ({
      digest: layer.descriptor.digest,
      diffId: layer.diffId,
      size: layer.descriptor.size,
      role: roleOf(layer.role),
      name: layer.name,
      origin: layer.origin,
      distributions: layer.distributions,
    })),
  };
}

/** What the record of a part says for the report. */
export interface PartFacts {
  /** Bytes of its files. */
  readonly size: number;
  /** Undefined where it is no one distribution. */
  readonly version: string | undefined;
}

/** Of each part, by its name. Records are read that the build has read before. */
export async function factsOf(tree: FileTree, signal: AbortSignal): Promise<ReadonlyMap<string, PartFacts>> {
  const facts = new Map<string, PartFacts>();
  for (const part of tree.parts) {
    const { entries, components } = await part.record(signal);
    const size = entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
    const named = components.find(({ kind, name }) => kind === 'python' && normalizeName(name) === part.name);
    facts.set(part.name, { size, version: named?.version });
  }
  return facts;
}

function roleOf(role: BuiltLayer['role']): ReportedLayer['role'] {
  return role === 'dependency' ? 'dependencies' : role;
}

function reportDistribution(distribution: Distribution): ReportedDistribution {
  const { file } = distribution;
  return {
    name: distribution.name,
    version: distribution.version,
    source: distribution.source,
    file: file?.name ?? null,
    hash: (file === undefined ? undefined : (sha256Of(file.hashes) ?? file.hashes[0])) ?? null,
    fileSize: file?.size ?? null,
    url: file?.url === undefined ? null : redactUrl(file.url),
    requestedBy: distribution.requestedBy,
    installedSize: null,
    replaces: distribution.replaces ?? null,
  };
}

/** Replaces the report's image of the same name and platform, or adds it. */
export function withImage(report: BuildReport, image: ReportedImage): BuildReport {
  const others = report.images.filter(
    (other) => other.name !== image.name || other.platform !== image.platform,
  );
  return { ...report, images: [...others, image] };
}
