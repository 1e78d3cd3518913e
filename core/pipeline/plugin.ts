/**
 * What a plugin and a preset are, what they may use, and the one interceptor that stamps each tap with its
 * plugin's name, times it and names the plugin in whatever goes wrong. Which plugins exist is not known here.
 */
import type { FullTap } from 'tapable';
import type { HttpClient } from '../http/client.ts';
import type { Image } from '../oci/image.ts';
import type { Digest } from '../primitives/digest.ts';
import { isPycError, messageOf, PycError } from '../primitives/errors.ts';
import type { FileTree, Part, PartRole } from '../primitives/file-tree.ts';
import type { Log } from '../primitives/log.ts';
import { nearest } from '../primitives/nearest.ts';
import type { Store } from '../store/store.ts';
import { isAborted, isStalled, TaskAbortedError } from './aborted.ts';
import { faultOfResult } from './hook-results.ts';
import type { BuildContext, BuildHooks, HookName } from './hooks.ts';
import type { Config, ResolvedConfig } from './settings.ts';
import type { Collected, Distribution, Project } from './values.ts';

/** Something that taps the hook graph. */
export interface Plugin {
  /** Unique in a build; an npm package's name by custom. */
  readonly name: string;
  /** Called once a build, before anything runs. All taps are made here. */
  apply(hooks: BuildHooks, api: PluginApi): void;
}

/** A file that a plugin adds: its bytes, or bytes with a mode. */
export type PluginFile =
  | string
  | Uint8Array
  | { readonly bytes: string | Uint8Array; readonly mode?: number };

/** What a plugin may use. */
export interface PluginApi {
  readonly config: ResolvedConfig;
  readonly log: Log;
  readonly store: Store;
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  /** Seconds since 1970 that stand for "now" in whatever is written. */
  readonly sourceDateEpoch: number;
  /** A part of files in memory, keyed by their bytes and the plugin's name. Paths are relative to the root. */
  filesPart(name: string, files: Readonly<Record<string, PluginFile>>, role?: PartRole): Part;
  /** The same value with a part more. */
  addPart(collected: Collected, part: Part): Collected;
  /** A tree of these parts. */
  tree(parts: readonly Part[]): FileTree;
  /** Says in `apply` what `baseFiles` will be asked for: the pass that looks for the base's Python then reads it too. */
  announceBaseFiles(patterns: readonly RegExp[]): void;
  /** Reads files of an image without unpacking it. Paths are relative to the root. */
  baseFiles(image: Image, patterns: readonly RegExp[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Digest of the image's configuration: names its files. */
  imageKey(image: Image): Digest;
}

/** What a preset looks at; nothing is executed. */
export interface PresetInput {
  /** Absolute path. */
  readonly directory: string;
  readonly project: Project;
  /** Paths of the project's sources, relative to its folder, sorted. */
  readonly files: readonly string[];
  readonly distributions: readonly Distribution[];
  /** A source's bytes. */
  read(path: string): Promise<Uint8Array>;
  /** True where the user asked for this preset by name. */
  readonly explicit: boolean;
  /** The process's environment as the configuration states it. */
  readonly env?: Readonly<Record<string, string>>;
  /** What presets of an earlier rank found already: who says how the image starts, and the processes' names. */
  readonly decided?: { readonly start?: string; readonly processes: readonly string[] };
}

/** Something that a preset saw. */
export interface PresetReason {
  readonly message: string;
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** The keys of the configuration that follow from it, as in `entrypoint` or `env.PORT`; default those that no other reason names. */
  readonly keys?: readonly string[];
}

/** What a preset found. */
export interface Detection {
  /** Of the start (`entrypoint`, `cmd`, `ports`, `stopSignal`) only one preset's counts; the rest is put together. */
  readonly config: Partial<Config>;
  /** What it saw, at which file and line. */
  readonly reasons: readonly PresetReason[];
}

/**
 * Where several presets find a start, the one of the first rank decides: `declared` states commands (a Procfile),
 * `site` follows from how a project is laid out (`manage.py`), `application` from an object in the sources, `worker`
 * from one that serves no requests, `script` from what is installed as a command.
 */
export type PresetRank = 'declared' | 'site' | 'application' | 'worker' | 'script';

/** Partial configuration for a framework, plus its detection. */
export interface Preset {
  readonly name: string;
  /** Default `application`. */
  readonly rank?: PresetRank;
  /** True: it is asked even where a preset of an earlier rank says how the image starts, as it adds processes. */
  readonly composes?: boolean;
  detect(input: PresetInput): Promise<Detection | undefined>;
}

/**
 * A plugin threw something that was not meant for the user as it stands, or tapped a hook as it must not. The
 * message names the plugin and the hook; `--verbose` prints the cause.
 */
export class PluginError extends PycError {
  readonly code = 'PYC_PLUGIN_FAILED';
  readonly plugin: string;
  readonly hook: string;

  constructor(plugin: string, hook: string, message: string, hint: string, cause?: unknown) {
    super(message, { hint, cause });
    this.plugin = plugin;
    this.hook = hook;
  }
}

/** Notes how long each plugin's taps took: `plugin` → `hook` → milliseconds. */
export type TapTimes = Map<string, Map<string, number>>;

/**
 * Applies plugins in order. Each sees a view of the hooks that refuses names which do not exist; each tap
 * is wrapped by one interceptor a hook.
 *
 * @throws PluginError where a plugin throws in `apply`, taps an unknown hook, or uses a callback
 */
export function applyPlugins(
  hooks: BuildHooks,
  plugins: readonly Plugin[],
  api: PluginApi,
  times: TapTimes,
): void {
  let applying: Plugin | undefined;
  for (const name of Object.keys(hooks) as HookName[]) {
    hooks[name].intercept({
      register: (tap) => wrapTap(tap as unknown as FullTap, name, applying, times) as unknown as typeof tap,
    });
  }
  const seen = new Set<string>();
  for (const plugin of plugins) {
    if (seen.has(plugin.name)) {
      throw new PluginError(
        plugin.name,
        'apply',
        `two plugins have the name \`${plugin.name}\``,
        'remove one of them from `plugins`',
      );
    }
    seen.add(plugin.name);
    applying = plugin;
    try {
      plugin.apply(guarded(hooks, plugin.name), api);
    } catch (cause) {
      if (isPycError(cause)) throw cause;
      throw new PluginError(
        plugin.name,
        'apply',
        `plugin \`${plugin.name}\` failed while it was applied: ${messageOf(cause)}`,
        'report this to the author of the plugin',
        cause,
      );
    }
    applying = undefined;
  }
}

function wrapTap(tap: FullTap, hook: HookName, plugin: Plugin | undefined, times: TapTimes): FullTap {
  if (plugin === undefined) {
    throw new PluginError(
      tap.name,
      hook,
      `\`${tap.name}\` taps \`${hook}\` after \`apply\` returned`,
      'tap all hooks inside `apply`',
    );
  }
  const { name } = plugin;
  if (tap.type === 'async') {
    throw new PluginError(
      name,
      hook,
      `plugin \`${name}\` taps \`${hook}\` with a callback`,
      'use `tapPromise` with an async function, or `tap`',
    );
  }
  const original = tap.fn as (...values: unknown[]) => unknown;
  const run = async (...values: unknown[]): Promise<unknown> => {
    const started = performance.now();
    try {
      const context = values[1] as BuildContext | undefined;
      const result = await untilAborted(Promise.resolve(original(...values)), context, name, hook);
      const fault = faultOfResult(hook, result);
      if (fault === undefined) return result;
      throw new PluginError(
        name,
        hook,
        `plugin \`${name}\` failed in \`${hook}\`: ${fault}`,
        'report this to the author of the plugin, who finds what the hook gives in the hook reference',
      );
    } catch (cause) {
      if (isPycError(cause) || isAborted(cause)) throw cause;
      throw new PluginError(
        name,
        hook,
        `plugin \`${name}\` failed in \`${hook}\`: ${messageOf(cause)}`,
        'report this to the author of the plugin',
        cause,
      );
    } finally {
      const ofPlugin = times.get(name) ?? new Map<string, number>();
      ofPlugin.set(hook, (ofPlugin.get(hook) ?? 0) + performance.now() - started);
      times.set(name, ofPlugin);
    }
  };
  return { ...tap, type: 'promise', fn: run };
}

function guarded(hooks: BuildHooks, plugin: string): BuildHooks {
  return new Proxy(hooks, {
    get(target, property, receiver) {
      if (typeof property === 'symbol' || property in target)
        return Reflect.get(target, property, receiver) as unknown;
      const close = nearest(property, Object.keys(target));
      throw new PluginError(
        plugin,
        property,
        `plugin \`${plugin}\` taps \`${property}\`, which is no hook`,
        close === undefined ? 'see the hook reference' : `did you mean \`${close}\`?`,
      );
    },
  });
}

/** A tap that hangs does not keep an interrupted build alive, and is named where the build can never end. */
async function untilAborted<T>(
  work: Promise<T>,
  context: BuildContext | undefined,
  plugin: string,
  hook: string,
): Promise<T> {
  const signal = context?.signal;
  if (signal === undefined) return work;
  let stop = (): void => {};
  const interrupted = new Promise<never>((_, refuse) => {
    stop = () => refuse(isStalled(signal) ? neverEnds(plugin, hook) : new TaskAbortedError());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function neverEnds(plugin: string, hook: string): PluginError {
  return new PluginError(
    plugin,
    hook,
    `plugin \`${plugin}\` never finished \`${hook}\`: it waits for something that nothing can bring any more`,
    'report this to the author of the plugin',
  );
}
