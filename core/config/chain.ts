/** What one image's configuration consists of: the file, what it extends, and the profile; each a layer. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { isPycError, messageOf } from '../primitives/errors.ts';
import type { Warning } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import type { Checked, ConfigStyle } from './check.ts';
import type { ConfigContext } from './define.ts';
import { withoutEarlierKeys } from './earlier-keys.ts';
import {
  ConfigCycleError,
  ConfigFailedError,
  type ConfigFault,
  ConfigMissingError,
  ConfigUnreadableError,
} from './errors.ts';
import type { FoundConfig } from './find.ts';
import type { ConfigLayer, Values } from './layer.ts';
import { withAbsolutePaths } from './locations.ts';
import { type ConfigSource, mentionIn, shownMention } from './mention.ts';
import { checkSource } from './plain-check.ts';
import { readConfig } from './read.ts';

/** What reading needs to know. */
export interface ChainContext extends ConfigContext {
  /** Absolute; origins are shown relative to it. */
  readonly cwd: string;
  readonly cacheDirectory: string | undefined;
}

/** The images of a file, unchecked. */
export interface ConfigImages {
  readonly images: readonly unknown[];
  readonly style: ConfigStyle;
  /** True where the file holds a list of images. */
  readonly several: boolean;
  /** True where the file exports a function. */
  readonly isFunction: boolean;
}

/** Layers of one image, weakest first, and what is wrong with them. */
export interface Chain {
  readonly files: readonly ConfigLayer[];
  readonly profiles: readonly ConfigLayer[];
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly Warning[];
  /** Every profile that any of the files has. */
  readonly profileNames: readonly string[];
}

/** Reads a file of configuration and calls it where it is a function. */
export async function readImages(found: FoundConfig, context: ChainContext): Promise<ConfigImages> {
  const { value, style } = await readConfig(found, context.cacheDirectory);
  const { env, command, profile } = context;
  const isFunction = typeof value === 'function';
  const called = isFunction
    ? await call(value as Callable, { env, command, profile }, found.file)
    : await value;
  const several = Array.isArray(called) && style === 'module';
  return { images: several ? (called as unknown[]) : [called], style, several, isFunction };
}

/** Checks one image's values and reads what they extend. */
export async function chainOf(
  raw: unknown,
  style: ConfigStyle,
  found: FoundConfig,
  context: ChainContext,
  prefix: string,
  ancestors: readonly string[] = [],
): Promise<Chain> {
  const origin = shownPath(found.file, context.cwd);
  const source = { ...found, shown: origin };
  const directory = dirname(found.file);
  const { values, faults, warnings } = await checked(raw, style, origin, prefix);
  const {
    extends: extended,
    profiles: ownProfiles = {},
    ...own
  } = values as Values & {
    readonly extends?: string | readonly string[];
    readonly profiles?: Readonly<Record<string, Values>>;
  };
  const bases: Chain[] = [];
  for (const target of [extended ?? []].flat()) {
    const base = await readExtended(target, source);
    if (base.file === found.file || ancestors.includes(base.file)) {
      throw new ConfigCycleError(`\`${visible(origin)}\` extends itself by way of \`${visible(target)}\``, {
        hint: 'remove one of the two from `extends`',
      });
    }
    const { images, style: baseStyle, several } = await readImages(base, context);
    if (several) {
      throw new ConfigUnreadableError(`\`${visible(target)}\` holds several images and cannot be extended`, {
        hint: 'extend a file that holds one configuration',
      });
    }
    bases.push(await chainOf(images[0], baseStyle, base, context, '', [...ancestors, found.file]));
  }
  const isProfiled = context.profile !== undefined && Object.hasOwn(ownProfiles, context.profile);
  const profile = isProfiled ? ownProfiles[context.profile] : undefined;
  return {
    files: [...bases.flatMap(({ files }) => files), layer(own, directory, origin, source)],
    profiles: [
      ...bases.flatMap(({ profiles }) => profiles),
      ...(profile === undefined
        ? []
        : [layer(profile, directory, `profile \`${context.profile}\` in ${origin}`, source)]),
    ],
    faults: [...bases.flatMap((base) => base.faults), ...faults],
    warnings: [...bases.flatMap((base) => base.warnings), ...warnings],
    profileNames: [...bases.flatMap(({ profileNames }) => profileNames), ...Object.keys(ownProfiles)],
  };
}

/** Checks a file's values. Its earlier keys are faulted under the names that it has for them. */
async function checked(
  raw: unknown,
  style: ConfigStyle,
  origin: string,
  prefix: string,
): Promise<Checked & { readonly warnings: readonly Warning[] }> {
  if (style !== 'kebab') return { ...(await checkSource(raw, style, () => origin, prefix)), warnings: [] };
  const { values, faults, warnings, written } = withoutEarlierKeys(raw);
  const result = await checkSource(values, style, () => origin, prefix);
  return {
    values: result.values,
    faults: [
      ...faults.map((fault) => ({ ...fault, origin })),
      ...result.faults.map((fault) => ({ ...fault, path: written(fault.path) })),
    ],
    warnings,
  };
}

/** A file that the command line or `extends` names. @throws ConfigMissingError, ConfigUnreadableError */
export async function readNamed(file: string, named: string): Promise<FoundConfig> {
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new ConfigMissingError(`the configuration \`${visible(named)}\` does not exist`, {
        hint: 'correct the path',
        cause,
      });
    }
    throw new ConfigUnreadableError(
      `the configuration \`${visible(named)}\` cannot be read: ${messageOf(cause)}`,
      {
        hint: 'make the file readable',
        cause,
      },
    );
  }
}

/** A path as errors show it: relative where that is shorter. */
export function shownPath(file: string, cwd: string): string {
  const short = relative(cwd, file);
  return short === '' || short.length > file.length ? file : short;
}

type Callable = (context: ConfigContext) => unknown;

async function call(config: Callable, context: ConfigContext, file: string): Promise<unknown> {
  try {
    return await config(context);
  } catch (cause) {
    if (isPycError(cause)) throw cause;
    throw new ConfigFailedError(
      `the function that \`${visible(file)}\` exports threw: ${visible(messageOf(cause))}`,
      {
        hint: 'run with `--verbose` to see where',
        cause,
      },
    );
  }
}

function layer(values: Values, directory: string, origin: string, source: ConfigSource): ConfigLayer {
  return { values: withAbsolutePaths(values, directory), originOf: () => origin, source };
}

async function readExtended(target: string, source: ConfigSource): Promise<FoundConfig> {
  const isPath = /^\.{0,2}\//.test(target) || target.startsWith('.');
  const file = isPath ? resolve(dirname(source.file), target) : await packageFile(target, source);
  return await readNamed(
    existsSync(file) && statSync(file).isDirectory() ? resolve(file, 'pycontainer.config.ts') : file,
    target,
  );
}

/** The file that a package's name leads to, as an import in the configuration would. @throws PluginApiError */
async function packageFile(name: string, source: ConfigSource): Promise<string> {
  const [{ createJiti }, { checkApi, findPackage, packageNameOf }, { wouldFetch }] = await Promise.all([
    import('jiti'),
    import('./plugin-package.ts'),
    import('./bun-install.ts'),
  ]);
  const mention = mentionIn(source, 'extends', name);
  const packageName = packageNameOf(name) ?? name;
  const found = findPackage(packageName, source.file);
  if (found !== undefined) await checkApi(found, mention);
  const url = wouldFetch(name, source.file)
    ? undefined
    : createJiti(source.file, { fsCache: false }).esmResolve(name, { try: true });
  if (url === undefined) {
    const { installCommand } = await import('./package-manager.ts');
    const command = installCommand(visible(packageName), dirname(source.file));
    throw new ConfigMissingError(
      `the configuration \`${visible(name)}\`, which ${shownMention(mention)} extends, cannot be found`,
      {
        hint: `run \`${command}\`, or write \`./${visible(name)}\` for a file`,
        details: mention.details,
      },
    );
  }
  const { fileURLToPath } = await import('node:url');
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}
