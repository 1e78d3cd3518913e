/**
 * Reads the document of a uv.lock into its packages and edges. uv states the format in no standard; what is
 * checked here is what uv itself insists on. Keys that later revisions add are passed over.
 */
import { Marker } from '../../marker.ts';
import { parseName } from '../../name.ts';
import { SpecifierSet } from '../../specifier.ts';
import { Version } from '../../version.ts';
import type { Entry } from '../document.ts';
import { LockVersionError } from '../lock-error.ts';
import { fileNameOf, readSource, sourceKey } from './source.ts';
import type { UvConflictItem, UvEdge, UvFile, UvLock, UvPackage, UvRequirement } from './uv-lock.ts';

/**
 * @throws LockVersionError for a format version other than 1; any `revision` is read
 * @throws LockMalformedError
 */
export function readUvDocument(document: Entry): UvLock {
  const version = document.get('version').integer();
  if (version !== 1) throw new LockVersionError(document.file, String(version), '1');
  const manifest = document.get('manifest');
  const packages = readPackages(document);
  return {
    file: document.file,
    revision: document.get('revision').optionalInteger() ?? 0,
    requiresPython:
      document.get('requires-python').optionalParsed(SpecifierSet.parse) ?? SpecifierSet.parse(''),
    supportedMarkers: readMarkers(document.get('supported-markers')),
    conflicts: document
      .get('conflicts')
      .items()
      .map((set) => set.items().map(readConflictItem)),
    members: manifest.isAbsent ? [] : manifest.get('members').items().map(readName),
    requirements: manifest.isAbsent ? [] : manifest.get('requirements').items().map(readRequirement),
    groups: manifest.isAbsent ? new Map() : readNamed(manifest.get('dependency-groups'), readRequirement),
    packages,
    byName: groupByName(packages),
  };
}

/** A package while its edges, which may point forwards, are still to be read. */
interface Draft {
  readonly entry: Entry;
  readonly sourceKey: string;
  readonly package: { -readonly [Key in keyof UvPackage]: UvPackage[Key] };
}

function readPackages(document: Entry): readonly UvPackage[] {
  const current = document.get('package');
  // The name that the first versions of uv gave the array.
  const entries = (current.isAbsent ? document.get('distribution') : current).items();
  const drafts = entries.map(readDraft);
  const byName = new Map<string, Draft[]>();
  const known = new Set<string>();
  for (const draft of drafts) {
    const { name, version } = draft.package;
    const id = JSON.stringify([name, version, draft.sourceKey]);
    if (known.has(id)) throw draft.entry.fault(`\`${name}\` is there twice with one version and source`);
    known.add(id);
    const namesakes = byName.get(name);
    if (namesakes === undefined) byName.set(name, [draft]);
    else namesakes.push(draft);
  }
  const readEdge = (entry: Entry): UvEdge => edgeOf(entry, byName);
  for (const { entry, package: item } of drafts) {
    item.dependencies = entry.get('dependencies').items().map(readEdge);
    item.extras = readNamed(entry.get('optional-dependencies'), readEdge);
    const groups = entry.get('dev-dependencies');
    item.groups = readNamed(groups.isAbsent ? entry.get('dependency-groups') : groups, readEdge);
    item.providedExtras = new Set([...item.extras.keys(), ...providedExtras(item.metadata)]);
    item.providedGroups = new Set([...item.groups.keys(), ...providedGroups(item.metadata)]);
  }
  return drafts.map((draft) => draft.package);
}

function readDraft(entry: Entry): Draft {
  const sourceEntry = entry.get('source');
  const sdist = entry.get('sdist');
  return {
    entry,
    sourceKey: sourceKey(sourceEntry),
    package: {
      name: readName(entry.get('name')),
      version: entry.get('version').optionalParsed(Version.parse)?.toString(),
      source: readSource(sourceEntry),
      resolutionMarkers: readMarkers(entry.get('resolution-markers')),
      dependencies: [],
      extras: new Map(),
      groups: new Map(),
      groupPythons: readGroupPythons(entry.get('group-requires-python')),
      providedExtras: new Set(),
      providedGroups: new Set(),
      sdist: sdist.isAbsent ? undefined : readFile(sdist, ''),
      wheels: entry
        .get('wheels')
        .items()
        .map((wheel) => readFile(wheel, undefined)),
      metadata: entry.get('metadata'),
    },
  };
}

/** Version and source are left out where the name alone is clear. */
function edgeOf(entry: Entry, byName: ReadonlyMap<string, readonly Draft[]>): UvEdge {
  const name = readName(entry.get('name'));
  let candidates = byName.get(name) ?? [];
  if (candidates.length > 1) {
    const version = entry.get('version').optionalParsed(Version.parse)?.toString();
    const source = entry.get('source');
    const key = source.isAbsent ? undefined : sourceKey(source);
    candidates = candidates.filter(
      (candidate) =>
        (version === undefined || candidate.package.version === version) &&
        (key === undefined || candidate.sourceKey === key),
    );
  }
  const [target] = candidates;
  if (target === undefined) throw entry.fault(`no package \`${name}\` of that version and source is locked`);
  if (candidates.length > 1) throw entry.fault(`it fits more than one package \`${name}\``);
  return {
    target: target.package,
    extras: entry.get('extra').items().map(readName),
    marker: entry.get('marker').optionalParsed(Marker.parse),
  };
}

/** @param unnamed the name of a file that only its package's source locates; undefined where there must be one */
function readFile(entry: Entry, unnamed: string | undefined): UvFile {
  const url = entry.get('url').optionalString();
  const path = entry.get('path').optionalString();
  const filename = entry.get('filename').optionalString();
  const hash = entry.get('hash').optionalString();
  const size = entry.get('size').optionalInteger();
  if (hash !== undefined && !/^[a-z0-9_]+:[0-9a-f]+$/i.test(hash)) {
    throw entry.get('hash').fault('a hash is an algorithm, a colon and hexadecimal digits');
  }
  const name =
    filename ??
    (url !== undefined
      ? fileNameOf(entry, url, true)
      : path !== undefined
        ? fileNameOf(entry, path, false)
        : unnamed);
  if (name === undefined) throw entry.fault('it has neither `url`, `path` nor `filename`');
  return {
    name,
    ...(url === undefined ? {} : { url }),
    ...(path === undefined ? {} : { path }),
    ...(hash === undefined ? {} : { hash: hash.toLowerCase() }),
    ...(size === undefined ? {} : { size }),
  };
}

function readConflictItem(entry: Entry): UvConflictItem {
  const owner = readName(entry.get('package'));
  const extra = entry.get('extra');
  const group = entry.get('group');
  if (!extra.isAbsent) return { package: owner, kind: 'extra', name: readName(extra) };
  if (!group.isAbsent) return { package: owner, kind: 'group', name: readName(group) };
  return { package: owner, kind: 'project', name: '' };
}

function readRequirement(entry: Entry): UvRequirement {
  return {
    name: readName(entry.get('name')),
    extras: entry.get('extras').items().map(readName),
    marker: entry.get('marker').optionalParsed(Marker.parse),
  };
}

function readNamed<T>(entry: Entry, read: (item: Entry) => T): ReadonlyMap<string, readonly T[]> {
  return new Map(entry.members().map(([name, list]) => [parseNameAt(list, name), list.items().map(read)]));
}

function readGroupPythons(entry: Entry): UvPackage['groupPythons'] {
  return new Map(
    entry
      .members()
      .map(([name, specifier]) => [parseNameAt(specifier, name), specifier.parsed(SpecifierSet.parse)]),
  );
}

function providedExtras(metadata: Entry): readonly string[] {
  return metadata.isAbsent ? [] : metadata.get('provides-extras').items().map(readName);
}

function providedGroups(metadata: Entry): readonly string[] {
  return groupsOfMetadata(metadata)
    .members()
    .map(([name, entry]) => parseNameAt(entry, name));
}

/** The recorded dependency groups: `requires-dev`, or by the name that uv accepts as well. */
export function groupsOfMetadata(metadata: Entry): Entry {
  if (metadata.isAbsent) return metadata;
  const dev = metadata.get('requires-dev');
  return dev.isAbsent ? metadata.get('dependency-groups') : dev;
}

function groupByName(packages: readonly UvPackage[]): ReadonlyMap<string, readonly UvPackage[]> {
  const map = new Map<string, UvPackage[]>();
  for (const item of packages) {
    const namesakes = map.get(item.name);
    if (namesakes === undefined) map.set(item.name, [item]);
    else namesakes.push(item);
  }
  return map;
}

function readMarkers(entry: Entry): readonly Marker[] {
  return entry.items().map((item) => item.parsed(Marker.parse));
}

function readName(entry: Entry): string {
  return entry.parsed(parseName);
}

function parseNameAt(entry: Entry, name: string): string {
  try {
    return parseName(name);
  } catch (cause) {
    throw entry.fault('the key is not a valid name', cause);
  }
}
