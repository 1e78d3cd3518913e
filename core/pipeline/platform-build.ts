/** Takes one platform from its resolution to an image that could be published; a dry run ends with the plan. */
import { buildConfig, buildManifest } from '../oci/build-image.ts';
import type { Platform } from '../oci/platform.ts';
import type { FileTree } from '../primitives/file-tree.ts';
import { createBaseContext } from './base-context.ts';
import { type BuildRun, namesOf, note } from './build-run.ts';
import { notePlanned, tellStart } from './platform-plan.ts';
import { type Applied, applyPreset } from './presets.ts';
import { factsOf, reportBuilt, reportPlanned, withImage } from './report-draft.ts';
import type { ResolvedConfig } from './settings.ts';
import type { SharedResolution } from './shared-resolution.ts';
import { collectTree } from './stages/collect.ts';
import { imageConfigOf } from './stages/label.ts';
import { layerTree } from './stages/layer.ts';
import { planLayers } from './stages/layer-plan.ts';
import { addPresetParts } from './stages/preset-parts.ts';
import { resolvePlatform } from './stages/resolve.ts';
import type { BuiltLayer, FinishedImage, Resolution } from './values.ts';

/** @returns undefined in a dry run */
export async function buildPlatform(
  run: BuildRun,
  { input, sources, name }: SharedResolution,
  platform: Platform,
): Promise<FinishedImage | undefined> {
  const { graph, session } = run;
  const context = createBaseContext(input.source.reference, platform, run.config, session);
  const resolution = await graph.stage('resolve', () =>
    resolvePlatform(graph, input, platform, context, session),
  );
  const preset = await graph.stage('resolve', () => applyPreset(sources, resolution, session));
  note(run, { preset: preset.report });
  if (session.dryRun) {
    await notePlanned(run, name, resolution, preset.config);
    return undefined;
  }
  const tree = await graph.stage('collect', () => collect(run, resolution, preset));
  const layers = await graph.stage('layer', () => layer(run, resolution, tree, preset.config));
  return graph.stage('label', () => label(run, name, resolution, preset.config, { tree, layers }));
}

async function collect(run: BuildRun, resolution: Resolution, preset: Applied): Promise<FileTree> {
  const { graph, records, session } = run;
  const { config, collectors } = preset;
  const found = await collectTree(graph, resolution, config, records, session);
  const collected = await addPresetParts(found, collectors, resolution, config, records, session);
  const shaped = await graph.hooks.collect.promise(collected, graph.context);
  await graph.hooks.collected.promise(shaped, graph.context);
  return shaped.tree;
}

async function layer(
  { graph, records, shared, session }: BuildRun,
  resolution: Resolution,
  tree: FileTree,
  { gzipMembers = 'multiple' }: ResolvedConfig,
): Promise<readonly BuiltLayer[]> {
  const { hooks, context } = graph;
  const { platform, distributions, base } = resolution;
  const planned = planLayers(platform, tree, distributions, base.image.layers.length);
  const plan = await hooks.layer.promise(planned, context);
  const written = await layerTree(resolution, tree, plan, { members: gzipMembers, shared }, session);
  await records.flush();
  await hooks.layered.promise({ platform, layers: written }, context);
  return written;
}

async function label(
  { graph, session, known, config: configured }: BuildRun,
  name: string,
  resolution: Resolution,
  config: ResolvedConfig,
  { tree, layers }: Pick<FinishedImage, 'tree' | 'layers'>,
): Promise<FinishedImage> {
  const { hooks, context } = graph;
  const { platform } = resolution;
  const created = new Date((session.sourceDateEpoch ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
  const made = imageConfigOf(resolution, { platform, layers }, config, created);
  const image = await hooks.label.promise(made, context);
  await hooks.labelled.promise(image, context);
  tellStart(image, session.log);
  const built = buildConfig(image, layers, resolution.base.image);
  const manifest = buildManifest(built.descriptor, layers, image.annotations);
  const names = namesOf(name, configured);
  const planned = reportPlanned(names, resolution, { platform, groups: [] }, image);
  const facts = await factsOf(tree, session.signal);
  const reported = reportBuilt(planned, layers, manifest.descriptor, built.descriptor.size, facts);
  known.report = withImage(known.report, reported);
  return { platform, resolution, tree, layers, config: built, manifest };
}
