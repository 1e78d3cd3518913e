/** Where a configuration is looked for, and what is left alone on the way. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findConfig } from '../../core/config/find.ts';
import { failure, folderOf } from './project-folder.ts';

describe('the search for a configuration', () => {
  it('reads and runs nothing but configurations', async () => {
    const folder = folderOf({
      'package.json': '{ "cosmiconfig": ',
      '.config/config.js':
        'globalThis.pycontainerRanThis = true; module.exports = { searchPlaces: ["x.json"] };',
      '.config/config.yaml': 'searchPlaces: [x.json]',
      'x.json': '{}',
      'pyproject.toml': '',
    });
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(folder);
    expect(await findConfig(folder)).toBeUndefined();
    expect('pycontainerRanThis' in globalThis).toBe(false);
  });

  it('goes up to the root of the repository, and past projects without a table of their own', async () => {
    const root = folderOf({
      '.git/': '',
      'pycontainer.toml': 'name = "shop"',
      'services/pyproject.toml': '',
      'services/api/pyproject.toml': '[tool.ruff]\n',
      'services/api/.config/pycontainer/config.json': '{}',
    });
    expect(await findConfig(join(root, 'services/api'))).toEqual({
      file: join(root, 'pycontainer.toml'),
      text: 'name = "shop"',
    });
  });

  it('names a file that is no configuration only for its name', async () => {
    for (const name of [
      'pycontainer.yaml',
      'pycontainer.yml',
      'pycontainer.config.yml',
      'pycontainer.json',
    ]) {
      expect(await failure(folderOf({ [name]: '' })), name).toMatchObject({
        code: 'PYC_CONFIG_UNREADABLE',
        hint: expect.stringMatching(/^rename it to `pycontainer\.config\.(?:yaml|json)`$/),
      });
    }
    const both = folderOf({ 'pycontainer.yaml': '', 'pycontainer.toml': 'name = "shop"' });
    expect((await findConfig(both))?.file).toBe(join(both, 'pycontainer.toml'));
  });
});
