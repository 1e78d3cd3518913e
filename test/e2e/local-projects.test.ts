/** Projects of the backends whose rules the program follows: what it plans is what they build, and so is the image. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences, writeTree } from './harness/backends.ts';
import { foreignBase } from './harness/images.ts';
import { blobFile, manifestOf } from './harness/layout.ts';
import { type Built, build } from './harness/pyc.ts';
import { HOST_PYTHON, UV_FOLDER } from './harness/uv.ts';
import { newFolder, ROOT } from './harness/workspace.ts';
import { FLIT, FLIT_3 } from './local-project-trees/flit.ts';
import { HATCHLING } from './local-project-trees/hatchling.ts';
import { PDM } from './local-project-trees/pdm.ts';
import { POETRY } from './local-project-trees/poetry.ts';
import { SETUP_CFG } from './local-project-trees/setup-cfg.ts';
import { SETUPTOOLS_TREES } from './local-project-trees/setuptools.ts';
import { type ProjectTree, repinned } from './local-project-trees/tree.ts';
import { UV_BUILD } from './local-project-trees/uv-build.ts';

const VECTORS = join(ROOT, '../shared/conformance/local_project_vectors.json');

describe('what is planned of a project is what its backend builds', () => {
  test.each([
    ['hatchling', HATCHLING, 'backends'],
    ['setuptools', SETUPTOOLS_TREES, 'backends'],
    ['setuptools, by setup.cfg', SETUP_CFG, 'backends'],
    ['flit', FLIT, 'backends'],
    ['hatchling, newer', repinned(HATCHLING, '==1.32.4', '==1.33.0'), 'backends-newer'],
    ['setuptools, newer', repinned(SETUPTOOLS_TREES, '==84.0.0', '>=84.1'), 'backends-newer'],
    ['setuptools by setup.cfg, newer', repinned(SETUP_CFG, '==84.0.0', '>=84.1'), 'backends-newer'],
    ['flit, newer', repinned(FLIT, '==4.1.0', '==4.2.0'), 'backends-newer'],
    ['flit, the major version before', FLIT_3, 'backends-flit3'],
    ['poetry-core', POETRY, 'backends'],
    ['uv_build', UV_BUILD, 'backends'],
    ['pdm-backend', PDM, 'backends'],
  ])('%s', async (_, trees, peer) => {
    expect(await differences(trees, peer)).toEqual([]);
  });

  if (existsSync(VECTORS)) {
    test('the conformance vectors', async () => {
      const { projects } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
        projects: Record<string, { files: Record<string, string>; error?: string }>;
      };
      const trees = Object.entries(projects).map(([name, { files, error }]): [string, ProjectTree] => {
        const isDynamic = error !== undefined || files['pyproject.toml'] === undefined;
        return [name, { files, ...(isDynamic ? { dynamic: true } : {}) }];
      });
      expect(await differences(Object.fromEntries(trees), 'backends')).toEqual([]);
    });
  } else process.stdout.write('left out: the conformance data of local projects, which is not there\n');
});

/** The uncompressed digests of an image's layers. */
function diffIds(layout: string, { digest }: Built): readonly string[] {
  const config = JSON.parse(readFileSync(blobFile(layout, manifestOf(layout, digest).config.digest), 'utf8'));
  return (config as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids;
}

test('an image has the same layers whether the host built the wheel or not', async () => {
  const base = `layout:${await foreignBase()}:base`;
  const project = await writeTree('project', HATCHLING.shared!);
  const [planned, built] = [newFolder('planned'), newFolder('built')];
  const common = [project, '--base', base, '--set', 'entrypoint=["python3"]'];
  const without = await build([...common, '--output', `layout:${planned}`], { env: { PATH: '/nowhere' } });
  const env = { PATH: `${UV_FOLDER}:/usr/bin:/bin`, UV_PYTHON: HOST_PYTHON };
  const withHost = await build([...common, '--set', 'builder=host', '--output', `layout:${built}`], { env });
  expect(diffIds(planned, without)).toEqual(diffIds(built, withHost));
});
