/**
 * Takes one configuration through the six stages, platform by platform, and gives the build report. What each
 * stage does is its own module's; what taps the hooks was decided before.
 */
import { relative, resolve } from 'node:path';
import { buildConfig, buildIndex, buildManifest } from '../oci/build-image.ts';
import {
  formatPlatform,
  normalizePlatform,
  type Platform,
  parsePlatform,
  samePlatform,
} from '../oci/platform.ts';
import { visible } from '../primitives/path.ts';
import { normalizeName } from '../python/name.ts';
import { endOf } from './aborted.ts';
import { createPluginApi } from './api.ts';
import { createBaseContext } from './base-context.ts';
import { createBaseFileReader } from './base-files.ts';
import { createPartRecords, type PartRecords } from './collect/part-records.ts';
import { findBase } from './defaults/base.ts';
import { corePlugin } from './defaults/index.ts';
import { refuseWithoutLock } from './defaults/lock-missing.ts';
import { explainDistribution, unknownDistribution } from './distribution-explanation.ts';
import { warnOfIdleRules } from './distribution-rules.ts';
import { explainConfig } from './explanation.ts';
import { createGraph, type Graph } from './graph.ts';
import type { BuildContext } from './hooks.ts';
import { MembersError } from './members-error.ts';
import { lackingPlatforms, tablePlatforms, USUAL_PLATFORMS } from './platform-table.ts';
import { applyPreset } from './presets.ts';
import { type BuildReport, emptyReport, type ReportedImage, reportError } from './report.ts';
import { keepWarnings, reportBuilt, reportLock, reportPlanned, sizesOf, withImage } from './report-draft.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import { collectTree } from './stages/collect.ts';
import { defaultBase, refuseEdition } from './stages/default-base.ts';
import { imageConfigOf, startsNothing } from './stages/label.ts';
import { layerTree } from './stages/layer.ts';
import { planLayers } from './stages/layer-plan.ts';
import { addPresetParts } from './stages/preset-parts.ts';
import { findDestinations, outputsOf, publishBuild, referencesOf, withTag } from './stages/publish.ts';
import { type ResolveInput, resolvePlatform } from './stages/resolve.ts';
import { type AttachedImage, attachTo, referrersOf } from './stages/sbom.ts';
import type {
  Destination,
  FinishedBuild,
  FinishedImage,
  ImageConfig,
  LockFile,
  Project,
  Resolution,
} from './values.ts';

/** Runs one image's build. Never rejects: what went wrong is in the report. */
export async function runBuild(config: ResolvedConfig, session: Session): Promise<BuildReport> {
  const kept = keepWarnings(session.log);
  const build = new Build(config, { ...session, log: kept.log });
  try {
    await build.run();
  } catch (thrown) {
    const error = endOf(thrown, session.signal);
    session.log.debug(error instanceof Error ? (error.stack ?? '') : String(error));
    build.report = { ...build.report, ok: false, error: reportError(error) };
    await build.tellFailure(error);
  }
  return { ...build.report, warnings: kept.warnings };
}

/** The state of one run: the report so far. */
class Build {
  report: BuildReport;
  readonly #config: ResolvedConfig;
  /** The same with the folder that the sources are taken from: a workspace's member has its own. */
  #sources: ResolvedConfig;
  readonly #session: Session;
  readonly #records: PartRecords;
  readonly #started = performance.now();
  #graph: Graph | undefined;

  constructor(config: ResolvedConfig, session: Session) {
    this.#config = config;
    this.#sources = config;
    this.#session = session;
    this.#records = session.memory.get('part records', () => createPartRecords(session));
    this.report = { ...emptyReport(session.command), dryRun: session.dryRun };
  }

  async run(): Promise<void> {
    const context: BuildContext = { signal: this.#session.signal, config: this.#config };
    const { memory, signal } = this.#session;
    const base = memory.get('base files', () => createBaseFileReader(signal));
    const plugins = [...this.#config.plugins, corePlugin(this.#config, this.#session, base)];
    const graph = createGraph(plugins, context, createPluginApi(this.#config, this.#session, base));
    this.#graph = graph;
    const platforms = distinctPlatforms(this.#config.platforms);
    const input = await graph.stage('resolve', () => this.#resolveOnce(graph, platforms));
    const name = this.#config.name ?? input.project.name;
    if (this.#session.tablesPlatforms === true) {
      await graph.stage('resolve', () => this.#tablePlatforms(graph, input, platforms, name));
      this.#noteTimings();
      return;
    }
    // Pinning bases writes nowhere, so that it does not matter where a build would.
    const isBuild = this.#session.command !== 'lock';
    const destinations = await graph.stage('publish', async () =>
      isBuild ? findDestinations(outputsOf(name, this.#config), graph) : [],
    );
    const images: AttachedImage[] = [];
    for (const platform of platforms) {
      const finished = await this.#buildPlatform(graph, input, platform, name);
      if (finished === undefined) continue;
      images.push(await graph.stage('sbom', () => attachTo(finished, graph)));
    }
    if (this.report.explanations?.length === 0)
      throw unknownDistribution(this.#session.distribution!, this.report.images, input);
    warnOfIdleRules(this.#config.distributions, this.report.images, this.#session.log);
    if (!this.#session.dryRun) await this.#publish(graph, input.project, name, images, destinations);
    this.#noteTimings();
    await graph.hooks.done.promise(this.report, context);
  }

  /** @throws PlatformLacksError where one that is built for lacks something */
  async #tablePlatforms(
    graph: Graph,
    input: ResolveInput,
    configured: readonly Platform[],
    name: string,
  ): Promise<void> {
    const usual = this.#config.origins.platforms === undefined ? USUAL_PLATFORMS : [];
    const all = distinctPlatforms([...usual, ...configured.map(formatPlatform)]);
    const rows = all.map((platform) => ({
      platform,
      isConfigured: configured.some((one) => samePlatform(one, platform)),
    }));
    const platforms = await tablePlatforms(graph, input, rows, name, this.#session);
    this.report = { ...this.report, platforms };
    const lacking = lackingPlatforms(platforms);
    if (lacking !== undefined) throw lacking;
  }

  /** What all platforms share: the project, its lock, and where the base comes from. */
  async #resolveOnce(graph: Graph, platforms: readonly Platform[]): Promise<ResolveInput> {
    const { directory } = this.#config;
    const { hooks, context } = graph;
    const root = (await hooks.project.promise({ directory }, context))!;
    this.#noteProject(root);
    const { dependencies = true, package: member } = this.#config;
    const isAsked = dependencies || member !== undefined;
    const found = isAsked ? await hooks.lock.promise({ project: root }, context) : undefined;
    const lock = dependencies ? found : undefined;
    this.report = {
      ...this.report,
      lock: lock === undefined ? null : reportLock(lock),
    };
    const want = {
      extras: this.#config.extras,
      groups: this.#config.groups,
      ...(this.#config.package === undefined ? {} : { package: this.#config.package }),
    };
    if (found === undefined && isAsked) refuseWithoutLock(root, want);
    const project = await this.#memberOf(root, found, graph);
    if (this.#config.base === undefined) await refuseEdition(project);
    const base =
      this.#config.base ?? (await defaultBase(project, lock, want, platforms, this.#config.distributions));
    const source = typeof base === 'string' ? await findBase(base, project, graph) : base;
    return { project, lock, source, want };
  }

  /** The member that `package` names, whose sources go in then; else the project of the folder. */
  async #memberOf(root: Project, lock: LockFile | undefined, graph: Graph): Promise<Project> {
    const { directory, package: name } = this.#config;
    if (name === undefined || normalizeName(name) === root.name) return root;
    if (lock?.memberFolder === undefined) {
      throw new MembersError(
        `where the member \`${visible(name)}\` lies is not known: ${lock === undefined ? 'there is no lock' : `\`${lock.path}\` does not say`}`,
        { hint: "name the member's own folder, as in `pyc build packages/api`" },
      );
    }
    const folder = lock.memberFolder(name);
    if (resolve(directory, folder) === directory) return root;
    const request = { directory: resolve(directory, folder) };
    const member = (await graph.hooks.project.promise(request, graph.context))!;
    this.#noteProject(member);
    this.#sources = { ...this.#config, directory: member.directory };
    return member;
  }

  #noteProject(project: Project): void {
    const { directory } = project;
    this.report = {
      ...this.report,
      project: {
        name: project.name,
        version: project.version ?? null,
        directory: relative(this.#session.cwd, directory) || '.',
      },
    };
  }

  /** Undefined in a dry run, which ends with the plan. */
  async #buildPlatform(
    graph: Graph,
    input: ResolveInput,
    platform: Platform,
    name: string,
  ): Promise<FinishedImage | undefined> {
    const session = this.#session;
    const { hooks, context } = graph;
    const resolution = await graph.stage('resolve', () =>
      resolvePlatform(
        graph,
        input,
        platform,
        createBaseContext(input.source.reference, platform, this.#config, session),
        session,
      ),
    );
    const preset = await graph.stage('resolve', () => applyPreset(this.#sources, resolution, session));
    this.report = { ...this.report, preset: preset.report };
    const config = preset.config;
    if (session.dryRun) {
      this.#notePlanned(name, resolution, config);
      return undefined;
    }
    const { tree } = await graph.stage('collect', async () => {
      const found = await collectTree(graph, resolution, config, this.#records, session);
      const collected = await addPresetParts(
        found,
        preset.collectors,
        resolution,
        config,
        this.#records,
        session,
      );
      const shaped = await hooks.collect.promise(collected, context);
      await hooks.collected.promise(shaped, context);
      return shaped;
    });
    const layers = await graph.stage('layer', async () => {
      const ofBase = resolution.base.image.layers.length;
      const planned = planLayers(platform, tree, resolution.distributions, ofBase);
      const plan = await hooks.layer.promise(planned, context);
      const written = await layerTree(
        resolution,
        tree,
        plan,
        { members: config.gzipMembers ?? 'multiple' },
        session,
      );
      await this.#records.flush();
      await hooks.layered.promise({ platform, layers: written }, context);
      return written;
    });
    return graph.stage('label', async () => {
      const created = new Date((session.sourceDateEpoch ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
      const image = await hooks.label.promise(
        imageConfigOf(resolution, { platform, layers }, config, created),
        context,
      );
      await hooks.labelled.promise(image, context);
      this.#tellStart(image);
      const built = buildConfig(image, layers, resolution.base.image);
      const manifest = buildManifest(built.descriptor, layers, image.annotations);
      const planned = reportPlanned(this.#named(name), resolution, { platform, groups: [] }, image);
      this.report = withImage(
        this.report,
        reportBuilt(
          planned,
          layers,
          manifest.descriptor,
          built.descriptor.size,
          await sizesOf(tree, session.signal),
        ),
      );
      return { platform, resolution, tree, layers, config: built, manifest };
    });
  }

  #notePlanned(name: string, resolution: Resolution, config: ResolvedConfig): void {
    const { platform } = resolution;
    const image = imageConfigOf(resolution, { platform, layers: [] }, config, '1970-01-01T00:00:00Z');
    const planned: ReportedImage = reportPlanned(
      this.#named(name),
      resolution,
      plannedGroups(resolution),
      image,
    );
    this.#tellStart(image);
    this.report = withImage(this.report, planned);
    const { distribution } = this.#session;
    if (distribution !== undefined) {
      const explained = explainDistribution(resolution, distribution, name);
      const { explanations } = this.report;
      this.report = { ...this.report, explanations: [...(explanations ?? []), ...explained] };
    }
    if (this.#session.command !== 'explain' || this.report.configuration !== null) return;
    this.report = {
      ...this.report,
      configuration: [{ image: name, values: explainConfig(config, resolution, image) }],
    };
  }

  async #publish(
    graph: Graph,
    project: Project,
    name: string,
    attached: readonly AttachedImage[],
    destinations: readonly Destination[],
  ): Promise<void> {
    const images = attached.map(({ image }) => image);
    const index = images.length > 1 ? buildIndex(images) : undefined;
    const referrers = referrersOf(attached, index?.descriptor);
    const build: FinishedBuild = {
      name,
      ...(project.version === undefined ? {} : { version: project.version }),
      tags: referencesOf(name, this.#config),
      images,
      ...(index === undefined ? {} : { index }),
      referrers,
    };
    this.report = {
      ...this.report,
      index: index === undefined ? null : { digest: index.descriptor.digest },
      attachments: referrers.map((referrer) => ({
        type: referrer.blob.descriptor.mediaType,
        digest: referrer.manifest.descriptor.digest,
        subject: referrer.subject.digest,
      })),
    };
    const receipts = await graph.stage('publish', () => publishBuild(build, destinations, graph));
    this.report = { ...this.report, outputs: receipts.map((receipt) => ({ ...receipt, image: name })) };
  }

  #tellStart(image: ImageConfig): void {
    if (!startsNothing(image)) return;
    this.#session.log.info(
      'nothing says what the image starts, so it starts Python itself: set `entrypoint`, as in `["python", "-m", "shop"]`',
    );
  }

  #named(name: string): Pick<ReportedImage, 'name' | 'tags'> {
    return { name, tags: referencesOf(name, this.#config).map(withTag) };
  }

  #noteTimings(): void {
    const total = Math.round((performance.now() - this.#started) * 10) / 10;
    this.report = { ...this.report, timings: { ...this.#graph?.timings, total } };
  }

  /** A plugin that fails while it hears of a failure does not hide the first one. */
  async tellFailure(error: unknown): Promise<void> {
    this.#noteTimings();
    const context: BuildContext = { signal: new AbortController().signal, config: this.#config };
    await this.#graph?.hooks.failed.promise({ error }, context).catch((thrown: unknown) => {
      this.#session.log.debug(`a tap of \`failed\` failed: ${String(thrown)}`);
    });
  }
}

/** `linux/arm64` and `linux/arm64/v8` are one, and an index holds each once. */
function distinctPlatforms(texts: readonly string[]): readonly Platform[] {
  const platforms = texts.map(parsePlatform);
  return [
    ...new Map(platforms.map((platform) => [formatPlatform(normalizePlatform(platform)), platform])).values(),
  ];
}

/** A dry run knows the distributions, not their sizes: it lists them in one group. */
function plannedGroups(resolution: Resolution): Parameters<typeof reportPlanned>[2] {
  const names = resolution.distributions.map((distribution) => distribution.name);
  return {
    platform: resolution.platform,
    groups: [
      { name: 'environment', role: 'environment', parts: ['environment'] },
      ...(names.length === 0 ? [] : [{ name: 'dependencies', role: 'dependency' as const, parts: names }]),
      { name: 'project', role: 'project', parts: ['project'] },
    ],
  };
}
