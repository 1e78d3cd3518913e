import { describe, expect, it } from 'vitest';
import { readUvLock, uvLockMatchesProject } from '../../../core/python/lock/uv/index.ts';
import { parsePyproject } from '../../../core/python/pyproject.ts';

/** As uv 0.13 wrote it for the project below. */
const LOCK = `version = 1
revision = 3
requires-python = ">=3.10, <3.14"

[[package]]
name = "demo-app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "httpx", extra = ["http2"] }, { name = "rich" }, { name = "tomli", marker = "python_full_version < '3.11'" }, { name = "tool" }]

[package.optional-dependencies]
big-one = [{ name = "rich", marker = "python_full_version >= '3.12'" }]

[package.dev-dependencies]
dev = [{ name = "rich" }, { name = "tomli" }]
lint = [{ name = "tomli" }]

[package.metadata]
requires-dist = [
    { name = "demo-app", extras = ["big-one"], marker = "extra == 'self'" },
    { name = "httpx", extras = ["http2"], specifier = ">=0.27,!=0.27.1" },
    { name = "rich", specifier = "~=13.0" },
    { name = "rich", marker = "python_full_version >= '3.12' and extra == 'big-one'", specifier = ">=13.5" },
    { name = "tomli", marker = "python_full_version < '3.11'", specifier = ">=2" },
    { name = "tool", git = "https://example.org/tool?tag=1" },
]
provides-extras = ["big-one", "self"]

[package.metadata.requires-dev]
dev = [{ name = "rich" }, { name = "tomli", specifier = ">=2" }]
empty = []
lint = [{ name = "tomli", specifier = ">=2" }]

${['httpx', 'rich', 'tomli', 'tool']
  .map(
    (name) =>
      `[[package]]\nname = "${name}"\nversion = "1"\nsource = { registry = "https://index.example.org/simple" }\n`,
  )
  .join('\n')}`;

const PROJECT = `[project]
name = "Demo.App"
version = "0.1.0"
requires-python = ">=3.10,<3.14"
dependencies = ["tomli >= 2.; python_version < '3.11'", "httpx[http2] >= 0.27, != 0.27.1", "rich ~= 13.0", "tool==9"]
[project.optional-dependencies]
Big_One = ["rich>=13.5; python_version>='3.12'"]
self = ["demo-app[big-one]"]
[dependency-groups]
dev = ["rich", { include-group = "lint" }]
lint = ["tomli>=2"]
empty = []
[tool.uv.sources]
tool = { git = "https://example.org/tool", tag = "1" }
`.replace('>= 2.;', '>= 2;');

async function reason(pyproject: string, lock = LOCK): Promise<string | undefined> {
  const read = await readUvLock('uv.lock', lock, { directory: '/work' });
  return uvLockMatchesProject(read.lock, parsePyproject(pyproject));
}

describe('a uv.lock beside its pyproject.toml', () => {
  it('fits, however differently uv wrote the same requirements down', async () => {
    expect(await reason(PROJECT)).toBeUndefined();
  });

  it.each([
    ['a new version of the project', 'version = "0.1.0"', 'version = "0.2.0"'],
    ['another order and spelling', '"rich ~= 13.0"', '"Rich~=13.0"'],
    ['a marker that says the same', "python_version < '3.11'", "python_full_version < '3.11.0'"],
    ['a version for what comes from git', '"tool==9"', '"tool>=3"'],
    ['a group without members', 'empty = []', 'hollow = []'],
    ['requirements that the backend computes', 'dependencies = [', 'dynamic = ["dependencies"]\n#'],
  ])('still fits with %s', async (_what, before, after) => {
    expect(PROJECT).toContain(before);
    expect(await reason(PROJECT.replace(before, after))).toBeUndefined();
  });

  it.each([
    ['a new requirement', '"rich ~= 13.0"', '"rich ~= 13.0", "idna"'],
    ['a requirement gone', ', "rich ~= 13.0"', ''],
    ['another version', '~= 13.0', '~= 14.0'],
    ['another extra', 'httpx[http2]', 'httpx[socks]'],
    ['another marker', "python_version < '3.11'", "python_version < '3.12'"],
    ['a marker gone', "; python_version < '3.11'", ''],
    ['a new extra', 'self = [', 'more = ["idna"]\nself = ['],
    ['a changed extra', 'rich>=13.5', 'rich>=13.6'],
    ['an extra gone', 'Big_One = ["rich>=13.5; python_version>=\'3.12\'"]', ''],
    ['a changed group', 'lint = ["tomli>=2"]', 'lint = ["tomli>=3"]'],
    ['a new group', 'empty = []', 'empty = []\nprod = ["idna"]'],
    ['a narrower Python', '>=3.10,<3.14', '>=3.11,<3.14'],
    ['a wider Python', '>=3.10,<3.14', '>=3.10'],
    ['another name', 'Demo.App', 'other'],
  ])('is stale with %s', async (_what, before, after) => {
    expect(PROJECT).toContain(before);
    expect(await reason(PROJECT.replace(before, after))).toEqual(expect.any(String));
  });

  it('can still tell a requirement that is not locked at all where the lock records none', async () => {
    const bare = LOCK.replace('revision = 3', 'revision = 4').replace(
      /\[package\.metadata\][\s\S]*?(?=\[\[package)/,
      '',
    );
    expect(await reason(PROJECT, bare)).toBeUndefined();
    expect(await reason(PROJECT.replace('"tool==9"', '"tool==9", "idna"'), bare)).toContain('idna');
  });
});
