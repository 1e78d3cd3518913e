/**
 * What becomes of a locked package, by the kind of its source: the wheel that fits the target, or why there is none and
 * what could be built instead. Knows no format and fetches nothing.
 */
import { basename } from 'node:path';
import { redactUrl } from '../../http/url.ts';
import { visible } from '../../primitives/path.ts';
import { normalizeName } from '../name.ts';
import { isOwnFolder, localPath, type PathBounds } from './local-path.ts';
import { LockAmbiguousError, LockSelectionError, type UnknownName } from './lock-error.ts';
import type { Distribution, DistributionFile, LockChoice, Rejection, Selection } from './lock-file.ts';
import { chooseWheel, explainWheels, type WheelSupport } from './wheel-choice.ts';

/** What is known of a package before its file is chosen. */
export type LockedPackage = Pick<Distribution, 'name' | 'version' | 'requestedBy' | 'index' | 'indexes'>;

/** A revision of a repository. */
export interface LockedRevision {
  /** `git`, `hg`, … */
  readonly vcs: string;
  readonly url: string;
  /** In full. */
  readonly commit: string;
  /** The branch, tag or revision that was asked for. */
  readonly requested?: string | undefined;
  readonly subdirectory?: string | undefined;
}

/** An archive or a wheel that is named directly, by its URL or its path. */
export interface LockedArchive {
  readonly file: DistributionFile;
  readonly subdirectory?: string | undefined;
}

/** One of the files that the lock lists for the version. */
export function indexOutcome(
  item: LockedPackage,
  files: readonly DistributionFile[],
  support: WheelSupport,
): Distribution | Rejection {
  const wheel = chooseWheel(files, support.ranks);
  if (wheel !== undefined) return { ...item, source: 'wheel', file: wheel };
  const wheels = files.filter(({ name }) => name.endsWith('.whl'));
  const sdist = files.find(({ name }) => /\.(?:tar\.[a-z0-9]+|tgz|zip)$/i.test(name));
  const refused = explainWheels(wheels, support);
  if (sdist === undefined) {
    const reason =
      files.length === 0 ? 'the lock has no file of it' : 'no wheel fits the target, and there is no sdist';
    return { ...named(item), reason, files: refused };
  }
  const reason =
    wheels.length === 0
      ? 'it has to be built from an sdist'
      : 'no wheel fits the target; it would have to be built from an sdist';
  return { ...named(item), reason, files: refused, buildable: { ...item, source: 'sdist', file: sdist } };
}

export function archiveOutcome(
  item: LockedPackage,
  { file, subdirectory }: LockedArchive,
  support: WheelSupport,
): Distribution | Rejection {
  const direct = file.url === undefined ? {} : { directUrl: archiveUrl(file.url, file.hashes, subdirectory) };
  if (file.url !== undefined && file.hashes.length === 0) {
    return {
      ...named(item),
      reason: `the lock has no hash of \`${visible(redactUrl(file.url))}\``,
      files: [],
    };
  }
  if (chooseWheel([file], support.ranks) !== undefined) return { ...item, source: 'wheel', file, ...direct };
  if (file.name.endsWith('.whl')) {
    const reason = 'its wheel does not fit the target, and there is no other file';
    return { ...named(item), reason, files: explainWheels([file], support) };
  }
  return {
    ...named(item),
    reason: 'it has to be built from an archive with sources',
    files: [],
    buildable: { ...item, source: 'archive', file, ...direct },
  };
}

export function revisionOutcome(item: LockedPackage, revision: LockedRevision): Rejection {
  const { vcs, url, commit, requested, subdirectory } = revision;
  const directUrl = {
    url,
    vcs_info: {
      vcs,
      ...(requested === undefined ? {} : { requested_revision: requested }),
      commit_id: commit,
    },
    ...(subdirectory === undefined ? {} : { subdirectory }),
  };
  return {
    ...named(item),
    reason: 'it has to be built from a commit of a repository',
    files: [],
    buildable: { ...item, source: 'vcs', directUrl },
  };
}

/** A place on this host, as a lock writes it. */
export interface LockedPath {
  readonly path: string;
  readonly subdirectory?: string | undefined;
  /** Of the file, where it is one. */
  readonly hashes: readonly string[];
}

/**
 * An archive where the path's ending says so, else a folder.
 *
 * @param file how errors call the lock
 * @returns undefined for the project itself
 * @throws LockPathError for a path that leaves the bounds
 */
export function pathOutcome(
  file: string,
  item: LockedPackage,
  { path: written, subdirectory, hashes }: LockedPath,
  support: WheelSupport,
  bounds: PathBounds,
): Distribution | Rejection | undefined {
  const path = localPath(file, item.name, written, bounds);
  if (isArchivePath(written)) {
    return archiveOutcome(item, { subdirectory, file: { name: basename(path), path, hashes } }, support);
  }
  const folder =
    subdirectory === undefined ? path : localPath(file, item.name, `${path}/${subdirectory}`, bounds);
  return isOwnFolder(folder, bounds.directory) ? undefined : directoryOutcome(item, folder);
}

/** True for the path of a file, told by its ending; a folder else. */
export function isArchivePath(path: string): boolean {
  return /\.(?:whl|zip|tgz|tar(?:\.[a-z0-9]+)?)$/i.test(path);
}

/** @param path absolute */
export function directoryOutcome(item: LockedPackage, path: string): Distribution {
  return { ...item, source: 'directory', path };
}

/**
 * Parts the outcomes of a lock, each in the order of names.
 *
 * @param file how errors call the lock
 * @throws LockAmbiguousError where a name is there twice
 */
export function choiceOf(file: string, outcomes: readonly (Distribution | Rejection)[]): LockChoice {
  const byName = new Map<string, Distribution | Rejection>();
  for (const outcome of outcomes) {
    const namesake = byName.get(outcome.name);
    if (namesake !== undefined) {
      throw new LockAmbiguousError(file, outcome.name, [describe(namesake), describe(outcome)]);
    }
    byName.set(outcome.name, outcome);
  }
  const sorted = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    chosen: sorted.filter((outcome): outcome is Distribution => !isRejection(outcome)),
    rejected: sorted.filter(isRejection),
  };
}

/**
 * Checks what is asked of a lock that one project was locked into.
 *
 * @param known the normalised names that the lock has
 * @throws LockSelectionError with all names that it does not have
 */
export function refuseUnknownNames(
  file: string,
  selection: Selection,
  known: {
    readonly extras: readonly string[];
    readonly groups: readonly string[];
    readonly packages?: readonly string[];
  },
): void {
  const unknown: UnknownName[] = [];
  for (const [kind, names, all] of [
    ['extra', selection.extras, known.extras],
    ['group', selection.groups, known.groups],
  ] as const) {
    for (const name of names)
      if (!all.includes(normalizeName(name))) unknown.push({ kind, name, known: all });
  }
  const { packages = [] } = known;
  if (selection.package !== undefined && !packages.includes(normalizeName(selection.package)))
    unknown.push({ kind: 'package', name: selection.package, known: packages });
  if (unknown.length > 0) throw new LockSelectionError(file, unknown);
}

function isRejection(outcome: Distribution | Rejection): outcome is Rejection {
  return 'reason' in outcome;
}

function describe({ name, version }: Distribution | Rejection): string {
  return version === undefined || version === '' ? name : `${name} ${version}`;
}

/** The last segment of a URL's path, percent-decoded where that can be done. */
export function fileNameOfUrl(url: string): string {
  const path = url.replace(/[?#].*$/s, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function named(item: LockedPackage): Pick<Rejection, 'name' | 'version' | 'index' | 'indexes'> {
  const { name, version, index, indexes } = item;
  return {
    name,
    ...(version === '' ? {} : { version }),
    ...(index === undefined ? {} : { index }),
    ...(indexes === undefined ? {} : { indexes }),
  };
}

/** PEP 610's record of an archive. */
function archiveUrl(
  url: string,
  hashes: readonly string[],
  subdirectory: string | undefined,
): Readonly<Record<string, unknown>> {
  const pairs = hashes.map((hash) => [hash.slice(0, hash.indexOf(':')), hash.slice(hash.indexOf(':') + 1)]);
  return {
    url,
    archive_info: { hashes: Object.fromEntries(pairs) as Readonly<Record<string, string>> },
    ...(subdirectory === undefined ? {} : { subdirectory }),
  };
}
