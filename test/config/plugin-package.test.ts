/** What a package states of pycontainer, and what this version makes of it. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mentionedBy } from '../../core/config/mention.ts';
import {
  checkApi,
  checkImportedPackages,
  findPackage,
  packageNameOf,
} from '../../core/config/plugin-package.ts';
import { codeOf } from '../codes.ts';
import { failure, folderOf, load } from './project-folder.ts';

const mention = mentionedBy('a test');

describe('the API that a package is made for', () => {
  it('is the major version of a range, and the minor one below 1.0.0', async () => {
    const table: readonly [range: string | undefined, version: string, allowed: boolean][] = [
      [undefined, '0.1.0', true],
      ['^0.1.0', '0.1.9', true],
      ['^0.1.0', '0.2.0', false],
      ['^0.1', '0.1.0', true],
      ['^2', '0.1.0', false],
      ['^1.2.0', '1.9.0', true],
      ['^1.2.0', '2.0.0', false],
      ['^1 || ^2', '2.0.1', true],
      ['>=0.1', '3.0.0', true],
      ['*', '0.1.0', true],
      // A pre-release counts as the version that it leads to, for plugins of the next major and not of the last one.
      ['^0.2.0', '0.2.0-beta.1', true],
      ['^0.1.0', '0.2.0-beta.1', false],
      ['^1.0.0', '1.0.0-rc.1', true],
      ['^1.0.0-rc.1', '1.0.0-rc.2', true],
      ['1.0.0-rc.1', '1.0.0-rc.2', false],
      // No range.
      ['workspace:^', '0.1.0', true],
      ['latest', '0.1.0', true],
    ];
    const wrong: unknown[] = [];
    for (const [range, version, allowed] of table) {
      const code = await codeOf(() => checkApi({ name: 'thing', version: '2.0.0', range }, mention, version));
      if (code !== (allowed ? undefined : 'PYC_PLUGIN_OTHER_API')) wrong.push([range, version, code]);
    }
    expect(wrong).toEqual([]);
  });
});

const OTHER = { name: 'thing', version: '2.0.0', type: 'module', peerDependencies: { pycontainer: '^9' } };
const installed = (manifest: unknown) => ({
  'node_modules/thing/package.json': typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
  'node_modules/thing/index.js': "throw new Error('was run');",
  'node_modules/thing/shared.toml': 'user = "1"',
});

describe('packages', () => {
  it('are known by the first words of what an import names', () => {
    const names = [
      'thing',
      'thing/sub',
      '@me/thing',
      '@me/thing/sub/x.js',
      './thing',
      '/thing',
      '../x',
      'node:fs',
      'fs',
      'file:///x',
      'https://x',
      '@me',
      '',
    ];
    expect(names.map(packageNameOf)).toEqual([
      'thing',
      'thing',
      '@me/thing',
      '@me/thing',
      ...Array.from({ length: 9 }, () => undefined),
    ]);
  });

  it('lie in the nearest node_modules, and state nothing where their package.json cannot be read', () => {
    const root = folderOf({ ...installed(OTHER), 'a/node_modules/thing/package.json': '{', 'b/c/': '' });
    expect(findPackage('thing', join(root, 'b/c/x.ts'))).toEqual({
      name: 'thing',
      version: '2.0.0',
      range: '^9',
    });
    expect(findPackage('thing', join(root, 'a/x.ts'))).toMatchObject({ range: undefined });
    expect(findPackage('other', join(root, 'x.ts'))).toBeUndefined();
  });

  it('that a configuration imports are checked before it runs', async () => {
    const imports: readonly [text: string, line: number | undefined][] = [
      ["import a from 'pycontainer';\nimport thing from 'thing';", 2],
      ["\n\nimport 'thing/register';", 3],
      ["const thing = await import('thing');", 1],
      ['export { x } from "thing";', 1],
      ["const thing = require('thing');", 1],
      ["// import thing from 'thing';\n/* or */\n * import 'thing';", undefined],
      ["import x from './thing'; import fs from 'node:fs'; import y from 'something';", undefined],
    ];
    const file = join(folderOf(installed(OTHER)), 'pycontainer.config.ts');
    const found: unknown[] = [];
    for (const [text] of imports) {
      let line: unknown;
      const code = await codeOf(async () => {
        await checkImportedPackages(text, file, 'pycontainer.config.ts').catch((error) => {
          line = (error as { details: { line: number }[] }).details[0]?.line;
          throw error;
        });
      });
      found.push([code, line]);
    }
    expect(found).toEqual(
      imports.map(([, line]) => [line === undefined ? undefined : 'PYC_PLUGIN_OTHER_API', line]),
    );
  });

  it('that are extended are checked too', async () => {
    const config = { 'pycontainer.toml': 'preset = false\nsbom = false\nextends = "thing/shared.toml"' };
    const error = await failure(
      folderOf({ ...config, ...installed({ ...OTHER, exports: { './*': './*' } }) }),
    );
    expect([error.code, error.details]).toEqual([
      'PYC_PLUGIN_OTHER_API',
      [{ file: 'pycontainer.toml', line: 3 }],
    ]);
    const [fine] = await load(
      folderOf({ ...config, ...installed({ name: 'thing', exports: { './*': './*' } }) }),
    );
    expect(fine?.user).toBe('1');
  });
});
