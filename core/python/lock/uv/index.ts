/** The reader of uv.lock: version 1, any revision. uv's own `sync` is what its choices are measured by. */
import { isAbsolute } from 'node:path';
import { isPycError } from '../../../primitives/errors.ts';
import { normalizeName } from '../../name.ts';
import type { PythonTarget } from '../../target.ts';
import { Version } from '../../version.ts';
import { decodeDocument, parseDocument } from '../document.ts';
import type { PathBounds } from '../local-path.ts';
import {
  LockAmbiguousError,
  LockMalformedError,
  LockPlatformError,
  LockPythonError,
  LockSelectionError,
  type UnknownName,
} from '../lock-error.ts';
import type {
  Distribution,
  LockChoice,
  LockedPin,
  LockFile,
  LockReaderOptions,
  Rejection,
  Selection,
} from '../lock-file.ts';
import { lockedPins } from '../locked-pins.ts';
import { type WheelSupport, wheelSupport } from '../wheel-choice.ts';
import { outcomeOf } from './distribution.ts';
import { readUvDocument } from './read.ts';
import { uvLockMatchesProject } from './staleness.ts';
import { rootPackage, type UvLock, type UvPackage } from './uv-lock.ts';
import { type UvWant, walkUvLock } from './walk.ts';
import { type TakenLists, takeWheelLists } from './wheel-lists.ts';

export { uvLockMatchesProject } from './staleness.ts';
export { rootPackage, type UvLock, type UvPackage } from './uv-lock.ts';
export { type UvWalk, type UvWant, walkUvLock } from './walk.ts';

/** A uv.lock, with its graph for those who want more than a choice. */
export interface UvLockFile extends LockFile {
  readonly format: 'uv';
  readonly lock: UvLock;
}

/**
 * @param path relative to the project, as errors and the report print it
 * @throws LockMalformedError or LockVersionError
 */
export async function readUvLock(
  path: string,
  content: Uint8Array | string,
  options: LockReaderOptions,
): Promise<UvLockFile> {
  const lock = await readText(path, content);
  return {
    path,
    format: 'uv',
    lock,
    select: (target, want) => select(lock, target, want, options),
    staleness: (pyproject) => (pyproject === undefined ? undefined : uvLockMatchesProject(lock, pyproject)),
    filesOf: (name, version) =>
      (lock.byName.get(name) ?? [])
        .filter((item) => version === undefined || item.version === version)
        .flatMap(({ wheels, sdist }) => [...wheels, ...(sdist === undefined ? [] : [sdist])])
        .map((file) => file.name),
    pins: () => pinsOf(lock),
    members: lock.members,
    memberFolder: (name) => memberFolder(lock, name),
  };
}

async function readText(path: string, content: Uint8Array | string): Promise<UvLock> {
  const taken = takenFrom(content);
  if (taken !== undefined) {
    try {
      return readUvDocument(await parseDocument(path, taken.rest), taken.lists);
    } catch (error) {
      // What is wrong, and in which line, is told by the whole.
      if (!isPycError(error)) throw error;
    }
  }
  return readUvDocument(await parseDocument(path, content));
}

function takenFrom(content: Uint8Array | string): TakenLists | undefined {
  try {
    return takeWheelLists(decodeDocument(content));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function pinsOf({ packages }: UvLock): readonly LockedPin[] {
  const pins = packages.flatMap(({ name, version, source, wheels, sdist }): LockedPin[] => {
    if (version === undefined || source.kind !== 'registry') return [];
    const files = sdist === undefined ? wheels : [...wheels, sdist];
    return [{ name, version, hashes: files.flatMap(({ hash }) => (hash === undefined ? [] : [hash])) }];
  });
  return lockedPins(pins);
}

function select(lock: UvLock, target: PythonTarget, selection: Selection, bounds: PathBounds): LockChoice {
  const support = wheelSupport(target);
  const release = refuseTarget(lock, support);
  const want = wantOf(lock, selection);
  refuseGroups(lock, want, target, release);
  const { reached } = walkUvLock(lock, support.environment, want);
  const own = projectOf(lock, selection);
  const chosen: Distribution[] = [];
  const rejected: Rejection[] = [];
  const byName = new Map<string, UvPackage>();
  for (const [item, requestedBy] of reached) {
    if (item === own) continue;
    const outcome = outcomeOf(item, support, {
      lock: lock.file,
      bounds,
      requestedBy: [...requestedBy].sort(),
    });
    if (outcome === 'nothing') continue;
    const namesake = byName.get(item.name);
    if (namesake !== undefined) {
      throw new LockAmbiguousError(lock.file, item.name, [describe(namesake), describe(item)]);
    }
    byName.set(item.name, item);
    if ('chosen' in outcome) chosen.push(outcome.chosen);
    else rejected.push(outcome.rejected);
  }
  return { chosen: chosen.sort(compareNames), rejected: rejected.sort(compareNames) };
}

/**
 * Checks that the lock was made for the target. uv looks at the release alone: a release candidate of 3.14
 * satisfies `>=3.14`.
 *
 * @returns the release of the target's Python
 * @throws LockPythonError or LockPlatformError
 */
function refuseTarget(lock: UvLock, { target, environment }: WheelSupport): Version {
  const release = Version.from({ epoch: 0, release: Version.parse(target.version).release });
  if (!lock.requiresPython.contains(release)) {
    throw new LockPythonError(lock.file, lock.requiresPython.toString(), target);
  }
  const { supportedMarkers } = lock;
  if (supportedMarkers.length > 0 && !supportedMarkers.some((marker) => marker.evaluate(environment))) {
    throw new LockPlatformError(lock.file, supportedMarkers.map(String), target);
  }
  return release;
}

/** @throws LockPythonError for a group that was asked for and demands another Python */
function refuseGroups(lock: UvLock, want: UvWant, target: PythonTarget, release: Version): void {
  for (const { groupPythons } of want.roots) {
    for (const [group, specifier] of groupPythons) {
      if (want.groups.has(group) && !specifier.contains(release)) {
        throw new LockPythonError(lock.file, specifier.toString(), target, `the group ${group}`);
      }
    }
  }
}

/** @throws LockSelectionError for packages, extras and groups that the lock does not have, all at once */
function wantOf(lock: UvLock, selection: Selection): UvWant {
  const own = projectOf(lock, selection);
  // A workspace without a project of its own stands for all its members.
  const roots = own === undefined ? lock.members.flatMap((name) => lock.byName.get(name) ?? []) : [own];
  const extras = new Set(selection.extras.map(normalizeName));
  const groups = new Set(selection.groups.map(normalizeName));
  const knownExtras = new Set(roots.flatMap((root) => [...root.providedExtras]));
  const workspaceGroups = selection.package === undefined;
  const knownGroups = new Set([
    ...roots.flatMap((root) => [...root.providedGroups]),
    ...(workspaceGroups ? lock.groups.keys() : []),
  ]);
  const unknown: UnknownName[] = [
    ...[...extras]
      .filter((name) => !knownExtras.has(name))
      .map((name) => ({ kind: 'extra' as const, name, known: [...knownExtras] })),
    // uv asks for `dev` by default, whether a project has it or not.
    ...[...groups]
      .filter((name) => !knownGroups.has(name) && name !== 'dev')
      .map((name) => ({ kind: 'group' as const, name, known: [...knownGroups] })),
  ];
  if (unknown.length > 0) throw new LockSelectionError(lock.file, unknown);
  return { roots, extras, groups, workspaceGroups, production: true };
}

/** The project that is built: the member that was named, else the one in the lock's own folder. */
function projectOf(lock: UvLock, selection: Selection): UvPackage | undefined {
  if (selection.package === undefined) return rootPackage(lock);
  const name = normalizeName(selection.package);
  const isKnown = lock.members.includes(name) || rootPackage(lock)?.name === name;
  const found = isKnown ? lock.byName.get(name)?.find(({ source }) => isLocal(source.kind)) : undefined;
  if (found !== undefined) return found;
  const root = rootPackage(lock);
  const known = [...new Set([...lock.members, ...(root === undefined ? [] : [root.name])])];
  throw new LockSelectionError(lock.file, [{ kind: 'package', name, known }]);
}

/** @throws LockSelectionError; LockMalformedError for a folder outside of the workspace */
function memberFolder(lock: UvLock, name: string): string {
  const { source } = projectOf(lock, { extras: [], groups: [], package: name })!;
  const path = 'path' in source && source.path !== undefined ? source.path : '.';
  if (isAbsolute(path) || path.split(/[\\/]/).includes('..')) {
    throw new LockMalformedError(lock.file, 'source', `the member \`${name}\` lies outside of the workspace`);
  }
  return path;
}

function isLocal(kind: string): boolean {
  return kind === 'editable' || kind === 'virtual' || kind === 'directory';
}

function describe({ name, version, source }: UvPackage): string {
  return `${name} ${version ?? ''} (${source.kind})`;
}

function compareNames(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
