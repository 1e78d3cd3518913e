/** Members of more kinds of repositories: what goes into each is what its tool installs for it here. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportedImage } from 'pycontainer';
import { expect, test } from 'vitest';
import { foreignBase } from '../harness/images.ts';
import { installedIn, LIST_INSTALLED, pdm, poetry, withoutTools } from '../harness/locking-tools.ts';
import { run } from '../harness/processes.ts';
import { makeProject } from '../harness/projects.ts';
import { build, cleanEnvironment } from '../harness/pyc.ts';
import { HOST_PYTHON, UV_FOLDER } from '../harness/uv.ts';
import { newFolder, PEERS } from '../harness/workspace.ts';

const POETRY = `[tool.poetry]
package-mode = false
[[tool.poetry.source]]
name = "simple"
url = "https://pypi.org/simple"
priority = "primary"
`;

function projectOf(name: string, dependencies: readonly string[], rest = ''): string {
  return `[project]
name = "${name}"
version = "1.0"
requires-python = ">=3.10,<4"
dependencies = ${JSON.stringify(dependencies)}
${rest}`;
}

const library = (backend: string, build: string, rest = ''): Readonly<Record<string, string>> => ({
  'libs/core/pyproject.toml': `${projectOf('shop-core', ['httpx~=0.28.0'])}
[project.optional-dependencies]
fast = ["h2>=4", "colorama; sys_platform == 'win32'"]
[build-system]
requires = ["${backend}"]
build-backend = "${build}"
${rest}`,
  'libs/core/shop_core/__init__.py': '',
});

async function memberOf(project: string, ...flags: string[]): Promise<ReportedImage> {
  const base = ['--base', `layout:${await foreignBase()}:base`];
  const { image } = await build([project, ...flags, ...base, '--output', `layout:${newFolder('image')}`]);
  return image;
}

const contentsOf = ({ distributions }: ReportedImage): readonly string[] =>
  distributions.map(({ name, version }) => `${name}==${version}`).sort();

test("a path dependency in a project's own lock, with an extra or without, as Poetry locks it alone", async () => {
  const project = makeProject('one-lock', {
    'pyproject.toml': projectOf(
      'shop',
      ['shop-core[fast]', 'jinja2'],
      `[tool.poetry.dependencies]\nshop-core = { path = "libs/core", develop = true, extras = ["fast"] }\n${POETRY}`,
    ),
    ...library('poetry-core', 'poetry.core.masonry.api', POETRY.replace('package-mode = false\n', '')),
    'main.py': '',
  });
  await poetry().lock(project);
  const plain = await memberOf(project, '--package', 'shop-core');
  const fast = await memberOf(project, '--package', 'shop-core', '--extra', 'fast');
  const alone = join(newFolder('alone'), 'core');
  cpSync(join(project, 'libs/core'), alone, { recursive: true });
  await poetry().lock(alone);
  await poetry().install(alone, { groups: [], extras: [] });
  expect(contentsOf(plain)).toEqual(await installedIn(alone));
  await poetry().install(alone, { groups: [], extras: ['fast'] });
  expect(contentsOf(fast)).toEqual(await installedIn(alone));
  expect(contentsOf(fast).length).toBeGreaterThan(contentsOf(plain).length);
});

test("an editable folder in PDM's development group, and one that is required, as PDM locks them alone", async () => {
  const project = makeProject('editable', {
    'pyproject.toml': projectOf(
      'shop',
      ['jinja2'],
      `[tool.pdm]\ndistribution = false\n[tool.pdm.dev-dependencies]\nours = ["-e file:///\${PROJECT_ROOT}/libs/core#egg=shop-core"]\n`,
    ),
    ...library('pdm-backend', 'pdm.backend'),
    'main.py': '',
  });
  await pdm().lock(project);
  const member = await memberOf(project, '--package', 'shop-core');
  const alone = join(newFolder('alone'), 'core');
  cpSync(join(project, 'libs/core'), alone, { recursive: true });
  await pdm().lock(alone);
  await pdm().install(alone, { groups: [], extras: [] });
  expect(contentsOf(member)).toEqual(await installedIn(alone));
  expect(contentsOf(await memberOf(project)).some((line) => line.startsWith('shop-core'))).toBe(false);
});

test('the members of an environment of Hatch have together what Hatch installs into it', async () => {
  const project = makeProject('hatched', {
    'hatch.toml': '[envs.default]\nskip-install = true\nworkspace.members = ["libs/*", "services/api"]\n',
    'pyproject.toml': projectOf('shop', []),
    ...library('hatchling', 'hatchling.build'),
    'services/api/pyproject.toml': `${projectOf('shop-api', ['jinja2'])}[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n`,
    'services/api/shop_api/__init__.py': '',
    'list.py': LIST_INSTALLED,
  });
  mkdirSync(join(project, '.git'));
  const env = { ...cleanEnvironment(), PATH: `${UV_FOLDER}:${process.env.PATH}`, HATCH_PYTHON: HOST_PYTHON };
  const hatch = [join(PEERS, 'hatch/bin/hatch'), '--no-color'] as const;
  // Braces in arguments mean something to Hatch.
  const printed = await run([...hatch, 'run', 'python', 'list.py'], { cwd: project, env });
  const base = ['--base', `layout:${await foreignBase()}:base`];
  const { report } = await build(
    [project, '--all-packages', ...base, '--output', `layout:${newFolder('image')}`],
    { env: { PATH: env.PATH } },
  );
  expect(report.images.map(({ name }) => name).sort()).toEqual(['shop', 'shop-api', 'shop-core']);
  const ours = new Set([...report.images.flatMap(contentsOf), 'shop-api==1.0', 'shop-core==1.0']);
  expect([...ours].sort()).toEqual(withoutTools(printed));
});
