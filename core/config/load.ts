/**
 * The configuration of a run: found, read, checked, merged and made absolute. Precedence, the strongest first:
 * command line, environment, profile, file (before what it extends), then whatever presets and defaults say later.
 */
import { statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Plugin } from '../pipeline/plugin.ts';
import type { Config, Origin, ResolvedConfig } from '../pipeline/settings.ts';
import type { Warning } from '../primitives/log.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import {
  ConfigInvalidError,
  DirectoryMissingError,
  ImageUnknownError,
  ProfileUnknownError,
} from './errors.ts';
import type { FoundConfig } from './find.ts';
import { type ConfigLayer, type MergedLayers, mergeLayers } from './layer.ts';
import { withAbsolutePaths } from './locations.ts';
import { concerns, projectDirectory, type Scope } from './scope.ts';

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
  /** Hears of what a file holds in vain. */
  readonly warn?: ((warning: Warning) => void) | undefined;
  /** The host's, as Node names it (`x64`, `arm64`); decides the default platform. */
  readonly architecture: string;
  /** Changes what all sources say together, before plugins and presets are looked for; called image by image. */
  readonly adjust?: ((values: Config) => Config) | undefined;
}

/** What all sources say together, before plugins and presets are looked for. */
export interface ReadConfigs {
  /** Absolute; undefined where there is no file, or none that concerns the folder. */
  readonly file: string | undefined;
  readonly profile: string | undefined;
  /** In the file's order; one without a file. */
  readonly images: readonly Located[];
  /** Layouts that several images go to. */
  readonly sharedLayouts: ReadonlySet<string>;
}

/**
 * The configuration of each image of the run, in the file's order; one without a file.
 *
 * @throws ConfigInvalidError with all faults of all sources at once, and the other errors of `./errors.ts`
 */
export async function loadConfigs(request: ConfigRequest): Promise<readonly ResolvedConfig[]> {
  const { images, file, sharedLayouts } = await readConfigs(request);
  return await Promise.all(images.map((image) => finish(image, file, request, sharedLayouts)));
}

/** Finds, reads, checks and merges. @throws as {@link loadConfigs}, but for what plugins and presets are called wrongly */
export async function readConfigs(request: ConfigRequest): Promise<ReadConfigs> {
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
  const faults = [...images.flatMap((image) => image.faults), ...above.faults];
  if (faults.length > 0) throw new ConfigInvalidError(faults);
  for (const warning of images.flatMap((image) => image.warnings)) request.warn?.(warning);
  if (profile !== undefined) checkProfile(profile, images);
  if (found !== undefined) {
    const scope = {
      start,
      isDirectoryNamed: request.directory !== undefined,
      file: found.file,
      isFileNamed: named !== undefined,
    };
    const all = located(images, above.layers, scope);
    const kept = all.filter(({ directory }) => concerns(scope, directory));
    if (kept.length > 0) {
      const built = chosen(kept, request.only ?? []);
      const sharedLayouts = await sharedBy(all, built, relative(request.cwd, found.file), request.command);
      return { file: found.file, profile, images: built, sharedLayouts };
    }
  }
  const alone = mergeLayers(above.layers);
  const project = alone.values.project as string | undefined;
  const image = { ...alone, directory: project ?? start };
  return {
    file: undefined,
    profile,
    images: chosen([image], request.only ?? []),
    sharedLayouts: new Set(),
  };
}

function located(images: readonly Image[], above: readonly ConfigLayer[], scope: Scope): readonly Located[] {
  return images
    .map(({ layers }) => mergeLayers([...layers, ...above]))
    .map((merged) => ({
      ...merged,
      directory: projectDirectory(scope, merged.values.project as string | undefined),
    }));
}

/** The layouts that several images share. @throws ConfigInvalidError where one image would overwrite another */
async function sharedBy(
  all: readonly Located[],
  built: readonly Located[],
  origin: Origin,
  command: string,
): Promise<ReadonlySet<string>> {
  if (all.length < 2) return new Set();
  const { faultsOfNames, faultsOfOutputs, sharedLayouts } = await import('./collisions.ts');
  const faults = [
    ...faultsOfNames(all, origin),
    ...(command === 'lock' ? [] : faultsOfOutputs(built, origin)),
  ];
  if (faults.length > 0) throw new ConfigInvalidError(faults);
  return sharedLayouts(all);
}

/** What is configured, and the project that it is about. */
export type Located = MergedLayers & { readonly directory: string };

interface Image {
  readonly layers: readonly ConfigLayer[];
  readonly faults: ConfigInvalidError['details'];
  readonly warnings: readonly Warning[];
  readonly profileNames: readonly string[];
  readonly isFunction: boolean;
}

async function imagesOf(
  found: FoundConfig,
  request: ConfigRequest,
  profile: string | undefined,
): Promise<readonly Image[]> {
  const { chainOf, readImages } = await import('./chain.ts');
  const { env, command, cwd, cacheDirectory } = request;
  const context = { env, command, cwd, cacheDirectory, profile };
  const { images, style, several, isFunction } = await readImages(found, context);
  return await Promise.all(
    images.map(async (raw, index) => {
      const chain = await chainOf(raw, style, found, context, several ? String(index) : '');
      return { ...chain, layers: [...chain.files, ...chain.profiles], isFunction };
    }),
  );
}

/** The environment and the command line. The schema is loaded only where one of them says something. */
async function strongerLayers(
  request: ConfigRequest,
): Promise<{ readonly layers: readonly ConfigLayer[]; readonly faults: ConfigInvalidError['details'] }> {
  const { commandLine, env, cwd } = request;
  const flags = commandLine?.values ?? {};
  const set = commandLine?.set ?? [];
  const mayHaveVariables = Object.keys(env).some((name) => name.startsWith('PYC_'));
  if (!mayHaveVariables && set.length === 0 && Object.keys(flags).length === 0)
    return { layers: [], faults: [] };
  const [{ layerOfAssignments, layerOfEnvironment }, { checkValues }] = await Promise.all([
    import('./assign.ts'),
    import('./check.ts'),
  ]);
  const originOf = (path: string): Origin =>
    commandLine?.flags[path] ?? commandLine?.flags[path.split('.')[0]!] ?? 'the command line';
  const checked = { ...checkValues(flags, 'module', originOf), originOf };
  const layers = [layerOfEnvironment(env), checked, layerOfAssignments(set)];
  return {
    layers: layers.map((layer) => ({ ...layer, values: withAbsolutePaths(layer.values, cwd) })),
    faults: layers.flatMap((layer) => layer.faults),
  };
}

function checkProfile(profile: string, images: readonly Image[]): void {
  const known = new Set(images.flatMap(({ profileNames }) => profileNames));
  // A function may have looked at the profile itself.
  if (known.has(profile) || images.some(({ isFunction }) => isFunction)) return;
  const close = nearest(profile, known);
  const all = [...known].map((name) => `\`${visible(name)}\``).join(', ');
  throw new ProfileUnknownError(`there is no profile \`${visible(profile)}\` in the configuration`, {
    hint:
      close !== undefined
        ? `did you mean \`${close}\`?`
        : known.size > 0
          ? `choose one of ${all}`
          : 'add it under `profiles`',
  });
}

function chosen(images: readonly Located[], only: readonly string[]): readonly Located[] {
  if (only.length === 0) return images;
  const names = images.map(({ values }) => values.name).filter((name) => typeof name === 'string');
  for (const wanted of only) {
    if (names.includes(wanted)) continue;
    const close = nearest(wanted, names);
    throw new ImageUnknownError(`the configuration has no image \`${visible(wanted)}\``, {
      hint:
        close === undefined
          ? `choose one of ${names.map((name) => `\`${name}\``).join(', ') || 'none: give the images a `name`'}`
          : `did you mean \`${close}\`?`,
    });
  }
  return images.filter(({ values }) => only.includes(String(values.name)));
}

async function finish(
  image: Located,
  file: string | undefined,
  request: ConfigRequest,
  shared: ReadonlySet<string>,
): Promise<ResolvedConfig> {
  const {
    project: _project,
    extends: _extends,
    profiles: _profiles,
    preset = 'auto',
    ...values
  } = request.adjust?.(image.values) ?? (image.values as Config);
  const { defaultPlugins, resolvePlugin, resolvePresets } = await import('./extension.ts');
  const origin = {
    file: file ?? join(image.directory, 'pycontainer.config.ts'),
    cacheDirectory: request.cacheDirectory,
  };
  const presets = await resolvePresets(preset, origin);
  const plugins: Plugin[] = [];
  for (const reference of values.plugins ?? []) plugins.push(await resolvePlugin(reference, origin));
  const standing = await defaultPlugins(values);
  return {
    ...values,
    directory: image.directory,
    platforms: values.platforms ?? [hostPlatform(request.architecture)],
    tags: values.tags ?? [],
    outputs: values.outputs ?? [],
    extras: values.extras ?? [],
    groups: values.groups ?? [],
    // The user's come first: of what finds, the first answer counts.
    plugins: [...plugins, ...standing.filter(({ name }) => !plugins.some((plugin) => plugin.name === name))],
    presets,
    sharedLayouts: [...shared],
    explicitPreset: preset !== 'auto' && preset !== false,
    ...(file === undefined ? {} : { file }),
    origins: image.origins,
  };
}

/** Linux on the host's architecture. */
export function hostPlatform(architecture: string): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm: 'arm/v7' };
  return `linux/${names[architecture] ?? architecture}`;
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
