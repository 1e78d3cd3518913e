import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from 'pycontainer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFiles } from '../samples/sample.ts';

const NEEDY = '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["six"]\n';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pyc-unlocked-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function errorOf(directory: string, values: Record<string, unknown> = {}) {
  const report = await check({
    cwd: root,
    directory,
    // A host with neither uv nor pip, which would choose versions.
    env: { PYC_CACHE_DIR: join(root, 'cache'), PATH: '/nowhere' },
    commandLine: { values: { base: 'scratch', ...values }, flags: {}, set: [] },
  });
  return report.error;
}

describe('a project without a lock that can be read', () => {
  it('hears what makes one of the files that it has', async () => {
    const table: readonly [file: string, command: string][] = [
      ['Pipfile', 'pipenv lock'],
      ['requirements.in', 'uv pip compile'],
      ['pyproject.toml', 'uv lock'],
      ['main.py', 'requirements.txt'],
    ];
    for (const [file, command] of table) {
      await writeFiles(join(root, `has ${file}`), { [file]: file === 'pyproject.toml' ? NEEDY : '' });
      const error = await errorOf(`has ${file}`);
      expect([error?.code, error?.exitCode]).toEqual(['PYC_LOCK_MISSING', 1]);
      expect(error?.hint).toContain(command);
    }
  });

  it('hears which tool manages it', async () => {
    for (const tool of ['poetry', 'pdm']) {
      await writeFiles(join(root, tool), { 'pyproject.toml': `${NEEDY}[tool.${tool}]\nname = "x"\n` });
      expect((await errorOf(tool))?.hint).toBe(`run \`${tool} lock\``);
    }
  });

  it('hears how a workspace is built whose member it is', async () => {
    await writeFiles(root, { 'ws/uv.lock': 'version = 1\n', 'ws/packages/shop/pyproject.toml': NEEDY });
    const error = await errorOf('ws/packages/shop');
    expect(error?.code).toBe('PYC_LOCK_MISSING');
    expect(error?.hint).toContain('pyc build ws --package shop');
    await writeFiles(root, {
      'pdm/pyproject.toml': '[tool.pdm.workspace]\nmembers = ["packages/*"]\n',
      'pdm/pdm.lock': '',
      'pdm/packages/shop/pyproject.toml': `${NEEDY}[tool.pdm]\ndistribution = true\n`,
    });
    expect((await errorOf('pdm/packages/shop'))?.hint).toContain('pyc build pdm --package shop');
  });

  it('is not asked for groups, extras or packages, even where it needs nothing', async () => {
    await writeFiles(join(root, 'plain'), { 'pyproject.toml': NEEDY.replace('"six"', '') });
    expect((await errorOf('plain', { groups: ['dev'] }))?.code).toBe('PYC_LOCK_MISSING');
    expect((await errorOf('plain', { extras: ['x'] }))?.code).toBe('PYC_LOCK_MISSING');
    expect((await errorOf('plain', { package: 'x' }))?.code).toBe('PYC_MEMBERS_UNKNOWN');
  });
});
