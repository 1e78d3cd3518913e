/** Locks of more versions of the tools, with groups and extras: what is chosen is what the tool itself installs here. */
import { describe, expect, test } from 'vitest';
import { foreignBase } from '../harness/images.ts';
import { installedIn, type LockingTool, pdm, pipenv, poetry, type Wanted } from '../harness/locking-tools.ts';
import { makeProject } from '../harness/projects.ts';
import { build } from '../harness/pyc.ts';
import { newFolder } from '../harness/workspace.ts';

const NOTHING: Wanted = { groups: [], extras: [] };

/** In the notation before `[project]`. */
const OLD_POETRY = (isDefault: string): string => `[tool.poetry]
name = "old"
version = "1.0"
description = ""
authors = ["A <a@example.org>"]
[tool.poetry.dependencies]
python = "^3.10"
httpx = { version = "~0.27", extras = ["http2"] }
sqlalchemy = "^2.0"
packaging = [{ version = "23.2", python = "<3.11" }, { version = "^24.0", python = ">=3.11" }]
colorama = { version = "^0.4", markers = "sys_platform == 'win32'" }
shellingham = { version = "^1.5", optional = true }
[tool.poetry.extras]
shell = ["shellingham"]
[tool.poetry.dev-dependencies]
pytest = "^8"
[[tool.poetry.source]]
name = "simple"
url = "https://pypi.org/simple"
${isDefault}
`;

const STANDARD = (python: string, tool: string): string => `[project]
name = "new"
version = "1.0"
requires-python = "${python}"
dependencies = ["httpx[http2]~=0.27.0", "sqlalchemy>=2,<3", "uvicorn[standard]", "colorama; sys_platform == 'win32'"]
[project.optional-dependencies]
shell = ["shellingham>=1.5"]
[dependency-groups]
dev = ["pytest>=8,<9"]
${tool}
`;

const POETRY = `[tool.poetry]
package-mode = false
[[tool.poetry.source]]
name = "simple"
url = "https://pypi.org/simple"
priority = "primary"`;
/** Version 2.0 does not know the standard's groups. */
const POETRY_GROUPS = `${POETRY}
[tool.poetry.group.dev.dependencies]
pytest = "^8"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
markdown = "^3.5"`;

const PIPFILE = `[[source]]
name = "pypi"
url = "https://pypi.org/simple"
verify_ssl = true
[packages]
httpx = {version = "~=0.27.0", extras = ["http2"]}
sqlalchemy = ">=2,<3"
[dev-packages]
pytest = ">=8,<9"
`;

const ALL: Wanted = { groups: ['dev'], extras: ['shell'] };
const withoutGroups = (text: string): string => text.replace(/\[dependency-groups\]\n.*\n/, '');

interface Case {
  readonly name: string;
  readonly tool: LockingTool;
  readonly files: Readonly<Record<string, string>>;
  readonly wants: readonly Wanted[];
}

const CASES: readonly Case[] = [
  {
    name: 'Poetry 1.1 (format 1.1)',
    tool: poetry('poetry-1.1'),
    files: { 'pyproject.toml': OLD_POETRY('default = true') },
    wants: [NOTHING, ALL],
  },
  {
    name: 'Poetry 1.8 (format 2.0)',
    tool: poetry('poetry-1.8'),
    files: { 'pyproject.toml': OLD_POETRY('priority = "primary"') },
    wants: [NOTHING, ALL],
  },
  {
    name: 'Poetry 2.0 (format 2.1)',
    tool: poetry('poetry-2.0'),
    files: { 'pyproject.toml': withoutGroups(STANDARD('>=3.10,<4', POETRY_GROUPS)) },
    wants: [NOTHING, ALL, { groups: ['dev', 'docs'], extras: [] }],
  },
  {
    name: 'Poetry of today',
    tool: poetry(),
    files: { 'pyproject.toml': STANDARD('>=3.10,<4', POETRY) },
    wants: [NOTHING, ALL],
  },
  {
    name: 'PDM without inherited metadata',
    tool: pdm(['no_inherit_metadata']),
    files: { 'pyproject.toml': STANDARD('>=3.10', '[tool.pdm]\ndistribution = false') },
    wants: [NOTHING, ALL],
  },
  {
    name: 'PDM with static URLs',
    tool: pdm(['static_urls']),
    files: { 'pyproject.toml': STANDARD('>=3.10', '[tool.pdm]\ndistribution = false') },
    wants: [NOTHING, ALL],
  },
  {
    name: 'Pipenv',
    tool: pipenv(),
    files: { Pipfile: PIPFILE, 'pyproject.toml': '[tool.pycontainer]\nentrypoint = ["python"]\n' },
    wants: [NOTHING, { groups: ['dev'], extras: [] }],
  },
];

describe.each(CASES)('a lock of $name', ({ tool, files, wants }) => {
  test.each(wants)('gives what the tool installs: %j', async (want) => {
    const project = makeProject('locked', { ...files, 'main.py': '' });
    await tool.lock(project);
    const flags = [
      ...want.groups.flatMap((group) => ['--group', group]),
      ...want.extras.flatMap((extra) => ['--extra', extra]),
    ];
    const base = `layout:${await foreignBase()}:base`;
    const { image } = await build([
      project,
      ...flags,
      '--base',
      base,
      '--output',
      `layout:${newFolder('image')}`,
    ]);
    await tool.install(project, want);
    expect(image.distributions.map(({ name, version }) => `${name}==${version}`).sort()).toEqual(
      await installedIn(project),
    );
  });
});
