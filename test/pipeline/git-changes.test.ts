import { chmod, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { isDirty } from '../../core/pipeline/git-changes.ts';
import { createRunMemory } from '../../core/pipeline/run-memory.ts';
import { writeFiles } from '../samples/sample.ts';

const { signal } = new AbortController();
let top: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'pyc-git-'));
  onTestFinished(() => rm(top, { recursive: true }));
});
afterEach(() => vi.unstubAllEnvs());

/** A `git` that answers every question with the same changes, and keeps a list of where it was asked. */
async function answer(changes: string): Promise<() => Promise<number>> {
  const program = join(top, 'bin/git');
  await writeFiles(top, { 'bin/git': `#!/bin/sh\npwd >> '${top}/asked'\nprintf '${changes}'\n` });
  await chmod(program, 0o755);
  vi.stubEnv('PATH', `${join(top, 'bin')}${delimiter}${process.env.PATH}`);
  return async () => (await readFile(join(top, 'asked'), 'utf8')).trim().split('\n').length;
}

it('asks git once for the folders of a work tree, and tells which of them changed', async () => {
  const asked = await answer(' M services/a/main.py\\0R  services/b/new.py\\0services/c/old.py\\0');
  const folders = ['a', 'b', 'c', 'd', 'a-more'].map((name) => join(top, 'services', name));
  for (const folder of folders) await writeFiles(folder, { 'main.py': '' });
  const memory = createRunMemory();
  expect(await isDirty(top, top, memory, signal)).toBe(true);
  const states = await Promise.all(folders.map((folder) => isDirty(folder, top, memory, signal)));
  expect(states).toEqual([true, true, true, false, false]);
  expect(await asked()).toBe(1);
});

it('asks anew for a folder that a link leads to', async () => {
  const asked = await answer(' M elsewhere/main.py\\0');
  await writeFiles(top, { 'elsewhere/main.py': '', 'services/a/main.py': '' });
  await symlink(join(top, 'elsewhere'), join(top, 'services/b'));
  const memory = createRunMemory();
  expect(await isDirty(join(top, 'services/a'), top, memory, signal)).toBe(false);
  expect(await isDirty(join(top, 'services/b'), top, memory, signal)).toBe(true);
  expect(await asked()).toBe(2);
});
