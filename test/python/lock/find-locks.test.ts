import { describe, expect, it } from 'vitest';
import { findLocks, readLock } from '../../../core/python/lock/index.ts';

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
    ];
    expect(findLocks(names).map(({ name, format }) => `${format}: ${name}`)).toEqual([
      'uv: uv.lock',
      'pylock: pylock.toml',
      'pylock: pylock.a.toml',
      'pylock: pylock.b.toml',
      'requirements: requirements.txt',
    ]);
    expect(findLocks(['setup.cfg'])).toEqual([]);
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
    await expect(formatOf('Pipfile.lock', '{}')).rejects.toMatchObject({
      code: 'PYC_LOCK_FORMAT_UNKNOWN',
      exitCode: 2,
    });
  });
});
