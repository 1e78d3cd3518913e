/** What a plugin is, what it may use, and how plugins are applied to the hooks. Which plugins exist is not known here. */
import type { FullTap } from 'tapable';
import type { HttpClient } from '../http/client.ts';
import type { Image } from '../oci/image.ts';
import type { Digest } from '../primitives/digest.ts';
import { isPycError, messageOf } from '../primitives/errors.ts';
import type { FileTree, Part, PartRole } from '../primitives/file-tree.ts';
import type { Log } from '../primitives/log.ts';
import { nearest } from '../primitives/nearest.ts';
import type { Store } from '../store/store.ts';
import type { BuildHooks, HookName } from './hooks.ts';
import { PluginError } from './plugin-error.ts';
import type { ResolvedConfig } from './settings.ts';
import { type TapTimes, wrapTap } from './tap.ts';
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
  /** The environment of the process: an option names the variable of a secret, and the tap reads it where it is used. */
  readonly env: Readonly<Record<string, string | undefined>>;
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
      register: (tap) => {
        if (applying === undefined) throw late(tap.name, name);
        return wrapTap(tap as unknown as FullTap, name, applying.name, times) as unknown as typeof tap;
      },
    });
  }
  for (const plugin of plugins) {
    applying = plugin;
    try {
      const applied: unknown = plugin.apply(guarded(hooks, plugin.name), api);
      if (applied instanceof Promise) {
        applied.catch(() => undefined);
        throw promised(plugin.name);
      }
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

/** Of taps that it would make later nobody knows where they stand. */
function promised(name: string): PluginError {
  return new PluginError(
    name,
    'apply',
    `the \`apply\` of plugin \`${name}\` gives a promise`,
    'report this to the author of the plugin: taps may be asynchronous, `apply` is not',
  );
}

function late(name: string, hook: HookName): PluginError {
  return new PluginError(
    name,
    hook,
    `\`${name}\` taps \`${hook}\` after \`apply\` returned`,
    'report this to the author of the plugin: all hooks are tapped inside `apply`',
  );
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
        close === undefined
          ? 'report this to the author of the plugin; docs/reference/hooks.md has all hooks there are'
          : `report this to the author of the plugin: was \`${close}\` meant?`,
      );
    },
  });
}
