/** One build's hook graph with its plugins applied, and the clock of its stages. */
import { TaskAbortedError } from './aborted.ts';
import { type BuildContext, type BuildHooks, createHooks } from './hooks.ts';
import { applyPlugins, type Plugin, type PluginApi } from './plugin.ts';
import type { TapTimes } from './tap.ts';

export type StageName = 'resolve' | 'collect' | 'layer' | 'label' | 'sbom' | 'publish';

export interface Graph {
  readonly hooks: BuildHooks;
  readonly context: BuildContext;
  /** Milliseconds a stage so far. */
  readonly timings: Readonly<Record<string, number>>;
  readonly tapTimes: TapTimes;
  /** Runs a piece of a stage and adds its time. @throws TaskAbortedError once the build is interrupted */
  stage<T>(name: StageName, work: () => Promise<T>): Promise<T>;
}

/** A graph of its own for one build. */
export function createGraph(plugins: readonly Plugin[], context: BuildContext, api: PluginApi): Graph {
  const hooks = createHooks();
  const tapTimes: TapTimes = new Map();
  applyPlugins(hooks, plugins, api, tapTimes);
  const timings: Record<string, number> = {};
  return {
    hooks,
    context,
    timings,
    tapTimes,
    async stage(name, work) {
      if (context.signal.aborted) throw new TaskAbortedError();
      const started = performance.now();
      try {
        return await work();
      } finally {
        timings[name] = Math.round(((timings[name] ?? 0) + performance.now() - started) * 10) / 10;
      }
    },
  };
}
