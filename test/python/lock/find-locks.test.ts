import { describe, expect, it } from 'vitest';
import { findLocks, preferredLocks, readLock } from '../../../core/python/lock/index.ts';
import { parsePyproject } from '../../../core/python/pyproject.ts';

describe('the locks of a folder', () => {
  it('come in their documented order', () => {
    const names = [
      'requirements.txt',
      'pylock.b.toml',
      'pylock.a.b.toml',
      'README.md',
      'pylock.toml',
      'uv.lock',
      'pylock.a.toml',
      'poetry.lock',
      'Pipfile.lock',
      'pdm.lock',
    ];
    expect(findLocks(names).map(({ name, format }) => `${format}: ${name}`)).toEqual([
      'uv: uv.lock',
      'pylock: pylock.toml',
      'pylock: pylock.a.toml',
      'pylock: pylock.b.toml',
      'poetry: poetry.lock',
      'pdm: pdm.lock',
      'pipfile: Pipfile.lock',
      'requirements: requirements.txt',
    ]);
    expect(findLocks(['setup.cfg'])).toEqual([]);
  });

  it('begin with the lock of the tool that manages the project', () => {
    const names = ['Pipfile', 'Pipfile.lock', 'pdm.lock', 'poetry.lock', 'requirements.txt', 'uv.lock'];
    const first = (toml: string, present = names): string | undefined =>
      findLocks(present, preferredLocks(parsePyproject(toml), present))[0]?.name;
    expect(first('')).toBe('Pipfile.lock');
    expect(first('', names.slice(1))).toBe('uv.lock');
    expect(first('[tool.poetry]\nname = "x"')).toBe('poetry.lock');
    expect(first('[tool.pdm]\ndistribution = true')).toBe('pdm.lock');
    expect(first('[tool.pdm.build]\nincludes = []', names.slice(1))).toBe('uv.lock');
    expect(first('[tool.uv.build-backend]\nmodule-root = ""\n[tool.poetry]\nname = "x"')).toBe('poetry.lock');
    expect(first('[tool.uv]\npackage = false\n[tool.poetry]\nname = "x"')).toBe('uv.lock');
    expect(first('[tool.poetry]\nname = "x"', ['requirements.txt'])).toBe('requirements.txt');
  });

  it('are read by the format that the name says, or by the one that is stated', async () => {
    const options = { directory: '/work' };
    const formatOf = async (path: string, text: string, format?: string): Promise<string> =>
      (await readLock(path, text, options, format)).format;
    expect(await formatOf('uv.lock', 'version = 1')).toBe('uv');
    expect(
      await formatOf('deploy/pylock.prod.toml', 'lock-version = "1.0"\ncreated-by = "x"\npackages = []'),
    ).toBe('pylock');
    expect(await formatOf('requirements/prod.txt', 'a==1')).toBe('requirements');
    expect(await formatOf('pins', 'a==1', 'requirements')).toBe('requirements');
    expect(await formatOf('Pipfile.lock', '{"_meta": {"pipfile-spec": 6}}')).toBe('pipfile');
    expect(await formatOf('pdm.lock', '[metadata]\nlock_version = "4.5"')).toBe('pdm');
    expect(await formatOf('poetry.lock', '[metadata]\nlock-version = "2.1"')).toBe('poetry');
    await expect(formatOf('conda-lock.yml', '{}')).rejects.toMatchObject({
      code: 'PYC_LOCK_FORMAT_UNKNOWN',
      exitCode: 2,
    });
  });
});
