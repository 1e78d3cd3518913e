/** What a uv.lock puts in, by platform and Python, against `uv export` of the same lock with its markers evaluated by pypa/packaging. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { markerEnvironment, type PythonTarget, readLock } from 'pycontainer/python';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { run } from '../harness/processes.ts';
import { makeProject } from '../harness/projects.ts';
import { BUILD_FOLDER, uv } from '../harness/uv.ts';
import { newFolder, ROOT } from '../harness/workspace.ts';

const LOCKS = join(ROOT, '../shared/conformance/locks');
const ORACLE = join(ROOT, 'test/e2e/oracle/requirements-for.py');

const PLATFORMS = ['amd64', 'arm64'] as const;

interface Package {
  readonly name: string;
  readonly source: Readonly<Record<string, string>>;
  readonly 'optional-dependencies'?: object;
  readonly 'dev-dependencies'?: object;
}

interface Lock {
  readonly 'requires-python': string;
  readonly package: readonly Package[];
}

interface Want {
  readonly package?: string;
  readonly extras: readonly string[];
  readonly groups: readonly string[];
}

/** A lock that lies there without its project: as much of each member's pyproject.toml as `uv export` reads. */
function projectOf(file: string): string {
  const folder = newFolder('exported');
  cpSync(file, join(folder, 'uv.lock'));
  const lock = parse(readFileSync(file, 'utf8')) as unknown as Lock;
  const members = membersOf(lock);
  const paths = members.map(({ source }) => source.editable ?? source.virtual ?? '.');
  for (const [index, path] of paths.entries()) {
    const member = members[index]!;
    const empty = (table: object = {}): string =>
      Object.keys(table)
        .map((key) => `${key} = []\n`)
        .join('');
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(
      join(folder, path, 'pyproject.toml'),
      `[project]\nname = "${member.name}"\nversion = "0"\nrequires-python = "${lock['requires-python']}"\n
[project.optional-dependencies]\n${empty(member['optional-dependencies'])}
[dependency-groups]\n${empty(member['dev-dependencies'])}`,
    );
  }
  if (!paths.includes('.'))
    writeFileSync(
      join(folder, 'pyproject.toml'),
      `[tool.uv.workspace]\nmembers = ${JSON.stringify(paths)}\n`,
    );
  return folder;
}

function membersOf(lock: Lock): readonly Package[] {
  return lock.package.filter(({ source }) => source.editable !== undefined || source.virtual !== undefined);
}

/** Nothing, and each extra and group by itself; of each member where there are several. */
function wantsOf(lock: Lock): readonly Want[] {
  const members = membersOf(lock);
  return members.flatMap((member) => {
    const base = members.length > 1 ? { package: member.name } : {};
    return [
      { ...base, extras: [], groups: [] },
      ...Object.keys(member['optional-dependencies'] ?? {}).map((extra) => ({
        ...base,
        extras: [extra],
        groups: [],
      })),
      ...Object.keys(member['dev-dependencies'] ?? {}).map((group) => ({
        ...base,
        extras: [],
        groups: [group],
      })),
    ];
  });
}

/** The Pythons that it is locked for, of those that Debian and Docker's images have. */
function targetsOf(requiresPython: string): readonly PythonTarget[] {
  const lowest = Number(/>=\s*3\.(\d+)/.exec(requiresPython)?.[1] ?? 0);
  return ['3.11.2', '3.13.5', '3.14.0']
    .filter((version) => Number(version.split('.')[1]) >= lowest)
    .flatMap((version) =>
      PLATFORMS.map((architecture) => ({
        implementation: 'cpython',
        version,
        abi: `cp${version.split('.').slice(0, 2).join('')}`,
        os: 'linux',
        architecture,
        libc: { family: 'glibc', version: '2.36' },
      })),
    );
}

/** Every want and target of which our choice is another one than uv's. */
async function differences(project: string): Promise<{ compared: number; wrong: readonly unknown[] }> {
  const text = readFileSync(join(project, 'uv.lock'), 'utf8');
  const parsed = parse(text) as unknown as Lock;
  const lock = await readLock('uv.lock', text, {
    directory: project,
    environment: {},
    warn() {},
    readFile: async (path) => (existsSync(path) ? readFileSync(path) : undefined),
  });
  const targets = targetsOf(parsed['requires-python']);
  const environments = targets.map((target) => ({ ...markerEnvironment(target), extra: '' }));
  const wrong: unknown[] = [];
  let compared = 0;
  for (const want of wantsOf(parsed)) {
    const file = join(project, 'requirements.txt');
    await uv(['export', ...exportFlags(want), '--output-file', file], project);
    const python = join(BUILD_FOLDER, 'python');
    const theirs = JSON.parse(
      await run([python, ORACLE, file], { input: JSON.stringify(environments) }),
    ) as readonly (readonly string[])[];
    for (const [index, target] of targets.entries()) {
      const { chosen, rejected } = lock.select(target, want);
      const items = [
        ...chosen,
        ...rejected.map(({ buildable, ...item }) => ({ source: 'none', ...buildable, ...item })),
      ];
      const ours = items
        .filter(({ source }) => source !== 'directory')
        .map((item) => ('directUrl' in item ? item.name : `${item.name}==${item.version}`))
        .sort();
      compared += ours.length;
      if (JSON.stringify(ours) !== JSON.stringify(theirs[index]))
        wrong.push({
          want,
          target: `${target.version} ${target.architecture}`,
          onlyOurs: ours.filter((name) => !theirs[index]?.includes(name)),
          onlyTheirs: theirs[index]?.filter((name) => !ours.includes(name)),
        });
    }
  }
  return { compared, wrong };
}

function exportFlags(want: Want): readonly string[] {
  return [
    ...[
      '--quiet',
      '--frozen',
      '--no-default-groups',
      '--no-emit-local',
      '--no-hashes',
      '--no-annotate',
      '--no-header',
    ],
    ...(want.package === undefined ? [] : ['--package', want.package]),
    ...want.extras.flatMap((extra) => ['--extra', extra]),
    ...want.groups.flatMap((group) => ['--group', group]),
  ];
}

if (existsSync(LOCKS)) {
  const files = readdirSync(LOCKS).filter((name) => name.endsWith('uv.lock'));
  describe.each(files)('%s', (file) => {
    test('puts in what uv exports, platform by platform', async () => {
      const { compared, wrong } = await differences(projectOf(join(LOCKS, file)));
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(10);
    });
  });
} else console.log(`left out: real locks against \`uv export\`: ${dirname(LOCKS)} is missing`);

const FORKED = `[project]
name = "forked"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
  "member-a",
  "numpy<2; python_version < '3.13'", "numpy>=2.1; python_version >= '3.13'",
  "cryptography<43; platform_machine == 'x86_64'", "cryptography>=43; platform_machine != 'x86_64'",
]
[project.optional-dependencies]
old = ["idna<3", "requests<2.32"]
new = ["idna>=3.7"]
[dependency-groups]
dev = ["iniconfig", "uvicorn[standard]"]
slim = ["markupsafe<3"]
fat = ["markupsafe>=3", "jinja2"]
[tool.uv]
conflicts = [[{ extra = "old" }, { extra = "new" }], [{ group = "slim" }, { group = "fat" }]]
[tool.uv.sources]
member-a = { workspace = true }
[tool.uv.workspace]
members = ["members/*"]
`;

describe('a workspace with conflicts and forks', () => {
  test('puts in what uv exports, member by member and platform by platform', async () => {
    const member = (name: string, rest: string): string =>
      `[project]\nname = "${name}"\nversion = "1.0"\nrequires-python = ">=3.11"\n${rest}`;
    const project = makeProject('forked', {
      'pyproject.toml': FORKED,
      'members/a/pyproject.toml': member(
        'member-a',
        'dependencies = ["member-b[web]", "click; sys_platform == \'linux\'"]\n[tool.uv.sources]\nmember-b = { workspace = true }\n',
      ),
      'members/b/pyproject.toml': member(
        'member-b',
        'dependencies = ["packaging"]\n[project.optional-dependencies]\nweb = ["httpx[http2]", "tzdata; platform_machine == \'aarch64\'"]\n',
      ),
    });
    await uv(['lock', '--quiet'], project);
    const { compared, wrong } = await differences(project);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(50);
  });
});
