/** Projects of many kinds, locked today: laid out as installers lay them out, and importable where nothing can be written. */
import { describe, expect, test } from 'vitest';
import { differencesFromInstallers } from '../harness/environments.ts';
import { runContainer } from '../harness/podman.ts';
import { succeeded } from '../harness/processes.ts';
import { makeProject, pyprojectOf } from '../harness/projects.ts';
import { build } from '../harness/pyc.ts';
import { uv } from '../harness/uv.ts';
import { newFolder } from '../harness/workspace.ts';

/** What a project depends on, and what it imports. */
const PROJECTS: readonly (readonly [
  name: string,
  dependencies: readonly string[],
  modules: readonly string[],
])[] = [
  [
    'arrays',
    ['numpy', 'pandas', 'scipy', 'scikit-learn'],
    ['numpy', 'pandas', 'scipy.linalg', 'sklearn.svm'],
  ],
  ['columns', ['polars', 'pyarrow', 'duckdb'], ['polars', 'pyarrow.parquet', 'duckdb']],
  [
    'databases',
    ['sqlalchemy', 'psycopg[binary]', 'asyncpg', 'alembic'],
    ['sqlalchemy', 'psycopg', 'asyncpg', 'alembic'],
  ],
  [
    'documents',
    ['lxml', 'pillow', 'reportlab', 'openpyxl'],
    ['lxml.etree', 'PIL.Image', 'reportlab', 'openpyxl'],
  ],
  ['notebooks', ['jupyterlab', 'ipykernel'], ['jupyterlab', 'ipykernel', 'zmq']],
  [
    'secrets',
    ['cryptography', 'pyjwt', 'paramiko', 'bcrypt'],
    ['cryptography.x509', 'jwt', 'paramiko', 'bcrypt'],
  ],
  [
    'services',
    ['aiohttp', 'grpcio', 'protobuf', 'celery[redis]'],
    ['aiohttp', 'grpc', 'google.protobuf', 'celery'],
  ],
  [
    'clouds',
    ['boto3', 'azure-identity', 'google-cloud-storage'],
    ['boto3', 'azure.identity', 'google.cloud.storage'],
  ],
  ['tools', ['ansible-core', 'black', 'mypy', 'ruff'], ['ansible', 'black', 'mypy.api']],
];

describe.each(PROJECTS)('a project with %s', (name, dependencies, modules) => {
  test('has them as uv and pip would install them, and imports them', async () => {
    const project = makeProject(name, {
      'pyproject.toml': `${pyprojectOf(name, dependencies)}
[tool.pycontainer]
entrypoint = ["python", "/app/main.py"]
`.replace('>=3.9', '>=3.11'),
      'main.py': `import ${modules.join(', ')}\nprint("imported")\n`,
    });
    await uv(['lock', '--quiet'], project);
    expect((await differencesFromInstallers(project)).differences).toEqual([]);
    const layout = newFolder('image');
    await build([project, '--base', 'apt:bookworm', '--output', `layout:${layout}`]);
    const flags = ['--env', 'HOME=/tmp', '--tmpfs', '/tmp'];
    const ended = await runContainer(`oci:${layout}:latest`, [], flags);
    expect(succeeded(['podman', 'run', name], ended).stdout).toBe('imported\n');
  });
});
