/** A wheelhouse that a build wrote, as pip and uv install from it, and as a build without a network reads it. */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { run } from './harness/processes.ts';
import { makeProject } from './harness/projects.ts';
import { type Built, build, buildInVain, cleanEnvironment } from './harness/pyc.ts';
import { HOST_PYTHON, uv } from './harness/uv.ts';
import { newFolder, PEERS } from './harness/workspace.ts';

const FILES = {
  'pyproject.toml': `[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "housed"
version = "1.5"
requires-python = ">=3.9"
dependencies = ["jinja2~=3.1", "httpx>=0.27", "pyyaml>=6", "beside"]
[project.scripts]
housed = "housed:main"
[tool.uv.sources]
beside = { path = "beside" }
[tool.hatch.build.targets.wheel]
packages = ["housed"]
`,
  // Locked as a folder: its wheel is made here.
  'beside/pyproject.toml': `[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "beside"
version = "0.2"
requires-python = ">=3.9"
`,
  'beside/beside/__init__.py': '',
  'housed/__init__.py': 'import beside, httpx, jinja2, yaml\n\ndef main():\n    print("all there")\n',
};
const PIP = [join(PEERS, 'build/bin/python'), '-m', 'pip', '--disable-pip-version-check'] as const;

let project: string;
let wheels: string;
let first: Built;
/** The Python of the image, which is the host's. */
let python: string;

beforeAll(async () => {
  project = makeProject('housed', FILES);
  await uv(['lock', '--quiet'], project);
  python = await run([HOST_PYTHON, '-c', 'import platform; print(platform.python_version())']);
  wheels = join(newFolder('wheels'), 'house');
  first = await make(`--output=wheelhouse:${wheels}`, `--output=layout:${join(project, 'build/image')}`);
});

function flags(): readonly string[] {
  const platforms = '--platform=linux/amd64,linux/arm64';
  return [
    project,
    '--base=scratch',
    `--python=${python}`,
    '--libc=glibc-2.36',
    platforms,
    '--set=sbom=false',
  ];
}

function make(...args: string[]): Promise<Built> {
  return build([...flags(), ...args]);
}

async function environment(): Promise<string> {
  const folder = join(newFolder('from-wheels'), 'venv');
  await run([HOST_PYTHON, '-m', 'venv', '--without-pip', folder]);
  return folder;
}

/** `name==version` of what is installed. */
async function installedIn(folder: string): Promise<string[]> {
  const listed = await run([...PIP, '--python', join(folder, 'bin/python'), 'list', '--format=freeze'], {
    env: cleanEnvironment(),
  });
  return listed.toLowerCase().replaceAll('_', '-').split('\n').sort();
}

function expected(): string[] {
  return [
    ...first.image.distributions.map(({ name, version }) => `${name}==${version}`),
    'housed==1.5',
  ].sort();
}

describe('a wheelhouse for two platforms', () => {
  test('holds what the images hold, once each', () => {
    const files = first.report.images.flatMap(({ distributions }) => distributions.map(({ file }) => file));
    const own = ['housed-1.5-py3-none-any.whl', 'beside-0.2-py3-none-any.whl', 'requirements.txt'];
    const locked = files.filter((file) => file !== null);
    expect(readdirSync(wheels).sort()).toEqual([...new Set([...locked, ...own])].sort());
  });

  test('is what pip installs, with every hash required and no index', async () => {
    const folder = await environment();
    const pip = [...PIP, '--python', join(folder, 'bin/python')] as const;
    const only = ['--no-index', '--find-links', wheels, '--require-hashes'];
    await run([...pip, 'install', '--quiet', ...only, '-r', join(wheels, 'requirements.txt')], {
      env: cleanEnvironment(),
    });
    expect(await run([join(folder, 'bin/housed')])).toBe('all there');
    expect(await installedIn(folder)).toEqual(expected());
  });

  test('is what uv installs as well, and what pip takes for the other platform', async () => {
    const folder = await environment();
    const only = [
      '--no-index',
      '--find-links',
      wheels,
      '--require-hashes',
      '-r',
      join(wheels, 'requirements.txt'),
    ];
    await uv(['pip', 'install', '--quiet', '--python', join(folder, 'bin/python'), ...only]);
    expect(await run([join(folder, 'bin/housed')])).toBe('all there');
    const target = newFolder('arm64');
    const platforms = ['manylinux_2_17_aarch64', 'manylinux_2_28_aarch64'].flatMap((tag) => [
      '--platform',
      tag,
    ]);
    await run(
      [
        ...PIP,
        'install',
        '--quiet',
        '--target',
        target,
        '--only-binary=:all:',
        '--no-deps',
        ...platforms,
        ...only,
      ],
      { env: cleanEnvironment() },
    );
    expect(readdirSync(join(target, 'markupsafe')).join()).toContain('aarch64');
  });

  test('makes the same images from nothing else, without a network', async () => {
    const args = [...flags(), '--offline', '--set', `wheelhouse=${wheels}`];
    const again = await build(args, { store: newFolder('store'), under: ['unshare', '--net'] });
    expect(again.report.index).toEqual(first.report.index);
  });

  test('is written anew as a whole, and the same', async () => {
    const before = readFileSync(join(wheels, 'requirements.txt'), 'utf8');
    await make(`--output=wheelhouse:${wheels}`);
    expect(readFileSync(join(wheels, 'requirements.txt'), 'utf8')).toBe(before);
  });

  test('is refused where a wheel in it was changed', async () => {
    const house = join(newFolder('changed'), 'house');
    await make(`--output=wheelhouse:${house}`);
    const [wheel] = readdirSync(house).filter((name) => name.startsWith('jinja2'));
    appendFileSync(join(house, wheel!), 'x');
    const vain = await buildInVain([...flags(), '--offline', '--set', `wheelhouse=${house}`], {
      store: newFolder('store'),
    });
    expect(vain.error.code).toBe('PYC_WHEEL_HASH_MISMATCH');
    rmSync(join(house, wheel!));
    writeFileSync(join(house, 'notes.txt'), 'mine');
    const occupied = await buildInVain([...flags(), `--output=wheelhouse:${house}`]);
    expect([occupied.code, occupied.error.code]).toEqual([2, 'PYC_WHEELHOUSE_OCCUPIED']);
  });
});
