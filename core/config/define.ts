/**
 * `defineConfig`, `definePlugin` and `definePreset`: they give editors the types and change nothing. What is
 * defined is told apart by its shape, never by `instanceof`, so that a second copy of this package does no harm.
 */
import type { BuildHooks } from '../pipeline/hooks.ts';
import type { Plugin, PluginApi } from '../pipeline/plugin.ts';
import type { Preset } from '../pipeline/preset.ts';
import type { Config } from '../pipeline/settings.ts';
import { PluginOptionsError } from './errors.ts';

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

/** The part of a Standard Schema (standardschema.dev, version 1) that is used here; zod's schemas are such. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A plugin that takes options. */
export interface PluginDefinition<Input, Output> {
  readonly name: string;
  /** Checks the options before the plugin exists. Must answer at once, not with a promise. */
  readonly options: StandardSchema<Input, Output>;
  apply(hooks: BuildHooks, api: PluginApi, options: Output): void;
}

/**
 * Makes a plugin with options: the result is called with them in the configuration, and checks them.
 *
 * @throws PluginOptionsError from the result, listing all that is wrong with the options
 */
export function definePlugin<Input, Output>(
  definition: PluginDefinition<Input, Output>,
): (options: Input) => Plugin;
/** Gives a plugin its type. */
export function definePlugin(plugin: Plugin): Plugin;
export function definePlugin(
  definition: Plugin | PluginDefinition<unknown, unknown>,
): Plugin | ((options: unknown) => Plugin) {
  if (!('options' in definition)) return definition;
  return (input) => {
    const options = checkOptions(definition, input);
    return { name: definition.name, apply: (hooks, api) => definition.apply(hooks, api, options) };
  };
}

/** Gives a preset its type. */
export function definePreset(preset: Preset): Preset {
  return preset;
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

function checkOptions(definition: PluginDefinition<unknown, unknown>, input: unknown): unknown {
  const result = definition.options['~standard'].validate(input);
  if (result instanceof Promise) {
    throw new PluginOptionsError(`the options of plugin \`${definition.name}\` are checked asynchronously`, {
      hint: 'report this to the author of the plugin: its schema must answer at once',
    });
  }
  if (result.issues === undefined) return result.value;
  const details = result.issues.map(({ path, message }) => ({
    path: (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.'),
    message,
    origin: `plugin \`${definition.name}\``,
  }));
  throw new PluginOptionsError(`the options of plugin \`${definition.name}\` are not what it takes`, {
    hint: 'see the documentation of the plugin',
    details,
  });
}
