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
import type { TakenLists } from './wheel-lists.ts';

/**
 * @param lists wheels that were taken out of the document, see {@link takeWheelLists}
 * @throws LockVersionError for a format version other than 1; any `revision` is read
 * @throws LockMalformedError
 */
export function readUvDocument(document: Entry, lists: TakenLists['lists'] = []): UvLock {
  const version = document.get('version').integer();
  if (version !== 1) throw new LockVersionError(document.file, String(version), '1');
  const manifest = document.get('manifest');
  const packages = readPackages(document, lists);
  return {
    file: document.file,
    revision: document.get('revision').optionalInteger() ?? 0,
    requiresPython:
      document.get('requires-python').optionalParsed(SpecifierSet.parse) ?? SpecifierSet.parse(''),
    supportedMarkers: readMarkers(document, 'supported-markers'),
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

const HASH = /^[a-z0-9_]+:[0-9a-f]+$/i;

/** A package while its edges, which may point forwards, are still to be read. */
interface Draft {
  readonly entry: Entry;
  readonly package: { -readonly [Key in keyof UvPackage]: UvPackage[Key] };
}

function readPackages(document: Entry, lists: TakenLists['lists']): readonly UvPackage[] {
  const current = document.get('package');
  // The name that the first versions of uv gave the array.
  const entries = (current.isAbsent ? document.get('distribution') : current).items();
  let taken = 0;
  const wheelsOf = (entry: Entry): readonly UvFile[] => {
    const list = lists[taken];
    if (list === undefined || entry.get('wheels').value !== taken)
      return entry.itemsAt('wheels').map((wheel) => readFile(wheel, undefined));
    taken++;
    return list;
  };
  const drafts = entries.map((entry) => readDraft(entry, wheelsOf(entry)));
  if (taken < lists.length) throw document.fault('it has wheels outside of its packages');
  const byName = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const namesakes = byName.get(draft.package.name);
    if (namesakes === undefined) byName.set(draft.package.name, [draft]);
    else namesakes.push(draft);
  }
  for (const namesakes of byName.values()) if (namesakes.length > 1) refuseTwins(namesakes);
  const readEdge = (entry: Entry): UvEdge => edgeOf(entry, byName);
  for (const { entry, package: item } of drafts) {
    item.dependencies = entry.itemsAt('dependencies').map(readEdge);
    if (entry.has('optional-dependencies'))
      item.extras = readNamed(entry.get('optional-dependencies'), readEdge);
    const groups = entry.has('dev-dependencies') ? 'dev-dependencies' : 'dependency-groups';
    if (entry.has(groups)) item.groups = readNamed(entry.get(groups), readEdge);
    item.providedExtras = union(item.extras, providedExtras(item.metadata));
    item.providedGroups = union(item.groups, providedGroups(item.metadata));
  }
  return drafts.map((draft) => draft.package);
}

/** Most packages have none of these. */
const NO_NAMES: ReadonlySet<string> = new Set();
const NO_MEMBERS: ReadonlyMap<string, never> = new Map<string, never>();

function union(named: ReadonlyMap<string, unknown>, provided: readonly string[]): ReadonlySet<string> {
  if (named.size + provided.length === 0) return NO_NAMES;
  return new Set([...named.keys(), ...provided]);
}

function readDraft(entry: Entry, wheels: readonly UvFile[]): Draft {
  return {
    entry,
    package: {
      name: readName(entry.get('name')),
      version: entry.get('version').optionalParsed(Version.parse)?.toString(),
      source: readSource(entry.get('source')),
      resolutionMarkers: readMarkers(entry, 'resolution-markers'),
      dependencies: [],
      extras: NO_MEMBERS,
      groups: NO_MEMBERS,
      groupPythons: entry.has('group-requires-python')
        ? readGroupPythons(entry.get('group-requires-python'))
        : NO_MEMBERS,
      providedExtras: NO_NAMES,
      providedGroups: NO_NAMES,
      sdist: entry.has('sdist') ? readFile(entry.get('sdist'), '') : undefined,
      wheels,
      metadata: entry.get('metadata'),
    },
  };
}

function refuseTwins(namesakes: readonly Draft[]): void {
  const known = new Set<string>();
  for (const draft of namesakes) {
    const { name, version } = draft.package;
    const id = JSON.stringify([version, keyOf(draft)]);
    if (known.has(id)) throw draft.entry.fault(`\`${name}\` is there twice with one version and source`);
    known.add(id);
  }
}

function keyOf({ entry }: Draft): string {
  return sourceKey(entry.get('source'));
}

/** Version and source are left out where the name alone is clear. */
function edgeOf(entry: Entry, byName: ReadonlyMap<string, readonly Draft[]>): UvEdge {
  const stated = entry.stringAt('name') ?? '';
  const known = byName.get(stated);
  const name = known === undefined ? readName(entry.get('name')) : stated;
  let candidates = known ?? byName.get(name) ?? [];
  if (candidates.length > 1) {
    const version = entry.get('version').optionalParsed(Version.parse)?.toString();
    const source = entry.get('source');
    const key = source.isAbsent ? undefined : sourceKey(source);
    candidates = candidates.filter(
      (candidate) =>
        (version === undefined || candidate.package.version === version) &&
        (key === undefined || keyOf(candidate) === key),
    );
  }
  const [target] = candidates;
  if (target === undefined) throw entry.fault(`no package \`${name}\` of that version and source is locked`);
  if (candidates.length > 1) throw entry.fault(`it fits more than one package \`${name}\``);
  return {
    target: target.package,
    extras: entry.itemsAt('extra').map(readName),
    marker: entry.has('marker') ? entry.get('marker').parsed(Marker.parse) : undefined,
  };
}

/** @param unnamed the name of a file that only its package's source locates; undefined where there must be one */
function readFile(entry: Entry, unnamed: string | undefined): UvFile {
  const url = entry.stringAt('url');
  const path = entry.stringAt('path');
  const hash = entry.stringAt('hash');
  if (hash !== undefined && !HASH.test(hash)) {
    throw entry.get('hash').fault('a hash is an algorithm, a colon and hexadecimal digits');
  }
  const name =
    entry.stringAt('filename') ??
    (url !== undefined
      ? fileNameOf(entry, url, true)
      : path !== undefined
        ? fileNameOf(entry, path, false)
        : unnamed);
  if (name === undefined) throw entry.fault('it has neither `url`, `path` nor `filename`');
  return { name, url, path, hash: hash?.toLowerCase(), size: entry.integerAt('size') };
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

function readMarkers(entry: Entry, key: string): readonly Marker[] {
  return entry.itemsAt(key).map((item) => item.parsed(Marker.parse));
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
