/** Files that several distributions bring under one path, of which the configuration says whose is kept. Nothing is chosen without being asked. */
import type { Part } from '../../primitives/file-tree.ts';
import type { InstallScheme } from '../../python/install/scheme.ts';
import { normalizeName } from '../../python/name.ts';
import type { Session } from '../session.ts';
import type { Config } from '../settings.ts';
import { partialPart } from './partial-part.ts';

/** `distributions.prefer` of a configuration. */
type Preferences = NonNullable<NonNullable<Config['distributions']>['prefer']>;

/** The parts, the others without what a preferred one has. A path that the preferred one does not have stays where it is. */
export async function preferredParts(
  parts: readonly Part[],
  preferences: Preferences,
  { sitePackages }: InstallScheme,
  { signal, log }: Session,
): Promise<readonly Part[]> {
  let kept = parts;
  for (const { name, paths, reason } of preferences) {
    const preferred = parts.find((part) => part.name === normalizeName(name));
    const record = await preferred?.record(signal);
    const files = new Set(
      record?.entries.filter(({ type }) => type !== 'directory').map(({ path }) => path as string),
    );
    const wanted = new Set(paths.map((path) => `${sitePackages}/${path}`).filter((path) => files.has(path)));
    const rest = await Promise.all(
      kept.map((part) =>
        part.name === preferred?.name ? part : partialPart(part, (path) => wanted.has(path), signal),
      ),
    );
    const without = rest.filter((part, index) => part !== kept[index]).map((part) => `\`${part.name}\``);
    if (without.length > 0)
      log.info(`files of \`${name}\` are kept instead of those of ${without.join(', ')}: ${reason}`);
    else {
      log.warn({
        code: 'PYC_DISTRIBUTION_RULE_IDLE',
        message: `\`distributions.prefer\` names \`${name}\`, which shares none of the paths with another distribution`,
        hint: 'take the entry out, or correct its paths: they are relative to `site-packages`',
      });
    }
    kept = rest;
  }
  return kept;
}
