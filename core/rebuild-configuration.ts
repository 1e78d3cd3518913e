/**
 * The configuration that an image is built again with: what its provenance repeats, with what that keeps back, and plugins and
 * presets, from the checkout. What the provenance says is checked like a file of somebody else's.
 */
import { PRESETS } from './config/first-party.ts';
import { jsonSchema } from './config/schema.ts';
import { type BuildDefinition, KEPT_BACK } from './images/provenance/statement.ts';
import type { Config } from './pipeline/settings.ts';
import { PycError } from './primitives/errors.ts';

/** The provenance repeats a configuration that this version of pycontainer does not understand. Verify with the version that it names. */
export class RebuildConfigurationError extends PycError {
  readonly code = 'PYC_REBUILD_CONFIGURATION';
}

/** Keys that would load code, write somewhere, or read another file. */
const REFUSED = [
  'cache',
  'cacheWrite',
  'extends',
  'load',
  'outputs',
  'plugins',
  'profiles',
  'project',
  'push',
];

/** @param platform as in `linux/amd64` @throws RebuildConfigurationError */
export function rebuildConfiguration(
  { externalParameters, internalParameters }: BuildDefinition,
  platform: string,
  stated: Config,
): Config {
  const { preset, ...recorded } = externalParameters.configuration;
  const kept = Object.entries(recorded).filter(([key]) => !REFUSED.includes(key));
  const values = Object.fromEntries(kept.map(([key, value]) => [key, restored(value, own(stated, key))]));
  const checked = jsonSchema.safeParse({ ...values, platforms: [platform] });
  if (!checked.success) {
    const { path = [], message = '' } = checked.error.issues[0] ?? {};
    throw new RebuildConfigurationError(
      `the provenance repeats a configuration that is not understood: \`${path.join('.')}\` ${message}`,
      { hint: `use pycontainer ${internalParameters.pycontainer}, which built the image` },
    );
  }
  const { base: recordedBase, ...rest } = checked.data as Config;
  const base = baseOf(recordedBase, stated.base) ?? defaultBase(internalParameters, platform);
  return {
    ...rest,
    ...(base === undefined ? {} : { base }),
    ...(stated.plugins === undefined ? {} : { plugins: stated.plugins }),
    ...presetOf(preset, stated.preset),
    outputs: [],
  };
}

/** A base that code made has a name alone in the provenance. */
function baseOf(recorded: Config['base'], stated: Config['base']): Config['base'] {
  return typeof stated === 'object' && stated.reference === recorded ? stated : recorded;
}

/** The default depends on all platforms of the first build, and on the day. */
function defaultBase(
  { images }: BuildDefinition['internalParameters'],
  platform: string,
): string | undefined {
  const base = images.find((image) => image.platform === platform)?.base;
  return base === undefined || /^(?:layout|archive)$/.test(base) ? undefined : base;
}

/** A preset is code: one of the checkout's, or one of our own by its name. */
function presetOf(recorded: unknown, stated: Config['preset']): Pick<Config, 'preset'> {
  if (recorded === 'auto' || recorded === false) return { preset: recorded };
  if (typeof recorded === 'string' && stated === undefined && Object.hasOwn(PRESETS, recorded)) {
    return { preset: recorded };
  }
  return stated === undefined ? {} : { preset: stated };
}

function own(stated: Config, key: string): unknown {
  return Object.hasOwn(stated, key) ? stated[key as keyof Config] : undefined;
}

/** What was kept back is the checkout's own. */
function restored(recorded: unknown, stated: unknown): unknown {
  if (typeof recorded === 'string') return recorded.includes(KEPT_BACK) ? (stated ?? recorded) : recorded;
  if (typeof recorded !== 'object' || recorded === null) return recorded;
  if (Array.isArray(recorded)) {
    const others: readonly unknown[] = Array.isArray(stated) ? stated : [];
    return recorded.map((one, index) => restored(one, others[index]));
  }
  const others = (stated ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(recorded).map(([key, one]) => [
      key,
      restored(one, Object.hasOwn(others, key) ? others[key] : undefined),
    ]),
  );
}
