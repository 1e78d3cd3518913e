/**
 * What a lock says of the packages that a build needs (PEP 518's `build-system.requires`): a pinned version with its hashes
 * holds there as well, where the build admits it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import type { LockedPin } from '../../python/lock/lock-file.ts';
import { normalizeName } from '../../python/name.ts';
import { Requirement } from '../../python/requirement.ts';
import { Version } from '../../python/version.ts';

/** What PEP 517 says of a project that says nothing. */
const UNSTATED: readonly string[] = ['setuptools>=40.8.0'];

/** The requirements of a project's build as written; none where its file is malformed, which its builder will say. */
export async function buildRequirements(directory: string): Promise<readonly string[]> {
  const text = await readFile(join(directory, 'pyproject.toml'), 'utf8').catch(() => '');
  try {
    const system = (parseToml(text) as { readonly 'build-system'?: { readonly requires?: unknown } })[
      'build-system'
    ];
    const requires = system?.requires ?? UNSTATED;
    return Array.isArray(requires) ? requires.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** Lines of a constraints file, as in `setuptools==80.9.0 --hash=sha256:…`; sorted. */
export function constraintsFor(
  requirements: readonly string[],
  pins: readonly LockedPin[],
): readonly string[] {
  const lines = requirements.flatMap((text) => {
    const requirement = parsed(text);
    if (requirement === undefined || requirement.url !== undefined) return [];
    const name = normalizeName(requirement.name);
    const admitted = pins.filter((pin) => {
      const version = pin.name === name ? Version.tryParse(pin.version) : undefined;
      return version !== undefined && requirement.specifier.contains(version, { prereleases: true });
    });
    // Of several versions none is known to be the one for this host.
    const [pin] = admitted;
    if (pin === undefined || admitted.length > 1) return [];
    return [[`${name}==${pin.version}`, ...pin.hashes.map((hash) => `--hash=${hash}`)].join(' ')];
  });
  return [...new Set(lines)].sort();
}

function parsed(text: string): Requirement | undefined {
  try {
    return Requirement.parse(text);
  } catch {
    return undefined;
  }
}
