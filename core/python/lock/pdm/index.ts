/** The reader of pdm.lock, formats 4.0 to 4.5. What PDM itself installs is what its choices are measured by. */
import { relative, resolve } from 'node:path';
import { normalizeName } from '../../name.ts';
import type { PythonTarget } from '../../target.ts';
import { parseDocument } from '../document.ts';
import { fileLocation, isOwnFolder, localPath } from '../local-path.ts';
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
  fileNameOfUrl,
  indexOutcome,
  isArchivePath,
  type LockedPackage,
  pathOutcome,
  refuseUnknownNames,
  revisionOutcome,
} from '../outcome.ts';
import { readProjectToml } from '../project-file.ts';
import type { ExactTable } from '../python-json.ts';
import { type WheelSupport, wheelSupport } from '../wheel-choice.ts';
import { indexesOf } from './indexes.ts';
import type { PdmLock, PdmPackage } from './pdm-lock.ts';
import { type PdmProject, pdmContentHash, readPdmProject } from './project.ts';
import { DEFAULT_GROUP, readPdmDocument } from './read.ts';
import { refuseTarget } from './target.ts';
import { choosePdm, choosePdmMember, type PdmChoice } from './walk.ts';

export type { PdmLock, PdmPackage } from './pdm-lock.ts';

/** A pdm.lock, with its packages for those who want more than a choice. */
export interface PdmLockFile extends LockFile {
  readonly format: 'pdm';
  readonly lock: PdmLock;
}

/**
 * @param path relative to the project, as errors and the report print it
 * @param options pyproject.toml is read beside the lock: it names the indexes, and the requirements to walk from
 * @throws LockMalformedError or LockVersionError
 */
export async function readPdmLock(
  path: string,
  content: Uint8Array | string,
  options: LockReaderOptions,
): Promise<PdmLockFile> {
  const [document, pyproject] = await Promise.all([
    parseDocument(path, content),
    readProjectToml('pyproject.toml', options),
  ]);
  const lock = readPdmDocument(document);
  const project = pyproject === undefined ? undefined : readPdmProject(pyproject);
  warnOfIgnored(project, options);
  const members = membersOf(lock, options);
  return {
    path,
    format: 'pdm',
    lock,
    select: (target, want) =>
      want.package === undefined
        ? select(lock, project, target, want, options)
        : selectMember(lock, project, target, want, members, options),
    members: [...members.keys()],
    memberFolder: (name) => {
      refuseUnknownNames(
        lock.file,
        { extras: [], groups: [], package: name },
        { extras: [], groups: [], packages: [...members.keys()] },
      );
      const path = localPath(lock.file, name, members.get(normalizeName(name))!, options);
      return relative(options.directory, path);
    },
    filesOf: (name, version) =>
      lock.packages
        .filter(
          (item) => item.name === name && (version === undefined || item.version.toString() === version),
        )
        .flatMap(({ files }) => files.map((file) => file.name)),
    pins: () => pinsOf(lock),
    staleness: () => (pyproject === undefined ? undefined : staleness(lock, pyproject)),
  };
}

function pinsOf({ packages }: PdmLock): readonly LockedPin[] {
  const fromIndex = packages.filter(({ source }) => source.kind === 'index');
  return lockedPins(
    fromIndex.map(({ name, version, files }) => ({
      name,
      version: version.toString(),
      hashes: files.flatMap((file) => file.hashes),
    })),
  );
}

function staleness({ contentHash = '' }: PdmLock, pyproject: ExactTable): string | undefined {
  const [algorithm = '', digits = ''] = contentHash.split(':', 2);
  const current = digits === '' ? undefined : pdmContentHash(pyproject, algorithm);
  if (current === undefined || current === digits) return undefined;
  return 'the requirements or sources in pyproject.toml were changed after it was made';
}

function select(
  lock: PdmLock,
  project: PdmProject | undefined,
  target: PythonTarget,
  selection: Selection,
  options: LockReaderOptions,
): LockChoice {
  const support = wheelSupport(target);
  refuseTarget(lock, target);
  const groups = [...new Set([DEFAULT_GROUP, ...(lock.groups ?? project?.groups.keys() ?? [])])];
  const extras = project === undefined ? groups : groups.filter((group) => project.extras.includes(group));
  refuseUnknownNames(lock.file, selection, { extras, groups });
  const wanted = [...selection.extras, ...selection.groups].map(normalizeName);
  const chosen = choosePdm(lock, project, support.environment, new Set([DEFAULT_GROUP, ...wanted]));
  return outcomesOf(lock, chosen, support, project, options);
}

/** What one of the members needs: its own entry says so, whoever else asks for it. */
function selectMember(
  lock: PdmLock,
  project: PdmProject | undefined,
  target: PythonTarget,
  selection: Selection,
  members: ReadonlyMap<string, string>,
  options: LockReaderOptions,
): LockChoice {
  const support = wheelSupport(target);
  refuseTarget(lock, target);
  const member = normalizeName(selection.package!);
  const extras = selection.extras.map(normalizeName);
  refuseUnknownNames(lock.file, selection, {
    extras: lockedExtras(lock, member, extras),
    groups: [DEFAULT_GROUP],
    packages: [...members.keys()],
  });
  const chosen = choosePdmMember(lock, member, extras, support.environment);
  return outcomesOf(lock, chosen, support, project, options);
}

/** Those that something asked for when the lock was made, one by one or just these together. */
function lockedExtras({ packages }: PdmLock, member: string, wanted: readonly string[]): readonly string[] {
  const together = [...new Set(wanted)].sort().join();
  return packages.flatMap(({ name, extras }) =>
    name === member && (extras.length === 1 || extras.join() === together) ? extras : [],
  );
}

function outcomesOf(
  lock: PdmLock,
  chosen: PdmChoice,
  support: WheelSupport,
  project: PdmProject | undefined,
  options: LockReaderOptions,
): LockChoice {
  const outcomes = withoutExtras(chosen).flatMap(([item, by]) => {
    if (item.name === project?.name && item.source.kind === 'path') return [];
    return outcomeOf(lock, item, by, support, project, options) ?? [];
  });
  return choiceOf(lock.file, outcomes);
}

/** By their names, the folders of packages whose sources lie there, as written; the project itself is none of them. */
function membersOf({ packages }: PdmLock, { directory }: LockReaderOptions): ReadonlyMap<string, string> {
  return new Map(
    packages.flatMap(({ name, source }) => {
      if (source.kind !== 'path' || isArchivePath(source.path)) return [];
      const path = source.subdirectory === undefined ? source.path : `${source.path}/${source.subdirectory}`;
      return isOwnFolder(resolve(directory, path), directory) ? [] : [[name, path] as const];
    }),
  );
}

/** An entry with extras stands for what these add: the package itself is the entry without, where there is one. */
function withoutExtras(chosen: PdmChoice): readonly (readonly [item: PdmPackage, by: ReadonlySet<string>])[] {
  const kept = new Map<string, readonly [item: PdmPackage, by: Set<string>]>();
  const plainFirst = [...chosen].sort(([a], [b]) => a.extras.length - b.extras.length);
  for (const [item, by] of plainFirst) {
    const id = JSON.stringify([item.name, item.version, item.source]);
    const twin = kept.get(id);
    if (twin === undefined) kept.set(id, [item, new Set(by)]);
    else for (const name of by) twin[1].add(name);
  }
  return [...kept.values()];
}

/** Undefined for the project itself. */
function outcomeOf(
  lock: PdmLock,
  { name, version, source, files }: PdmPackage,
  requestedBy: ReadonlySet<string>,
  support: WheelSupport,
  project: PdmProject | undefined,
  options: LockReaderOptions,
): Distribution | Rejection | undefined {
  const item: LockedPackage = { name, version: version.toString(), requestedBy: [...requestedBy].sort() };
  const hashes = files.flatMap((file) => file.hashes);
  switch (source.kind) {
    case 'index': {
      const indexes = indexesOf(name, project, options.environment ?? {});
      const [index] = indexes;
      const from = { ...(index === undefined ? {} : { index }), ...(indexes.length > 1 ? { indexes } : {}) };
      return indexOutcome({ ...item, ...from }, files, support);
    }
    case 'vcs':
      return revisionOutcome(item, source.revision);
    case 'url': {
      const location = fileLocation(lock.file, name, source.url.replace(/#.*$/s, ''), options);
      const file = { name: fileNameOfUrl(source.url), hashes, ...location };
      return archiveOutcome(item, { ...source, file }, support);
    }
    case 'path':
      return pathOutcome(lock.file, item, { ...source, hashes }, support, options);
  }
}

function warnOfIgnored(project: PdmProject | undefined, { warn }: LockReaderOptions): void {
  const names = project?.linkSources ?? [];
  if (names.length === 0) return;
  warn?.({
    code: 'PYC_LOCK_OPTION_IGNORED',
    message: `pyproject.toml states sources that are not followed: ${names.map((name) => `\`${name}\``).join(', ')}`,
    hint: 'name a folder with wheels by `wheelhouse` in the configuration',
  });
}
