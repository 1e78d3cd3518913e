/**
 * Free-threaded CPython and PyPy: the wheels of real releases that are chosen for them, against the tags that pypa/packaging gives. No
 * package source here has such an interpreter, so that the images are not started.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from './harness/processes.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { build, buildInVain } from './harness/pyc.ts';
import { BUILD_FOLDER, uv } from './harness/uv.ts';
import { newFolder, ROOT } from './harness/workspace.ts';

const ORACLE = join(ROOT, 'test/e2e/oracle/wheels-for.py');
const MACHINES = { 'linux/amd64': 'x86_64', 'linux/arm64': 'aarch64' } as const;

/** Names of all wheels in a uv.lock. */
function wheelsIn(project: string): readonly string[] {
  const lock = readFileSync(join(project, 'uv.lock'), 'utf8');
  return [...lock.matchAll(/\/([^/"]+\.whl)"/g)].map(([, name]) => decodeURIComponent(name!));
}

async function locked(name: string, dependencies: readonly string[]) {
  const text = pyprojectOf(name, dependencies).replace('>=3.9', '>=3.11');
  const project = makeProject(name, { 'pyproject.toml': text, 'main.py': '' });
  await uv(['lock', '--quiet'], project);
  // The oracle's tags are those of the host's C library.
  const libc = (await run(['getconf', 'GNU_LIBC_VERSION'])).replace(' ', '-');
  const flags = (python: string) => [
    ...[project, '--base', 'scratch', '--python', python, '--libc', libc],
    ...['--platform', Object.keys(MACHINES).join(','), '--set', 'python.interpreter=/usr/bin/python3'],
  ];
  return { wheels: wheelsIn(project), flags };
}

test.each([
  ['3.14t', 'cp314t', ['rpds-py==0.27.1', 'markupsafe>=3.0.3', 'pyyaml>=6.0.3', 'coverage', 'idna']],
  ['3.14', 'cp314', ['rpds-py==0.27.1', 'markupsafe>=3.0.3', 'cryptography==45.0.7', 'idna']],
  // What only CPython needs stays out: cryptography asks for cffi there.
  ['pypy3.11', 'pp311', ['rpds-py==0.27.1', 'cryptography==45.0.7', 'charset-normalizer', 'idna']],
] as const)('%s has the wheels that are for it', async (python, tag, dependencies) => {
  const { wheels, flags } = await locked(`for-${tag}`, dependencies);
  const { report } = await build([...flags(python), '--output', `layout:${newFolder('image')}`]);
  const questions = report.images.flatMap(({ platform, distributions }) =>
    distributions.map(({ name }) => [
      tag,
      MACHINES[platform as keyof typeof MACHINES],
      wheels.filter((wheel) => wheel.startsWith(`${name.replaceAll('-', '_')}-`)),
    ]),
  );
  expect(questions.length).toBeGreaterThanOrEqual(2 * dependencies.length);
  const answers = await run([join(BUILD_FOLDER, 'python'), ORACLE], { input: JSON.stringify(questions) });
  const files = report.images.flatMap(({ distributions }) => distributions.map(({ file }) => file));
  expect(files).toEqual(JSON.parse(answers));
  expect(files.some((file) => file?.includes(tag === 'cp314' ? '-abi3-' : tag))).toBe(true);
  expect(report.images[0]?.distributions.some(({ name }) => name === 'cffi')).toBe(tag === 'cp314');
});

test('wheels for the stable ABI are none for a free-threaded Python: only its sources are left', async () => {
  const { wheels, flags } = await locked('stable', ['cryptography==45.0.7']);
  const { error } = await buildInVain(flags('3.14t'));
  expect(error.code).toBe('PYC_NO_BUILDER');
  expect(error.message).toContain('cryptography');
  const cryptography = wheels.filter((wheel) => wheel.startsWith('cryptography-'));
  const answer = await run([join(BUILD_FOLDER, 'python'), ORACLE], {
    input: JSON.stringify([['cp314t', 'x86_64', cryptography]]),
  });
  expect(JSON.parse(answer)).toEqual([null]);
});
