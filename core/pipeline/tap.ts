/**
 * The interceptor of all hooks: stamps each tap with its plugin's name, times it, gives it values that cannot be changed,
 * ends it when the build is interrupted, and names plugin and hook in whatever goes wrong. It knows no plugin.
 */
import type { FullTap } from 'tapable';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { isAborted, untilAborted } from './aborted.ts';
import { changeOf, freezeData } from './frozen.ts';
import { faultOfAnswer, faultOfResult } from './hook-results.ts';
import type { BuildContext, HookName } from './hooks.ts';
import { PluginError } from './plugin-error.ts';

/** Notes how long each plugin's taps took: `plugin` → `hook` → milliseconds. */
export type TapTimes = Map<string, Map<string, number>>;

/** Whose code runs, and for what. */
interface Work {
  readonly plugin: string;
  readonly hook: HookName;
  /** As messages have it: `` `label` ``, `` `publish` of its `destination` ``. */
  readonly called: string;
}

/** Time that a method of an answer has to clean up once the build is interrupted, in milliseconds. */
const GRACE = 2000;
/** Hooks whose answers have methods, and what those are given first. */
const ANSWERS: Partial<Readonly<Record<HookName, string>>> = {
  lock: 'target',
  base: 'platform',
  destination: 'build',
};
/** What a hook's value is called in paths; a request where nothing stands here. */
const VALUES: Partial<Readonly<Record<HookName, string>>> = {
  resolve: 'resolution',
  resolved: 'resolution',
  collect: 'collected',
  collected: 'collected',
  layer: 'plan',
  layered: 'layered',
  label: 'image',
  labelled: 'image',
  sbom: 'input',
  publish: 'plan',
  published: 'receipts',
  done: 'report',
  failed: 'failure',
};

/**
 * A tap as it runs. It has its plugin's name, which `before` of others refers to.
 *
 * @throws PluginError where the tap uses a callback
 */
export function wrapTap(tap: FullTap, hook: HookName, plugin: string, times: TapTimes): FullTap {
  const work: Work = { plugin, hook, called: `\`${hook}\`` };
  if (tap.type === 'async') {
    throw new PluginError(
      plugin,
      hook,
      `plugin \`${plugin}\` taps \`${hook}\` with a callback`,
      'report this to the author of the plugin: `tapPromise` takes an async function, `tap` any other',
    );
  }
  const original = tap.fn as (...values: unknown[]) => unknown;
  const run = async (value: unknown, context: BuildContext): Promise<unknown> => {
    const started = performance.now();
    freezeData(value);
    freezeData(context);
    try {
      const answer = Promise.resolve(original(value, context));
      const result = await untilAborted(answer, context.signal, () => neverEnds(work));
      refuse(faultOfResult(hook, result, value), work);
      freezeData(result);
      return hook in ANSWERS ? watched(result, work, context) : result;
    } catch (thrown) {
      throw named(thrown, work, { [VALUES[hook] ?? 'request']: value, context });
    } finally {
      const ofPlugin = times.get(plugin) ?? new Map<string, number>();
      ofPlugin.set(hook, (ofPlugin.get(hook) ?? 0) + performance.now() - started);
      times.set(plugin, ofPlugin);
    }
  };
  return { ...tap, name: plugin, type: 'promise', fn: run };
}

/** An answer whose methods are looked after as taps are: they run later, when no tap does. */
function watched(answer: unknown, { plugin, hook }: Work, { signal }: BuildContext): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  return new Proxy(answer, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      const isFixed = Object.getOwnPropertyDescriptor(target, name)?.configurable === false;
      // Of what its author froze, a proxy must give what is there.
      if (typeof member !== 'function' || typeof name === 'symbol' || isFixed) return member;
      const work: Work = { plugin, hook, called: `\`${name}\` of its \`${hook}\`` };
      return (...values: unknown[]) =>
        called(() => member.apply(target, values) as unknown, name, values, work, signal);
    },
  });
}

/** At once where the method answers at once. */
function called(
  call: () => unknown,
  name: string,
  values: readonly unknown[],
  work: Work,
  signal: AbortSignal,
): unknown {
  for (const value of values) freezeData(value);
  const fail = (thrown: unknown): never => {
    throw named(thrown, work, { [ANSWERS[work.hook] ?? 'given']: values[0] });
  };
  const checked = (result: unknown): unknown => {
    refuse(faultOfAnswer(work.hook, name, result), work);
    return result;
  };
  try {
    const result = call();
    if (!(result instanceof Promise)) return checked(result);
    return untilAborted(result, signal, () => neverEnds(work), GRACE)
      .then(checked)
      .catch(fail);
  } catch (thrown) {
    return fail(thrown);
  }
}

function refuse(fault: string | undefined, { plugin, hook, called }: Work): void {
  if (fault === undefined) return;
  throw new PluginError(
    plugin,
    hook,
    `plugin \`${plugin}\` failed in ${called}: ${fault}`,
    `report this to the author of the plugin; docs/reference/hooks.md#${hook} says what the hook gives`,
  );
}

/** What is meant for the user as it stands, or an error that names the plugin. */
function named(
  thrown: unknown,
  { plugin, hook, called }: Work,
  values: Readonly<Record<string, unknown>>,
): unknown {
  if (isPycError(thrown) || isAborted(thrown)) return thrown;
  const change = changeOf(thrown, values);
  if (change === undefined) {
    return new PluginError(
      plugin,
      hook,
      `plugin \`${plugin}\` failed in ${called}: ${messageOf(thrown)}`,
      'report this to the author of the plugin',
      thrown,
    );
  }
  const paths = change.paths.map((path) => `\`${visible(path)}\``).join(' or ') || 'something of it';
  const place = change.place === undefined ? '' : ` (\`${visible(change.place)}\`)`;
  return new PluginError(
    plugin,
    hook,
    `plugin \`${plugin}\` changes what it is given in ${called}: ${paths}${place}`,
    'report this to the author of the plugin: values are immutable, a tap gives a new one, as in `{ ...value, … }`',
    thrown,
  );
}

/** Where the build can never end, what hangs is named. */
function neverEnds({ plugin, hook, called }: Work): PluginError {
  return new PluginError(
    plugin,
    hook,
    `plugin \`${plugin}\` never finished ${called}: it waits for something that nothing can bring any more`,
    'report this to the author of the plugin',
  );
}
