/**
 * The verbs that programs and the command line call, and what they take. What they run is loaded when one of them is
 * called: a configuration imports this module by way of `pycontainer`, and needs none of it.
 */
import type { CommandLine } from './config/load.ts';
import type { PinMode } from './pipeline/pins.ts';
import type { BuildReport } from './pipeline/report.ts';
import type { StatedCredentials } from './pipeline/session.ts';
import type { Config } from './pipeline/settings.ts';
import type { Log } from './primitives/log.ts';

/** What {@link build}, {@link check} and {@link lock} take. All of it is optional. */
export interface BuildOptions {
  /** Absolute; default the process's working directory. */
  readonly cwd?: string;
  /** The project's folder, relative to `cwd`. */
  readonly directory?: string;
  /** A configuration file, relative to `cwd`; default the one that is found. */
  readonly file?: string;
  readonly profile?: string;
  /** Names of images to build; default all of the configuration. */
  readonly only?: readonly string[];
  /** An image for each member of the workspace, all in one report; `only` chooses among them. */
  readonly allPackages?: boolean;
  /** What is stronger than any file. */
  readonly commandLine?: CommandLine;
  /** Default the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** Accept what the store has, make no request. */
  readonly offline?: boolean;
  /** Refuse a base that `pycontainer.lock` does not pin. */
  readonly locked?: boolean;
  /** Resolve and plan, write nothing. */
  readonly dryRun?: boolean;
  /** Redo what the store remembers of earlier builds. */
  readonly noCache?: boolean;
  /** The store's folder, relative to `cwd`. */
  readonly cacheDirectory?: string;
  /** For every registry of the run. */
  readonly credentials?: StatedCredentials;
  /** `lock` alone: pin anew what is pinned already. */
  readonly updateBase?: boolean;
  /** `check` alone: say what each platform lacks, those of the configuration, else all usual ones. */
  readonly platformTable?: boolean;
  /** `build` alone: the share of this machine, as in `2/5`. Other machines build the other shares. */
  readonly shard?: string;
  /** `plan` alone: into how many shares the units are dealt. */
  readonly shards?: number;
  /** `explain` alone: the distribution to explain, by its name in any spelling. */
  readonly distribution?: string;
}

/** Builds every image of the configuration. Never rejects: what went wrong is `error` in the report. */
export function build(options: BuildOptions = {}): Promise<BuildReport> {
  return run('build', options, options.locked === true ? 'locked' : 'use');
}

/**
 * Builds what the configuration is changed to, image by image, before plugins and presets are looked for: for programs
 * that have defaults of their own.
 */
export function buildAdjusted(
  options: BuildOptions,
  adjust: (values: Config) => Config,
  command = 'build',
): Promise<BuildReport> {
  return run(command, options, options.locked === true ? 'locked' : 'use', adjust);
}

/** Resolves and plans what `build` would do, without building: project, configuration, lock and base. */
export function check(options: BuildOptions = {}): Promise<BuildReport> {
  return run('check', { ...options, dryRun: true }, options.locked === true ? 'locked' : 'use');
}

/**
 * Resolves and plans like {@link check}, and puts the merged configuration into the report, each value with its origin; where
 * `distribution` is stated, also why that is in, and why it is this file.
 */
export function explain(options: BuildOptions = {}): Promise<BuildReport> {
  return run('explain', { ...options, dryRun: true }, options.locked === true ? 'locked' : 'use');
}

/**
 * Resolves and plans like {@link check}; `units` of the report lists each image on each platform with a digest of all
 * that it is made of.
 */
export function plan(options: BuildOptions = {}): Promise<BuildReport> {
  return run('plan', { ...options, dryRun: true }, options.locked === true ? 'locked' : 'use');
}

/** Pins every base in `pycontainer.lock`. */
export function lock(options: BuildOptions = {}): Promise<BuildReport> {
  return run('lock', { ...options, dryRun: true }, options.updateBase === true ? 'renew' : 'add');
}

async function run(
  command: string,
  options: BuildOptions,
  pinMode: PinMode,
  adjust?: (values: Config) => Config,
): Promise<BuildReport> {
  const { runAll } = await import('./run.ts');
  return await runAll(command, options, pinMode, adjust);
}
