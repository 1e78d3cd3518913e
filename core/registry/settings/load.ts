/** Finds the files of registries.conf and reads them in order (containers-registries.conf.d(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createHostCertificates } from '../../http/host-certificates.ts';
import type { Log } from '../../primitives/log.ts';
import { visible } from '../../primitives/path.ts';
import type { PlaceFinder } from '../place.ts';
import { RegistriesConfError } from './errors.ts';
import type { RegistryRule } from './registries-conf.ts';
import { createPlaceFinder } from './rules.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const SYSTEM = '/etc/containers';

/**
 * How this host wants registries to be reached. CONTAINERS_REGISTRIES_CONF, CONTAINERS_REGISTRIES_CONF_DIR, XDG_CONFIG_HOME and HOME are read.
 *
 * @throws RegistriesConfError
 */
export async function loadPlaces(env: Environment, log: Log): Promise<PlaceFinder> {
  const rules = mergeRules(await readAll(env, log));
  refuseContradictions(rules);
  const certificates = await createHostCertificates(env).hosts();
  return createPlaceFinder(rules, (endpoint) => certificates.has(endpoint), log.debug);
}

/** All rules, those of later files after those of earlier ones. */
async function readAll(env: Environment, log: Log): Promise<RegistryRule[]> {
  const config = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'containers');
  const stated = env.CONTAINERS_REGISTRIES_CONF || undefined;
  const statedFolder = env.CONTAINERS_REGISTRIES_CONF_DIR || undefined;
  const own = stated === undefined ? await read(join(config, 'registries.conf'), false, log) : undefined;
  const main = own ?? (await read(stated ?? join(SYSTEM, 'registries.conf'), stated !== undefined, log));
  const folders =
    statedFolder !== undefined
      ? [statedFolder]
      : // A user's own file stands for all that the system has.
        [...(own === undefined ? [SYSTEM] : []), config].map((folder) => join(folder, 'registries.conf.d'));
  const rules = [...(main ?? [])];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((one) => one.endsWith('.conf')).sort())
      rules.push(...((await read(join(folder, name), false, log)) ?? []));
  }
  return rules;
}

/** Undefined where there is no such file. */
async function read(
  file: string,
  isDemanded: boolean,
  log: Log,
): Promise<readonly RegistryRule[] | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    if (!isDemanded && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw new RegistriesConfError(`\`${visible(file)}\` cannot be read: ${code}`, {
      hint: isDemanded ? 'correct or unset `CONTAINERS_REGISTRIES_CONF`' : 'let this user read it',
      cause,
    });
  }
  const { parseRegistriesConf } = await import('./registries-conf.ts');
  const { rules, unused } = parseRegistriesConf(text, file);
  log.debug(`registries: ${rules.length} rules in ${file}`);
  if (unused.length > 0) log.debug(`${file}: ${unused.join(', ')}: not used; short names are Docker Hub's`);
  return rules;
}

/** A prefix is ruled by the last file that names it. */
function mergeRules(rules: readonly RegistryRule[]): RegistryRule[] {
  return [...new Map(rules.map((rule) => [rule.prefix, rule])).values()];
}

/** One place cannot be trusted and not trusted at once. */
function refuseContradictions(rules: readonly RegistryRule[]): void {
  const seen = new Map<string, RegistryRule>();
  for (const rule of rules) {
    if (rule.location === undefined) continue;
    const other = seen.get(rule.location);
    const differs = (['insecure', 'isBlocked'] as const).find(
      (key) => other !== undefined && (other[key] === true) !== (rule[key] === true),
    );
    if (differs !== undefined) {
      const key = differs === 'insecure' ? 'insecure' : 'blocked';
      throw new RegistriesConfError(
        `\`${visible(rule.file)}\` cannot be used: \`${rule.location}\` is \`${key}\` in one \`[[registry]]\` and not in another`,
        { hint: `give \`${key}\` the same value wherever this location stands` },
      );
    }
    seen.set(rule.location, rule);
  }
}
