/** One source of configuration, and how several become one. What a source is and how it was read is not known here. */
import type { Origin } from '../pipeline/settings.ts';
import type { ConfigSource } from './mention.ts';

/** Values by key, in camelCase. */
export type Values = Readonly<Record<string, unknown>>;

/** What one source says: a file, a profile, the environment, the command line. */
export interface ConfigLayer {
  readonly values: Values;
  /** Where the value at a dotted path was written. */
  readonly originOf: (path: string) => Origin;
  /** The file, where the source is one. */
  readonly source?: ConfigSource;
}

/** Several layers as one. */
export interface MergedLayers {
  readonly values: Values;
  /** Dotted path → where its value came from. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** Key → the file that its value was written in; none for flags and variables. Tables have none. */
  readonly sources: Readonly<Record<string, ConfigSource>>;
}

/** Tables whose entries are merged one by one. Everything else, lists among it, is replaced whole. */
const TABLES: ReadonlySet<string> = new Set([
  'env',
  'labels',
  'annotations',
  'python',
  'processes',
  'distributions',
]);

/** Merges layers, the weakest first. */
export function mergeLayers(layers: readonly ConfigLayer[]): MergedLayers {
  const values = new Map<string, unknown>();
  const origins = new Map<string, Origin>();
  const sources = new Map<string, ConfigSource>();
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer.values)) {
      if (value === undefined) continue;
      if (!TABLES.has(key)) {
        values.set(key, value);
        origins.set(key, layer.originOf(key));
        if (layer.source === undefined) sources.delete(key);
        else sources.set(key, layer.source);
        continue;
      }
      values.set(key, { ...(values.get(key) as Values | undefined), ...(value as Values) });
      for (const name of Object.keys(value as Values)) {
        origins.set(`${key}.${name}`, layer.originOf(`${key}.${name}`));
      }
    }
  }
  return {
    values: Object.fromEntries(values),
    origins: Object.fromEntries(origins),
    sources: Object.fromEntries(sources),
  };
}
