/** The folder of sources that an sdist, an archive or a commit gives, in a temporary folder; and what each is known by. */
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unpackArchive } from '../../archive/unpack.ts';
import { PycError } from '../../primitives/errors.ts';
import { parseTreePath, visible } from '../../primitives/path.ts';
import { parseDirectUrl } from '../../python/direct-url.ts';
import type { Surroundings } from '../../python/local-project/index.ts';
import { FilenameError, parseSdistFilename } from '../../python/wheel-filename.ts';
import { findWheel, lockedDigest } from '../defaults/wheel.ts';
import { gitStateOf } from '../git.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import { readIfThere } from '../sources/vcs-rules.ts';
import type { Distribution, WheelFile } from '../values.ts';
import { checkOut, type GitCommit } from './source-git.ts';
import { copySources, sourceListing } from './source-listing.ts';
import { surroundingsOf } from './surroundings.ts';

/**
 * What a lock names as the source of a distribution is none: an sdist of another name, no file at all, no project where
 * `subdirectory` leads. Lock again.
 */
export class SourceInvalidError extends PycError {
  readonly code = 'PYC_SOURCE_INVALID';
  static override readonly usualHint = 'lock again, and look whether the source is the one that is meant';
}

/** Sources that are locked, and how to get them. */
export interface LockedSource {
  /** As a message ends: `its sdist`. */
  readonly what: string;
  /** The same for the same sources. */
  identity(): Promise<unknown>;
  /** Gives the folder that holds the project. @param directory - absolute; empty */
  prepare(directory: string): Promise<SourceFolder>;
  /** Whether it was never published, so that what its tool says of unpublished requirements counts. */
  readonly isUnpublished: boolean;
}

export interface SourceFolder {
  /** Absolute. */
  readonly directory: string;
  readonly surroundings: Surroundings;
}

/** @throws SourceInvalidError */
export function lockedSource(
  distribution: Distribution,
  config: ResolvedConfig,
  session: Session,
): LockedSource {
  if (distribution.source === 'vcs') return commitSource(distribution, session);
  if (distribution.source === 'directory') return folderSource(distribution, session);
  return archiveSource(distribution, config, session);
}

function archiveSource(distribution: Distribution, config: ResolvedConfig, session: Session): LockedSource {
  const { file, hashes = [], source, name } = distribution;
  if (file === undefined) throw new SourceInvalidError(`the lock names no file of \`${name}\` to build`);
  if (source === 'sdist') checkSdistName(file.name, distribution);
  const subdirectory = subdirectoryOf(distribution);
  let fetched: Promise<WheelFile> | undefined;
  const fetch = (): Promise<WheelFile> => {
    fetched ??= findWheel(distribution, { wheelhouse: undefined, user: config }, session).then(
      (found) => found!,
    );
    return fetched;
  };
  const stated = lockedDigest(file.hashes.length > 0 ? file.hashes : hashes);
  return {
    what: source === 'sdist' ? 'its sdist' : 'an archive with its sources',
    isUnpublished: false,
    identity: async () => ({ archive: stated ?? (await fetch()).digest, name: file.name, subdirectory }),
    async prepare(directory) {
      const archive = await fetch();
      const top = await unpackArchive(archive.file, { name: file.name, directory, signal: session.signal });
      const project = await projectIn(top, subdirectory, distribution);
      return { directory: project, surroundings: await withoutRepository(project, directory) };
    },
  };
}

/** PEP 625; older tools wrote names and versions in other spellings. */
function checkSdistName(fileName: string, { name, version }: Distribution): void {
  try {
    const parsed = parseSdistFilename(fileName);
    if (parsed.name === name) return;
  } catch (error) {
    if (!(error instanceof FilenameError)) throw error;
  }
  throw new SourceInvalidError(`\`${visible(fileName)}\` is no sdist of \`${name} ${visible(version)}\``);
}

function commitSource(distribution: Distribution, session: Session): LockedSource {
  const { commit, url } = commitOf(distribution);
  const subdirectory = subdirectoryOf(distribution);
  return {
    what: `the commit \`${commit.slice(0, 12)}\` of its repository`,
    isUnpublished: true,
    identity: async () => ({ commit: commit.toLowerCase(), subdirectory }),
    async prepare(directory) {
      if (session.offline && !url.startsWith('file:')) {
        throw new SourceInvalidError(
          `\`${distribution.name}\` must be fetched from a repository, which \`--offline\` forbids`,
          {
            hint: 'build once without `--offline`: what was built is kept in the store',
          },
        );
      }
      const needsHistory = (top: string): Promise<boolean> => countsVersions(join(top, subdirectory ?? ''));
      await checkOut({ url, commit }, directory, needsHistory, session);
      const project = await projectIn(directory, subdirectory, distribution);
      return { directory: project, surroundings: await surroundingsOf(project, session.env) };
    },
  };
}

function commitOf({ name, directUrl }: Distribution): GitCommit {
  const direct = directUrl === undefined ? undefined : parseDirectUrl(directUrl);
  if (direct !== undefined && 'vcs' in direct && direct.vcs.vcs === 'git')
    return { url: direct.url, commit: direct.vcs.commitId };
  throw new SourceInvalidError(`the lock names no commit of a git repository for \`${name}\``);
}

function folderSource(distribution: Distribution, session: Session): LockedSource {
  const { name, path } = distribution;
  if (path === undefined) throw new SourceInvalidError(`the lock names no folder of \`${name}\` to build`);
  return {
    what: 'its folder',
    isUnpublished: true,
    async identity() {
      await projectIn(path, undefined, distribution);
      const counted = (await countsVersions(path))
        ? await gitStateOf(path, session.signal, session.memory)
        : undefined;
      return { folder: await sourceListing(path, session.signal), commit: counted?.commit };
    },
    async prepare(directory) {
      const surroundings = await surroundingsOf(path, session.env);
      // Versions are counted where the repository is.
      if (await countsVersions(path)) return { directory: path, surroundings };
      await copySources(path, directory, session.signal);
      // Some backends look above the folder for the rules that leave files out.
      const ignored = surroundings.gitignore;
      if (ignored !== undefined) await writeFile(join(directory, '.gitignore'), ignored);
      return { directory, surroundings };
    },
  };
}

function subdirectoryOf({ directUrl }: Distribution): string | undefined {
  const stated = directUrl?.subdirectory;
  if (typeof stated !== 'string') return undefined;
  const path = stated
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
  return path === '' ? undefined : parseTreePath(path);
}

/** @throws SourceInvalidError where no project is there */
async function projectIn(
  top: string,
  subdirectory: string | undefined,
  { name }: Distribution,
): Promise<string> {
  const directory = join(top, subdirectory ?? '');
  for (const file of ['pyproject.toml', 'setup.py']) {
    if (await isThere(join(directory, file))) return directory;
  }
  const where = subdirectory === undefined ? '' : ` in \`${visible(subdirectory)}\``;
  throw new SourceInvalidError(
    `the source of \`${name}\` has neither \`pyproject.toml\` nor \`setup.py\`${where}`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Backends and their helpers that make the version of a repository's tags. */
const COUNTING =
  /scm|vcs|versioningit|versioneer|dunamai|\bpbr\b|dynamic[-_]?versioning|git[-_]?version|git describe|miniver/i;

async function countsVersions(directory: string): Promise<boolean> {
  for (const name of ['pyproject.toml', 'setup.py', 'setup.cfg']) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '');
    if (COUNTING.test(text)) return true;
  }
  return false;
}

/** An archive is in no repository: what lies around the temporary folder is not looked at. */
async function withoutRepository(directory: string, top: string): Promise<Surroundings> {
  const nearest = async (name: string): Promise<string | undefined> => {
    for (let at = directory; ; at = dirname(at)) {
      const text = await readIfThere(join(at, name));
      if (text !== undefined || at === top || dirname(at) === at) return text;
    }
  };
  return {
    directory,
    gitignore: await nearest('.gitignore'),
    mercurial: (await nearest('.hgignore')) !== undefined,
    isIgnored: () => false,
  };
}

/** Makes the folder that something is prepared in. */
export async function sourceRoom(temporary: string): Promise<string> {
  const room = join(temporary, 'source');
  await mkdir(room, { mode: 0o700 });
  return room;
}
