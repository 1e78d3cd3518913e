import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  partOfPlannedWheel,
  planLocalProject,
  projectFilesIn,
} from '../../../core/python/local-project/index.ts';
import { TARGET } from '../install/laid-out.ts';
import { surroundingsOf } from './project-files.ts';

it('is a component without a digest of its own, as there is no file that was installed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pyc-planned-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const pyproject =
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "Shop"\nversion = "1.0"\nlicense = "MIT"\n';
  await writeFile(join(folder, 'pyproject.toml'), pyproject);
  await writeFile(join(folder, 'shop.py'), '');
  const plan = await planLocalProject(projectFilesIn(folder), surroundingsOf({}));
  if (!plan.static) throw new Error(plan.reason);
  const part = await partOfPlannedWheel(plan.wheel, folder, {
    name: 'shop',
    role: 'project',
    target: TARGET,
    signal: new AbortController().signal,
    keep: () => Promise.reject(new Error('no wheel is asked for')),
  });
  const { components } = await part.record(new AbortController().signal);
  expect(components).toEqual([
    expect.objectContaining({ kind: 'python', name: 'shop', version: '1.0', license: 'MIT' }),
  ]);
  expect(components[0]).not.toHaveProperty('digest');
});
