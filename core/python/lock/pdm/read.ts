/** Reads the document of a pdm.lock: format 4.0 to 4.5. PDM states it in no standard; what is checked is what it insists on. */
import { Marker } from '../../marker.ts';
import { normalizeName, parseName } from '../../name.ts';
import { Requirement } from '../../requirement.ts';
import { SpecifierSet } from '../../specifier.ts';
import { Version } from '../../version.ts';
import type { Entry } from '../document.ts';
import { LockVersionError } from '../lock-error.ts';
import type { DistributionFile } from '../lock-file.ts';
import { fileNameOfUrl } from '../outcome.ts';
import type { PdmLock, PdmPackage, PdmSource, PdmTarget } from './pdm-lock.ts';

/** The group of what a project needs to run. */
export const DEFAULT_GROUP = 'default';

const NEWEST_MINOR = 5;
const VCS = ['git', 'hg', 'svn', 'bzr'] as const;
const HASH = /^[a-z0-9_]+:[0-9a-f]+$/i;

/**
 * @throws LockVersionError for another major version than 4, and for a later minor one than is known
 * @throws LockMalformedError
 */
export function readPdmDocument(document: Entry): PdmLock {
  const metadata = document.get('metadata');
  const version = metadata.get('lock_version').parsed(Version.parse);
  const minor = Number(version.release[1] ?? 0);
  if (version.epoch !== 0 || version.major !== 4 || minor > NEWEST_MINOR) {
    throw new LockVersionError(document.file, version.toString(), '4.0 to 4.5');
  }
  const groups = metadata.get('groups');
  const entries = document.get('package').items();
  const packages = entries.map(readPackage);
  refuseTwins(packages, entries);
  return {
    file: document.file,
    groups: groups.isAbsent ? undefined : groups.strings().map(normalizeName),
    strategy: readStrategy(metadata),
    targets: metadata.get('targets').items().map(readTarget),
    contentHash: metadata.get('content_hash').optionalString()?.toLowerCase(),
    packages,
  };
}

/** Before format 4.4 two of them were switches of their own. */
function readStrategy(metadata: Entry): ReadonlySet<string> {
  const stated = metadata.get('strategy');
  const strategy = new Set(stated.isAbsent ? ['cross_platform'] : stated.strings());
  if (metadata.get('cross_platform').optionalBoolean() === false) strategy.delete('cross_platform');
  if (metadata.get('static_urls').optionalBoolean() === true) strategy.add('static_urls');
  return strategy;
}

function readTarget(entry: Entry): PdmTarget {
  const python = entry.get('requires_python');
  const platform = entry.get('platform').optionalString();
  const implementation = entry.get('implementation').optionalString()?.toLowerCase();
  return {
    text: [python.string(), platform, implementation].filter((part) => part !== undefined).join(', '),
    requiresPython: python.parsed(parsePython),
    platform,
    implementation,
    gilDisabled: entry.get('gil_disabled').optionalBoolean() ?? false,
  };
}

function readPackage(entry: Entry): PdmPackage {
  const name = entry.get('name').parsed(parseName);
  return {
    name,
    version: entry.get('version').parsed(Version.parse),
    extras: entry.get('extras').strings().map(normalizeName).sort(),
    source: readSource(entry),
    requiresPython: entry.get('requires_python').optionalParsed(parsePython),
    groups: entry.get('groups').strings().map(normalizeName),
    marker: entry.get('marker').optionalParsed(Marker.parse),
    files: entry.get('files').items().map(readFile),
    dependencies: entry
      .get('dependencies')
      .items()
      .map((item) => item.parsed(parseLine)),
  };
}

function readSource(entry: Entry): PdmSource {
  const subdirectory = entry.get('subdirectory').optionalString();
  for (const vcs of VCS) {
    const url = entry.get(vcs).optionalString();
    if (url === undefined) continue;
    const revision = entry.get('revision');
    if (!/^[0-9a-z]{1,64}$/i.test(revision.string())) throw revision.fault('it names no revision');
    const requested = entry.get('ref').optionalString();
    return { kind: 'vcs', revision: { vcs, url, commit: revision.string(), requested, subdirectory } };
  }
  const path = entry.get('path').optionalString();
  if (path !== undefined) return { kind: 'path', path, subdirectory };
  const url = entry.get('url').optionalString();
  return url === undefined ? { kind: 'index' } : { kind: 'url', url, subdirectory };
}

function readFile(entry: Entry): DistributionFile {
  const hash = entry.get('hash').string();
  if (!HASH.test(hash)) {
    throw entry.get('hash').fault('a hash is an algorithm, a colon and hexadecimal digits');
  }
  const url = entry.get('url').optionalString();
  const hashes = [hash.toLowerCase()];
  if (url === undefined) return { name: entry.get('file').string(), hashes };
  return { name: fileNameOfUrl(url), url: url.replace(/#.*$/s, ''), hashes };
}

/** An editable requirement is a line of pip's: its name stands after `#egg=`, and nothing limits its version. */
function parseLine(line: string): Requirement {
  if (!line.startsWith('-e ')) return Requirement.parse(line);
  const [link = '', marker] = line.slice(3).trim().split(/\s;/, 2);
  const fragment = link.slice(link.indexOf('#') + 1).split('&');
  const egg = fragment.find((part) => part.startsWith('egg='))?.slice('egg='.length) ?? '';
  return Requirement.parse(`${decoded(egg)} @ ${link}${marker === undefined ? '' : ` ;${marker}`}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refuseTwins(packages: readonly PdmPackage[], entries: readonly Entry[]): void {
  const known = new Set<string>();
  for (const [index, { name, version, extras, source }] of packages.entries()) {
    const id = JSON.stringify([name, version.toString(), extras, source]);
    if (known.has(id)) throw entries[index]!.fault(`\`${name}\` is there twice with one version and source`);
    known.add(id);
  }
}

/** PDM joins alternatives by `||`, and writes the empty text or `*` for any Python. */
function parsePython(text: string): readonly SpecifierSet[] {
  return text.split('||').map((one) => SpecifierSet.parse(one.trim() === '*' ? '' : one));
}
