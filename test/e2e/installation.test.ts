/** `/opt/venv` file by file against what uv and pip make of the very same wheels on this machine. */
import { describe, expect, test } from 'vitest';
import { differencesFromInstallers } from './harness/environments.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { uv } from './harness/uv.ts';
import { copyExample } from './harness/workspace.ts';

interface Project {
  readonly name: string;
  make(): Promise<string>;
  /** Paths that must be among those compared, so that the case is what it says. */
  readonly has: readonly string[];
}

const PROJECTS: readonly Project[] = [
  {
    name: 'the FastAPI example',
    make: async () => copyExample('fastapi'),
    has: ['bin/uvicorn', 'lib/python3.11/site-packages/fastapi/__init__.py'],
  },
  {
    name: 'the Django example',
    make: async () => copyExample('django'),
    has: ['bin/gunicorn', 'bin/django-admin'],
  },
  {
    name: 'wheels with scripts, data and headers',
    make: async () => {
      const wanted = ['greenlet==3.2.4', 'jsonpatch==1.33', 'jupyterlab-widgets==3.0.15', 'ninja==1.13.0'];
      const project = makeProject('odd', { 'pyproject.toml': pyprojectOf('odd', wanted), 'main.py': '' });
      await uv(
        [
          'pip',
          'compile',
          '-q',
          '--universal',
          '--generate-hashes',
          '--format',
          'pylock.toml',
          '-o',
          'pylock.toml',
          'pyproject.toml',
        ],
        project,
      );
      return project;
    },
    has: [
      'bin/jsonpatch',
      'bin/ninja',
      'include/site/python3.11/greenlet/greenlet.h',
      'share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager/install.json',
    ],
  },
];

describe.each(PROJECTS)('$name', ({ make, has }) => {
  test('is laid out as uv and pip lay it out', async () => {
    const { paths, differences } = await differencesFromInstallers(await make());
    expect(differences).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining([...has]));
  });
});
