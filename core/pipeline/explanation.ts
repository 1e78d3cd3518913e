/** The merged configuration of an image, value by value, with where each came from: what `pyc explain preset` prints. */
import type { ReportedValue } from './report.ts';
import type { ResolvedConfig } from './settings.ts';
import type { ImageConfig, Resolution } from './values.ts';

/** Tables, whose entries have origins of their own. */
const TABLES = ['python', 'distributions', 'processes', 'env', 'labels', 'annotations'] as const;
/** In this order: first what the image is, then how it starts, then everything else. */
const KEYS = [
  ...[
    'name',
    'base',
    'platforms',
    'lock',
    'package',
    'extras',
    'groups',
    'dependencies',
    'wheelhouse',
    'builder',
    'bytecode',
    'include',
    'exclude',
  ],
  ...['entrypoint', 'cmd', 'user', 'workdir', 'ports', 'stopSignal'],
  ...['tags', 'registry', 'outputs', 'push', 'load', 'secrets', 'sbom', 'gzipMembers', 'plugins'],
] as const satisfies readonly (keyof ResolvedConfig)[];

/** @param image - what the configuration becomes, whose values are the defaults */
export function explainConfig(
  config: ResolvedConfig,
  resolution: Resolution,
  image: ImageConfig,
): readonly ReportedValue[] {
  const { origins } = config;
  const defaults: Readonly<Record<string, unknown>> = {
    name: resolution.project.name,
    base: resolution.base.source.reference,
    entrypoint: image.entrypoint,
    user: image.user,
    workdir: image.workdir,
    stopSignal: image.stopSignal,
    outputs: ['layout:build/image'],
  };
  const single = KEYS.flatMap((key): ReportedValue[] => {
    const stated = config[key];
    const isStated = stated !== undefined && origins[key] !== undefined;
    // A start that is stated is whole: nothing of it is a default.
    if (key === 'entrypoint' && !isStated && config.cmd !== undefined) return [];
    const value = isStated || key === 'platforms' ? shown(stated) : defaults[key];
    if (value === undefined) return [];
    return [{ key, value, origin: isStated ? origins[key]! : 'default' }];
  });
  const entries = TABLES.flatMap((table) =>
    Object.entries((config[table] ?? {}) as Readonly<Record<string, unknown>>).map(([name, value]) => {
      const key = `${table}.${name}`;
      return { key, value, origin: origins[key] ?? 'default' };
    }),
  );
  return [...single, ...entries];
}

/** Plugins and bases that code made are shown by their names. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  const { name, reference } = value as { readonly name?: unknown; readonly reference?: unknown };
  return name ?? reference ?? value;
}
