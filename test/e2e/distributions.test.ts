/** What a configuration changes of a real lock: another build in place of the locked one, and what stays out, each with its reason. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { foreignBase } from './harness/images.ts';
import { LIST_INSTALLED, withoutTools } from './harness/locking-tools.ts';
import { runContainer } from './harness/podman.ts';
import { succeeded } from './harness/processes.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { build, buildInVain } from './harness/pyc.ts';
import { uv } from './harness/uv.ts';
import { newFolder } from './harness/workspace.ts';

const SLIM = 'the small build is enough';
const UNUSED = 'nothing here prints Markdown';

/** Hashes of everything that PyPI has of a version: one for each platform that may be built. */
async function hashesOf(requirement: string): Promise<readonly string[]> {
  const project = makeProject('hashes', { 'pyproject.toml': pyprojectOf('hashes', [requirement]) });
  await uv(['lock', '--quiet'], project);
  return [...readFileSync(join(project, 'uv.lock'), 'utf8').matchAll(/sha256:\w{64}/g)].map(([hash]) => hash);
}

test('a build stands in for the locked one, and what is left out takes along what it alone needs', async () => {
  const project = makeProject('changed', {
    'pyproject.toml': pyprojectOf('changed', ['charset-normalizer==3.4.4', 'rich~=14.0']).replace(
      '3.9',
      '3.10',
    ),
    'main.py': `import charset_normalizer, rich\n${LIST_INSTALLED}`,
  });
  await uv(['lock', '--quiet'], project);
  const configure = (hashes: readonly string[]) =>
    writeFileSync(
      join(project, 'pycontainer.toml'),
      `entrypoint = ["python", "/app/main.py"]
[[distributions.replace]]
name = "charset-normalizer"
with = "3.4.3"
hashes = ${JSON.stringify(hashes)}
reason = "${SLIM}"
[[distributions.exclude]]
name = "markdown-*"
reason = "${UNUSED}"
`,
    );
  configure(await hashesOf('charset-normalizer==3.4.3'));
  const layout = newFolder('image');
  const base = ['--base', `layout:${await foreignBase()}:base`];
  const { report, image } = await build([project, ...base, '--output', `layout:${layout}`]);
  expect(image.distributions.find(({ name }) => name === 'charset-normalizer')).toMatchObject({
    version: '3.4.3',
    file: expect.stringContaining('charset_normalizer-3.4.3-cp311-cp311-'),
    replaces: { version: '3.4.4', reason: SLIM },
  });
  expect(image.excluded.map(({ name, reason }) => [name, reason])).toEqual([
    ['markdown-it-py', UNUSED],
    ['mdurl', expect.any(String)],
  ]);
  expect(report.warnings.map(({ code }) => code)).toEqual(['PYC_EXCLUDED_IS_NEEDED']);
  const ended = await runContainer(`oci:${layout}:latest`, [], ['--tmpfs', '/tmp']);
  const names = withoutTools(succeeded(['podman', 'run', 'changed'], ended).stdout).map(
    (line) => line.split('==')[0],
  );
  expect(names).toEqual(['charset-normalizer', 'pygments', 'rich']);

  // A file that no hash is stated of is not taken from anywhere.
  configure([`sha256:${'0'.repeat(64)}`]);
  const refused = await buildInVain([project, ...base], { store: newFolder('store') });
  expect(refused.error.code).toBe('PYC_INDEX_FILE_MISSING');
});
