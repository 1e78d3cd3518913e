/**
 * The lock of a project that has none: made by a program of this host, kept in the store for a day, told of in the report.
 * Which program chooses how is its module's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Digest, digestOf, digestOfJson, isDigest } from '../../primitives/digest.ts';
import { readLock } from '../../python/lock/index.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Distribution, LockFile, Project, Selection } from '../values.ts';
import { type IndexAccess, indexAccess } from './index-access.ts';
import { pipResolver } from './pip-resolver.ts';
import { uvResolver } from './uv-resolver.ts';

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
  const text = kept?.text ?? (await resolver.resolve());
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
      const choice = lock.select(target, want);
      return { ...choice, chosen: choice.chosen.map(withPath) };
    },
  };
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
