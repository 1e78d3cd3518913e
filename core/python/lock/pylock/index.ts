/** The reader of pylock.toml 1.0 (PEP 751). */
import { join } from 'node:path';
import { normalizeName } from '../../name.ts';
import type { PythonTarget } from '../../target.ts';
import { parseDocument } from '../document.ts';
import { fileLocation, localPath, type PathBounds } from '../local-path.ts';
import { LockSelectionError, type UnknownName } from '../lock-error.ts';
import type {
  Distribution,
  DistributionFile,
  LockChoice,
  LockedPin,
  LockFile,
  LockReaderOptions,
  Rejection,
  Selection,
  SourceKind,
} from '../lock-file.ts';
import { lockedPins } from '../locked-pins.ts';
import { chooseWheel, explainWheels, type WheelSupport, wheelSupport } from '../wheel-choice.ts';
import type { Pylock, PylockArchive, PylockFile, PylockPackage, PylockVcs } from './pylock.ts';
import { readPylockDocument } from './read.ts';
import { isProjectItself, type PylockPick, selectPylock } from './select.ts';

export type { Pylock, PylockFile, PylockPackage } from './pylock.ts';
export { readPylockDocument } from './read.ts';
export { type PylockPick, type PylockWant, selectPylock } from './select.ts';

/** A pylock.toml, with its packages for those who want more than a choice. */
export interface PylockLockFile extends LockFile {
  readonly format: 'pylock';
  readonly lock: Pylock;
}

/**
 * @param path relative to the project, as errors and the report print it
 * @throws LockMalformedError or LockVersionError
 */
export async function readPylock(
  path: string,
  content: Uint8Array | string,
  options: LockReaderOptions,
): Promise<PylockLockFile> {
  const lock = readPylockDocument(await parseDocument(path, content), options.warn);
  return {
    path,
    format: 'pylock',
    lock,
    select: (target, want) => select(lock, target, want, options),
    filesOf: (name, version) =>
      lock.packages
        .filter(
          (item) => item.name === name && (version === undefined || item.version?.toString() === version),
        )
        .flatMap(({ wheels, sdist }) => [...wheels, ...(sdist === undefined ? [] : [sdist])])
        .map((file) => file.name),
    pins: () => pinsOf(lock),
  };
}

function pinsOf({ packages }: Pylock): readonly LockedPin[] {
  const pins = packages.flatMap(({ name, version, sdist, wheels }) => {
    const files = sdist === undefined ? wheels : [...wheels, sdist];
    if (version === undefined || files.length === 0) return [];
    return [{ name, version: version.toString(), hashes: files.flatMap(({ hashes }) => hashes) }];
  });
  return lockedPins(pins);
}

function select(lock: Pylock, target: PythonTarget, selection: Selection, bounds: PathBounds): LockChoice {
  const support = wheelSupport(target);
  const extras = new Set(selection.extras.map(normalizeName));
  const groups = new Set(selection.groups.map(normalizeName));
  refuseUnknown(lock, selection, extras, groups);
  const picks = selectPylock(lock, {
    ...support,
    extras,
    groups: groups.size === 0 ? undefined : groups,
  });
  const requestedBy = parentsOf(picks.map(([item]) => item));
  const chosen: Distribution[] = [];
  const rejected: Rejection[] = [];
  for (const [item, pick] of picks) {
    if (isProjectItself(item)) continue;
    const outcome = outcomeOf(lock, item, pick, {
      bounds,
      support,
      requestedBy: requestedBy.get(item.name) ?? [],
    });
    if ('reason' in outcome) rejected.push(outcome);
    else chosen.push(outcome);
  }
  return { chosen: chosen.sort(compareNames), rejected: rejected.sort(compareNames) };
}

/** @throws LockSelectionError with everything that the lock does not have */
function refuseUnknown(
  lock: Pylock,
  selection: Selection,
  extras: ReadonlySet<string>,
  groups: ReadonlySet<string>,
): void {
  const knownGroups = [...lock.dependencyGroups, ...lock.defaultGroups].map(normalizeName);
  const unknown: UnknownName[] = [
    ...[...extras]
      .filter((name) => !lock.extras.includes(name))
      .map((name) => ({ kind: 'extra' as const, name, known: lock.extras })),
    ...[...groups]
      .filter((name) => !knownGroups.includes(name))
      .map((name) => ({ kind: 'group' as const, name, known: knownGroups })),
  ];
  if (selection.package !== undefined) {
    // A pylock.toml is the lock of one installation: it has no members to choose from.
    unknown.push({ kind: 'package', name: selection.package, known: [] });
  }
  if (unknown.length > 0) throw new LockSelectionError(lock.file, unknown);
}

interface OutcomeContext {
  readonly bounds: PathBounds;
  readonly support: WheelSupport;
  readonly requestedBy: readonly string[];
}

function outcomeOf(
  lock: Pylock,
  item: PylockPackage,
  pick: PylockPick,
  context: OutcomeContext,
): Distribution | Rejection {
  const base = {
    name: item.name,
    version: item.version?.toString() ?? '',
    requestedBy: context.requestedBy,
    ...(item.index === undefined ? {} : { index: item.index }),
  };
  switch (pick.kind) {
    case 'wheel':
      if (isFabricated(lock, item)) {
        return {
          ...base,
          source: 'wheel',
          hashes: [...new Set(item.wheels.flatMap(({ hashes }) => hashes))],
        };
      }
      return { ...base, source: 'wheel', file: locate(lock, item, pick.file, context) };
    case 'directory':
      return {
        ...base,
        source: 'directory',
        path: localPath(
          lock.file,
          item.name,
          join(pick.directory.path, pick.directory.subdirectory ?? '.'),
          context.bounds,
        ),
      };
    case 'vcs':
      return needsBuild(
        item,
        context,
        { ...base, source: 'vcs', directUrl: vcsUrl(pick.vcs) },
        'a commit of a repository',
      );
    case 'archive':
      return archiveOutcome(lock, item, pick.archive, base, context);
    case 'sdist': {
      const file = locate(lock, item, pick.file, context);
      return needsBuild(item, context, { ...base, source: 'sdist', file }, 'an sdist');
    }
    case 'nothing':
      return {
        ...describe(item),
        reason: 'no wheel fits the target, and there is no sdist',
        files: explainWheels(item.wheels, context.support),
      };
  }
}

/** An archive can be a wheel, or anything with a source tree in it. */
function archiveOutcome(
  lock: Pylock,
  item: PylockPackage,
  archive: PylockArchive,
  base: Omit<Distribution, 'source'>,
  context: OutcomeContext,
): Distribution | Rejection {
  const file = locate(lock, item, archive, context);
  const directUrl = archive.url === undefined ? {} : { directUrl: archiveUrl(archive.url, archive) };
  if (chooseWheel([archive], context.support.ranks) !== undefined) {
    return { ...base, source: 'wheel', file, ...directUrl };
  }
  if (archive.name.endsWith('.whl')) {
    return {
      ...describe(item),
      reason: 'its wheel does not fit the target, and there is no other file',
      files: explainWheels([archive], context.support),
    };
  }
  return needsBuild(
    item,
    context,
    { ...base, source: 'archive', file, ...directUrl },
    'an archive with sources',
  );
}

function needsBuild(
  item: PylockPackage,
  { support }: OutcomeContext,
  buildable: Distribution & { readonly source: Exclude<SourceKind, 'wheel'> },
  what: string,
): Rejection {
  const reason =
    item.wheels.length === 0
      ? `it has to be built from ${what}`
      : `no wheel fits the target; it would have to be built from ${what}`;
  return { ...describe(item), reason, files: explainWheels(item.wheels, support), buildable };
}

/** pipenv makes up its files' names and URLs: every file is called a pure wheel. Its hashes are true. */
function isFabricated(lock: Pylock, item: PylockPackage): boolean {
  return lock.createdBy === 'pipenv' && item.index !== undefined;
}

/** @throws LockPathError for what lies outside of the bounds */
function locate(
  lock: Pylock,
  item: PylockPackage,
  { name, url, path, size, hashes }: PylockFile,
  { bounds }: OutcomeContext,
): DistributionFile {
  return {
    name,
    ...(url === undefined ? {} : fileLocation(lock.file, item.name, url, bounds)),
    ...(path === undefined ? {} : { path: localPath(lock.file, item.name, path, bounds) }),
    ...(size === undefined ? {} : { size }),
    hashes,
  };
}

function vcsUrl(vcs: PylockVcs): Readonly<Record<string, unknown>> {
  return {
    url: vcs.url ?? vcs.path,
    vcs_info: {
      vcs: vcs.type,
      ...(vcs.requestedRevision === undefined ? {} : { requested_revision: vcs.requestedRevision }),
      commit_id: vcs.commitId,
    },
    ...(vcs.subdirectory === undefined ? {} : { subdirectory: vcs.subdirectory }),
  };
}

function archiveUrl(url: string, { hashes, subdirectory }: PylockArchive): Readonly<Record<string, unknown>> {
  const pairs = hashes.map((hash) => [hash.slice(0, hash.indexOf(':')), hash.slice(hash.indexOf(':') + 1)]);
  return {
    url,
    archive_info: { hashes: Object.fromEntries(pairs) as Readonly<Record<string, string>> },
    ...(subdirectory === undefined ? {} : { subdirectory }),
  };
}

/** The recorded edges, turned round; they are for information only. */
function parentsOf(items: readonly PylockPackage[]): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  for (const { name, dependencies } of items) {
    for (const dependency of dependencies) {
      const known = parents.get(dependency) ?? [];
      if (!known.includes(name)) known.push(name);
      parents.set(dependency, known);
    }
  }
  return parents;
}

function describe({ name, version, index }: PylockPackage): Pick<Rejection, 'name' | 'version' | 'index'> {
  return {
    name,
    ...(version === undefined ? {} : { version: version.toString() }),
    ...(index === undefined ? {} : { index }),
  };
}

function compareNames(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
