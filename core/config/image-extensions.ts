/**
 * All plugins and presets of one image, and everything that is wrong with them, so that it can be told together with
 * whatever else is wrong with the configuration.
 */
import type { Plugin } from '../pipeline/plugin.ts';
import type { Preset } from '../pipeline/preset.ts';
import type { Config } from '../pipeline/settings.ts';
import { isPycError, type PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { type ConfigFault, ConfigInvalidError, PluginTwiceError } from './errors.ts';
import {
  defaultPlugins,
  type ExtensionOrigin,
  type PluginReference,
  type PresetReference,
  resolvePlugin,
  resolvePresets,
} from './extension.ts';
import type { MergedLayers } from './layer.ts';
import { faultsOfOptions } from './made-extensions.ts';
import { type Mention, mentionedBy, mentionIn, shownMention } from './mention.ts';

/** One thing that is wrong: a line of a list, and the error that it is if it stays the only one. */
export interface Problem {
  readonly fault: ConfigFault;
  readonly error?: PycError;
}

/** What one image has, and what is wrong with what it asks for. */
export interface ImageExtensions {
  readonly plugins: readonly Plugin[];
  readonly presets: readonly Preset[];
  readonly problems: readonly Problem[];
}

/** The name under which the core's own part taps the hooks. */
const CORE = 'pycontainer';

/**
 * Loads what an image's configuration asks for.
 *
 * @param prefix - dotted path in front of every fault's path; empty for a single image
 * @param file - absolute: names that no file states are resolved from it
 */
export async function extensionsOf(
  { values, origins, sources }: MergedLayers,
  prefix: string,
  { file, cacheDirectory }: Pick<ExtensionOrigin, 'file' | 'cacheDirectory'>,
): Promise<ImageExtensions> {
  const { plugins = [], preset = 'auto' } = values as Config;
  const problems: Problem[] = [];
  const originOf = (
    key: 'plugins' | 'preset',
    name: string,
    nth = 0,
  ): ExtensionOrigin & { mention: Mention } => {
    const source = sources[key];
    const mention =
      source === undefined
        ? mentionedBy(origins[key] ?? 'the configuration')
        : mentionIn(source, key, name, nth);
    return { file: source?.file ?? file, cacheDirectory, mention };
  };
  const asked = plugins.map((reference, index) => {
    const name = nameOf(reference);
    const nth = plugins.slice(0, index).filter((earlier) => nameOf(earlier) === name).length;
    return { reference, origin: originOf('plugins', name, nth), path: dotted(prefix, `plugins.${index}`) };
  });
  const loaded: { readonly plugin: Plugin; readonly mention: Mention }[] = [];
  for (const { reference, origin, path } of asked) {
    const { mention } = origin;
    const plugin = await attempt(() => resolvePlugin(reference, origin), path, mention, problems);
    if (plugin === undefined) continue;
    loaded.push({ plugin, mention });
    if (isNamed(reference)) problems.push(...optionProblems(plugin, path, mention));
    const twice = nameTaken(plugin.name, loaded);
    if (twice !== undefined) problems.push(problemOf(twice, path, mention));
  }
  const path = dotted(prefix, 'preset');
  const origin = originOf('preset', nameOf(preset));
  const presets = (await attempt(() => resolvePresets(preset, origin), path, origin.mention, problems)) ?? [];
  if (isNamed(preset)) {
    problems.push(...presets.flatMap((one) => optionProblems(one, path, origin.mention)));
  }
  const standing = await defaultPlugins(values as Config);
  const own = loaded.map(({ plugin }) => plugin);
  return {
    // The user's come first: of what finds, the first answer counts.
    plugins: [...own, ...standing.filter(({ name }) => !own.some((plugin) => plugin.name === name))],
    presets,
    problems,
  };
}

/** Nothing where there is nothing wrong. @throws the only error there is, else ConfigInvalidError with all there are */
export function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  // Several images that share a plugin have one and the same thing wrong.
  const { error } = first;
  if (error !== undefined && problems.every((problem) => problem.error?.message === error.message))
    throw error;
  throw new ConfigInvalidError(problems.map(({ fault }) => fault));
}

async function attempt<Value>(
  load: () => Promise<Value>,
  path: string,
  mention: Mention,
  problems: Problem[],
): Promise<Value | undefined> {
  try {
    return await load();
  } catch (error) {
    if (!isPycError(error)) throw error;
    problems.push(problemOf(error, path, mention));
    return undefined;
  }
}

/** In a list, the place stands behind the sentence. */
function problemOf(error: PycError, path: string, mention: Mention): Problem {
  const message = error.message.replace(`, which ${shownMention(mention)} asks for,`, '');
  return { error, fault: { path, message, origin: mention.origin, code: error.code } };
}

function optionProblems(extension: Plugin | Preset, path: string, { origin }: Mention): readonly Problem[] {
  return faultsOfOptions(extension, path).map((fault) => ({ fault: { ...fault, origin } }));
}

/** @param loaded - in order; the last is the one in question */
function nameTaken(
  name: string,
  loaded: readonly { readonly plugin: Plugin; readonly mention: Mention }[],
): PycError | undefined {
  const { mention } = loaded.at(-1)!;
  if (name === CORE) {
    return new PluginTwiceError(
      `a plugin that ${shownMention(mention)} asks for is called \`${CORE}\`, as pycontainer's own part is`,
      { hint: 'report this to its author: a plugin has the name of its package', details: mention.details },
    );
  }
  const before = loaded.slice(0, -1).find(({ plugin }) => plugin.name === name);
  if (before === undefined) return undefined;
  const where = [...new Set([before.mention, mention].map(shownMention))].join(' and ');
  return new PluginTwiceError(`two plugins are called \`${visible(name)}\`: ${where}`, {
    hint: 'remove one of them from `plugins`',
    details: [...before.mention.details, ...mention.details],
  });
}

/** The name that a file mentions: of one that code made, its own. */
function nameOf(reference: PluginReference | PresetReference): string {
  if (typeof reference === 'string') return reference;
  if (typeof reference !== 'object') return String(reference);
  return 'name' in reference ? reference.name : reference[0];
}

/** True for what a configuration has by name; the options of others were checked with their file. */
function isNamed(reference: PluginReference | PresetReference): boolean {
  return typeof reference === 'string' || Array.isArray(reference);
}

function dotted(prefix: string, path: string): string {
  return prefix === '' ? path : `${prefix}.${path}`;
}
