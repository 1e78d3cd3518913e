/**
 * The configuration as provenance repeats it: what of it decides what an image is, without secrets and without places of this
 * host. Where images go is left out.
 */
import { isAbsolute, relative, sep } from 'node:path';
import type { ResolvedConfig } from 'pycontainer';

/** Stands in place of what is kept back. */
export const KEPT_BACK = '***';

/** Keys that say where images and layers go, or that were worked out of others. */
const LEFT_OUT = [
  'cache',
  'cacheWrite',
  'directory',
  'explicitPreset',
  'file',
  'load',
  'origins',
  'outputs',
  'plugins',
  'presets',
  'push',
  'sharedLayouts',
] as const satisfies readonly (keyof ResolvedConfig)[];

/** Names of variables whose values are not repeated, though the image has them. */
const SECRET = /secret|token|passw|passphrase|credential|private|api_?key|access_?key/i;

/** Keys sorted. What code made, such as plugins, is named and not repeated. */
export function configurationOf(config: ResolvedConfig): Readonly<Record<string, unknown>> {
  const { base, wheelhouse, lock, distributions, env, presets, explicitPreset, directory } = config;
  const here = (path: string): string => placeIn(directory, path);
  const stated: Record<string, unknown> = {
    ...config,
    ...(base === undefined ? {} : { base: typeof base === 'string' ? baseIn(base, here) : base.reference }),
    ...(wheelhouse === undefined ? {} : { wheelhouse: here(wheelhouse) }),
    ...(lock === undefined ? {} : { lock: here(lock) }),
    ...(env === undefined ? {} : { env: withoutSecrets(env) }),
    ...(distributions?.replace === undefined
      ? {}
      : {
          distributions: {
            ...distributions,
            replace: distributions.replace.map((one) => ({ ...one, with: here(one.with) })),
          },
        }),
    preset: explicitPreset ? (presets[0]?.name ?? 'auto') : presets.length > 0 ? 'auto' : false,
  };
  const kept = Object.entries(stated)
    .filter(([key, value]) => value !== undefined && !LEFT_OUT.some((one) => one === key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return redacted(Object.fromEntries(kept)) as Readonly<Record<string, unknown>>;
}

/** Relative to the project, with slashes; what is no path of this host stays. */
function placeIn(directory: string, path: string): string {
  return isAbsolute(path) ? relative(directory, path).split(sep).join('/') || '.' : path;
}

function baseIn(base: string, here: (path: string) => string): string {
  const [, scheme, path] = /^(layout|archive):(.*)$/s.exec(base) ?? [];
  return scheme === undefined || path === undefined ? base : `${scheme}:${here(path)}`;
}

function withoutSecrets(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, SECRET.test(name) ? KEPT_BACK : value]),
  );
}

/** Takes users and passwords out of the addresses in all texts. */
function redacted(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/:\/\/[^/?#\s]*@/g, `://${KEPT_BACK}@`);
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redacted(inner)]));
}
