/**
 * The plugins and presets that code put into a configuration: calls those that were left uncalled, and tells what is
 * wrong with the options of each. Those that are only named are loaded elsewhere.
 */
import { messageOf } from '../primitives/errors.ts';
import type { Fault } from './errors.ts';
import { optionFaultsOf, withOptionFaults } from './extension-options.ts';
import type { Values } from './layer.ts';

/** The values with each plugin or preset in place of the function that makes it, called with `undefined`. */
export function withMadeExtensions(values: unknown): unknown {
  if (!isTable(values)) return values;
  const { plugins, preset, profiles } = values;
  return {
    ...values,
    ...(Array.isArray(plugins) ? { plugins: plugins.map(made) } : {}),
    ...(typeof preset === 'function' ? { preset: made(preset) } : {}),
    ...(isTable(profiles)
      ? {
          profiles: Object.fromEntries(
            Object.entries(profiles).map(([name, profile]) => [name, withMadeExtensions(profile)]),
          ),
        }
      : {}),
  };
}

/** What is wrong with the options of the plugins and presets that the values hold, as in `plugins.1.bucket`. */
export function faultsOfExtensions({ plugins, preset, profiles }: Values): readonly Fault[] {
  return [
    ...(Array.isArray(plugins)
      ? plugins.flatMap((plugin, index) => faultsOfOptions(plugin, `plugins.${index}`))
      : []),
    ...faultsOfOptions(preset, 'preset'),
    ...Object.entries(isTable(profiles) ? profiles : {}).flatMap(([name, profile]) =>
      faultsOfExtensions(profile as Values).map((fault) => ({
        ...fault,
        path: `profiles.${name}.${fault.path}`,
      })),
    ),
  ];
}

/** What is wrong with the options of one plugin or preset. @param path - where the configuration has it */
export function faultsOfOptions(extension: unknown, path: string): readonly Fault[] {
  return optionFaultsOf(extension).map((fault) => ({
    path: [path, ...fault.path].join('.'),
    message: `${fault.message} (an option of \`${(extension as { readonly name: string }).name}\`)`,
  }));
}

function made(value: unknown): unknown {
  if (typeof value !== 'function') return value;
  try {
    return (value as (options: undefined) => unknown)(undefined);
  } catch (thrown) {
    const message = `cannot be made without options: ${messageOf(thrown)}`;
    return withOptionFaults({ name: value.name, apply() {}, detect() {} }, [{ path: [], message }]);
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
