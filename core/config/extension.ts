/**
 * Turns one plugin or preset that a configuration names into an object: a first-party one, or what a module exports
 * that is found from the file. What several of them mean together is not known here.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Plugin } from '../pipeline/plugin.ts';
import type { Preset } from '../pipeline/preset.ts';
import type { Config } from '../pipeline/settings.ts';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { isPlugin, isPreset } from './define.ts';
import {
  PluginExportError,
  PluginImportError,
  PluginOptionsError,
  PluginUnknownError,
  PresetUnknownError,
} from './errors.ts';
import { PLUGINS, PRESETS } from './first-party.ts';
import { type Mention, mentionedBy, shownMention } from './mention.ts';

/** Who asks for plugins and presets, and from where names of npm packages and relative paths are resolved. */
export interface ExtensionOrigin {
  /** Absolute path of the configuration file, or of where it would lie. */
  readonly file: string;
  readonly cacheDirectory: string | undefined;
  /** Default: the configuration as such. */
  readonly mention?: Mention;
}

/** A plugin as a configuration has it. */
export type PluginReference = NonNullable<Config['plugins']>[number];
/** A preset as a configuration has it. */
export type PresetReference = NonNullable<Config['preset']>;

/**
 * A plugin's object. One that takes options has been given them; what is wrong with them is noted on it.
 *
 * @throws PluginUnknownError, PluginImportError, PluginExportError, PluginApiError, PluginOptionsError
 */
export async function resolvePlugin(reference: PluginReference, origin: ExtensionOrigin): Promise<Plugin> {
  if (typeof reference === 'function') return reference(undefined);
  return isPlugin(reference) ? reference : await named('plugin', reference, isPlugin, origin);
}

/**
 * The presets that may look at a project, in order: one that is named or given, all first-party ones for
 * `auto`, none for `false`. A preset with options that is given none is asked to do with `undefined`.
 *
 * @throws PresetUnknownError, and as {@link resolvePlugin} does
 */
export async function resolvePresets(
  reference: PresetReference,
  origin: ExtensionOrigin,
): Promise<readonly Preset[]> {
  if (reference === false) return [];
  if (typeof reference === 'function') return [reference(undefined)];
  if (isPreset(reference)) return [reference];
  const all: readonly (typeof reference)[] = reference === 'auto' ? Object.keys(PRESETS) : [reference];
  return await Promise.all(all.map((one) => named('preset', one, isPreset, origin)));
}

/** The plugins that every build has unless the configuration says otherwise. */
export async function defaultPlugins(config: {
  readonly base?: unknown;
  readonly sbom?: boolean | string | readonly string[];
  readonly outputs?: readonly string[];
}): Promise<readonly Plugin[]> {
  const names: string[] = [];
  if (typeof config.base === 'string' && config.base.startsWith('apt:')) names.push('debian');
  if (config.sbom !== false || config.outputs?.some((spec) => spec.startsWith('sbom:'))) names.push('sbom');
  if (config.outputs?.some((spec) => spec.startsWith('wheelhouse:'))) names.push('wheelhouse');
  return await Promise.all(names.map((name) => resolvePlugin(name, { file: '', cacheDirectory: undefined })));
}

type Kind = 'plugin' | 'preset';
type Named = string | readonly [name: string, options: unknown];

/** What is asked for, as messages have it: `` plugin `s3`, which `pycontainer.toml:3` asks for, `` comes first in each. */
interface Subject {
  readonly kind: Kind;
  readonly name: string;
  readonly text: string;
  readonly origin: ExtensionOrigin;
  readonly details: Mention['details'];
}

async function named<Value>(
  kind: Kind,
  reference: Named,
  isKind: (value: unknown) => value is Value,
  origin: ExtensionOrigin,
): Promise<Value> {
  const [name, options] = typeof reference === 'string' ? [reference, undefined] : reference;
  const mention = origin.mention ?? mentionedBy('the configuration');
  const text = `${kind} \`${visible(name)}\`, which ${shownMention(mention)} asks for,`;
  const subject: Subject = { kind, name, text, origin, details: mention.details };
  const exported = await exportsOf(subject, mention);
  const found = exported.find((value) => isKind(value) || typeof value === 'function');
  const made = typeof found === 'function' ? make(subject, found as Maker, options) : found;
  if (!isKind(made)) {
    throw new PluginExportError(`${text} is none: ${descriptionOf(exported, found)}`, {
      hint: `report this to its author: the default export is what \`${kind === 'plugin' ? 'definePlugin' : 'definePreset'}\` gives`,
      details: subject.details,
    });
  }
  if (made === found && options !== undefined) {
    throw new PluginOptionsError(`${text} takes no options`, {
      hint: `write \`${JSON.stringify(name)}\` alone`,
      details: subject.details,
    });
  }
  return made;
}

type Maker = (options: unknown) => unknown;

function make({ text, details }: Subject, maker: Maker, options: unknown): unknown {
  try {
    return maker(options);
  } catch (cause) {
    if (isPycError(cause)) throw cause;
    throw new PluginOptionsError(`${text} cannot be made: ${visible(messageOf(cause))}`, {
      hint:
        options === undefined
          ? 'give it the options that it asks for'
          : 'correct the options that it was given',
      details,
      cause,
    });
  }
}

/** What could be meant: an export of the kind's name, the default one, and that within a CommonJS module's. */
async function exportsOf(subject: Subject, mention: Mention): Promise<readonly unknown[]> {
  const module = await load(subject, mention);
  const of = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null && !(isEsModule(value) && !(name in value))
      ? (value as Readonly<Record<string, unknown>>)[name]
      : undefined;
  const inner = of(module, 'default');
  return [of(module, subject.kind), of(inner, subject.kind), of(inner, 'default'), inner].filter(
    (value) => value !== undefined,
  );
}

/** The loader answers `default` also of such a module that has none: with the whole of it. */
function isEsModule(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Module]';
}

async function load(subject: Subject, mention: Mention): Promise<unknown> {
  const { kind, name, text, origin, details } = subject;
  const table = kind === 'plugin' ? PLUGINS : PRESETS;
  const own = Object.hasOwn(table, name) ? table[name] : undefined;
  if (own !== undefined) return await own();
  const [{ importFrom }, { checkApi, findPackage, packageNameOf }] = await Promise.all([
    import('./evaluate.ts'),
    import('./plugin-package.ts'),
  ]);
  const packageName = packageNameOf(name);
  const found = packageName === undefined ? undefined : findPackage(packageName, origin.file);
  if (found !== undefined) await checkApi(found, mention);
  try {
    return await importFrom(origin.file, name, origin.cacheDirectory);
  } catch (cause) {
    if (isPycError(cause)) throw cause;
    if (isMissing(name, origin.file, found !== undefined, cause)) throw await unknown(subject, packageName);
    throw new PluginImportError(`${text} fails when it is imported: ${visible(messageOf(cause))}`, {
      hint: `report this to the author of the ${kind}; \`--verbose\` prints where it failed`,
      details,
      cause,
    });
  }
}

/** A module that imports another one which is missing is not missing itself. */
function isMissing(name: string, file: string, isInstalled: boolean, cause: unknown): boolean {
  const message = messageOf(cause);
  if (isInstalled || !/cannot find|could not resolve|not a dependency/i.test(message)) return false;
  return isPath(name) ? !existsSync(resolve(dirname(file), name)) : message.includes(name);
}

function isPath(name: string): boolean {
  return /^\.{0,2}\//.test(name);
}

async function unknown(subject: Subject, packageName: string | undefined): Promise<Error> {
  const { kind, name, text, origin, details } = subject;
  const known = Object.keys(kind === 'plugin' ? PLUGINS : PRESETS);
  const close = nearest(name, known);
  const Unknown = kind === 'plugin' ? PluginUnknownError : PresetUnknownError;
  if (close !== undefined) {
    return new Unknown(`${text} does not exist`, { hint: `did you mean \`${close}\`?`, details });
  }
  if (packageName === undefined) {
    return new Unknown(`${text} cannot be found`, {
      hint: 'correct the path, which is relative to the file that asks for it',
      details,
    });
  }
  const { installCommand } = await import('./package-manager.ts');
  const command = installCommand(visible(packageName), dirname(origin.file));
  return new Unknown(`${text} is not installed`, {
    hint: `run \`${command}\`, or use a first-party ${kind}: ${known.join(', ')}`,
    details,
  });
}

function descriptionOf(exported: readonly unknown[], found: unknown): string {
  if (exported.length === 0) return 'it has no default export';
  if (typeof found === 'function') return 'what its default export gives is something else';
  const value = exported.at(-1);
  if (value === null) return 'its default export is null';
  return `its default export is ${typeof value === 'object' ? 'an object of another shape' : `a ${typeof value}`}`;
}
