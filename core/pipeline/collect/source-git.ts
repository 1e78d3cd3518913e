/**
 * Checks a commit out of a git repository with the host's git: that commit and nothing else, with its submodules, without hooks,
 * filters or questions. Credentials are git's own business; they are never printed.
 */
import { appendFile, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { redactUrl } from '../../http/url.ts';
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { type EndedProgram, lastLines, runProgram } from '../host-program.ts';
import type { Session } from '../session.ts';

/**
 * A lock names a repository by an address that git is not given: one that starts a program (`ext::`), that could be taken for
 * an option, or of a protocol other than https, http, ssh, git and file; or it names no commit in full.
 */
export class GitSourceError extends PycError {
  readonly code = 'PYC_GIT_SOURCE_REFUSED';
  static override readonly usualHint = 'correct the address of the repository, and lock again';
}

/**
 * git could not get the locked commit of a repository. The message ends with what git said: a commit that nobody has, a
 * server that cannot be reached, or credentials that git does not have. It is never asked for a password.
 */
export class GitFetchError extends PycError {
  readonly code = 'PYC_GIT_FETCH_FAILED';
}

export interface GitCommit {
  /** As the lock has it. */
  readonly url: string;
  /** In full. */
  readonly commit: string;
}

/** Milliseconds for one command. */
const TIMEOUT = 15 * 60_000;

/** What a lock may make git speak. A repository of the network may not lead it to this host's files. */
const PROTOCOLS = ['https', 'http', 'ssh', 'git'];

/** Settings of the user's that could change what is checked out, or start something. */
const SETTINGS: readonly (readonly [key: string, value: string])[] = [
  ['core.hooksPath', process.platform === 'win32' ? 'NUL' : '/dev/null'],
  ['core.attributesFile', process.platform === 'win32' ? 'NUL' : '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.autocrlf', 'false'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['filter.lfs.smudge', ''],
  ['filter.lfs.process', ''],
  ['filter.lfs.required', 'false'],
  ['protocol.ext.allow', 'never'],
  ['protocol.fd.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['advice.detachedHead', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

/** Variables that point git to another repository than the one that it is started in, as those of a hook do. */
const OF_A_REPOSITORY =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|QUARANTINE_PATH|TEMPLATE_DIR|EXTERNAL_DIFF|TRACE.*)$/;

/**
 * The address as git is given it: the other notation of ssh, `git@host:path`, is written as a URL.
 *
 * @throws GitSourceError
 */
export function gitAddress({ url, commit }: GitCommit): string {
  const shown = `\`${visible(redactUrl(url))}\``;
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(commit))
    throw new GitSourceError(
      `the lock does not name a commit of ${shown} in full: \`${visible(commit.slice(0, 80))}\``,
    );
  const short = /^([\w.-]+@)?([\w.-]+):(?!\/)([\w./~+-]+)$/.exec(url);
  const address =
    short === null ? url.replace(/^git\+/, '') : `ssh://${short[1] ?? ''}${short[2]}/${short[3]}`;
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  const protocol = parsed?.protocol.slice(0, -1) ?? '';
  const isKnown = [...PROTOCOLS, 'file'].includes(protocol);
  const isSound =
    parsed !== undefined &&
    !/[\u0000-\u0020\u007f\\"]/.test(address) &&
    !parsed.hostname.startsWith('-') &&
    !parsed.username.startsWith('-') &&
    !/^\/*-/.test(parsed.pathname) &&
    (protocol === 'file' ? parsed.hostname === '' : parsed.hostname !== '');
  if (isKnown && isSound) return address;
  throw new GitSourceError(`the repository ${shown} has an address that git is not given`);
}

/**
 * Checks the commit out into an empty folder. Its history is fetched as well where `needsHistory` says so of the files, since
 * versions are counted from tags.
 *
 * @param directory absolute
 * @throws GitSourceError, GitFetchError, ProgramTimeoutError
 */
export async function checkOut(
  source: GitCommit,
  directory: string,
  needsHistory: (directory: string) => Promise<boolean>,
  session: Session,
): Promise<void> {
  const address = gitAddress(source);
  const commit = source.commit.toLowerCase();
  const git = gitIn(directory, address, session);
  const demand = async (...args: string[]): Promise<void> => {
    const ended = await git(...args);
    if (ended.code !== 0) throw failed(source, args[0]!, ended, address);
  };
  await demand('init', '--quiet', '--template=', ...(commit.length === 64 ? ['--object-format=sha256'] : []));
  // Not an argument, which others on this host can read: the address may hold a password.
  await appendFile(join(directory, '.git/config'), `[remote "origin"]\n\turl = "${address}"\n`, {
    mode: 0o600,
  });
  const alone = await git('fetch', '--quiet', '--depth=1', '--no-tags', 'origin', commit);
  // Not every server gives a commit by its name, or a part of the history.
  if (alone.code !== 0) await fetchAll(demand);
  await demand('checkout', '--quiet', '--detach', '--force', commit);
  if (alone.code === 0 && (await needsHistory(directory))) {
    await demand('fetch', '--quiet', '--unshallow', 'origin', commit);
    await fetchAll(demand);
  }
  const shallow = await git('submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1');
  if (shallow.code !== 0) await demand('submodule', 'update', '--quiet', '--init', '--recursive', '--force');
  await refuseOuterLinks(directory, source);
  await forgetCredentials(join(directory, '.git'));
}

async function fetchAll(demand: (...args: string[]) => Promise<void>): Promise<void> {
  await demand('fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*');
}

type Git = (...args: string[]) => Promise<EndedProgram>;

function gitIn(directory: string, address: string, session: Session): Git {
  const inherited = Object.entries(session.env).filter(([name]) => !OF_A_REPOSITORY.test(name));
  const isLocal = address.startsWith('file:');
  const before = Number(session.env.GIT_CONFIG_COUNT ?? 0) || 0;
  const settings = SETTINGS.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${before + index}`, key] as const,
    [`GIT_CONFIG_VALUE_${before + index}`, value] as const,
  ]);
  const env = {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(settings),
    GIT_CONFIG_COUNT: String(before + SETTINGS.length),
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_ALLOW_PROTOCOL: [...PROTOCOLS, ...(isLocal ? ['file'] : [])].join(':'),
    GIT_SSH_COMMAND: session.env.GIT_SSH_COMMAND ?? 'ssh -o BatchMode=yes',
    LC_ALL: 'C',
  };
  const { signal, log } = session;
  return async (...args) => {
    try {
      return await runProgram('git', args, {
        cwd: directory,
        env,
        signal,
        timeout: TIMEOUT,
        onOutput: (text) => log.debug(withoutPassword(text, address)),
      });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
      throw new GitFetchError('a locked commit must be fetched, and this host has no `git`', {
        hint: 'install git, or put a wheel into a folder that `wheelhouse` names',
        cause: thrown,
      });
    }
  };
}

function failed(
  source: GitCommit,
  command: string,
  { output }: EndedProgram,
  address: string,
): GitFetchError {
  return new GitFetchError(
    `\`git ${command}\` failed for ${visible(redactUrl(source.url))} at \`${source.commit}\`\n\n${lastLines(withoutPassword(output, address))}`,
    { hint: 'check that git on this host can fetch this commit without being asked for a password' },
  );
}

function withoutPassword(text: string, address: string): string {
  const user = /^[a-z]+:\/\/([^/@]+)@/i.exec(address)?.[1];
  const hidden = user === undefined || user === 'git' ? text : text.replaceAll(user, '…');
  return hidden.replace(/(\w+:\/\/)[^/@\s]+:[^/@\s]+@/g, '$1…@');
}

/** Code of the repository runs next, and can read git's files: they keep addresses without what opens them. */
async function forgetCredentials(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.name !== 'config' || !entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    const clean = text.replace(/^(\s*url = "?https?:\/\/)[^/@\s"]*@/gim, '$1');
    if (clean !== text) await writeFile(file, clean);
  }
}

/** Builders follow links: what lies on this host and not in the repository is none of a package's. */
async function refuseOuterLinks(directory: string, source: GitCommit): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const within = relative(directory, path);
    if (within.split(sep)[0] === '.git') continue;
    const target = await readlink(path);
    const led = relative(directory, resolve(entry.parentPath, target));
    if (!isAbsolute(target) && led !== '..' && !led.startsWith(`..${sep}`)) continue;
    throw new GitSourceError(
      `the link \`${visible(within)}\` of ${visible(redactUrl(source.url))} leads to \`${visible(target)}\`, outside of the repository`,
      { hint: 'put a wheel into a folder that `wheelhouse` names' },
    );
  }
}
