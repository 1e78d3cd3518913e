import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { readPages, root } from '../docs/markdown.ts';
import { snippetsOf } from '../docs/snippets.ts';

/** How each runtime runs tests that import `node:test`, and what it says when all three have passed. */
const RUNNER: readonly [args: readonly string[], passed: RegExp] =
  process.versions.bun !== undefined
    ? [['test', './all.test.mjs'], /^ *3 pass\n *0 fail$/m]
    : 'Deno' in globalThis
      ? [['test', '--allow-all', '--no-check', 'all.test.mjs'], /\b3 passed\b.*\b0 failed\b/]
      : [['--test', '--test-reporter=tap', 'all.test.mjs'], /^# pass 3\n# fail 0$/m];

it('a plugin’s test runs under node:test, as does what the guide shows', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pyc-node-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const guide = readPages().find(({ path }) => path === 'docs/guide/testing.md');
  const snippets = snippetsOf(guide!).filter(({ code }) => !code.includes("from 'vitest'"));
  for (const { name, code } of snippets) await writeFile(join(folder, name), code);
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/pycontainer'));
  const modules = [
    join(import.meta.dirname, 'plugin/greeting.test.mjs'),
    ...snippets.map(({ name }) => `./${name}`),
  ];
  // The sources as one module, as `scripts/build.mjs` bundles them: Node 20 reads no TypeScript.
  const file = join(folder, 'all.test.mjs');
  await build({
    stdin: { contents: modules.map((name) => `import '${name}';`).join('\n'), resolveDir: folder },
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
  const [args, passed] = RUNNER;
  const ended = await promisify(execFile)(process.execPath, args, {
    env: { ...env, NO_COLOR: '1' },
    cwd: folder,
  }).catch((error: { readonly stdout: string; readonly stderr: string }) => error);
  expect(ended.stdout + ended.stderr).toMatch(passed);
  expect(snippets.length).toBeGreaterThan(7);
});
