/**
 * `defineConfig`, `definePlugin` and `definePreset`: they give editors the types and change nothing. What is
 * defined is told apart by its shape, never by `instanceof`, so that a second copy of this package does no harm.
 */
import type { BuildHooks } from '../pipeline/hooks.ts';
import type { Plugin, PluginApi } from '../pipeline/plugin.ts';
import type { Detection, Preset, PresetInput } from '../pipeline/preset.ts';
import type { Config } from '../pipeline/settings.ts';
import {
  checkOptions,
  type OptionsOf,
  optionsError,
  type StandardSchema,
  withOptionFaults,
} from './extension-options.ts';

/** What a configuration that is a function receives. */
export interface ConfigContext {
  /** The environment of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command that runs: `build`, `check`, `explain`, `lock`. */
  readonly command: string;
  /** What `--profile` or `PYC_PROFILE` says. */
  readonly profile: string | undefined;
}

/** One image, or several that are built in one run. */
export type ConfigValue = Config | readonly Config[];

/** What a configuration module exports by default. */
export type ConfigExport = ConfigValue | ((context: ConfigContext) => ConfigValue | Promise<ConfigValue>);

/** Gives a configuration its type. Not generic, so that a key that does not exist is an error in the editor. */
export function defineConfig(config: ConfigExport): ConfigExport {
  return config;
}

/** A plugin that takes options. */
export interface PluginDefinition<Input, Output> extends Pick<Plugin, 'name'> {
  /** Checks the options before the plugin exists. Must answer at once, not with a promise. */
  readonly options: StandardSchema<Input, Output>;
  apply(hooks: BuildHooks, api: PluginApi, options: Output): void;
}

/**
 * Makes a plugin with options: the result is called with them in the configuration, which lists what is wrong with
 * them together with all else that is wrong with it. A plugin that is used all the same throws a PluginOptionsError
 * when it is applied.
 */
export function definePlugin<Input, Output>(
  definition: PluginDefinition<Input, Output>,
): (...options: OptionsOf<Input>) => Plugin;
/** Gives a plugin its type. */
export function definePlugin(plugin: Plugin): Plugin;
export function definePlugin(
  definition: Plugin | PluginDefinition<unknown, unknown>,
): Plugin | ((options?: unknown) => Plugin) {
  if (!('options' in definition)) return definition;
  const { name, options: schema } = definition;
  const owner = `plugin \`${name}\``;
  return (input) => {
    const checked = checkOptions(schema, input, owner);
    if (checked.faults === undefined) {
      return { name, apply: (hooks, api) => definition.apply(hooks, api, checked.value) };
    }
    const apply = (): never => {
      throw optionsError(owner, checked.faults);
    };
    return withOptionFaults({ name, apply }, checked.faults);
  };
}

/** A preset that takes options. */
export interface PresetDefinition<Input, Output> extends Pick<Preset, 'name' | 'rank' | 'composes'> {
  /** Checks the options before the preset exists. Must answer at once, and allow `undefined`: what `auto` gives. */
  readonly options: StandardSchema<Input, Output>;
  detect(input: PresetInput, options: Output): Promise<Detection | undefined>;
}

/**
 * Makes a preset with options, as {@link definePlugin} makes a plugin. Where it is only named, or given uncalled, the
 * options are `undefined`.
 */
export function definePreset<Input, Output>(
  definition: PresetDefinition<Input, Output>,
): (...options: OptionsOf<Input>) => Preset;
/** Gives a preset its type. */
export function definePreset(preset: Preset): Preset;
export function definePreset(
  definition: Preset | PresetDefinition<unknown, unknown>,
): Preset | ((options?: unknown) => Preset) {
  if (!('options' in definition)) return definition;
  const { options: schema, detect: _detect, ...preset } = definition;
  const owner = `preset \`${preset.name}\``;
  return (input) => {
    const checked = checkOptions(schema, input, owner);
    if (checked.faults === undefined) {
      return { ...preset, detect: (seen) => definition.detect(seen, checked.value) };
    }
    const detect = async (): Promise<never> => {
      throw optionsError(owner, checked.faults);
    };
    return withOptionFaults({ ...preset, detect }, checked.faults);
  };
}

/** True for whatever has a plugin's shape. */
export function isPlugin(value: unknown): value is Plugin {
  return isNamed(value) && typeof (value as Partial<Plugin>).apply === 'function';
}

/** True for whatever has a preset's shape. */
export function isPreset(value: unknown): value is Preset {
  return isNamed(value) && typeof (value as Partial<Preset>).detect === 'function';
}

function isNamed(value: unknown): value is { name: string } {
  return (
    typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string'
  );
}
