/**
 * The configuration as a document: what all sources say together, and where each value was written. Nothing is built,
 * no plugin or preset is looked for, and the project is not read.
 */
import type { BuildOptions } from './build.ts';
import { hostPlatform, type Located, readConfigs } from './config/load.ts';
import type { Origin } from './pipeline/settings.ts';
import { type Log, silentLog, type Warning } from './primitives/log.ts';
import { VERSION } from './primitives/version.ts';
import { storeDirectory } from './store/location.ts';

/** What {@link configurationOf} takes. */
export type ConfigurationOptions = Pick<
  BuildOptions,
  | 'cwd'
  | 'directory'
  | 'file'
  | 'profile'
  | 'only'
  | 'commandLine'
  | 'env'
  | 'cacheDirectory'
  | 'log'
  | 'signal'
>;

/** One image's configuration. */
export interface ReportedImageConfiguration {
  /** Null where it has none of its own and takes the project's. */
  readonly name: string | null;
  /** Absolute: the project. */
  readonly directory: string;
  /** By key, in camelCase. Paths are absolute; plugins, presets and bases that code made are their names. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Dotted key → a file, a profile, a variable, a flag, or `default`. */
  readonly origins: Readonly<Record<string, Origin>>;
}

/** What `pyc config` prints. */
export interface ReportedConfiguration {
  readonly schemaVersion: 1;
  readonly command: 'config';
  readonly pycontainer: string;
  readonly ok: true;
  /** Absolute; null where there is none. */
  readonly file: string | null;
  readonly profile: string | null;
  readonly images: readonly ReportedImageConfiguration[];
  readonly warnings: readonly Warning[];
}

/** The JSON Schema of a configuration; `kebab` for the keys of TOML and YAML. */
export async function configurationSchema(
  style: 'json' | 'kebab',
): Promise<Readonly<Record<string, unknown>>> {
  const { configJsonSchema } = await import('./config/json-schema.ts');
  return configJsonSchema(style);
}

/** The configuration that a build would have. @throws ConfigInvalidError and the other errors of configurations */
export async function configurationOf(options: ConfigurationOptions = {}): Promise<ReportedConfiguration> {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const log: Log = options.log ?? silentLog;
  const warnings: Warning[] = [];
  const { file, profile, images } = await readConfigs({
    cwd,
    directory: options.directory,
    file: options.file,
    profile: options.profile,
    only: options.only,
    // A function is asked what it says of a build.
    command: 'build',
    env,
    commandLine: options.commandLine,
    cacheDirectory: storeDirectory(
      { ...env, PYC_CACHE_DIR: options.cacheDirectory ?? env.PYC_CACHE_DIR },
      cwd,
    ),
    architecture: process.arch,
    signal: options.signal,
    warn: (warning) => {
      warnings.push(warning);
      log.warn(warning);
    },
  });
  return {
    schemaVersion: 1,
    command: 'config',
    pycontainer: VERSION,
    ok: true,
    file: file ?? null,
    profile: profile ?? null,
    images: images.map(described),
    warnings,
  };
}

function described({ values, origins, directory }: Located): ReportedImageConfiguration {
  const { project: _, ...own } = values;
  const defaults = { platforms: [hostPlatform(process.arch)], preset: 'auto' };
  const missing = Object.entries(defaults).filter(([key]) => own[key] === undefined);
  const entries = [...Object.entries(own), ...missing].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    name: typeof own.name === 'string' ? own.name : null,
    directory,
    config: Object.fromEntries(entries.map(([key, value]) => [key, shown(key, value)])),
    origins: { ...origins, ...Object.fromEntries(missing.map(([key]) => [key, 'default'])) },
  };
}

/** What code made has a name, which is what a file of data would hold in its place. */
function shown(key: string, value: unknown): unknown {
  if (key === 'plugins') return (value as readonly unknown[]).map(nameOf);
  return key === 'base' || key === 'preset' ? nameOf(value) : value;
}

function nameOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { name, reference } = value as { readonly name?: unknown; readonly reference?: unknown };
  return name ?? reference ?? null;
}
