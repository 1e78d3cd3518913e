/**
 * Lets the configured presets look at the project, puts together what they say, and merges it below what the user
 * said. What a framework looks like is the presets' knowledge.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import type { Preset, PresetInput, PresetRank } from './preset.ts';
import { askPreset } from './preset-answer.ts';
import { composeDetections, type Found } from './preset-composition.ts';
import { commandOf, defaultProcess, RELEASE } from './processes.ts';
import type { ReportedPreset } from './report.ts';
import type { Session } from './session.ts';
import type { Config, Origin, ResolvedConfig } from './settings.ts';
import { listSources } from './sources/index.ts';
import type { PresetCollector } from './stages/preset-parts.ts';
import type { Resolution } from './values.ts';

/**
 * There are several named processes, and nothing says which of them the image starts when it is told nothing:
 * neither `entrypoint`, nor a process `web`, nor a preset.
 */
export class NoDefaultProcessError extends PycError {
  readonly code = 'PYC_PROCESS_DEFAULT_UNKNOWN';
  override readonly exitCode = 2;
}

export interface Applied {
  readonly config: ResolvedConfig;
  readonly report: ReportedPreset | null;
  /** What presets add to the tree once it is collected. */
  readonly collectors: readonly PresetCollector[];
  /** What keeps a build from being carried out. */
  readonly problem?: PycError;
}

/** Keys that only make sense together: a preset's command is dropped whole where the user states any of it. */
const START: readonly (keyof Config)[] = ['entrypoint', 'cmd'];
/** Commands that tell what is known, whether or not it could be built. */
const LOOKING: ReadonlySet<string> = new Set(['explain', 'init']);
const RANKS: readonly PresetRank[] = ['declared', 'site', 'application', 'worker', 'script'];

/**
 * The configuration with the presets' values where the user has none.
 *
 * @throws PresetConflictError where two presets of one rank want different things, what a preset throws, and the
 * problem that one has, apart from commands that only look
 */
export async function applyPreset(
  config: ResolvedConfig,
  resolution: Pick<Resolution, 'project' | 'distributions'>,
  session: Session,
): Promise<Applied> {
  const stated = withStatedDefault(config);
  const isStarted = START.some((key) => stated[key as keyof ResolvedConfig] !== undefined);
  // Who says how it starts need not be told, nor hear that it could not be found out.
  const isAsked = config.presets.length > 0 && (config.explicitPreset || !isStarted);
  const found = isAsked
    ? await detect(config.presets, await presetInput(config, resolution, session), session.signal)
    : [];
  for (const { preset, detection } of found) {
    for (const { message, file, line } of detection.reasons) {
      session.log.info(`${preset.name}: ${message}${placeOf(file, line)}`);
    }
  }
  const composed = composeDetections(found);
  const merged = found.length === 0 ? stated : mergeBelow(stated, composed.config, composed.origins);
  const result = withDefaultProcess(withOwnCommand(merged, stated, composed.config));
  const problem = found.map(({ detection }) => detection.problem).find((one) => one !== undefined);
  if (problem !== undefined && !LOOKING.has(session.command)) throw problem;
  return {
    config: result,
    report:
      found.length === 0
        ? null
        : { name: namesOf(found), reasons: found.flatMap(({ detection }) => detection.reasons) },
    ...(problem === undefined ? {} : { problem }),
    collectors: found.flatMap(({ preset, detection }) =>
      detection.collect === undefined
        ? []
        : [{ preset: preset.name, collect: detection.collect.bind(detection) }],
    ),
  };
}

/** ` (file:line)`, as far as it is known. */
function placeOf(file: string | undefined, line: number | undefined): string {
  return file === undefined ? '' : ` (${visible(file)}${line === undefined ? '' : `:${line}`})`;
}

/** Asks rank by rank; once a start is found, only those of later ranks that add to it, and none behind a Procfile. */
async function detect(
  presets: readonly Preset[],
  input: PresetInput,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  let decided: { readonly start?: string; readonly processes: readonly string[] } = { processes: [] };
  let decidedBy: PresetRank | undefined;
  for (const rank of RANKS) {
    const ofRank = presets.filter((preset) => (preset.rank ?? 'application') === rank);
    const before = found.length;
    for (const preset of ofRank) {
      const isAsked = decidedBy === undefined || (decidedBy !== 'declared' && preset.composes === true);
      const detection = isAsked ? await askPreset(preset, { ...input, decided }, signal) : undefined;
      if (detection !== undefined) found.push({ preset, rank, detection });
    }
    for (const { preset, detection } of found.slice(before)) {
      const { config } = detection;
      decided = { ...decided, processes: [...decided.processes, ...Object.keys(config.processes ?? {})] };
      if (config.entrypoint === undefined && config.cmd === undefined) continue;
      decided = { start: decided.start ?? preset.name, processes: decided.processes };
      decidedBy ??= rank;
    }
  }
  return found;
}

function namesOf(found: readonly Found[]): string {
  return found.map(({ preset }) => preset.name).join(', ');
}

function mergeBelow(
  config: ResolvedConfig,
  below: Partial<Config>,
  belowOrigins: Readonly<Record<string, Origin>>,
): ResolvedConfig {
  const stated = START.some((key) => config[key as keyof ResolvedConfig] !== undefined);
  const rest = Object.fromEntries(
    Object.entries(below).filter(([key]) => !(stated && START.includes(key as keyof Config))),
  ) as Partial<ResolvedConfig>;
  const known = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const origins = Object.entries(belowOrigins).filter(([key]) => !(stated && START.includes(key as never)));
  return {
    ...rest,
    ...(known as unknown as ResolvedConfig),
    ...(rest.env === undefined ? {} : { env: { ...rest.env, ...config.env } }),
    ...(rest.labels === undefined ? {} : { labels: { ...rest.labels, ...config.labels } }),
    ...(rest.processes === undefined ? {} : { processes: { ...rest.processes, ...config.processes } }),
    // The user's come last and so decide: `!` takes back in what a preset leaves out.
    ...(rest.exclude === undefined ? {} : { exclude: [...rest.exclude, ...(config.exclude ?? [])] }),
    origins: { ...Object.fromEntries(origins), ...config.origins },
  };
}

/** A preset's start is a process that the user gave another command: then that is the start. */
function withOwnCommand(
  merged: ResolvedConfig,
  { processes: own = {}, entrypoint, cmd }: ResolvedConfig,
  preset: Partial<Config>,
): ResolvedConfig {
  const started = commandOf(preset);
  if (entrypoint !== undefined || cmd !== undefined || started === undefined) return merged;
  const command = JSON.stringify(started);
  const name = Object.keys(own).find((one) => JSON.stringify(preset.processes?.[one]) === command);
  if (name === undefined) return merged;
  const { cmd: _cmd, ...rest } = merged;
  const origin = merged.origins[`processes.${name}`] ?? 'the configuration';
  return { ...rest, entrypoint: own[name]!, origins: { ...merged.origins, entrypoint: origin } };
}

/** The user's own process `web` is a start that the user stated. */
function withStatedDefault(config: ResolvedConfig): ResolvedConfig {
  const web = config.processes?.web;
  if (web === undefined || config.entrypoint !== undefined || config.cmd !== undefined) return config;
  const origin = config.origins['processes.web'] ?? 'the configuration';
  return { ...config, entrypoint: web, origins: { ...config.origins, entrypoint: origin } };
}

/** The only process starts by default, or the one called `web`; a service beside others is called that. */
function withDefaultProcess(config: ResolvedConfig): ResolvedConfig {
  const processes = config.processes ?? {};
  const names = Object.keys(processes);
  if (names.length === 0) return config;
  const command = commandOf(config);
  if (command !== undefined) {
    if (processes.web !== undefined || (config.ports ?? []).length === 0) return config;
    const web = { web: command, ...processes };
    const origin = config.origins.entrypoint ?? config.origins.cmd ?? 'default';
    return { ...config, processes: web, origins: { ...config.origins, 'processes.web': origin } };
  }
  const name = defaultProcess(names);
  if (name !== undefined) {
    const origin = config.origins[`processes.${name}`] ?? 'default';
    return { ...config, entrypoint: processes[name]!, origins: { ...config.origins, entrypoint: origin } };
  }
  if (names.every((one) => one === RELEASE)) return config;
  throw new NoDefaultProcessError(
    `nothing says which process the image starts: ${names.map((one) => `\`${visible(one)}\``).join(', ')}`,
    { hint: 'call one of them `web`, or state `entrypoint` in the configuration' },
  );
}

async function presetInput(
  config: ResolvedConfig,
  resolution: Pick<Resolution, 'project' | 'distributions'>,
  session: Session,
): Promise<PresetInput> {
  const { directory } = config;
  return {
    directory,
    project: resolution.project,
    distributions: resolution.distributions,
    explicit: config.explicitPreset,
    files: await listSources(config, session),
    // Opening thousands of small files one by one without waiting is quicker than waiting for each.
    read: async (path) => readFileSync(join(directory, path)),
    ...(config.env === undefined ? {} : { env: config.env }),
  };
}
