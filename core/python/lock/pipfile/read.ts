/** Reads the document of a Pipfile.lock. Pipenv states the format in no standard; what is checked is what it writes itself. */
import { Marker } from '../../marker.ts';
import { isName, normalizeName } from '../../name.ts';
import { Version } from '../../version.ts';
import type { Entry } from '../document.ts';
import { LockVersionError } from '../lock-error.ts';
import type { LockReaderOptions } from '../lock-file.ts';
import type { PipfileIndex, PipfileLock, PipfilePackage, PipfileSource } from './pipfile-lock.ts';

/** The only version of the format that Pipenv has written since 2017. */
const SPECIFICATION = 6;
const VCS = ['git', 'hg', 'svn', 'bzr'] as const;
const HASH = /^[a-z0-9_]+:[0-9a-f]+$/i;

/**
 * @param environment for `${VARIABLES}` in the URLs of sources
 * @throws LockVersionError for another specification than 6
 * @throws LockMalformedError
 */
export function readPipfileDocument(
  document: Entry,
  environment: LockReaderOptions['environment'] = {},
): PipfileLock {
  const meta = document.get('_meta');
  const specification = meta.get('pipfile-spec').integer();
  if (specification !== SPECIFICATION) {
    throw new LockVersionError(document.file, String(specification), String(SPECIFICATION));
  }
  return {
    file: document.file,
    contentHash: meta.get('hash').optional('sha256').optionalString(),
    python: readPython(meta.get('requires')),
    indexes: meta
      .get('sources')
      .items()
      .map((source) => readIndex(source, environment)),
    categories: new Map(
      document
        .members()
        .filter(([category]) => category !== '_meta')
        .map(([category, entry]) => [category, readCategory(entry)]),
    ),
  };
}

/** Of `python_full_version` the first two numbers count: the base has the newest patch release. */
function readPython(requires: Entry): string | undefined {
  if (requires.isAbsent) return undefined;
  const full = requires.get('python_full_version');
  const stated = full.isAbsent ? requires.get('python_version') : full;
  const text = stated.optionalString();
  if (text === undefined || text === '*') return undefined;
  const { release } = stated.parsed(Version.parse);
  return release.slice(0, 2).join('.');
}

function readIndex(source: Entry, environment: Readonly<Record<string, string | undefined>>): PipfileIndex {
  const url = source
    .get('url')
    .string()
    .replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)/g, (text, braced, bare) => {
      return environment[String(braced ?? bare)] ?? text;
    });
  return { name: source.get('name').optionalString() ?? '', url };
}

function readCategory(category: Entry): readonly PipfilePackage[] {
  const known = new Set<string>();
  return category.members().map(([key, entry]) => {
    const item = readPackage(key, entry);
    if (known.has(item.name)) throw entry.fault(`\`${item.name}\` is there twice`);
    known.add(item.name);
    return item;
  });
}

function readPackage(key: string, entry: Entry): PipfilePackage {
  if (!isName(key)) throw entry.fault('the key is not a valid name');
  const name = normalizeName(key);
  if (typeof entry.value === 'string') {
    const source = { kind: 'index', index: undefined } as const;
    return { name, version: pinnedVersion(entry), marker: undefined, source, hashes: [] };
  }
  const source = readSource(entry);
  const version = entry.get('version');
  return {
    name,
    version: source.kind === 'index' ? pinnedVersion(version) : '',
    marker: entry.get('markers').optionalParsed(Marker.parse),
    source,
    hashes: entry
      .get('hashes')
      .items()
      .map((hash) => {
        if (!HASH.test(hash.string()))
          throw hash.fault('a hash is an algorithm, a colon and hexadecimal digits');
        return hash.string().toLowerCase();
      }),
  };
}

/** Of `==1.2` or `===1.2`; undefined for anything else, which is no pin. */
function pinnedVersion(entry: Entry): string | undefined {
  return /^\s*={2,3}\s*([^\s,;*]+)\s*$/.exec(entry.optionalString() ?? '')?.[1];
}

function readSource(entry: Entry): PipfileSource {
  const subdirectory = entry.get('subdirectory').optionalString();
  for (const vcs of VCS) {
    const stated = entry.get(vcs).optionalString();
    if (stated === undefined) continue;
    const url = stated.replace(/^(?:git|hg|svn|bzr)\+/, '');
    const commit = entry.get('ref');
    if (vcs === 'git' && !/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i.test(commit.string()))
      throw commit.fault('it names no commit');
    return { kind: 'vcs', vcs, url, commit: commit.string(), subdirectory };
  }
  for (const key of ['path', 'file', 'uri', 'url'] as const) {
    const location = entry.get(key).optionalString();
    if (location !== undefined) return { kind: 'file', location, subdirectory };
  }
  return { kind: 'index', index: entry.get('index').optionalString() };
}
