/** Projects that Poetry, PDM and Pipenv lock today: the image has what the tool itself installs here, and runs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foreignBase } from './harness/images.ts';
import {
  installedIn,
  LIST_INSTALLED,
  type LockingTool,
  pdm,
  pipenv,
  poetry,
  withoutTools,
} from './harness/locking-tools.ts';
import { runContainer } from './harness/podman.ts';
import { succeeded } from './harness/processes.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { build, buildInVain } from './harness/pyc.ts';
import { newFolder } from './harness/workspace.ts';

const DEPENDENCIES = ['jinja2~=3.1', 'pyyaml>=6', 'httpx[http2]>=0.27', 'colorama; sys_platform == "win32"'];
const MAIN = `import jinja2, yaml, httpx, h2\n${LIST_INSTALLED}`;
const START = '\n[tool.pycontainer]\nentrypoint = ["python", "/app/main.py"]\n';
const DEVELOPMENT = '\n[dependency-groups]\ndev = ["iniconfig"]\n';

/** The index that Poetry asks otherwise answers in a form that not every mirror has. */
const POETRY_SOURCE = `
[tool.poetry]
package-mode = false
[[tool.poetry.source]]
name = "simple"
url = "https://pypi.org/simple"
priority = "primary"
`;

interface Case {
  readonly name: string;
  readonly tool: LockingTool;
  readonly files: Readonly<Record<string, string>>;
  /** What is changed to make the lock stale. */
  readonly source: string;
}

const CASES: readonly Case[] = [
  {
    name: 'Poetry',
    tool: poetry(),
    files: {
      'pyproject.toml': `${pyprojectOf('of-poetry', DEPENDENCIES).replace('>=3.9', '>=3.10,<4')}${DEVELOPMENT}${POETRY_SOURCE}${START}`,
    },
    source: 'pyproject.toml',
  },
  {
    name: 'PDM',
    tool: pdm(),
    files: {
      'pyproject.toml': `${pyprojectOf('of-pdm', DEPENDENCIES).replace('>=3.9', '>=3.10')}${DEVELOPMENT}\n[tool.pdm]\ndistribution = false\n${START}`,
    },
    source: 'pyproject.toml',
  },
  {
    name: 'Pipenv',
    tool: pipenv(),
    files: {
      Pipfile: `[[source]]
name = "pypi"
url = "https://pypi.org/simple"
verify_ssl = true
[packages]
jinja2 = "~=3.1"
pyyaml = ">=6"
httpx = {version = ">=0.27", extras = ["http2"]}
colorama = {version = "*", markers = "sys_platform == 'win32'"}
[dev-packages]
iniconfig = "*"
`,
      'pyproject.toml': START,
    },
    source: 'Pipfile',
  },
];

describe.each(CASES)('a project locked by $name', ({ name, tool, files, source }) => {
  test('has what the tool installs, runs, and is refused once its lock is stale', async () => {
    const project = makeProject(name.toLowerCase(), { ...files, 'main.py': MAIN });
    await tool.lock(project);
    const layout = newFolder('image');
    const base = ['--base', `layout:${await foreignBase()}:base`];
    const { report } = await build([project, ...base, '--output', `layout:${layout}`]);
    expect(report.lock).toEqual({ path: tool.lockFile, format: tool.lockFile.split('.')[0]!.toLowerCase() });
    const ended = await runContainer(`oci:${layout}:latest`, [], ['--tmpfs', '/tmp']);
    const printed = withoutTools(succeeded(['podman', 'run', name], ended).stdout);
    await tool.install(project, { groups: [], extras: [] });
    expect(printed).toEqual(await installedIn(project));
    expect(printed.some((line) => line.startsWith('iniconfig'))).toBe(false);

    // A second build needs no index.
    const again = await build([project, ...base, '--output', `layout:${newFolder('again')}`], {
      under: ['unshare', '--net'],
    });
    expect(again.digest).toBe(report.images[0]?.digest);

    const stated = join(project, source);
    writeFileSync(stated, readFileSync(stated, 'utf8').replace('~=3.1', '~=3.1.0'));
    expect((await buildInVain([project, ...base])).error).toMatchObject({
      code: 'PYC_LOCK_STALE',
      hint: `run \`${tool.peer} lock\``,
    });
  });
});
