/** What one of several machines builds of a configuration, and what its report says of that. */
import { formatPlatform } from './oci/platform.ts';
import { type PlacedUnit, type Shard, shardAt, unitsOf, unitsOfShard } from './pipeline/build-units.ts';
import type { BuildReport } from './pipeline/report.ts';
import type { ResolvedConfig } from './pipeline/settings.ts';

/** An image of the configuration with its units in the shard. */
export interface Share {
  readonly config: ResolvedConfig;
  /** Undefined where all are built. */
  readonly units?: readonly PlacedUnit[];
}

/** What a shard has something of; all images where everything is built. */
export function sharesOf(configs: readonly ResolvedConfig[], shard: Shard | undefined): readonly Share[] {
  if (shard === undefined) return configs.map((config) => ({ config }));
  const units = unitsOfShard(unitsOf(configs), shard);
  return configs
    .map((config) => ({ config, units: units.filter((unit) => unit.config === config) }))
    .filter((share) => share.units.length > 0);
}

/** The report with the position of each part that was published. */
export function withPositions(report: BuildReport, units: readonly PlacedUnit[]): BuildReport {
  const positions = new Map(units.map(({ platform, position }) => [formatPlatform(platform), position]));
  const outputs = report.outputs.map((output) => {
    const unit = output.platform === undefined ? undefined : positions.get(output.platform);
    return unit === undefined ? output : { ...output, unit };
  });
  return { ...report, outputs };
}

/** A plan whose units are dealt to shards. */
export function withShards(report: BuildReport, count: number): BuildReport {
  const units = report.units?.map((unit, position) => {
    const { index } = shardAt(position, count);
    return { ...unit, shard: `${index}/${count}` };
  });
  return { ...report, units: units ?? null };
}
