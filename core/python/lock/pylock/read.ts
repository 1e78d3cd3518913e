/** Validates the document of a pylock.toml (PEP 751) and reads it. Knows nothing of targets. */
import { Marker } from '../../marker.ts';
import { isNormalizedName } from '../../name.ts';
import { SpecifierSet } from '../../specifier.ts';
import { compareVersions, Version } from '../../version.ts';
import { parseSdistFilename, parseWheelFilename } from '../../wheel-filename.ts';
import type { Entry } from '../document.ts';
import { LockVersionError } from '../lock-error.ts';
import type { LockWarning } from '../lock-file.ts';
import type {
  Pylock,
  PylockArchive,
  PylockDirectory,
  PylockFile,
  PylockPackage,
  PylockVcs,
} from './pylock.ts';

const KNOWN = Version.parse('1.0');

/**
 * @param warn told of a minor version that this program does not know
 * @throws LockVersionError for a major version other than 1
 * @throws LockMalformedError
 */
export function readPylockDocument(document: Entry, warn?: (warning: LockWarning) => void): Pylock {
  const version = document.get('lock-version').parsed(Version.parse);
  if (version.epoch !== 0 || version.major !== 1) {
    throw new LockVersionError(document.file, version.toString(), '1.0');
  }
  if (compareVersions(version, KNOWN) > 0) {
    warn?.({
      /**
       * A `pylock.toml` has a later minor version of the format than is known here. It is read as the known
       * one, which the standard allows.
       */
      code: 'PYC_LOCK_VERSION_NEWER',
      message: `\`${document.file}\` has the format version \`${version}\`, newer than \`${KNOWN}\``,
      hint: 'update pycontainer if the result misses something',
    });
  }
  document.get('tool').members();
  const packages = document.get('packages');
  if (packages.isAbsent) throw packages.fault('an array is missing');
  return {
    file: document.file,
    version,
    environments: document
      .get('environments')
      .items()
      .map((item) => item.parsed(Marker.parse)),
    requiresPython: document.get('requires-python').optionalParsed(SpecifierSet.parse),
    extras: document.get('extras').items().map(readName),
    dependencyGroups: document.get('dependency-groups').strings(),
    defaultGroups: document.get('default-groups').strings(),
    createdBy: document.get('created-by').string(),
    packages: packages.items().map(readPackage),
  };
}

function readPackage(entry: Entry): PylockPackage {
  const sdist = entry.get('sdist');
  const wheels = entry.get('wheels').items();
  const item: PylockPackage = {
    name: readName(entry.get('name')),
    version: entry.get('version').optionalParsed(Version.parse),
    marker: entry.get('marker').optionalParsed(Marker.parse),
    requiresPython: entry.get('requires-python').optionalParsed(SpecifierSet.parse),
    index: entry.get('index').optionalString(),
    vcs: optional(entry.get('vcs'), readVcs),
    directory: optional(entry.get('directory'), readDirectory),
    archive: optional(entry.get('archive'), readArchive),
    sdist: optional(sdist, readFile),
    wheels: wheels.map(readFile),
    dependencies: entry
      .get('dependencies')
      .items()
      .flatMap((dependency) => {
        const name = dependency.get('name').value;
        return typeof name === 'string' ? [name] : [];
      }),
  };
  entry.get('tool').members();
  for (const identity of entry.get('attestation-identities').items()) identity.get('kind').string();
  checkSources(entry, item);
  for (const [index, wheel] of item.wheels.entries()) {
    checkFile(wheels[index]!, item, wheel, parseWheelFilename);
  }
  if (item.sdist !== undefined) checkFile(sdist, item, item.sdist, parseSdistFilename);
  return item;
}

function checkSources(entry: Entry, { vcs, directory, archive, sdist, wheels }: PylockPackage): void {
  const direct = [vcs, directory, archive].filter((source) => source !== undefined).length;
  const isFromIndex = sdist !== undefined || wheels.length > 0;
  if (isFromIndex && direct > 0) {
    throw entry.fault('none of `vcs`, `directory` and `archive` may stand beside `sdist` or `wheels`');
  }
  if (!isFromIndex && direct !== 1) {
    throw entry.fault('without `sdist` and `wheels` there must be one of `vcs`, `directory` and `archive`');
  }
}

/** A file belongs to the package whose name and version its own name states. */
function checkFile(
  entry: Entry,
  { name, version }: PylockPackage,
  file: PylockFile,
  parse: (name: string) => { readonly name: string; readonly version: Version },
): void {
  const parsed = entry.attempt(() => parse(file.name));
  if (parsed.name !== name) throw entry.fault(`\`${file.name}\` is no file of \`${name}\``);
  if (version !== undefined && compareVersions(parsed.version, version) !== 0) {
    throw entry.fault(`\`${file.name}\` is no file of version \`${version}\``);
  }
}

function readFile(entry: Entry): PylockFile {
  const url = entry.get('url').optionalString();
  const path = entry.get('path').optionalString();
  requireLocation(entry, url, path);
  const uploaded = entry.get('upload-time');
  if (!uploaded.isAbsent && !(uploaded.value instanceof Date))
    throw uploaded.fault('expected a date and time');
  const name = entry.get('name').optionalString() || nameOfPath(path) || nameOfUrl(entry, url);
  if (name === '') throw entry.fault('the file has no name');
  return {
    name,
    url,
    path,
    size: entry.get('size').optionalInteger(),
    hashes: readHashes(entry.get('hashes')),
  };
}

function readHashes(entry: Entry): readonly string[] {
  if (entry.isAbsent) throw entry.fault('a table is missing');
  const hashes = entry
    .members()
    .map(([algorithm, digits]) => `${algorithm}:${digits.string()}`.toLowerCase());
  if (hashes.length === 0) throw entry.fault('at least one hash is needed');
  return hashes;
}

function readArchive(entry: Entry): PylockArchive {
  return { ...readFile(entry), subdirectory: entry.get('subdirectory').optionalString() };
}

function readVcs(entry: Entry): PylockVcs {
  const url = entry.get('url').optionalString();
  const path = entry.get('path').optionalString();
  requireLocation(entry, url, path);
  return {
    type: entry.get('type').string(),
    url,
    path,
    requestedRevision: entry.get('requested-revision').optionalString(),
    commitId: entry.get('commit-id').string(),
    subdirectory: entry.get('subdirectory').optionalString(),
  };
}

function readDirectory(entry: Entry): PylockDirectory {
  return {
    path: entry.get('path').string(),
    editable: entry.get('editable').optionalBoolean() ?? false,
    subdirectory: entry.get('subdirectory').optionalString(),
  };
}

function requireLocation(entry: Entry, url: string | undefined, path: string | undefined): void {
  if (!url && !path) throw entry.fault('it has neither `url` nor `path`');
}

/** Written with `/` for portability; a lock of Windows can have `\` alone. */
function nameOfPath(path: string | undefined): string {
  if (path === undefined) return '';
  return path.slice(path.lastIndexOf(path.includes('/') ? '/' : '\\') + 1);
}

/** One exporter leaves out `name`; the last segment is percent-encoded then. */
function nameOfUrl(entry: Entry, url: string | undefined): string {
  if (url === undefined) return '';
  const path = url.replace(/[?#].*$/s, '');
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  } catch (cause) {
    throw entry.fault('the percent encoding of the file name is broken', cause);
  }
}

function readName(entry: Entry): string {
  const name = entry.string();
  if (!isNormalizedName(name)) throw entry.fault(`the name \`${name}\` is not normalised`);
  return name;
}

function optional<T>(entry: Entry, read: (entry: Entry) => T): T | undefined {
  return entry.isAbsent ? undefined : read(entry);
}
