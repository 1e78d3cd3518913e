/** The reader of poetry.lock, formats 1.0 to 2.1. What Poetry itself installs is what its choices are measured by. */
import { basename, relative, resolve } from 'node:path';
import { normalizeName } from '../../name.ts';
import type { PythonTarget } from '../../target.ts';
import { Version } from '../../version.ts';
import { parseDocument } from '../document.ts';
import { fileLocation, isOwnFolder, localPath } from '../local-path.ts';
import { LockPythonError } from '../lock-error.ts';
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
import {
  archiveOutcome,
  choiceOf,
  directoryOutcome,
  fileNameOfUrl,
  indexOutcome,
  type LockedPackage,
  refuseUnknownNames,
  revisionOutcome,
} from '../outcome.ts';
import { readProjectToml } from '../project-file.ts';
import { type WheelSupport, wheelSupport } from '../wheel-choice.ts';
import { allows } from './constraint.ts';
import { poetryStaleness } from './content-hash.ts';
import type { PoetryLock, PoetryPackage } from './poetry-lock.ts';
import { MAIN_GROUP, type PoetryProject, readPoetryProject } from './project.ts';
import { readPoetryDocument } from './read.ts';
import { choosePoetry, choosePoetryMember } from './walk.ts';

export { ConstraintError } from './constraint.ts';
export type { PoetryLock, PoetryPackage } from './poetry-lock.ts';

/** A poetry.lock, with its packages for those who want more than a choice. */
export interface PoetryLockFile extends LockFile {
  readonly format: 'poetry';
  readonly lock: PoetryLock;
}

/**
 * @param path relative to the project, as errors and the report print it
 * @param options pyproject.toml is read beside the lock: the formats before 2.1 need its requirements
 * @throws LockMalformedError or LockVersionError
 */
export async function readPoetryLock(
  path: string,
  content: Uint8Array | string,
  options: LockReaderOptions,
): Promise<PoetryLockFile> {
  const [document, pyproject] = await Promise.all([
    parseDocument(path, content),
    readProjectToml('pyproject.toml', options),
  ]);
  const lock = readPoetryDocument(document, firstLineOf(content), options.warn);
  const project = pyproject === undefined ? undefined : readPoetryProject(pyproject);
  const known = {
    extras: [...new Set([...lock.extras.keys(), ...(project?.extras.keys() ?? [])])],
    groups: groupsOf(lock, project),
  };
  const members = membersOf(lock, options);
  return {
    path,
    format: 'poetry',
    lock,
    select: (target, want) => {
      if (want.package !== undefined) return selectMember(lock, target, want, members, options);
      refuseUnknownNames(lock.file, want, known);
      return select(lock, project, target, want, options);
    },
    members: [...members.keys()],
    memberFolder: (name) => {
      refuseUnknownNames(
        lock.file,
        { extras: [], groups: [], package: name },
        { extras: [], groups: [], packages: [...members.keys()] },
      );
      return relative(options.directory, folderOf(lock, members.get(normalizeName(name))!, options));
    },
    filesOf: (name, version) =>
      (lock.byName.get(name) ?? [])
        .filter((item) => version === undefined || item.version.toString() === version)
        .flatMap(({ files }) => files.map((file) => file.name)),
    pins: () => pinsOf(lock),
    staleness: () => (pyproject === undefined ? undefined : poetryStaleness(lock, pyproject)),
  };
}

function pinsOf({ packages }: PoetryLock): readonly LockedPin[] {
  const fromIndex = packages.filter(({ source }) => source.kind === 'index');
  return lockedPins(
    fromIndex.map(({ name, version, files, hashes }) => ({
      name,
      version: version.toString(),
      hashes: [...hashes, ...files.flatMap((file) => file.hashes)],
    })),
  );
}

function select(
  lock: PoetryLock,
  project: PoetryProject | undefined,
  target: PythonTarget,
  selection: Selection,
  options: LockReaderOptions,
): LockChoice {
  const support = wheelSupport(target);
  refuseTarget(lock, target);
  const chosen = choosePoetry(lock, project, {
    environment: support.environment,
    extras: new Set(selection.extras.map(normalizeName)),
    groups: new Set([MAIN_GROUP, ...selection.groups.map(normalizeName)]),
  });
  return choiceOf(
    lock.file,
    [...chosen].flatMap(([item, by]) => outcomeOf(lock, item, by, support, options) ?? []),
  );
}

/** What one of the members needs: its own entry says so, whoever else asks for it. */
function selectMember(
  lock: PoetryLock,
  target: PythonTarget,
  selection: Selection,
  members: ReadonlyMap<string, PoetryDirectory>,
  options: LockReaderOptions,
): LockChoice {
  const support = wheelSupport(target);
  refuseTarget(lock, target);
  const member = members.get(normalizeName(selection.package!));
  refuseUnknownNames(lock.file, selection, {
    extras: [...(member?.extras.keys() ?? [])],
    groups: [MAIN_GROUP],
    packages: [...members.keys()],
  });
  const extras = new Set(selection.extras.map(normalizeName));
  const chosen = choosePoetryMember(lock, member!, support.environment, extras);
  return choiceOf(
    lock.file,
    [...chosen].flatMap(([item, by]) => outcomeOf(lock, item, by, support, options) ?? []),
  );
}

/** A package whose sources lie in a folder. */
type PoetryDirectory = PoetryPackage & { readonly source: { readonly kind: 'directory' } };

/** By their names; the project itself is none of them. */
function membersOf(
  { packages }: PoetryLock,
  { directory }: LockReaderOptions,
): ReadonlyMap<string, PoetryDirectory> {
  const isMember = (item: PoetryPackage): item is PoetryDirectory =>
    item.source.kind === 'directory' &&
    !isOwnFolder(resolve(directory, joined(item.source.path, item.source.subdirectory)), directory);
  return new Map(packages.filter(isMember).map((item) => [item.name, item]));
}

/** Absolute. @throws LockPathError */
function folderOf(lock: PoetryLock, { name, source }: PoetryDirectory, options: LockReaderOptions): string {
  return localPath(lock.file, name, joined(source.path, source.subdirectory), options);
}

/** As with uv.lock the release alone counts: a release candidate of 3.14 is a 3.14. */
function refuseTarget(lock: PoetryLock, target: PythonTarget): void {
  const release = Version.from({ epoch: 0, release: Version.parse(target.version).release });
  if (!allows(lock.pythons, release)) throw new LockPythonError(lock.file, lock.pythons.text, target);
}

function groupsOf(lock: PoetryLock, project: PoetryProject | undefined): readonly string[] {
  const known = new Set([MAIN_GROUP, ...(project?.groups.keys() ?? [])]);
  for (const { groups } of lock.packages) for (const group of groups ?? []) known.add(group);
  return [...known];
}

/** Undefined for the project itself. */
function outcomeOf(
  lock: PoetryLock,
  { name, version, source, files, hashes }: PoetryPackage,
  requestedBy: ReadonlySet<string>,
  support: WheelSupport,
  options: LockReaderOptions,
): Distribution | Rejection | undefined {
  const item: LockedPackage = { name, version: version.toString(), requestedBy: [...requestedBy].sort() };
  switch (source.kind) {
    case 'index': {
      const located = source.url === undefined ? item : { ...item, index: source.url };
      if (files.length === 0 && hashes.length > 0) return { ...located, source: 'wheel', hashes };
      return indexOutcome(located, files, support);
    }
    case 'git':
      return revisionOutcome(item, { ...source, vcs: 'git' });
    case 'url': {
      const file = { name: fileNameOfUrl(source.url), hashes: files.flatMap((one) => one.hashes) };
      const location = fileLocation(lock.file, name, source.url, options);
      return archiveOutcome(item, { ...source, file: { ...file, ...location } }, support);
    }
    case 'file': {
      const path = localPath(lock.file, name, source.path, options);
      const file = { name: basename(path), path, hashes: files.flatMap((one) => one.hashes) };
      return archiveOutcome(item, { ...source, file }, support);
    }
    case 'directory': {
      const path = localPath(lock.file, name, joined(source.path, source.subdirectory), options);
      return isOwnFolder(path, options.directory) ? undefined : directoryOutcome(item, path);
    }
  }
}

function joined(path: string, subdirectory: string | undefined): string {
  return subdirectory === undefined ? path : `${path}/${subdirectory}`;
}

function firstLineOf(content: Uint8Array | string): string {
  const head =
    typeof content === 'string' ? content.slice(0, 200) : new TextDecoder().decode(content.subarray(0, 200));
  return head.split('\n', 1)[0] ?? '';
}
