/**
 * Our reader of Python sources against CPython's own parser: the same facts of every file of the standard library, of its
 * tests, which hold all syntax there is, and of the frameworks that presets know. The Python is the newest that Debian has.
 */
import { copyFileSync, createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isPycError } from 'pycontainer';
import { readModule } from 'pycontainer/python';
import { beforeAll, expect, test } from 'vitest';
import { factsOf } from './harness/facts.ts';
import { run } from './harness/processes.ts';
import { makeProject } from './harness/projects.ts';
import { build } from './harness/pyc.ts';
import { newFolder, ROOT } from './harness/workspace.ts';

const VERSION = '3.14';
/** Their own files alone: nothing of them is run. */
const FRAMEWORKS = [
  'celery==5.7.0',
  'django==5.2.19',
  'fastapi==0.165.0',
  'flask==3.1.3',
  'gunicorn==27.0.1',
  'litestar==2.25.0',
  'starlette==1.10.0',
  'streamlit==1.67.0',
  'uvicorn==0.54.0',
];
const CONFIGURATION = `
import { defineConfig } from 'pycontainer';
import debian from 'pycontainer/plugins/debian';

export default defineConfig({
  // What is in testing has no date that a mirror keeps.
  base: debian('forky', { packages: ['libpython${VERSION}-testsuite'], checkValidUntil: false }),
  entrypoint: ['python'],
});
`;

/** The files of an image with that Python and the frameworks. */
let root = '';

beforeAll(async () => {
  const project = makeProject('corpus', {
    'pycontainer.config.ts': CONFIGURATION,
    'requirements.txt': `${FRAMEWORKS.join('\n')}\n`,
  });
  const layout = newFolder('image');
  const { image } = await build([project, '--output', `layout:${layout}`]);
  expect(image.python.version).toMatch(new RegExp(`^${VERSION}\\.`));
  const bundle = join(newFolder('bundle'), 'out');
  await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, bundle]);
  root = join(bundle, 'rootfs');
  copyFileSync(join(ROOT, 'test/e2e/oracle/facts.py'), join(root, 'tmp/facts.py'));
});

test.each([
  ['the standard library', `/usr/lib/python${VERSION}`, 1500],
  ['the frameworks', `/opt/venv/lib/python${VERSION}/site-packages`, 2000],
])('reads of %s what Python does', async (_, folder, least) => {
  await run([
    'chroot',
    root,
    '/opt/venv/bin/python',
    '-W',
    'ignore',
    '/tmp/facts.py',
    folder,
    '/tmp/facts.ndjson',
  ]);
  const differences: unknown[] = [];
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(join(root, 'tmp/facts.ndjson')) })) {
    const [path, theirs] = JSON.parse(line) as [path: string, facts: unknown[] | null];
    const ours = read(path, readFileSync(join(root, folder, path)));
    count += 1;
    // Our reader validates nothing: it may take what Python refuses, and not the other way round.
    if (theirs !== null && JSON.stringify(ours) !== JSON.stringify(theirs)) {
      differences.push([path, ...firstDifference(ours, theirs)]);
    }
  }
  expect(differences).toEqual([]);
  expect(count).toBeGreaterThan(least);
});

/** The facts, or the message of the only error that there is. */
function read(path: string, source: Uint8Array): unknown {
  try {
    return factsOf(readModule(path, source).statements);
  } catch (error) {
    if (isPycError(error) && error.code === 'PYC_SOURCE_UNREADABLE') return error.message;
    throw error;
  }
}

function firstDifference(ours: unknown, theirs: unknown): [ours: unknown, theirs: unknown] {
  if (!Array.isArray(ours) || !Array.isArray(theirs)) return [ours, theirs];
  for (let index = 0; index < Math.max(ours.length, theirs.length); index += 1) {
    const [one, other] = [ours[index] as unknown, theirs[index] as unknown];
    if (JSON.stringify(one) !== JSON.stringify(other)) return firstDifference(one, other);
  }
  return [ours, theirs];
}
