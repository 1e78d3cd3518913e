/**
 * The lock of a project that has none: made by a program of this host, kept in the store for a day, told of in the report.
 * Which program chooses how is its module's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Digest, digestOf, digestOfJson, isDigest } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import { LockPlatformError, LockPythonError, readLock } from '../../python/lock/index.ts';
import type { PythonTarget } from '../../python/target.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Distribution, LockFile, Project, Selection } from '../values.ts';
import { type IndexAccess, indexAccess } from './index-access.ts';
import { pipResolver } from './pip-resolver.ts';
import { uvResolver } from './uv-resolver.ts';

/**
 * The project has no lock, and pip of this host chose versions for the Python and the machine that it runs on, which are not
 * those of the image. Install uv, which chooses for all of them, or commit a lock.
 */
export class HostLockError extends PycError {
  readonly code = 'PYC_HOST_LOCK_UNFIT';

  constructor(madeBy: string, { version, os, architecture }: PythonTarget, cause: unknown) {
    super(
      `the project has no lock, and what ${madeBy} chose is not for Python ${version} on ${os}/${architecture}`,
      { hint: 'install uv on this host, which chooses for every platform, or commit a lock', cause },
    );
  }
}

/** What is to be resolved. */
export interface UnlockedProject {
  readonly project: Project;
  readonly want: Selection;
  readonly access: IndexAccess;
  /** Projects beside it that it may need, as folders by their normalised names: no index is asked for one of these. */
  readonly neighbours: ReadonlyMap<string, string>;
}

/** A program of this host that chooses versions. */
export interface HostResolver {
  /** As in `uv 0.13.8`. */
  readonly madeBy: string;
  /** Everything of the surroundings that its answer depends on, but for the project's files and what the indexes have. */
  readonly question: unknown;
  /** Whether it builds sdists where nothing else tells what they need. */
  readonly mayBuild: boolean;
  /** Whether it chooses for its own Python and machine alone. */
  readonly isForThisHost: boolean;
  /** The text of a pylock.toml whose paths are relative to the project, without passwords. @throws LockNotMadeError */
  resolve(): Promise<string>;
}

/** Milliseconds after which versions are chosen anew: new releases come out meanwhile. */
const FRESH = 24 * 60 * 60 * 1000;

/**
 * Undefined where this host has no program that could make one. What was made is kept for a day, as long as nothing changes that
 * it depends on; `noCache` makes it anew, `offline` takes it at any age.
 *
 * @throws LockNotMadeError, and what reading the result throws
 */
export async function lockByHost(
  project: Project,
  config: ResolvedConfig,
  boundary: string,
  neighbours: ReadonlyMap<string, string>,
  session: Session,
  now: () => number = Date.now,
): Promise<LockFile | undefined> {
  const unlocked: UnlockedProject = {
    project,
    want: { extras: config.extras, groups: config.groups },
    access: await indexAccess(config, session),
    neighbours,
  };
  const resolver = (await uvResolver(unlocked, session)) ?? (await pipResolver(unlocked, session));
  if (resolver === undefined) return undefined;
  const { madeBy, question } = resolver;
  const key = digestOfJson({
    what: 'lock of a project without one',
    madeBy,
    directory: project.directory,
    files: await Promise.all(
      [
        join(project.directory, 'pyproject.toml'),
        join(project.directory, 'uv.toml'),
        ...[...neighbours.values()].map((folder) => join(folder, 'pyproject.toml')),
      ].map(async (file) => digestOf(await readFile(file).catch(() => Buffer.alloc(0)))),
    ),
    question,
  });
  const kept = session.noCache ? undefined : await keptLock(key, session, now());
  const text = kept?.text ?? (await resolved(project, resolver, session));
  const digest = kept?.digest ?? (await keepLock(key, text, session, now()));
  session.log.warn({
    /**
     * The project has dependencies and no lock, so that a program of this host chose their versions: tomorrow, or elsewhere, the same
     * build may choose others. Commit a lock.
     */
    code: 'PYC_NOT_LOCKED',
    message: `\`${project.name}\` has no lock: ${madeBy} of this host chose what goes in`,
    hint: 'commit a lock, as `uv lock` writes it',
  });
  const lock = await readLock('pylock.toml', text, {
    directory: project.directory,
    boundary,
    environment: session.env,
    warn: (warning) => session.log.warn(warning),
  });
  return {
    ...lock,
    path: session.store.fileOf(digest),
    madeBy,
    // Extras and groups are in it already.
    select(target, { package: member }) {
      const want = { extras: [], groups: [], ...(member === undefined ? {} : { package: member }) };
      try {
        const choice = lock.select(target, want);
        return { ...choice, chosen: choice.chosen.map(withPath) };
      } catch (cause) {
        throw resolver.isForThisHost && isForOthers(cause) ? new HostLockError(madeBy, target, cause) : cause;
      }
    },
  };
}

/** It chose for what it runs on. */
function isForOthers(cause: unknown): boolean {
  return cause instanceof LockPythonError || cause instanceof LockPlatformError;
}

/** Versions are chosen while the reader waits: that may take minutes, and run code of packages. */
async function resolved(
  { name }: Project,
  { madeBy, mayBuild, resolve }: HostResolver,
  { log }: Session,
): Promise<string> {
  const id = 'lock by the host';
  const builds = mayBuild ? ', and may build an sdist to learn what it needs' : '';
  log.info(`\`${name}\` has no lock: ${madeBy} chooses versions${builds}`);
  log.progress({ id, label: `choose versions with ${madeBy}`, state: 'start' });
  try {
    return await resolve();
  } finally {
    log.progress({ id, label: '', state: 'end' });
  }
}

/** pip states files of its folders by `file:` URLs. */
function withPath(distribution: Distribution): Distribution {
  const { file } = distribution;
  if (file?.url?.startsWith('file:') !== true) return distribution;
  const { url, ...rest } = file;
  return { ...distribution, file: { ...rest, path: fileURLToPath(url!) } };
}

interface KeptLock {
  readonly digest: Digest;
  readonly text: string;
}

async function keptLock(
  key: Digest,
  { store, offline }: Session,
  now: number,
): Promise<KeptLock | undefined> {
  const { digest, made } = ((await store.readAction(key)) ?? {}) as {
    readonly digest?: unknown;
    readonly made?: unknown;
  };
  if (!isDigest(digest) || typeof made !== 'number') return undefined;
  const age = now - made;
  if (!offline && !(age >= 0 && age < FRESH)) return undefined;
  if ((await store.find(digest)) === undefined) return undefined;
  const bytes = await store.read(digest).catch(() => undefined);
  return bytes === undefined ? undefined : { digest, text: Buffer.from(bytes).toString('utf8') };
}

async function keepLock(key: Digest, text: string, { store, signal }: Session, now: number): Promise<Digest> {
  const bytes = Buffer.from(text);
  const source = (async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  })();
  const { digest } = await store.write(source, { what: 'the lock that was made' }, signal);
  await store.writeAction(key, { digest, made: now });
  return digest;
}
