/**
 * What the plugins of a configuration know of registries, for verbs that need no configuration otherwise. It is looked
 * for when a registry wants to know who asks, and not before: what is open to all runs nobody's code.
 */
import type { Session } from './pipeline/session.ts';
import { type CredentialSource, credentialChain } from './registry/credentials.ts';

/** Where the configuration is looked for, and what its plugins may use. */
export interface ConfiguredCredentialsOptions
  extends Pick<Session, 'http' | 'store' | 'log' | 'signal' | 'env' | 'cwd' | 'command'> {
  /** A configuration file, relative to `cwd`; default the one that is found, as for a build in that folder. */
  readonly file?: string | undefined;
  /** Absolute: where transpiled configurations are kept. */
  readonly cacheDirectory: string;
}

/**
 * Asks the hook `credentials` of the plugins of all images, in their order. Of a plugin that several images have, the
 * first one's options count.
 *
 * @returns a source that throws what loading a configuration throws, where there is one
 */
export function configuredCredentials(options: ConfiguredCredentialsOptions): CredentialSource {
  let source: Promise<CredentialSource> | undefined;
  return async (host, repository, signal) => {
    source ??= openPlugins(options);
    // Whoever was interrupted may try again.
    source.catch(() => {
      source = undefined;
    });
    return (await source)(host, repository, signal);
  };
}

async function openPlugins(options: ConfiguredCredentialsOptions): Promise<CredentialSource> {
  const { http, store, log, signal, env, cwd, command, file, cacheDirectory } = options;
  const [{ loadConfigs }, { createGraph }, { createPluginApi }, { createBaseFileReader }] = await Promise.all(
    [
      import('./config/load.ts'),
      import('./pipeline/graph.ts'),
      import('./pipeline/api.ts'),
      import('./pipeline/base-files.ts'),
    ],
  );
  const configs = await loadConfigs({
    cwd,
    file,
    command,
    env,
    cacheDirectory,
    architecture: process.arch,
    signal,
    // Nothing is built, so that neither what starts an image nor what describes it matters.
    adjust: (values) => ({ ...values, preset: false, sbom: false }),
  });
  const applied = new Set<string>();
  const sources = configs.flatMap((config): readonly CredentialSource[] => {
    const plugins = config.plugins.filter(({ name }) => !applied.has(name));
    for (const { name } of plugins) applied.add(name);
    const session = { http, store, log, signal, env, dryRun: true, sourceDateEpoch: undefined };
    const base = createBaseFileReader(signal, { needsLayers: false, store });
    const { hooks, context } = createGraph(
      plugins,
      { signal, config },
      createPluginApi(config, session, base),
    );
    const { taps } = hooks.credentials;
    if (taps.length === 0) return [];
    log.debug(
      `credentials: asking ${taps.map(({ name }) => `\`${name}\``).join(', ')} of \`${config.file}\``,
    );
    return [(host, repository) => hooks.credentials.promise({ host, repository }, context)];
  });
  return credentialChain(...sources);
}
