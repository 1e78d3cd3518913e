/**
 * The configuration of a run: what all sources say, merged and made absolute, with its plugins and presets. Precedence,
 * the strongest first: command line, environment, profile, file (before what it extends), then whatever presets and
 * defaults say later.
 */
import { join, relative } from 'node:path';
import { untilAborted } from '../pipeline/aborted.ts';
import type { Config, Origin, ResolvedConfig } from '../pipeline/settings.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { type ConfigRequest, type ConfigSources, type ImageSources, readSources } from './config-sources.ts';
import { ConfigFailedError, ConfigInvalidError, ImageUnknownError, ProfileUnknownError } from './errors.ts';
import type { ImageExtensions } from './image-extensions.ts';
import { type MergedLayers, mergeLayers } from './layer.ts';
import { concerns, projectDirectory } from './scope.ts';

export type { CommandLine, ConfigRequest } from './config-sources.ts';

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

/** What is configured, and the project that it is about. */
export interface Located extends MergedLayers {
  /** Absolute. */
  readonly directory: string;
  /** Stands in front of the paths of faults: the image's index in a list, else empty. */
  readonly prefix: string;
}

/**
 * The configuration of each image of the run, in the file's order; one without a file.
 *
 * @throws ConfigInvalidError with all faults of all sources and of all plugins and presets at once, and the other errors
 * of `./errors.ts`
 */
export async function loadConfigs(request: ConfigRequest): Promise<readonly ResolvedConfig[]> {
  return await unlessStuck(loadAll(request), request);
}

async function loadAll(request: ConfigRequest): Promise<readonly ResolvedConfig[]> {
  const sources = await readSources(request);
  const { faults } = sources;
  // What plugins and presets are called wrongly is told together with what is wrong otherwise.
  const { images, file, sharedLayouts } =
    faults.length === 0
      ? await settled(sources, request)
      : { images: located(sources), file: sources.scope?.file, sharedLayouts: new Set<string>() };
  const adjusted = images.map((image) => ({
    ...image,
    values: { ...(request.adjust?.(image.values) ?? image.values) },
  }));
  const { extensionsOf, refuse } = await import('./image-extensions.ts');
  const extensions = await Promise.all(
    adjusted.map((image) =>
      extensionsOf(image, image.prefix, {
        file: file ?? join(image.directory, 'pycontainer.config.ts'),
        cacheDirectory: request.cacheDirectory,
      }),
    ),
  );
  refuse([...faults.map((fault) => ({ fault })), ...extensions.flatMap(({ problems }) => problems)]);
  return adjusted.map((image, index) => finish(image, extensions[index]!, file, request, sharedLayouts));
}

/** Finds, reads, checks and merges. @throws as {@link loadConfigs}, but for what plugins and presets are called wrongly */
export async function readConfigs(request: ConfigRequest): Promise<ReadConfigs> {
  return await unlessStuck(readAll(request), request);
}

async function readAll(request: ConfigRequest): Promise<ReadConfigs> {
  const sources = await readSources(request);
  if (sources.faults.length > 0) throw new ConfigInvalidError(sources.faults);
  return await settled(sources, request);
}

/** A configuration is code, and so are plugins: what hangs among them does not keep an interrupted run alive. */
async function unlessStuck<T>(work: Promise<T>, { signal }: ConfigRequest): Promise<T> {
  if (signal === undefined) return await work;
  return await untilAborted(
    work,
    signal,
    () =>
      new ConfigFailedError('the configuration, or what it names or imports, never finishes loading', {
        hint: 'look for an `await` there: nothing can bring any more what it waits for',
      }),
  );
}

/** The images that the run is about. @throws ProfileUnknownError, ImageUnknownError, ConfigInvalidError */
async function settled(sources: ConfigSources, request: ConfigRequest): Promise<ReadConfigs> {
  const { scope, images, profile } = sources;
  for (const warning of images.flatMap((image) => image.warnings)) request.warn?.(warning);
  if (profile !== undefined) checkProfile(profile, images);
  const all = located(sources);
  const only = request.only ?? [];
  if (scope !== undefined) {
    const kept = all.filter(({ directory }) => concerns(scope, directory));
    if (kept.length > 0) {
      const built = chosen(kept, only);
      const sharedLayouts = await sharedBy(all, built, relative(request.cwd, scope.file), request.command);
      return { file: scope.file, profile, images: built, sharedLayouts };
    }
  }
  const alone = located({ ...sources, scope: undefined, images: [] });
  return { file: undefined, profile, images: chosen(alone, only), sharedLayouts: new Set() };
}

/** Each image's layers as one; without a file, what flags and variables say is one image. */
function located({ start, scope, images, above }: ConfigSources): readonly Located[] {
  if (scope === undefined) {
    const alone = mergeLayers(above);
    return [{ ...alone, directory: (alone.values.project as string | undefined) ?? start, prefix: '' }];
  }
  return images.map(({ layers, prefix }) => {
    const merged = mergeLayers([...layers, ...above]);
    const directory = projectDirectory(scope, merged.values.project as string | undefined);
    return { ...merged, directory, prefix };
  });
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

function checkProfile(profile: string, images: readonly ImageSources[]): void {
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

function finish(
  image: Located,
  { plugins, presets }: ImageExtensions,
  file: string | undefined,
  request: ConfigRequest,
  shared: ReadonlySet<string>,
): ResolvedConfig {
  const {
    project: _project,
    extends: _extends,
    profiles: _profiles,
    preset = 'auto',
    ...values
  } = image.values as Config;
  return {
    ...values,
    directory: image.directory,
    platforms: values.platforms ?? [hostPlatform(request.architecture)],
    tags: values.tags ?? [],
    outputs: values.outputs ?? [],
    extras: values.extras ?? [],
    groups: values.groups ?? [],
    plugins,
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
