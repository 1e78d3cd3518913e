/**
 * What a plugin is, what it may use, and the one interceptor that stamps each tap with its
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
import type { ResolvedConfig } from './settings.ts';
import type { Collected } from './values.ts';

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
  /** True: nothing is built, and nothing may be written outside of the store. */
  readonly dryRun: boolean;
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
