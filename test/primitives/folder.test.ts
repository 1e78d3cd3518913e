import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../core/primitives/folder.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pycontainer-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('making a folder', () => {
  it('makes what is missing above it, names the topmost, and takes what is there', async () => {
    expect(await makeFolder(join(root, 'a', 'b', 'c'))).toBe(join(root, 'a'));
    expect(await makeFolder(join(root, 'a', 'b', 'c'))).toBeUndefined();
    expect(await makeFolder(join(root, 'a', 'b', 'd'))).toBe(join(root, 'a', 'b', 'd'));
  });

  it('may be done twice at once', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => makeFolder(join(root, 'x', 'y', `${index % 2}`))),
    );
    expect(existsSync(join(root, 'x', 'y', '1'))).toBe(true);
  });

  it('says ENOTDIR where a file or a dangling link has the name', async () => {
    await writeFile(join(root, 'file'), '');
    await symlink('nowhere', join(root, 'link'));
    for (const path of ['file', 'file/below', 'link', 'link/below'].map((name) => join(root, name))) {
      await expect(makeFolder(path)).rejects.toMatchObject({ code: 'ENOTDIR' });
    }
  });

  it.runIf(existsSync('/proc/self'))('ends where the file system refuses new names as missing', async () => {
    await expect(makeFolder('/proc/pycontainer/a')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
