import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { gitStateOf } from '../../core/pipeline/git.ts';
import { writeFiles } from '../samples/sample.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const { signal } = new AbortController();
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pyc-git-'));
  onTestFinished(() => rm(directory, { recursive: true }));
});

describe('the git state of a project', () => {
  it('is nothing outside a work tree and before the first commit', async () => {
    expect(await gitStateOf(directory, signal)).toBeUndefined();
    await writeFiles(directory, { '.git/HEAD': 'ref: refs/heads/main\n' });
    expect(await gitStateOf(directory, signal)).toBeUndefined();
  });

  it('is read from a loose reference, a packed one, a detached head and a linked work tree', async () => {
    await writeFiles(directory, {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/refs/heads/main': `${COMMIT}\n`,
    });
    expect((await gitStateOf(directory, signal))?.commit).toBe(COMMIT);
    await rm(join(directory, '.git/refs'), { recursive: true });
    await writeFiles(directory, { '.git/packed-refs': `# pack-refs\n${COMMIT} refs/heads/main\n` });
    expect((await gitStateOf(directory, signal))?.commit).toBe(COMMIT);
    const linked = join(directory, 'linked');
    await mkdir(linked);
    await writeFile(join(linked, '.git'), `gitdir: ${directory}/.git/worktrees/linked\n`);
    await writeFiles(directory, {
      '.git/worktrees/linked/HEAD': 'ref: refs/heads/main\n',
      '.git/worktrees/linked/commondir': '../..\n',
    });
    expect((await gitStateOf(linked, signal))?.commit).toBe(COMMIT);
    await writeFiles(directory, { '.git/HEAD': `${COMMIT}\n` });
    expect((await gitStateOf(join(directory, '.git/..'), signal))?.commit).toBe(COMMIT);
  });

  it('names the remote as a web address without credentials', async () => {
    const remotes = {
      'git@github.com:me/shop.git': 'https://github.com/me/shop',
      'https://user:secret@example.org/me/shop.git': 'https://example.org/me/shop',
      'ssh://git@example.org/me/shop': 'https://example.org/me/shop',
      '/srv/git/shop': undefined,
    };
    for (const [url, expected] of Object.entries(remotes)) {
      await writeFiles(directory, {
        '.git/HEAD': `${COMMIT}\n`,
        '.git/config': `[remote "origin"]\n\turl = ${url}\n`,
      });
      expect((await gitStateOf(directory, signal))?.remote).toBe(expected);
    }
  });

  it('follows no reference out of the repository', async () => {
    await writeFiles(directory, { '.git/HEAD': 'ref: refs/../../outside\n', outside: COMMIT });
    expect(await gitStateOf(directory, signal)).toBeUndefined();
  });
});
