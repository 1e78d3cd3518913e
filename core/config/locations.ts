/** Paths in a configuration: relative to whoever wrote them, absolute in what the pipeline reads. */
import { resolve } from 'node:path';
import type { Values } from './layer.ts';

/** Kinds of bases and outputs whose location is a path of the host. Those of plugins see what was written. */
const PATH_KINDS: ReadonlySet<string> = new Set([
  'layout',
  'archive',
  'docker-archive',
  'wheelhouse',
  'deb',
  'rpm',
  'zipapp',
  'provider',
]);

/** The values of a layer with their paths made absolute. */
export function withAbsolutePaths(values: Values, directory: string): Values {
  const changed: Record<string, unknown> = { ...values };
  for (const key of ['project', 'lock', 'wheelhouse']) {
    const value = values[key];
    if (typeof value === 'string') changed[key] = resolve(directory, value);
  }
  if (typeof values.base === 'string') changed.base = absoluteSpec(values.base, directory);
  if (Array.isArray(values.outputs)) {
    changed.outputs = (values.outputs as readonly string[]).map((output) => absoluteSpec(output, directory));
  }
  const { distributions } = values;
  if (typeof distributions === 'object' && distributions !== null)
    changed.distributions = withAbsoluteWheels(distributions as Values, directory);
  return changed;
}

/** The wheels that replace something, where they lie on this host. */
function withAbsoluteWheels(distributions: Values, directory: string): Values {
  const { replace } = distributions as { readonly replace?: readonly { readonly with: string }[] };
  if (replace === undefined) return distributions;
  const isPath = (text: string): boolean => text.endsWith('.whl') && !/^https?:\/\//.test(text);
  return {
    ...distributions,
    replace: replace.map((rule) =>
      isPath(rule.with) ? { ...rule, with: resolve(directory, rule.with) } : rule,
    ),
  };
}

/** `layout:DIR` with DIR made absolute; a SPEC of another kind, or a bare reference, as it stands. */
export function absoluteSpec(spec: string, directory: string): string {
  const colon = spec.indexOf(':');
  const kind = spec.slice(0, Math.max(0, colon));
  return PATH_KINDS.has(kind) ? `${kind}:${resolve(directory, spec.slice(colon + 1))}` : spec;
}
