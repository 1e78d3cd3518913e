/**
 * Takes one configuration through the six stages, platform by platform, and gives the build report. What each
 * stage does is its own module's; what taps the hooks was decided before.
 */
import { attestationEntry } from '../oci/attestation.ts';
import { buildIndex } from '../oci/build-image.ts';
import { OCI_INDEX } from '../oci/media-types.ts';
import { formatPlatform, samePlatform } from '../oci/platform.ts';
import { endOf } from './aborted.ts';
import { createPluginApi } from './api.ts';
import { createBaseFileReader } from './base-files.ts';
import { type BuildRun, note, type ReportSoFar } from './build-run.ts';
import { distinctPlatforms, refuseWholeOutputs } from './build-units.ts';
import { createPartRecords } from './collect/part-records.ts';
import { corePlugin } from './defaults/index.ts';
import { unknownDistribution } from './distribution-explanation.ts';
import { warnOfIdleRules } from './distribution-rules.ts';
import { createGraph, type Graph } from './graph.ts';
import type { BuildContext } from './hooks.ts';
import { withSharedLayers } from './layer-sharing.ts';
import { buildPlatform } from './platform-build.ts';
import { lackingPlatforms, tablePlatforms, USUAL_PLATFORMS } from './platform-table.ts';
import { type BuildReport, emptyReport, type ReportedAttachment, reportError } from './report.ts';
import { keepWarnings } from './report-draft.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import { resolveShared, type SharedResolution } from './shared-resolution.ts';
import { findDestinations, needsLayers, outputsOf, publishBuild, referencesOf } from './stages/publish.ts';
import { type AttachedImage, attachTo, attachToIndex, attestationsOf, referrersOf } from './stages/sbom.ts';
import type { Destination, FinishedBuild, Project, Referrer } from './values.ts';

/** Runs one image's build. Never rejects: what went wrong is in the report. */
export async function runBuild(config: ResolvedConfig, outer: Session): Promise<BuildReport> {
  const started = performance.now();
  const kept = keepWarnings(outer.log);
  const session = { ...outer, log: kept.log };
  const known: ReportSoFar = { report: { ...emptyReport(session.command), dryRun: session.dryRun } };
  let graph: Graph | undefined;
  try {
    graph = graphOf(config, session);
    const records = session.memory.get('part records', () => createPartRecords(session));
    const run = { config, session, graph, records, known };
    await (session.tablesPlatforms === true ? table(run) : build(run));
    noteTimings(known, graph, started);
    if (session.tablesPlatforms !== true && session.take === undefined)
      await graph.hooks.done.promise(known.report, graph.context);
  } catch (thrown) {
    const error = endOf(thrown, session.signal);
    session.log.debug(error instanceof Error ? (error.stack ?? '') : String(error));
    note({ known }, { ok: false, error: reportError(error) });
    noteTimings(known, graph, started);
    if (session.take === undefined) await tellFailure(config, session, graph, error);
  }
  return { ...known.report, warnings: kept.warnings };
}

function graphOf(config: ResolvedConfig, session: Session): Graph {
  const { memory, signal, store } = session;
  const isKept = needsLayers(config, session);
  const base = memory.get(`base files, ${isKept ? 'kept' : 'passing'}`, () =>
    createBaseFileReader(signal, { needsLayers: isKept, ...(session.noCache ? {} : { store }) }),
  );
  const plugins = [...config.plugins, corePlugin(config, session, base)];
  return createGraph(plugins, { signal, config }, createPluginApi(config, session, base));
}

async function build(run: BuildRun): Promise<void> {
  const { config, session, graph, known } = run;
  const platforms = distinctPlatforms(config.platforms);
  const built = session.platforms ?? platforms;
  const isPart = built.length < platforms.length;
  const shared = await graph.stage('resolve', () => resolveShared(run, platforms));
  // Pinning bases writes nowhere, so that it does not matter where a build would.
  const isWritten = session.command !== 'lock' && session.take === undefined;
  const outputs = isWritten ? outputsOf(shared.name, config) : [];
  if (isPart) refuseWholeOutputs(shared.name, outputs);
  const destinations = await graph.stage('publish', async () => findDestinations(outputs, graph));
  const sharing = await withSharedLayers(run, outputs);
  const images: AttachedImage[] = [];
  for (const platform of built) {
    const finished = await buildPlatform(sharing, shared, platform);
    if (finished === undefined) continue;
    session.take?.(finished);
    if (session.take === undefined) images.push(await graph.stage('sbom', () => attachTo(finished, graph)));
  }
  if (known.report.explanations?.length === 0)
    throw unknownDistribution(session.distribution!, known.report.images, shared.input);
  // What a rule is for may be on the other platforms.
  if (!isPart) warnOfIdleRules(config.distributions, known.report.images, session.log);
  if (session.dryRun || session.take !== undefined) return;
  if (isPart) await publishParts(run, shared, images, destinations);
  else await publish(run, shared, images, destinations);
}

/** @throws PlatformLacksError where one that is built for lacks something */
async function table(run: BuildRun): Promise<void> {
  const { config, session, graph } = run;
  const configured = distinctPlatforms(config.platforms);
  const usual = config.origins.platforms === undefined ? USUAL_PLATFORMS : [];
  const all = distinctPlatforms([...usual, ...configured.map(formatPlatform)]);
  const rows = all.map((platform) => ({
    platform,
    isConfigured: configured.some((one) => samePlatform(one, platform)),
  }));
  const { input, name } = await graph.stage('resolve', () => resolveShared(run, configured));
  const platforms = await graph.stage('resolve', () => tablePlatforms(graph, input, rows, name, session));
  note(run, { platforms });
  const lacking = lackingPlatforms(platforms);
  if (lacking !== undefined) throw lacking;
}

async function publish(
  run: BuildRun,
  { project, name }: SharedResolution,
  attached: readonly AttachedImage[],
  destinations: readonly Destination[],
): Promise<void> {
  const { config, graph } = run;
  const images = attached.map(({ image }) => image);
  const attestations = attestationsOf(attached);
  const isIndexed = images.length > 1 || attestations.length > 0;
  const index = isIndexed ? buildIndex(images, OCI_INDEX, attestations.map(attestationEntry)) : undefined;
  const ofIndex =
    index === undefined ? [] : await graph.stage('sbom', () => attachToIndex({ ...index, images }, graph));
  const referrers = referrersOf(attached, index?.descriptor, ofIndex);
  const finished: FinishedBuild = {
    ...subjectOf(project, name, config),
    images,
    ...(index === undefined ? {} : { index, attestations }),
    referrers,
  };
  note(run, {
    index: index === undefined ? null : { digest: index.descriptor.digest },
    attachments: referrers.map(reportAttachment),
  });
  const published = await graph.stage('publish', () => publishBuild(finished, destinations, graph));
  note(run, {
    attachments: published.referrers.map(reportAttachment),
    outputs: published.receipts.map((receipt) => ({ ...receipt, image: name })),
  });
}

/** Each platform by itself, since whatever is made of all of them is made where all of them are. */
async function publishParts(
  run: BuildRun,
  { project, name }: SharedResolution,
  attached: readonly AttachedImage[],
  destinations: readonly Destination[],
): Promise<void> {
  const { config, graph, known } = run;
  for (const { image, attachments } of attached) {
    const own = attachments.filter(({ subject }) => subject !== 'index');
    const referrers = referrersOf([{ image, attachments: own }], undefined);
    const part: FinishedBuild = {
      ...subjectOf(project, name, config),
      images: [image],
      isPart: true,
      referrers,
    };
    const published = await graph.stage('publish', () => publishBuild(part, destinations, graph));
    const platform = formatPlatform(image.platform);
    note(run, {
      attachments: [...known.report.attachments, ...published.referrers.map(reportAttachment)],
      outputs: [
        ...known.report.outputs,
        ...published.receipts.map((receipt) => ({ ...receipt, image: name, platform })),
      ],
    });
  }
}

function subjectOf(
  { version }: Project,
  name: string,
  config: ResolvedConfig,
): Pick<FinishedBuild, 'name' | 'version' | 'tags'> {
  return { name, ...(version === undefined ? {} : { version }), tags: referencesOf(name, config) };
}

function reportAttachment({ blob, manifest, subject }: Referrer): ReportedAttachment {
  return {
    type: blob.descriptor.mediaType,
    digest: manifest.descriptor.digest,
    subject: subject.digest,
  };
}

function noteTimings(known: ReportSoFar, graph: Graph | undefined, started: number): void {
  const total = Math.round((performance.now() - started) * 10) / 10;
  note({ known }, { timings: { ...graph?.timings, total } });
}

/** A plugin that fails while it hears of a failure does not hide the first one. */
async function tellFailure(
  config: ResolvedConfig,
  { log }: Session,
  graph: Graph | undefined,
  error: unknown,
): Promise<void> {
  const context: BuildContext = { signal: new AbortController().signal, config };
  await graph?.hooks.failed.promise({ error }, context).catch((thrown: unknown) => {
    log.debug(`a tap of \`failed\` failed: ${String(thrown)}`);
  });
}
