/** Puts together what several presets found: one start, everything else joined. A contradiction is an error that names both. */
import { PycError } from '../primitives/errors.ts';
import type { Detection, Preset, PresetRank } from './preset.ts';
import type { Config, Origin } from './settings.ts';

/** What one preset found. */
export interface Found {
  readonly preset: Preset;
  readonly rank: PresetRank;
  readonly detection: Detection;
}

/** What all of them say together, and for each dotted key which preset said it and why. */
export interface Composed {
  readonly config: Partial<Config>;
  readonly origins: Readonly<Record<string, Origin>>;
}

/**
 * Two presets want different things for one image: another command, another port, another value of a variable, and
 * neither comes before the other. `details` lists what each of them saw.
 */
export class PresetConflictError extends PycError {
  readonly code = 'PYC_PRESET_CONFLICT';
  override readonly exitCode = 2;
}

/** What belongs to the start and is taken from one preset alone. */
const START = ['entrypoint', 'cmd', 'ports', 'stopSignal', 'workdir', 'user'] as const;
/** Tables whose entries are joined. */
const TABLES = ['env', 'labels', 'annotations', 'processes'] as const;

/** @param found - in the order of ranks. @throws PresetConflictError */
export function composeDetections(found: readonly Found[]): Composed {
  const starting = found.filter(({ detection: { config } }) => config.entrypoint ?? config.cmd);
  const [first] = starting;
  for (const other of starting) {
    if (first === undefined || other.rank !== first.rank) continue;
    for (const key of ['entrypoint', 'cmd', 'ports'] as const) {
      if (!isSame(first.detection.config[key], other.detection.config[key]))
        throw conflict(first, other, `\`${key}\``);
    }
  }
  const config: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  // Who starts comes first, so that a later preset's `worker` does not take the name of its own.
  const ordered = first === undefined ? found : [first, ...found.filter((one) => one !== first)];
  for (const one of ordered) {
    for (const [key, value] of Object.entries(one.detection.config)) {
      if (value === undefined) continue;
      if (isOneOf(START, key)) {
        if (first !== undefined && one !== first) continue;
        config[key] = value;
        origins[key] = originOf(one, key);
      } else if (isOneOf(TABLES, key)) {
        config[key] = joined(ordered, one, key, config[key] as Table | undefined, origins);
      } else if (key === 'exclude' || key === 'include') {
        config[key] = [...((config[key] as string[] | undefined) ?? []), ...(value as string[])];
        origins[key] = originOf(one, key);
      } else {
        const before = ordered.find(
          (other) => other !== one && key in other.detection.config && key in config,
        );
        if (before !== undefined && !isSame(config[key], value)) throw conflict(before, one, `\`${key}\``);
        config[key] = value;
        origins[key] ??= originOf(one, key);
      }
    }
  }
  return { config: config as Partial<Config>, origins };
}

type Table = Readonly<Record<string, unknown>>;

function joined(
  all: readonly Found[],
  one: Found,
  key: (typeof TABLES)[number],
  before: Table | undefined,
  origins: Record<string, Origin>,
): Table {
  const result: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries((one.detection.config[key] ?? {}) as Table)) {
    const dotted = `${key}.${name}`;
    if (!(name in result)) {
      result[name] = value;
      origins[dotted] = originOf(one, dotted);
      continue;
    }
    if (isSame(result[name], value)) continue;
    const other = all.find(({ detection }) => name in ((detection.config[key] ?? {}) as Table))!;
    // A Procfile's `worker` is the project's own word for it.
    if (key === 'processes' && other.rank !== one.rank) continue;
    throw conflict(other, one, `\`${dotted}\``);
  }
  return result;
}

/** As `explain` prints it: the preset, and the reason that it gives for this key. */
function originOf({ preset, detection: { reasons } }: Found, key: string): Origin {
  const names = (keys: readonly string[] | undefined): boolean =>
    keys?.some((one) => one === key || key.startsWith(`${one}.`)) === true;
  const reason = reasons.find(({ keys }) => names(keys)) ?? reasons.find(({ keys }) => keys === undefined);
  if (reason === undefined) return `preset \`${preset.name}\``;
  const { message, file, line } = reason;
  const place = file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`;
  return `preset \`${preset.name}\`: ${message}${place}`;
}

function conflict(one: Found, other: Found, what: string): PresetConflictError {
  const [first, second] = [one.preset.name, other.preset.name];
  return new PresetConflictError(
    `the presets \`${first}\` and \`${second}\` want different values of ${what}`,
    {
      hint: `choose one of them in the configuration, as in \`preset = "${first}"\`, or state ${what} there`,
      details: [one, other].map(({ preset, detection }) => ({
        preset: preset.name,
        reasons: detection.reasons,
        config: detection.config,
      })),
    },
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isOneOf<T extends string>(keys: readonly T[], key: string): key is T {
  return keys.includes(key as T);
}
