/**
 * What the rules of registries.conf mean for a repository: where it is read from, where it is written to, and whether it
 * may be used at all. Pure; where the rules come from is not known here.
 */
import { isLoopback } from '../../http/url.ts';
import { parseReference } from '../../oci/reference.ts';
import { visible } from '../../primitives/path.ts';
import type { Place, PlaceFinder, RepositoryName } from '../place.ts';
import { RegistryBlockedError } from './errors.ts';
import type { RegistryRule } from './registries-conf.ts';

/**
 * @param speaksTls true for the hosts of this machine that certificates were put down for
 * @param explain told once a repository where it is looked for, and which file says so
 */
export function createPlaceFinder(
  rules: readonly RegistryRule[],
  speaksTls: (endpoint: string) => boolean,
  explain: (text: string) => void,
): PlaceFinder {
  const explained = new Set<string>();
  return (name, purpose) => {
    const rule = ruleFor(rules, name);
    refuseBlocked(rule, name);
    // As with podman: only what is read is read elsewhere.
    const own = purpose === 'write' ? name : rewritten(name, rule, rule?.location);
    const ownRule = own === name ? undefined : ruleFor(rules, own);
    refuseBlocked(ownRule, own);
    const last: Place = { ...placed(own, rule?.insecure ?? ownRule?.insecure, speaksTls), serves: 'all' };
    const mirrors = purpose === 'write' ? [] : (rule?.mirrors ?? []);
    const before = mirrors.map(({ location, insecure, serves }): Place => {
      const mirror = rewritten(name, rule, location);
      return { ...placed(mirror, insecure ?? ruleFor(rules, mirror)?.insecure, speaksTls), serves };
    });
    if (rule !== undefined) {
      const shown = [...before, last].map(textOf).join(', ');
      const text = `${textOf(name)} is ${purpose === 'read' ? 'read from' : 'written to'} ${shown} (${rule.file})`;
      if (!explained.has(text)) explain(text);
      explained.add(text);
    }
    const [first, ...others] = before;
    return first === undefined ? [last] : [first, ...others, last];
  };
}

/** The rule with the longest prefix that a name starts with. */
function ruleFor(rules: readonly RegistryRule[], name: RepositoryName): RegistryRule | undefined {
  const fitting = rules.filter(({ prefix }) => matchedBy(prefix, textOf(name)) !== undefined);
  return fitting.reduce<RegistryRule | undefined>(
    (best, rule) => (best === undefined || rule.prefix.length > best.prefix.length ? rule : best),
    undefined,
  );
}

/**
 * How many characters of a name a prefix stands for; undefined where it does not. `*.host` stands for every host below it,
 * with any port.
 */
function matchedBy(prefix: string, name: string): number | undefined {
  if (!prefix.startsWith('*.')) {
    return name === prefix || name.startsWith(`${prefix}/`) ? prefix.length : undefined;
  }
  const slash = name.indexOf('/');
  const host = name.slice(0, slash);
  const end = host.endsWith(prefix.slice(1)) ? host : host.replace(/:\d+$/, '');
  return end.length >= prefix.length && end.endsWith(prefix.slice(1)) ? host.length : undefined;
}

function rewritten(
  name: RepositoryName,
  rule: RegistryRule | undefined,
  location: string | undefined,
): RepositoryName {
  const text = textOf(name);
  const length = rule === undefined ? undefined : matchedBy(rule.prefix, text);
  if (length === undefined || location === undefined) return name;
  const to = `${location}${text.slice(length)}`;
  return to === text ? name : parseReference(to);
}

function refuseBlocked(rule: RegistryRule | undefined, name: RepositoryName): void {
  if (rule?.isBlocked !== true) return;
  throw new RegistryBlockedError(
    `\`${textOf(name)}\` must not be used: \`${visible(rule.file)}\` blocks \`${rule.prefix}\``,
    { hint: 'use an image of another registry, or have that file changed' },
  );
}

function placed(
  { host, endpoint, repository }: RepositoryName,
  insecure: boolean | undefined,
  speaksTls: (endpoint: string) => boolean,
): Omit<Place, 'serves'> {
  const isLocal = isLoopback(new URL(`http://${endpoint}`).hostname);
  const isPlain = isLocal && insecure === undefined && !speaksTls(endpoint);
  return { host, endpoint, repository, scheme: insecure === true ? 'either' : isPlain ? 'http' : 'https' };
}

function textOf({ host, repository }: Pick<RepositoryName, 'host' | 'repository'>): string {
  return `${host}/${repository}`;
}
