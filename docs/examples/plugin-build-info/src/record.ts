/** Keeps a record of a build: a line of JSON for each step, written once, when the build is over. A dry run keeps none. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type BuildHooks, formatPlatform, isPycError, type PluginApi } from 'pycontainer';

/** @param file - relative to the project */
export function keepRecord(
  plugin: string,
  hooks: BuildHooks,
  { config, dryRun }: PluginApi,
  file: string,
): void {
  if (dryRun) return;
  const path = resolve(config.directory, file);
  const lines: string[] = [];
  const note = (step: string, facts: Readonly<Record<string, unknown>>): void => {
    lines.push(`${JSON.stringify({ step, ...facts })}\n`);
  };
  const write = async (): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, lines.join(''));
  };

  hooks.resolved.tap(plugin, ({ platform, distributions }) =>
    note('resolved', { platform: formatPlatform(platform), distributions: distributions.length }),
  );
  hooks.collected.tap(plugin, ({ platform, tree }) =>
    note('collected', { platform: formatPlatform(platform), parts: tree.parts.length }),
  );
  hooks.layered.tap(plugin, ({ platform, layers }) =>
    note('layered', {
      platform: formatPlatform(platform),
      layers: layers.map(({ name, origin, descriptor }) => ({ name, origin, size: descriptor.size })),
    }),
  );
  hooks.labelled.tap(plugin, ({ platform, entrypoint, cmd, user }) =>
    note('labelled', { platform: formatPlatform(platform), command: [...entrypoint, ...cmd], user }),
  );
  hooks.published.tap(plugin, (receipts) =>
    note('published', { outputs: receipts.map(({ reference, digest }) => ({ reference, digest })) }),
  );
  hooks.done.tapPromise(plugin, async ({ timings }) => {
    note('done', { timings });
    await write();
  });
  // What is no error for users may say more than a file on a shared machine should hold.
  hooks.failed.tapPromise(plugin, async ({ error }) => {
    note('failed', isPycError(error) ? { code: error.code, message: error.message } : { code: null });
    await write();
  });
}
