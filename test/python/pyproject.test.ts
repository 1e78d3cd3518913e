import { describe, expect, it } from 'vitest';
import { parsePyproject } from '../../core/python/pyproject.ts';
import { codeOf } from './conformance.ts';

const FULL = `
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"
backend-path = ["."]

[project]
name = "My.Shop"
version = "1.02"
description = "A shop"
readme = "README.md"
requires-python = ">=3.11,<4"
license = "MIT OR Apache-2.0"
license-files = ["LICENSE*"]
authors = [{ name = "A", email = "a@example.org" }, { name = "B" }]
keywords = ["shop"]
classifiers = ["Programming Language :: Python"]
dependencies = ["fastapi>=0.100", "uvicorn ; os_name == 'posix'"]
dynamic = ["maintainers"]

[project.optional-dependencies]
Post_gres = ["psycopg"]

[project.urls]
Homepage = "https://example.org"

[project.scripts]
shop = "shop.cli:main"

[project.gui-scripts]
shop-gui = "shop.gui:main"

[project.entry-points."shop.plugins"]
mail = "shop.mail"

[dependency-groups]
dev = ["pytest"]

[tool.uv]
package = true
`;

function faultPaths(text: string): readonly string[] {
  try {
    parsePyproject(text);
    return [];
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'PYC_PYPROJECT_INVALID' });
    return (thrown as { details: readonly { path: string }[] }).details.map(({ path }) => path);
  }
}

describe('parsePyproject', () => {
  it('reads the project, its build system, groups and tools', () => {
    const { project, buildSystem, dependencyGroups, tool } = parsePyproject(FULL);
    expect(project).toMatchObject({
      name: 'My.Shop',
      normalizedName: 'my-shop',
      description: 'A shop',
      readme: { file: 'README.md' },
      license: { expression: 'MIT OR Apache-2.0' },
      licenseFiles: ['LICENSE*'],
      authors: [
        { name: 'A', email: 'a@example.org' },
        { name: 'B', email: undefined },
      ],
      scripts: [{ name: 'shop', module: 'shop.cli', attribute: 'main', extras: [] }],
      guiScripts: [{ name: 'shop-gui', module: 'shop.gui', attribute: 'main', extras: [] }],
    });
    expect(project?.version?.toString()).toBe('1.2');
    expect(project?.requiresPython?.toString()).toBe('<4,>=3.11');
    expect(project?.dependencies.map(String)).toEqual(['fastapi>=0.100', 'uvicorn; os_name == "posix"']);
    expect([...(project?.optionalDependencies.keys() ?? [])]).toEqual(['post-gres']);
    expect(project?.urls.get('Homepage')).toBe('https://example.org');
    expect(project?.entryPoints.get('shop.plugins')?.[0]?.module).toBe('shop.mail');
    expect(project?.dynamic.has('maintainers')).toBe(true);
    expect(buildSystem).toMatchObject({ backend: 'hatchling.build', backendPath: ['.'] });
    expect([dependencyGroups, tool]).toEqual([{ dev: ['pytest'] }, { uv: { package: true } }]);
  });

  it('takes a file without a project', () => {
    expect(parsePyproject('[tool.poetry]\nname = "a"\n')).toMatchObject({
      project: undefined,
      buildSystem: undefined,
    });
  });

  it('takes a version that the backend will say', () => {
    expect(parsePyproject('[project]\nname = "a"\ndynamic = ["version"]\n').project?.version).toBeUndefined();
  });

  it('takes the older forms of a licence', () => {
    const license = (value: string): unknown =>
      parsePyproject(`[project]\nname = "a"\nversion = "1"\nlicense = ${value}\n`).project?.license;
    expect(license('{ text = "MIT" }')).toEqual({ text: 'MIT' });
    expect(license('{ file = "LICENSE" }')).toEqual({ file: 'LICENSE' });
    expect(faultPaths('[project]\nname = "a"\nversion = "1"\nlicense = {}\n')).toEqual(['project.license']);
  });

  it('names all faults at once, with dotted paths', () => {
    const text = `
[build-system]
build-backend = 3
[project]
name = "-a-"
description = 3
requires-python = "three"
dependencies = ["ok", "not ok", 4]
authors = ["a", { name = "a", phone = "1" }, { name = 3 }]
dynamic = ["name", "description"]
[project.optional-dependencies]
a-b = ["x"]
a_b = ["y"]
"../c" = []
[project.scripts]
"../x" = "a:b"
y = "a:b()"
[project.entry-points]
console_scripts = { z = "a:b" }
[project.urls]
Home = 3
`;
    expect([...faultPaths(text)].sort()).toEqual([
      'build-system.build-backend',
      'build-system.requires',
      'project.authors[0]',
      'project.authors[1]',
      'project.authors[2]',
      'project.dependencies[1]',
      'project.dependencies[2]',
      'project.description',
      'project.description',
      'project.dynamic[0]',
      'project.entry-points.console_scripts',
      'project.name',
      'project.optional-dependencies."../c"',
      'project.optional-dependencies.a_b',
      'project.requires-python',
      'project.scripts."../x"',
      'project.scripts.y',
      'project.urls.Home',
      'project.version',
    ]);
  });

  it('refuses what is no TOML, or no tables', () => {
    expect(codeOf(() => parsePyproject('[project'))).toBe('PYC_PYPROJECT_INVALID');
    expect(faultPaths('project = 3\ntool = []\n')).toEqual(['project', 'tool']);
  });
});
