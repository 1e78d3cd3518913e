/** Finds and reads the project's lock, and refuses one that does not fit the project any more. Formats are `python/lock`'s. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { MAX_PROJECT_FILE } from '../../primitives/limits.ts';
import { findLocks, type LockFile, preferredLocks, readLock } from '../../python/lock/index.ts';
import { LockStaleError } from '../../python/lock/lock-error.ts';
import type { Session } from '../session.ts';
import type { Project } from '../values.ts';
import { type MissingLock, missingLock } from './lock-missing.ts';

/**
 * A lock file is there and the host does not let it be read, or the one that `lock` names is not there. Correct the
 * path, or make the file readable.
 */
export class LockUnreadableError extends PycError {
  readonly code = 'PYC_LOCK_UNREADABLE';
}

/** @param boundary local paths in the lock must not leave this folder */
export type MakeLock = (boundary: string) => Promise<LockFile | undefined>;

/** What makes a lock of each format anew. */
const LOCKED_BY: Readonly<Record<string, string>> = {
  uv: 'uv lock',
  pylock: 'uv export --format pylock.toml -o pylock.toml',
  poetry: 'poetry lock',
  pdm: 'pdm lock',
  pipfile: 'pipenv lock',
  requirements: 'uv export --format requirements.txt -o requirements.txt',
};

/**
 * The lock that is stated, else the first in the documented order; undefined for a project that states that it needs
 * nothing.
 *
 * @param stated absolute
 * @param make makes a lock for a project that has none, unless the run asks for locked ones
 * @param top the folder that is built, where the project is one of several in it; absolute
 * @throws LockMissingError, LockStaleError, and what the format's reader throws
 */
export async function findLock(
  project: Project,
  stated: string | undefined,
  session: Session,
  make: MakeLock = async () => undefined,
  top = project.directory,
): Promise<LockFile | undefined> {
  const path = stated ?? (await firstLock(project, session));
  if (path === undefined) return undefined;
  if (typeof path !== 'string') {
    const canBeMade = path.canBeMade && !session.pins.isLocked;
    const made = canBeMade ? await make(await repositoryOf(project.directory, top)) : undefined;
    if (made === undefined) throw path.error;
    return made;
  }
  const name = relative(project.directory, path);
  // Paths in a requirements file are relative to the project, in other locks to the lock.
  const directory = name.endsWith('.txt') ? project.directory : dirname(path);
  const lock = await readLock(name, await readLockFile(path), {
    directory,
    boundary: await repositoryOf(directory, top),
    environment: session.env,
    warn: (warning) => session.log.warn(warning),
    readFile: async (file) => readInside(directory, file),
  });
  checkFreshness(lock, project);
  return lock;
}

/** How a stale or missing lock is made anew, for hints. */
export function lockCommand(format: string): string {
  return LOCKED_BY[format] ?? LOCKED_BY.uv!;
}

/** Absolute; undefined where there is none and none is needed. */
async function firstLock(project: Project, session: Session): Promise<string | MissingLock | undefined> {
  const names = await readdir(project.directory);
  const preferred = preferredLocks(project.pyproject, names);
  const [first, ...others] = findLocks(names, preferred);
  if (first === undefined) {
    if (project.pyproject?.project?.dependencies.length === 0 && !isDynamic(project)) return undefined;
    return await missingLock(project, session.cwd);
  }
  if (others.length > 0) {
    const passed = others.map(({ name }) => `\`${name}\``).join(', ');
    const mark = preferred.find(({ format }) => format === first.format)?.mark;
    const reason = mark === undefined ? '' : `, for the project has \`${mark}\``;
    session.log.info(`took \`${first.name}\` and not ${passed}${reason}`);
  }
  return join(project.directory, first.name);
}

function isDynamic(project: Project): boolean {
  return project.pyproject?.project?.dynamic.has('dependencies') ?? false;
}

function checkFreshness(lock: LockFile, project: Project): void {
  const reason = lock.staleness?.(project.pyproject);
  if (reason !== undefined) throw new LockStaleError(lock.path, reason, lockCommand(lock.format));
}

async function readLockFile(file: string): Promise<Uint8Array> {
  try {
    const facts = await stat(file);
    if (!facts.isFile()) throw new Error('it is no file');
    if (facts.size > MAX_PROJECT_FILE) throw new Error(`it has ${facts.size} bytes`);
    return await readFile(file);
  } catch (cause) {
    throw new LockUnreadableError(`\`${file}\` cannot be read: ${messageOf(cause)}`, {
      hint: 'name a lock that is there, and make it readable',
      cause,
    });
  }
}

/** The work tree of git that the project lies in, from which locks may take packages; else what is built. */
async function repositoryOf(directory: string, top: string): Promise<string> {
  for (let at = directory; ; at = dirname(at)) {
    const found = await stat(join(at, '.git')).catch(() => undefined);
    if (found !== undefined) return at;
    if (dirname(at) === at) return directory.startsWith(top + sep) ? top : directory;
  }
}

/** A file that a lock includes or was made from; links out of the project lead nowhere. */
async function readInside(directory: string, path: string): Promise<Uint8Array | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return undefined;
  const below = relative(await realpath(directory), real);
  if (below === '..' || below.startsWith(`..${sep}`)) return undefined;
  return readFile(real);
}
