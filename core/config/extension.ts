/** Turns the plugins and presets that a configuration names into objects: first-party ones, or modules found from the file. */
import type { Plugin } from '../pipeline/plugin.ts';
import type { Preset } from '../pipeline/preset.ts';
import type { Config } from '../pipeline/settings.ts';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { isPlugin, isPreset } from './define.ts';
import { PluginUnknownError, PresetUnknownError } from './errors.ts';
import { PLUGINS, PRESETS } from './first-party.ts';

/** From where names of npm packages and relative paths are resolved. */
export interface ExtensionOrigin {
  /** Absolute path of the configuration file, or of where it would lie. */
  readonly file: string;
  readonly cacheDirectory: string | undefined;
}

/** A plugin as a configuration has it. */
export type PluginReference = NonNullable<Config['plugins']>[number];
/** A preset as a configuration has it. */
export type PresetReference = NonNullable<Config['preset']>;

/**
 * A plugin's object. A module's export `plugin`, else its default export, is the plugin or a function that
 * makes it of the options.
 *
 * @throws PluginUnknownError
 */
export async function resolvePlugin(reference: PluginReference, origin: ExtensionOrigin): Promise<Plugin> {
  if (typeof reference === 'function') return reference(undefined);
  if (isPlugin(reference)) return reference;
  const [name, options] = typeof reference === 'string' ? [reference, undefined] : reference;
  const found = await importExtension('plugin', name, origin);
  const made = typeof found === 'function' ? make('plugin', name, found as Maker, options) : found;
  if (!isPlugin(made)) {
    throw new PluginUnknownError(`\`${visible(name)}\` exports no plugin`, {
      hint: 'export by default what `definePlugin` gives',
    });
  }
  if (made === found && options !== undefined) {
    throw new PluginUnknownError(`plugin \`${visible(name)}\` takes no options`, {
      hint: `write \`'${visible(name)}'\` alone`,
    });
  }
  return made;
}

type Maker = (options: unknown) => unknown;

function make(kind: 'plugin' | 'preset', name: string, maker: Maker, options: unknown): unknown {
  try {
    return maker(options);
  } catch (cause) {
    if (isPycError(cause)) throw cause;
    const Unknown = kind === 'plugin' ? PluginUnknownError : PresetUnknownError;
    throw new Unknown(`${kind} \`${visible(name)}\` cannot be made: ${visible(messageOf(cause))}`, {
      hint:
        options === undefined
          ? 'give it the options that it asks for'
          : 'correct the options that it was given',
      cause,
    });
  }
}

/**
 * The presets that may look at a project, in order: one that is named or given, all first-party ones for
 * `auto`, none for `false`. A preset with options that is given none is asked to do with `undefined`.
 *
 * @throws PresetUnknownError
 */
export async function resolvePresets(
  preset: PresetReference,
  origin: ExtensionOrigin,
): Promise<readonly Preset[]> {
  if (preset === false) return [];
  if (typeof preset === 'function') return [preset(undefined)];
  if (isPreset(preset)) return [preset];
  const [wanted, options] = typeof preset === 'string' ? [preset, undefined] : preset;
  const names = preset === 'auto' ? Object.keys(PRESETS) : [wanted];
  return await Promise.all(
    names.map(async (name) => {
      const found = await importExtension('preset', name, origin);
      const made = typeof found === 'function' ? make('preset', name, found as Maker, options) : found;
      if (!isPreset(made)) {
        throw new PresetUnknownError(`\`${visible(name)}\` exports no preset`, {
          hint: 'export by default what `definePreset` gives',
        });
      }
      if (made === found && options !== undefined) {
        throw new PresetUnknownError(`preset \`${visible(name)}\` takes no options`, {
          hint: `write \`'${visible(name)}'\` alone`,
        });
      }
      return made;
    }),
  );
}

/** The plugins that every build has unless the configuration says otherwise. */
export async function defaultPlugins(config: {
  readonly base?: unknown;
  readonly sbom?: boolean;
}): Promise<readonly Plugin[]> {
  const names: string[] = [];
  if (typeof config.base === 'string' && config.base.startsWith('apt:')) names.push('debian');
  if (config.sbom !== false) names.push('sbom');
  return await Promise.all(names.map((name) => resolvePlugin(name, { file: '', cacheDirectory: undefined })));
}

async function importExtension(
  kind: 'plugin' | 'preset',
  name: string,
  origin: ExtensionOrigin,
): Promise<unknown> {
  const table = kind === 'plugin' ? PLUGINS : PRESETS;
  const load = Object.hasOwn(table, name) ? table[name] : undefined;
  if (load !== undefined) return exportOf(await load(), kind);
  const { importFrom } = await import('./evaluate.ts');
  try {
    return exportOf(await importFrom(origin.file, name, origin.cacheDirectory), kind);
  } catch (cause) {
    if (isPycError(cause)) throw cause;
    const Unknown = kind === 'plugin' ? PluginUnknownError : PresetUnknownError;
    const isMissing = messageOf(cause).includes(`Cannot find module '${name}'`);
    const why = isMissing ? 'there is none of that name here or on disk' : messageOf(cause);
    throw new Unknown(`${kind} \`${visible(name)}\` cannot be loaded: ${visible(why)}`, {
      hint: isMissing
        ? hintFor(kind, name, Object.keys(table))
        : `report this to the author of the ${kind}; \`--verbose\` prints where it failed`,
      cause,
    });
  }
}

function hintFor(kind: string, name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  if (close !== undefined) return `did you mean \`${close}\`?`;
  if (/^[./]/.test(name)) return 'correct the path, which is relative to the configuration file';
  return `run \`npm install --save-dev ${visible(name)}\`, or use a first-party ${kind}: ${known.join(', ')}`;
}

function exportOf(module: unknown, kind: 'plugin' | 'preset'): unknown {
  const exports = module as Readonly<Record<string, unknown>>;
  return exports[kind] ?? exports.default;
}
