import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';

it('a plugin’s test runs under node:test', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pyc-node-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'greeting.test.mjs');
  // The sources as one module, as `scripts/build.mjs` bundles them: Node 20 reads no TypeScript.
  await build({
    entryPoints: [join(import.meta.dirname, 'plugin/greeting.test.mjs')],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    external: ['jiti', 'typescript', 'xmlbuilder2'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const args = ['--test', '--test-reporter=tap', file];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: folder });
  expect(stdout).toMatch(/^# pass 2$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});
