/** What a dry run says of one platform: the image as it would be, and why, where that is asked for. */
import type { Log } from '../primitives/log.ts';
import { type BuildRun, namesOf, note } from './build-run.ts';
import { explainDistribution } from './distribution-explanation.ts';
import { fileSizeOf } from './distribution-files.ts';
import { explainConfig } from './explanation.ts';
import { inputsKey } from './inputs-key.ts';
import type { ReportedImage, ReportedUnit } from './report.ts';
import { reportPlanned, withImage } from './report-draft.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import { imageConfigOf, startsNothing } from './stages/label.ts';
import { outputsOf } from './stages/publish.ts';
import type { ImageConfig, LayerPlan, Resolution } from './values.ts';

export async function notePlanned(
  run: BuildRun,
  name: string,
  resolution: Resolution,
  config: ResolvedConfig,
): Promise<void> {
  const { session, known } = run;
  const { platform } = resolution;
  const image = imageConfigOf(resolution, { platform, layers: [] }, config, '1970-01-01T00:00:00Z');
  tellStart(image, session.log);
  const planned = reportPlanned(namesOf(name, run.config), resolution, plannedGroups(resolution), image);
  known.report = withImage(known.report, planned);
  if (session.command === 'explain')
    known.report = withImage(known.report, await withFileSizes(planned, resolution, session));
  if (session.command === 'plan') {
    const unit: ReportedUnit = {
      image: name,
      platform: planned.platform,
      inputs: await inputsKey(resolution, config, image, session),
      base: planned.base,
      tags: planned.tags,
      outputs: outputsOf(name, run.config),
      shard: null,
    };
    note(run, { units: [...(known.report.units ?? []), unit] });
  }
  if (session.distribution !== undefined) {
    const explained = await explainDistribution(resolution, session.distribution, name, { config, session });
    note(run, { explanations: [...(known.report.explanations ?? []), ...explained] });
  }
  if (session.command !== 'explain' || known.report.configuration !== null) return;
  note(run, { configuration: [{ image: name, values: explainConfig(config, resolution, image) }] });
}

/** Of files whose sizes the lock does not state. */
async function withFileSizes(
  planned: ReportedImage,
  { distributions }: Resolution,
  session: Session,
): Promise<ReportedImage> {
  const sizes = new Map<string, number | undefined>();
  for (const one of distributions) sizes.set(one.name, await fileSizeOf(one, session));
  return {
    ...planned,
    distributions: planned.distributions.map((one) => ({ ...one, fileSize: sizes.get(one.name) ?? null })),
  };
}

/** Says it where nothing is started. */
export function tellStart(image: ImageConfig, log: Log): void {
  if (!startsNothing(image)) return;
  log.info(
    'nothing says what the image starts, so it starts Python itself: set `entrypoint`, as in `["python", "-m", "shop"]`',
  );
}

/** A dry run knows the distributions, not their sizes: it lists them in one group. */
function plannedGroups({ platform, distributions }: Resolution): LayerPlan {
  const parts = distributions.map(({ name }) => name);
  return {
    platform,
    groups: [
      { name: 'environment', role: 'environment', parts: ['environment'] },
      ...(parts.length === 0 ? [] : [{ name: 'dependencies', role: 'dependency' as const, parts }]),
      { name: 'project', role: 'project', parts: ['project'] },
    ],
  };
}
