/** `/opt/venv` file by file against what uv and pip make of the very same wheels on this machine. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foreignBase } from './harness/images.ts';
import { run } from './harness/processes.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { build } from './harness/pyc.ts';
import { HOST_PYTHON, installedByPip, installedByUv, uv } from './harness/uv.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

/** What an environment has before anything is installed, and what its users leave. */
const ENVIRONMENT =
  /^(?:pyvenv\.cfg|lib64|CACHEDIR\.TAG|\.gitignore|\.lock|bin\/(?:python[\d.]*|[Aa]ctivate.*|deactivate\.bat|pydoc\.bat)|.*\/_virtualenv\.(?:py|pth))$/;
const BYTECODE = /(?:^|\/)__pycache__(?:\/|$)/;
/** Who installed, whether a user asked for it, and from where: each installer writes its own. */
const OF_THE_INSTALLER = /\.dist-info\/(?:INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$/;
const RECORD = /\.dist-info\/RECORD$/;
const SCRIPT = /^bin\//;

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
    const project = await make();
    const layout = newFolder('image');
    const base = `layout:${await foreignBase()}:base`;
    const { image } = await build([project, '--base', base, '--output', `layout:${layout}`]);
    // The same files, by their hashes: nothing is left for the other installers to choose.
    const requirements = join(newFolder('requirements'), 'requirements.txt');
    writeFileSync(
      requirements,
      image.distributions.map(({ name, version, hash }) => `${name}==${version} --hash=${hash}\n`).join(''),
    );
    const bundle = join(newFolder('bundle'), 'out');
    await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, bundle]);
    const ours = join(bundle, 'rootfs/opt/venv');
    const paths = pathsIn(ours);
    expect(paths).toEqual(expect.arrayContaining([...has]));
    // What the image runs is what the host has: otherwise the wheels could not be the same.
    expect(await run([HOST_PYTHON, '-c', 'import sys; print(sys.version_info[:2])'])).toBe('(3, 11)');
    for (const install of [installedByUv, installedByPip]) {
      const theirs = await install(requirements);
      expect(pathsIn(theirs), install.name).toEqual(paths);
      const different = paths.filter(
        (path) => shapeOf(ours, '/opt/venv', path) !== shapeOf(theirs, theirs, path),
      );
      expect(
        different.map((path) => [path, shapeOf(ours, '/opt/venv', path), shapeOf(theirs, theirs, path)]),
        install.name,
      ).toEqual([]);
    }
  });
});

/** Files and links that an installer of wheels is answerable for. */
function pathsIn(root: string, below = ''): string[] {
  return readdirSync(join(root, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (ENVIRONMENT.test(path) || BYTECODE.test(path) || OF_THE_INSTALLER.test(path)) return [];
      return entry.isDirectory() ? pathsIn(root, path) : [path];
    })
    .sort();
}

/** What must be the same of a file: its kind, whether it is executable, its bytes. */
function shapeOf(root: string, prefix: string, path: string): string {
  const file = join(root, path);
  const stat = lstatSync(file);
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(file)}`;
  const executable = (stat.mode & 0o111) !== 0;
  return `${executable ? 'executable ' : ''}${contentOf(file, prefix, path)}`;
}

function contentOf(file: string, prefix: string, path: string): string {
  const bytes = readFileSync(file);
  if (RECORD.test(path)) return rowsOf(bytes.toString()).join('\n');
  if (SCRIPT.test(path) && bytes.subarray(0, 2).toString() === '#!') {
    const [first = '', ...rest] = bytes.toString().split('\n');
    const interpreter = first
      .replace(`${prefix}/bin/python3`, `${prefix}/bin/python`)
      .replace(prefix, 'PREFIX');
    const imported = rest.find((line) => /^from \S+ import \S+$/.test(line));
    const wraps = rest.some((line) => /sys\.exit\(/.test(line)) && rest.length < 15;
    // Installers put the call of an entry point into words of their own.
    return `${interpreter} ${wraps ? imported : digest(Buffer.from(rest.join('\n')))}`;
  }
  return digest(bytes);
}

/** RECORD without its order, and without what installers write into it about themselves. */
function rowsOf(text: string): string[] {
  return (
    text
      .split(/\r?\n/)
      .filter((row) => {
        const path = row.slice(0, row.lastIndexOf(',', row.lastIndexOf(',') - 1)).replaceAll('"', '');
        return row !== '' && !OF_THE_INSTALLER.test(path) && !BYTECODE.test(path);
      })
      // Scripts have another first line in each environment, hence another hash.
      .map((row) => row.replace(/^((?:\.\.\/)+bin\/[^,]+),.*$/, '$1'))
      .sort()
  );
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
