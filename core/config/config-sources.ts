/**
 * Everything that is said of a run's configuration: the file's images, the environment and the command line, checked
 * one by one. Which of the images are meant, and what they ask for, is decided elsewhere.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config, Origin } from '../pipeline/settings.ts';
import type { Warning } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import { type ConfigFault, DirectoryMissingError } from './errors.ts';
import type { FoundConfig } from './find.ts';
import type { ConfigLayer } from './layer.ts';
import { withAbsolutePaths } from './locations.ts';
import { checkSource } from './plain-check.ts';
import type { Scope } from './scope.ts';

/** What the command line says of the configuration. */
export interface CommandLine {
  readonly values: Partial<Config>;
  /** Key → the flag that set it, as in `tags` → `--tag`. */
  readonly flags: Readonly<Record<string, string>>;
  /** `--set KEY=VALUE`, unparsed. */
  readonly set: readonly string[];
}

/** What {@link loadConfigs} is asked for. */
export interface ConfigRequest {
  /** Absolute. */
  readonly cwd: string;
  /** The folder that the command line names, relative to `cwd`. */
  readonly directory?: string | undefined;
  /** The file that `--config` or `PYC_CONFIG` names, relative to `cwd`. */
  readonly file?: string | undefined;
  readonly profile?: string | undefined;
  /** Names of images to keep; empty keeps all. */
  readonly only?: readonly string[] | undefined;
  /** As in `build`. */
  readonly command: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly commandLine?: CommandLine | undefined;
  /** Where transpiled configurations are kept; undefined keeps none. */
  readonly cacheDirectory?: string | undefined;
  /** Ends the wait for code of configurations, plugins and presets. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of what a file holds in vain. */
  readonly warn?: ((warning: Warning) => void) | undefined;
  /** The host's, as Node names it (`x64`, `arm64`); decides the default platform. */
  readonly architecture: string;
  /** Changes what all sources say together, before plugins and presets are looked for; called image by image. */
  readonly adjust?: ((values: Config) => Config) | undefined;
}

/** Everything that was said, and what is wrong with it. */
export interface ConfigSources {
  /** Absolute: the folder that was asked for. */
  readonly start: string;
  readonly profile: string | undefined;
  /** Where there is a file. */
  readonly scope: Scope | undefined;
  /** Those of the file, in its order. */
  readonly images: readonly ImageSources[];
  /** The environment and the command line, weakest first. */
  readonly above: readonly ConfigLayer[];
  readonly faults: readonly ConfigFault[];
}

/** What a file says of one image. */
export interface ImageSources {
  /** Weakest first. */
  readonly layers: readonly ConfigLayer[];
  readonly warnings: readonly Warning[];
  readonly profileNames: readonly string[];
  /** True where a function gave it. */
  readonly isFunction: boolean;
  /** Its index where the file holds a list; else empty. Stands in front of the paths of faults. */
  readonly prefix: string;
}

/** @throws DirectoryMissingError, and what reading a file throws */
export async function readSources(request: ConfigRequest): Promise<ConfigSources> {
  const start = resolve(request.cwd, request.directory ?? '.');
  if (!isDirectory(start)) {
    throw new DirectoryMissingError(`\`${visible(request.directory ?? start)}\` is no folder`, {
      hint: "give the project's folder, as in `pyc build path/to/project`",
    });
  }
  const profile = request.profile ?? nonEmpty(request.env.PYC_PROFILE);
  const named = request.file ?? nonEmpty(request.env.PYC_CONFIG);
  const found =
    named === undefined ? await search(start) : await readFileOf(resolve(request.cwd, named), named);
  const above = await strongerLayers(request);
  const images = found === undefined ? [] : await imagesOf(found, request, profile);
  const isFileNamed = named !== undefined;
  const isDirectoryNamed = request.directory !== undefined;
  return {
    start,
    profile,
    scope: found === undefined ? undefined : { start, isDirectoryNamed, file: found.file, isFileNamed },
    images,
    above: above.layers,
    faults: [...images.flatMap((image) => image.faults), ...above.faults],
  };
}

async function imagesOf(
  found: FoundConfig,
  request: ConfigRequest,
  profile: string | undefined,
): Promise<readonly (ImageSources & { readonly faults: readonly ConfigFault[] })[]> {
  const { chainOf, readImages } = await import('./chain.ts');
  const { env, command, cwd, cacheDirectory } = request;
  const context = { env, command, cwd, cacheDirectory, profile };
  const { images, style, several, isFunction } = await readImages(found, context);
  return await Promise.all(
    images.map(async (raw, index) => {
      const prefix = several ? String(index) : '';
      const chain = await chainOf(raw, style, found, context, prefix);
      return { ...chain, layers: [...chain.files, ...chain.profiles], isFunction, prefix };
    }),
  );
}

/** Variables that are no keys of the configuration. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  'PYC_CACHE_DIR',
  'PYC_CACHE_SIZE',
  'PYC_CONFIG',
  'PYC_PROFILE',
  'PYC_REGISTRY_PASSWORD',
  'PYC_REGISTRY_USERNAME',
]);

/** The environment and the command line. What reads texts by the schema is loaded only where there are any. */
async function strongerLayers(
  request: ConfigRequest,
): Promise<{ readonly layers: readonly ConfigLayer[]; readonly faults: readonly ConfigFault[] }> {
  const { commandLine, env, cwd } = request;
  const set = commandLine?.set ?? [];
  const hasVariables = Object.keys(env).some((name) => name.startsWith('PYC_') && !OTHER_VARIABLES.has(name));
  const originOf = (path: string): Origin =>
    commandLine?.flags[path] ?? commandLine?.flags[path.split('.')[0]!] ?? 'the command line';
  const flags = { ...(await checkSource(commandLine?.values ?? {}, 'module', originOf)), originOf };
  const layers = [flags];
  if (hasVariables || set.length > 0) {
    const { layerOfAssignments, layerOfEnvironment } = await import('./assign.ts');
    layers.unshift(layerOfEnvironment(env));
    layers.push(layerOfAssignments(set));
  }
  return {
    layers: layers.map((layer) => ({ ...layer, values: withAbsolutePaths(layer.values, cwd) })),
    faults: layers.flatMap((layer) => layer.faults),
  };
}

async function search(start: string): Promise<FoundConfig | undefined> {
  const { findConfig } = await import('./find.ts');
  return await findConfig(start);
}

async function readFileOf(file: string, named: string): Promise<FoundConfig> {
  const { readNamed } = await import('./chain.ts');
  return await readNamed(file, named);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
