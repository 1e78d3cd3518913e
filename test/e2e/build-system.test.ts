/** A project with a build system: the host's builder makes its wheel, and nothing but its own layer depends on it. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foreignBase } from './harness/images.ts';
import { runContainer } from './harness/podman.ts';
import { run } from './harness/processes.ts';
import { makeProject } from './harness/projects.ts';
import { type Built, build, buildInVain } from './harness/pyc.ts';
import { BUILD_FOLDER, UV_FOLDER, uv } from './harness/uv.ts';
import { newFolder } from './harness/workspace.ts';

const PYPROJECT = `[project]
name = "greeter"
version = "1.0.0"
requires-python = ">=3.9"
dependencies = ["pyyaml==6.0.3"]

[project.scripts]
greet = "greeter.cli:main"

[build-system]
requires = ["hatchling==1.27.0"]
build-backend = "hatchling.build"

[tool.pycontainer]
entrypoint = ["greet"]
`;

const CLI = `"""Greets whom it is told to."""

import sys
from importlib.metadata import version
from importlib.resources import files

import yaml


def main() -> None:
    greeting = yaml.safe_load(files(__package__).joinpath("greeting.yaml").read_text())
    print(greeting["text"], *sys.argv[1:], version("greeter"))
`;

async function makeGreeter(): Promise<string> {
  const project = makeProject('greeter', {
    'pyproject.toml': PYPROJECT,
    'src/greeter/__init__.py': '',
    'src/greeter/cli.py': CLI,
    'src/greeter/greeting.yaml': 'text: hello\n',
    'tests/test_greeter.py': 'raise SystemExit(1)\n',
  });
  await uv(['lock', '--quiet'], project);
  return project;
}

/** A PATH with Node, the shell's programs, and what else is given. */
async function pathWith(...folders: string[]): Promise<Record<string, string>> {
  const node = newFolder('node');
  symlinkSync(process.execPath, join(node, 'node'));
  return { PATH: [...folders, node].join(':') };
}

async function buildOn(project: string, layout: string, env: Record<string, string>): Promise<Built> {
  const base = `layout:${await foreignBase()}:base`;
  return build([project, '--base', base, '--output', `layout:${layout}`], { env });
}

const layers = ({ image }: Built): (string | null)[] => image.layers.map(({ digest }) => digest);

describe('a project with a build system', () => {
  test('is built by uv, installed into the environment, and runs by its own command', async () => {
    const project = await makeGreeter();
    const layout = newFolder('image');
    const built = await buildOn(project, layout, await pathWith(UV_FOLDER, '/usr/bin', '/bin'));
    expect(built.image.command).toEqual(['greet']);
    expect(await runContainer(`oci:${layout}:latest`, ['world'])).toMatchObject({
      code: 0,
      stdout: 'hello world 1.0.0\n',
    });
    const bundle = join(newFolder('bundle'), 'out');
    await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, bundle]);
    const found = await run([
      'find',
      join(bundle, 'rootfs'),
      '(',
      '-path',
      '*/proc',
      '-prune',
      ')',
      '-o',
      '-path',
      '*greeter*',
      '-printf',
      '%P\n',
    ]);
    // Its wheel alone: no sources beside it, no tests.
    expect(found).not.toMatch(/test_greeter|^app\//m);
    expect(found).toMatch(/opt\/venv\/lib\/python3\.11\/site-packages\/greeter\/greeting\.yaml/);
    // The project's folder is as it was.
    expect(await run(['ls', '-A', project])).toBe('pyproject.toml\nsrc\ntests\nuv.lock');
  });

  test('gives the same image again, and with another version changes its own layer alone', async () => {
    const project = await makeGreeter();
    const env = await pathWith(UV_FOLDER, '/usr/bin', '/bin');
    const first = await buildOn(project, newFolder('image'), env);
    expect((await buildOn(project, newFolder('image'), env)).digest).toBe(first.digest);
    const file = join(project, 'pyproject.toml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('version = "1.0.0"', 'version = "1.0.1"'));
    await uv(['lock', '--quiet'], project);
    const bumped = await buildOn(project, newFolder('image'), env);
    expect(layers(bumped).slice(0, -1)).toEqual(layers(first).slice(0, -1));
    expect(layers(bumped).at(-1)).not.toBe(layers(first).at(-1));
  });

  test('is built by `python -m build` where there is no uv', async () => {
    const layout = newFolder('image');
    await buildOn(await makeGreeter(), layout, await pathWith(BUILD_FOLDER, '/usr/bin', '/bin'));
    expect(await runContainer(`oci:${layout}:latest`, ['world'])).toMatchObject({
      code: 0,
      stdout: 'hello world 1.0.0\n',
    });
  });

  test('is refused where the host has no builder', async () => {
    const output = join(newFolder('output'), 'image');
    const base = `layout:${await foreignBase()}:base`;
    const refused = await buildInVain([await makeGreeter(), '--base', base, '--output', `layout:${output}`], {
      env: await pathWith(),
    });
    expect(refused).toMatchObject({
      code: 1,
      error: { code: 'PYC_NO_BUILDER', hint: expect.stringContaining('uv') },
    });
    expect(await run(['sh', '-c', 'ls -A "$1"', 'sh', join(output, '..')])).toBe('');
  });
});
