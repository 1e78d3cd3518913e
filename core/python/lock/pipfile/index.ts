/**
 * The reader of Pipfile.lock. Its hashes name no files: which file of a version has one of them is asked of the index
 * later.
 */
import { normalizeName } from '../../name.ts';
import type { PythonTarget } from '../../target.ts';
import { pythonVersionOf } from '../../target.ts';
import { parseJsonDocument } from '../document.ts';
import { fileLocation } from '../local-path.ts';
import { LockAmbiguousError, LockPythonError } from '../lock-error.ts';
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
  type LockedPackage,
  pathOutcome,
  refuseUnknownNames,
  revisionOutcome,
} from '../outcome.ts';
import { readProjectToml } from '../project-file.ts';
import { type WheelSupport, wheelSupport } from '../wheel-choice.ts';
import { pipfileStaleness } from './content-hash.ts';
import type { PipfileLock, PipfilePackage } from './pipfile-lock.ts';
import { readPipfileDocument } from './read.ts';

export type { PipfileLock, PipfilePackage } from './pipfile-lock.ts';

/** The category of what a project needs to run. */
const DEFAULT_CATEGORY = 'default';
/** What Pipenv's own command line and markers call the category `develop`. */
const DEVELOP_ALIASES: ReadonlySet<string> = new Set(['dev', 'dev-packages']);

/** A Pipfile.lock, with its entries for those who want more than a choice. */
export interface PipfileLockFile extends LockFile {
  readonly format: 'pipfile';
  readonly lock: PipfileLock;
}

/**
 * @param path relative to the project, as errors and the report print it
 * @param options the Pipfile is read beside the lock, to tell whether it was changed since
 * @throws LockMalformedError or LockVersionError
 */
export async function readPipfileLock(
  path: string,
  content: Uint8Array | string,
  options: LockReaderOptions,
): Promise<PipfileLockFile> {
  const lock = readPipfileDocument(parseJsonDocument(path, content), options.environment);
  const pipfile = await readProjectToml('Pipfile', options);
  return {
    path,
    format: 'pipfile',
    lock,
    select: (target, want) => select(lock, target, want, options),
    pins: () => pinsOf(lock),
    staleness: () => (pipfile === undefined ? undefined : pipfileStaleness(lock, pipfile)),
  };
}

function pinsOf({ categories }: PipfileLock): readonly LockedPin[] {
  const packages = [...categories.values()].flat();
  return lockedPins(
    packages.flatMap(({ name, version, source, hashes }) =>
      version === undefined || source.kind !== 'index' ? [] : [{ name, version, hashes }],
    ),
  );
}

function select(
  lock: PipfileLock,
  target: PythonTarget,
  selection: Selection,
  options: LockReaderOptions,
): LockChoice {
  const support = wheelSupport(target);
  refusePython(lock, target);
  const known = [...lock.categories.keys(), ...DEVELOP_ALIASES].map(normalizeName);
  refuseUnknownNames(lock.file, selection, { extras: [], groups: [...new Set(['develop', ...known])] });
  const wanted = selection.groups
    .map(normalizeName)
    .map((group) => (DEVELOP_ALIASES.has(group) ? 'develop' : group));
  const categories = new Set([DEFAULT_CATEGORY, ...wanted]);
  const environment = {
    ...support.environment,
    extra: '',
    extras: new Set<string>(),
    dependency_groups: new Set(categories.has('develop') ? [...categories, 'dev'] : categories),
  };
  const byName = new Map<string, PipfilePackage>();
  for (const [category, packages] of lock.categories) {
    if (!categories.has(normalizeName(category))) continue;
    for (const item of packages) {
      if (item.marker?.evaluate(environment) === false) continue;
      const namesake = byName.get(item.name);
      byName.set(item.name, namesake === undefined ? item : merge(lock, namesake, item));
    }
  }
  return choiceOf(
    lock.file,
    [...byName.values()].flatMap((item) => outcomeOf(lock, item, support, options) ?? []),
  );
}

/** Pipenv locks for the Python that the Pipfile requires and for no other. */
function refusePython({ file, python }: PipfileLock, target: PythonTarget): void {
  const { major, minor } = pythonVersionOf(target);
  if (python === undefined || python === `${major}.${minor}` || python === String(major)) return;
  throw new LockPythonError(file, `==${python}.*`, target);
}

/** The same thing in two categories is one with the hashes of both. */
function merge({ file }: PipfileLock, a: PipfilePackage, b: PipfilePackage): PipfilePackage {
  if (a.version !== b.version || JSON.stringify(a.source) !== JSON.stringify(b.source)) {
    throw new LockAmbiguousError(
      file,
      a.name,
      [a, b].map(({ name, version = 'open' }) => `${name} ${version}`),
    );
  }
  return { ...a, hashes: [...new Set([...a.hashes, ...b.hashes])] };
}

/** Undefined for the project itself. */
function outcomeOf(
  lock: PipfileLock,
  { name, version, source, hashes }: PipfilePackage,
  support: WheelSupport,
  options: LockReaderOptions,
): Distribution | Rejection | undefined {
  if (version === undefined) {
    const reason = 'the lock does not pin it for the target: lock again with its Python';
    return { name, reason, files: [] };
  }
  const item: LockedPackage = { name, version, requestedBy: [] };
  if (source.kind === 'vcs') return revisionOutcome(item, source);
  if (source.kind === 'index') {
    return { ...item, ...indexesOf(lock, source.index), source: 'wheel', hashes };
  }
  const { location, subdirectory } = source;
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(location)) {
    const place = fileLocation(lock.file, name, location, options);
    const file = { name: fileNameOfUrl(location), hashes, ...place };
    return archiveOutcome(item, { subdirectory, file }, support);
  }
  return pathOutcome(lock.file, item, { path: location, subdirectory, hashes }, support, options);
}

/** A package that names no source comes from any of them; a name that no source has counts for nothing. */
function indexesOf(
  { indexes }: PipfileLock,
  name: string | undefined,
): Pick<LockedPackage, 'index' | 'indexes'> {
  const named = indexes.filter((index) => index.name === name);
  const urls = (named.length > 0 ? named : indexes).map(({ url }) => url);
  const [index] = urls;
  if (index === undefined) return {};
  return { index, ...(urls.length > 1 ? { indexes: urls } : {}) };
}
