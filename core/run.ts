/**
 * From options to a report: opens the store and the HTTP client, loads the configuration, and runs each image's
 * build. Nothing past here reads the process's state.
 */
import { setMaxListeners } from 'node:events';
import { dirname, resolve } from 'node:path';
import type { BuildOptions } from './build.ts';
import { createHttpClient } from './http/undici-client.ts';
import { endOf } from './pipeline/aborted.ts';
import { parseShard, unitsOf } from './pipeline/build-units.ts';
import { runBuild } from './pipeline/builder.ts';
import { type PinFile, type PinMode, readPins } from './pipeline/pins.ts';
import { type BuildReport, emptyReport, reportError } from './pipeline/report.ts';
import { keepWarnings } from './pipeline/report-draft.ts';
import { createRunMemory } from './pipeline/run-memory.ts';
import type { Session } from './pipeline/session.ts';
import type { Config, ResolvedConfig } from './pipeline/settings.ts';
import { PycError } from './primitives/errors.ts';
import { type Log, silentLog } from './primitives/log.ts';
import { environmentCredentials } from './registry/credentials.ts';
import { sharesOf, withPositions, withShards } from './shares.ts';
import { createDiskStore } from './store/disk-store.ts';
import { storeDirectory, storeLimit } from './store/location.ts';

/**
 * `SOURCE_DATE_EPOCH` in the environment is not a whole number of seconds since 1970, so the image cannot be dated
 * by it.
 */
export class EpochError extends PycError {
  readonly code = 'PYC_EPOCH_INVALID';
  override readonly exitCode = 2;
}

/** Runs a verb over every image of the configuration. Never rejects: what went wrong is `error` in the report. */
export async function runAll(
  command: string,
  options: BuildOptions,
  pinMode: PinMode,
  adjust?: (values: Config) => Config,
): Promise<BuildReport> {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const log = options.log ?? silentLog;
  const signal = options.signal ?? new AbortController().signal;
  // Every request, worker and tap of a build listens to the one signal.
  setMaxListeners(0, signal);
  let report = { ...emptyReport(command), dryRun: options.dryRun === true };
  try {
    const shard = options.shard === undefined ? undefined : parseShard(options.shard);
    if (options.shards !== undefined) parseShard(`1/${options.shards}`);
    report = { ...report, shard: shard === undefined ? null : { ...shard, units: 0 } };
    const directory =
      options.cacheDirectory === undefined ? storeDirectory(env, cwd) : resolve(cwd, options.cacheDirectory);
    const store = createDiskStore({ directory, limit: storeLimit(env) });
    const http = createHttpClient({ env, log, signal, offline: options.offline === true });
    try {
      // Images that lie beside each other share a file, and none may forget what another one pinned.
      const pins = new Map<string, Promise<PinFile>>();
      const pinsOf = (folder: string): Promise<PinFile> => {
        const known = pins.get(folder) ?? readPins(folder, pinMode);
        pins.set(folder, known);
        return known;
      };
      const said = keepWarnings(log);
      const loaded = await loadAll(command, options, env, cwd, directory, said.log, adjust);
      report = { ...report, warnings: said.warnings };
      const memory = createRunMemory();
      const credentials = options.credentials ?? environmentCredentials(env);
      const sessionOf = async (config: ResolvedConfig): Promise<Session> => ({
        http,
        store,
        log,
        signal,
        env,
        cwd,
        command,
        offline: options.offline === true,
        dryRun: options.dryRun === true,
        noCache: options.noCache === true,
        sourceDateEpoch: epochOf(env),
        pins: await pinsOf(pinDirectory(config)),
        memory,
        ...(credentials === undefined ? {} : { credentials }),
        ...(options.distribution === undefined ? {} : { distribution: options.distribution }),
        tablesPlatforms: options.platformTable === true,
      });
      const configs =
        options.allPackages === true
          ? await membersOf(loaded, options, { ...(await sessionOf(loaded[0]!)), log: said.log })
          : loaded;
      const shares = sharesOf(configs, shard);
      if (shard !== undefined) report = { ...report, shard: { ...shard, units: unitsOf(configs).length } };
      if (shares.length === 0) log.info('this shard has nothing to build: there are more shards than units');
      let lacking: BuildReport['error'] = null;
      for (const { config, units } of shares) {
        const platforms = units?.map(({ platform }) => platform);
        const session = { ...(await sessionOf(config)), ...(platforms === undefined ? {} : { platforms }) };
        const asked = await runBuild(config, session);
        // What is to be explained may be in another image.
        const isLacking = asked.error?.code === 'PYC_DISTRIBUTION_UNKNOWN' && shares.length > 1;
        if (isLacking) lacking ??= asked.error;
        const one = withPositions(isLacking ? { ...asked, ok: true, error: null } : asked, units ?? []);
        report =
          config === shares[0]?.config
            ? { ...one, shard: report.shard, warnings: [...report.warnings, ...one.warnings] }
            : joined(report, one);
        if (report.error !== null && configs.length > 1 && config.name !== undefined) {
          const message = `image \`${config.name}\`: ${report.error.message}`;
          report = { ...report, error: { ...report.error, message } };
        }
        // What one image's platforms lack says nothing of the next one's.
        if (!report.ok && one.platforms === null) break;
        await session.pins.save();
      }
      if (lacking !== null && report.ok && report.explanations?.length === 0) {
        const message = `none of ${shares.length} images has it: ${lacking.message}`;
        report = { ...report, ok: false, error: { ...lacking, message } };
      }
      if (options.shards !== undefined) report = withShards(report, options.shards);
    } finally {
      await http.close().finally(() => store.close());
    }
  } catch (thrown) {
    log.debug(thrown instanceof Error ? (thrown.stack ?? '') : String(thrown));
    const error = endOf(thrown, signal);
    report = { ...report, ok: false, error: reportError(error) };
  }
  return report;
}

async function loadAll(
  command: string,
  options: BuildOptions,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  cacheDirectory: string,
  log: Log,
  adjust: ((values: Config) => Config) | undefined,
): Promise<readonly ResolvedConfig[]> {
  const { loadConfigs } = await import('./config/load.ts');
  return loadConfigs({
    cwd,
    directory: options.directory,
    file: options.file,
    profile: options.profile,
    only: options.allPackages === true ? [] : options.only,
    command,
    env,
    commandLine: options.commandLine,
    cacheDirectory,
    architecture: process.arch,
    warn: log.warn,
    adjust,
    signal: options.signal,
  });
}

async function membersOf(
  configs: readonly ResolvedConfig[],
  options: BuildOptions,
  session: Session,
): Promise<readonly ResolvedConfig[]> {
  const { configsOfMembers } = await import('./config/members.ts');
  return configsOfMembers(configs, options.only ?? [], session);
}

/** The lock of bases lies beside the configuration, or in the project where there is none. */
function pinDirectory(config: ResolvedConfig): string {
  return config.file === undefined ? config.directory : dirname(config.file);
}

/** SOURCE_DATE_EPOCH (reproducible-builds.org). @throws EpochError where it is no number of seconds */
function epochOf(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  if (/^\d{1,12}$/.test(text) && seconds <= 253_402_300_799) return seconds;
  throw new EpochError('`SOURCE_DATE_EPOCH` is no number of seconds since 1970', {
    hint: 'set it to a whole number, as `git log -1 --format=%ct` prints it, or unset it',
  });
}

/** Several images in one run are one document: lists are joined, the first project and the last failure stand. */
function joined(first: BuildReport, next: BuildReport): BuildReport {
  const timings = { ...first.timings };
  for (const [name, time] of Object.entries(next.timings)) timings[name] = (timings[name] ?? 0) + time;
  return {
    ...first,
    ok: first.ok && next.ok,
    configuration:
      first.configuration === null
        ? next.configuration
        : [...first.configuration, ...(next.configuration ?? [])],
    explanations:
      first.explanations === null && next.explanations === null
        ? null
        : [...(first.explanations ?? []), ...(next.explanations ?? [])],
    platforms:
      first.platforms === null && next.platforms === null
        ? null
        : [...(first.platforms ?? []), ...(next.platforms ?? [])],
    units:
      first.units === null && next.units === null ? null : [...(first.units ?? []), ...(next.units ?? [])],
    images: [...first.images, ...next.images],
    index: null,
    outputs: [...first.outputs, ...next.outputs],
    attachments: [...first.attachments, ...next.attachments],
    warnings: [...first.warnings, ...next.warnings],
    error: next.error ?? first.error,
    timings,
  };
}
