import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { folderOf, load } from '../config/project-folder.ts';
import { filesBelow } from '../samples/sample.ts';
import { fakeIo } from './fake-io.ts';

const PYPROJECT =
  '[project]\nname = "shop"\nversion = "1.0"\nrequires-python = ">=3.12"\ndependencies = []\n';
const PROJECT = { 'pyproject.toml': PYPROJECT, 'shop/__init__.py': '', 'shop/__main__.py': 'print("hi")\n' };

/** What `pyc init` does in a folder; `input` makes it a terminal's. */
async function init(cwd: string, argv: readonly string[] = [], input?: string) {
  const env = { PYC_CACHE_DIR: folderOf({}) };
  const io = fakeIo({ cwd, env, ...(input === undefined ? {} : { isTTY: true, input }) });
  const exitCode = await main(['init', ...argv], io);
  return { exitCode, out: io.out(), err: io.err() };
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

describe('pyc init', () => {
  it('writes a configuration that can be read, after it showed it, and the second time nothing', async () => {
    const cwd = folderOf(PROJECT);
    const first = await init(cwd, ['--yes', '--tag', 'ghcr.io/me/shop:1.0']);
    expect(first).toMatchObject({ exitCode: 0, out: 'pycontainer.toml\n' });
    const text = read(cwd, 'pycontainer.toml');
    for (const line of text.trimEnd().split('\n')) expect(first.err).toContain(`+${line}`);
    expect(first.err).toContain('shop/__main__.py');
    const [config] = await load(cwd);
    expect(config).toMatchObject({ tags: ['ghcr.io/me/shop:1.0'] });
    expect(config?.base).toMatch(/^python:3\.1\d-slim-/);
    const again = await init(cwd, ['--yes', '--tag', 'other:2']);
    const document = JSON.parse((await init(cwd, ['--yes', '--json'])).out);
    expect(document).toMatchObject({ ok: true, file: join(cwd, 'pycontainer.toml'), written: false });
    expect(again).toMatchObject({ exitCode: 0, out: '' });
    expect(read(cwd, 'pycontainer.toml')).toBe(text);
    expect(await filesBelow(cwd)).toEqual(['pycontainer.toml', ...Object.keys(PROJECT)].sort());
  });

  it('writes TypeScript where there is a project of Node', async () => {
    const cwd = folderOf({
      '.git/': '',
      'package.json': '{}',
      'api/pyproject.toml': PYPROJECT,
      'api/shop/__main__.py': '',
    });
    expect(await init(cwd, ['api', '--yes'])).toMatchObject({ out: 'api/pycontainer.config.ts\n' });
    const [config] = await load(join(cwd, 'api'));
    expect(config).toMatchObject({
      file: join(cwd, 'api/pycontainer.config.ts'),
      directory: join(cwd, 'api'),
    });
    expect(await init(folderOf(PROJECT), ['--yes', '--format', 'ts'])).toMatchObject({
      out: 'pycontainer.config.ts\n',
    });
  });

  it('asks on a terminal only what it cannot know', async () => {
    const known = folderOf(PROJECT);
    const one = await init(known, [], 'ghcr.io/me/shop:2\n\n');
    expect(one).toMatchObject({ exitCode: 0, out: 'pycontainer.toml\n' });
    expect(one.err.match(/\?/g)).toHaveLength(2);
    expect((await load(known))[0]?.tags).toEqual(['ghcr.io/me/shop:2']);

    const open = folderOf({ 'pyproject.toml': PYPROJECT, 'shop/__init__.py': '' });
    await init(open, [], `\npython -c 'print(1, 2)' --x\ny\n`);
    expect((await load(open))[0]).toMatchObject({
      tags: [],
      entrypoint: ['python', '-c', 'print(1, 2)', '--x'],
    });
  });

  it('writes nothing when told so, when nobody answers, and without a terminal', async () => {
    const cwd = folderOf(PROJECT);
    expect(await init(cwd, [], '\nn\n')).toMatchObject({ exitCode: 0, out: '' });
    expect(await init(cwd, [], '')).toMatchObject({ exitCode: 0, out: '' });
    const cut = fakeIo({ cwd, isTTY: true, signal: AbortSignal.abort() });
    expect([await main(['init'], cut), cut.out()]).toEqual([130, '']);
    const piped = await init(cwd);
    expect(piped).toMatchObject({ exitCode: 2, out: '' });
    expect(piped.err).toContain('--yes');
    expect(await filesBelow(cwd)).toEqual(Object.keys(PROJECT).sort());
  });

  it('leaves every kind of configuration alone, also one above that is about the project', async () => {
    const named = folderOf({ ...PROJECT, 'pyproject.toml': `${PYPROJECT}[tool.pycontainer]\nuser = "1"\n` });
    expect((await init(named, ['--yes'])).out).toBe('');
    const broken = folderOf({ ...PROJECT, 'pycontainer.config.ts': 'export default {{' });
    expect(await init(broken, ['--yes'])).toMatchObject({ exitCode: 0, out: '' });
    const repository = folderOf({
      '.git/': '',
      'pycontainer.toml': 'project = "api"\n',
      'api/pyproject.toml': PYPROJECT,
      'other/pyproject.toml': PYPROJECT,
    });
    expect((await init(repository, ['api', '--yes'])).out).toBe('');
    expect((await init(repository, ['other', '--yes'])).out).toBe('other/pycontainer.toml\n');
  });

  it('says what has to be done before a build, and what nothing says', async () => {
    const cwd = folderOf({
      'pyproject.toml': PYPROJECT.replace('[]', '["fastapi"]'),
      'a.py': 'from fastapi import FastAPI\none = FastAPI()\n',
      'b.py': 'from fastapi import FastAPI\ntwo = FastAPI()\n',
    });
    const { err } = await init(cwd, ['--yes']);
    expect(err).toContain('uv lock');
    expect(read(cwd, 'pycontainer.toml')).toMatch(/^# .*entrypoint/);
  });

  it('refuses a folder without a project, and never follows a link in its way', async () => {
    const empty = await init(folderOf({ 'notes.txt': '' }), ['--yes']);
    expect(empty.exitCode).toBe(2);
    expect(empty.err).toContain('PYC_INIT_NO_PROJECT');
    const cwd = folderOf(PROJECT);
    symlinkSync(join(cwd, 'elsewhere.toml'), join(cwd, 'pycontainer.toml'));
    const linked = await init(cwd, ['--yes']);
    expect(linked.exitCode).toBe(1);
    expect(linked.err).toContain('PYC_INIT_UNWRITABLE');
    expect(existsSync(join(cwd, 'elsewhere.toml'))).toBe(false);
  });
});
