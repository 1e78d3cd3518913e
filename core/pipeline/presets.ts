/** Lets the configured preset look at the project, and merges what it says below what the user said. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Detection, PresetInput } from './plugin.ts';
import type { ReportedPreset } from './report.ts';
import type { Session } from './session.ts';
import type { Config, ResolvedConfig } from './settings.ts';
import { listSources } from './sources/index.ts';
import type { Resolution } from './values.ts';

export interface Applied {
  readonly config: ResolvedConfig;
  readonly report: ReportedPreset | null;
}

/** Keys that only make sense together: a preset's command is dropped whole where the user states any of it. */
const START: readonly (keyof Config)[] = ['entrypoint', 'cmd'];

/** The configuration with the preset's values where the user has none. */
export async function applyPreset(
  config: ResolvedConfig,
  resolution: Resolution,
  session: Session,
): Promise<Applied> {
  if (config.presets.length === 0) return { config, report: null };
  // Who says how it starts need not be told, nor hear that it could not be found out.
  if (!config.explicitPreset && START.some((key) => config[key as keyof ResolvedConfig] !== undefined)) {
    return { config, report: null };
  }
  const input = await presetInput(config, resolution, session);
  for (const preset of config.presets) {
    const detection = await preset.detect(input);
    if (detection === undefined) continue;
    const reasons = detection.reasons.map((reason) => ({ ...reason }));
    for (const { message, file, line } of reasons) {
      const where = file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`;
      session.log.info(`${preset.name}: ${message}${where}`);
    }
    return { config: mergeBelow(config, detection.config), report: { name: preset.name, reasons } };
  }
  return { config, report: null };
}

function mergeBelow(config: ResolvedConfig, below: Detection['config']): ResolvedConfig {
  const stated = START.some((key) => config[key as keyof ResolvedConfig] !== undefined);
  const rest = Object.fromEntries(
    Object.entries(below).filter(([key]) => !(stated && START.includes(key as keyof Config))),
  ) as Partial<ResolvedConfig>;
  const known = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  return {
    ...rest,
    ...(known as unknown as ResolvedConfig),
    ...(rest.env === undefined ? {} : { env: { ...rest.env, ...config.env } }),
    ...(rest.labels === undefined ? {} : { labels: { ...rest.labels, ...config.labels } }),
  };
}

async function presetInput(
  config: ResolvedConfig,
  resolution: Resolution,
  session: Session,
): Promise<PresetInput> {
  const { directory } = config;
  return {
    directory,
    project: resolution.project,
    distributions: resolution.distributions,
    explicit: config.explicitPreset,
    files: await listSources(config, session),
    read: (path) => readFile(join(directory, path)),
  };
}
