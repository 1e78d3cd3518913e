/** The commit of a project's work tree, read from git's own files; only whether it is dirty asks the `git` program. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export interface GitState {
  /** 40 or 64 hexadecimal digits. */
  readonly commit: string;
  readonly dirty: boolean;
  /** URL of `origin`, as a web address without credentials. */
  readonly remote?: string;
}

/** Undefined outside a work tree and where nothing is committed yet. */
export async function gitStateOf(directory: string, signal: AbortSignal): Promise<GitState | undefined> {
  const git = await findGitDirectory(directory);
  if (git === undefined) return undefined;
  const [commit, remote, dirty] = await Promise.all([headOf(git), remoteOf(git), isDirty(directory, signal)]);
  if (commit === undefined) return undefined;
  return { commit, dirty, ...(remote === undefined ? {} : { remote }) };
}

/** A `.git` folder, or the folder that a work tree's `.git` file names. */
async function findGitDirectory(directory: string): Promise<{ own: string; common: string } | undefined> {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const found = join(at, '.git');
    if ((await read(join(found, 'HEAD'))) !== undefined) return { own: found, common: found };
    const pointer = /^gitdir: (.+)$/m.exec((await read(found)) ?? '')?.[1];
    if (pointer !== undefined) {
      const own = resolve(at, pointer.trim());
      const common = (await read(join(own, 'commondir')))?.trim();
      return { own, common: common === undefined ? own : resolve(own, common) };
    }
    if (dirname(at) === at) return undefined;
  }
}

async function headOf(git: { own: string; common: string }): Promise<string | undefined> {
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

async function remoteOf(git: { common: string }): Promise<string | undefined> {
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

/** As `git describe --dirty` has it: untracked files do not count, since outputs are such. False where there is no `git` to ask. */
function isDirty(directory: string, signal: AbortSignal): Promise<boolean> {
  const run = ['--no-optional-locks', 'status', '--porcelain', '--untracked-files=no', '--', '.'];
  return new Promise((done) => {
    execFile('git', run, { cwd: directory, signal, maxBuffer: 1 << 26 }, (failed, output) =>
      done(failed === null && output.trim() !== ''),
    );
  });
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
