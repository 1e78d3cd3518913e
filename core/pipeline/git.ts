/** The commit of a project's work tree, read from git's own files; only whether it is dirty asks the `git` program. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isDirty } from './git-changes.ts';
import { createRunMemory, type RunMemory } from './run-memory.ts';

export interface GitState {
  /** 40 or 64 hexadecimal digits. */
  readonly commit: string;
  readonly dirty: boolean;
  /** URL of `origin`, as a web address without credentials. */
  readonly remote?: string;
}

/** Where git keeps what it knows of a work tree. */
interface GitDirectory {
  /** The top of the work tree. */
  readonly workTree: string;
  readonly own: string;
  /** Shared by all work trees of the repository. */
  readonly common: string;
}

/**
 * Undefined outside a work tree and where nothing is committed yet.
 *
 * @param memory of the run: what is the same for all folders of a work tree is read once
 */
export async function gitStateOf(
  directory: string,
  signal: AbortSignal,
  memory: RunMemory = createRunMemory(),
): Promise<GitState | undefined> {
  const git = await findGitDirectory(resolve(directory), memory);
  if (git === undefined) return undefined;
  const { commit, remote } = await memory.get(`commit of ${git.own}`, async () => ({
    commit: await headOf(git),
    remote: await remoteOf(git),
  }));
  if (commit === undefined) return undefined;
  const dirty = await isDirty(directory, git.workTree, memory, signal);
  return { commit, dirty, ...(remote === undefined ? {} : { remote }) };
}

/** A `.git` folder, or the folder that a work tree's `.git` file names; in this folder or one above. */
function findGitDirectory(at: string, memory: RunMemory): Promise<GitDirectory | undefined> {
  return memory.get(`git directory of ${at}`, async () => {
    const found = join(at, '.git');
    const place = await stat(found).catch(() => undefined);
    if (place !== undefined) {
      if ((await read(join(found, 'HEAD'))) !== undefined) return { workTree: at, own: found, common: found };
      const pointer = /^gitdir: (.+)$/m.exec((await read(found)) ?? '')?.[1];
      if (pointer !== undefined) {
        const own = resolve(at, pointer.trim());
        const common = (await read(join(own, 'commondir')))?.trim();
        return { workTree: at, own, common: common === undefined ? own : resolve(own, common) };
      }
    }
    return dirname(at) === at ? undefined : await findGitDirectory(dirname(at), memory);
  });
}

async function headOf(git: GitDirectory): Promise<string | undefined> {
  const head = (await read(join(git.own, 'HEAD')))?.trim() ?? '';
  const reference = /^ref: (refs\/[^\0]+)$/.exec(head)?.[1];
  if (reference === undefined) return commitIn(head);
  if (reference.split('/').includes('..')) return undefined;
  const loose = (await read(join(git.own, reference))) ?? (await read(join(git.common, reference)));
  if (loose !== undefined) return commitIn(loose);
  const packed = (await read(join(git.common, 'packed-refs'))) ?? '';
  return commitIn(
    packed
      .split('\n')
      .find((line) => line.endsWith(` ${reference}`))
      ?.split(' ')[0] ?? '',
  );
}

function commitIn(text: string): string | undefined {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.exec(text.trim())?.[1];
}

async function remoteOf(git: GitDirectory): Promise<string | undefined> {
  const config = (await read(join(git.common, 'config'))) ?? '';
  const section = /^\[remote "origin"\]\s*\n((?:[ \t]+.*\n?)*)/m.exec(config)?.[1] ?? '';
  const url = /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1];
  if (url === undefined) return undefined;
  const scp = /^(?:[\w.-]+@)?([\w.-]+):(?!\/)([\w./~-]+)$/.exec(url);
  if (scp !== null) return `https://${scp[1]}/${scp[2]!.replace(/\.git$/, '')}`;
  const web = URL.canParse(url) ? new URL(url) : undefined;
  if (web === undefined || !['https:', 'http:', 'ssh:', 'git:'].includes(web.protocol)) return undefined;
  return `https://${web.host}${web.pathname.replace(/\.git$/, '')}`;
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
