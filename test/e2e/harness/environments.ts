/** Compares the environment of an image, file by file, with what uv and pip make of the very same wheels. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foreignBase } from './images.ts';
import { run } from './processes.ts';
import { build } from './pyc.ts';
import { HOST_PYTHON, installedByPip, installedByUv } from './uv.ts';
import { newFolder } from './workspace.ts';

/** What an environment has before anything is installed, and what its users leave. */
const ENVIRONMENT =
  /^(?:pyvenv\.cfg|lib64|CACHEDIR\.TAG|\.gitignore|\.lock|bin\/(?:python[\d.]*|[Aa]ctivate.*|deactivate\.bat|pydoc\.bat)|.*\/_virtualenv\.(?:py|pth))$/;
const BYTECODE = /(?:^|\/)__pycache__(?:\/|$)/;
/** Who installed, whether a user asked for it, and from where: each installer writes its own. */
const OF_THE_INSTALLER = /\.dist-info\/(?:INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$/;
const RECORD = /\.dist-info\/RECORD$/;
const SCRIPT = /^bin\//;

/** What was compared, and every path that one of the installers has otherwise: who, path, here, there. */
export interface Comparison {
  readonly paths: readonly string[];
  readonly differences: readonly (readonly [installer: string, path: string, ours: string, theirs: string])[];
}

const ABSENT = 'absent';

/** Builds a project on a base with the host's own Python, and installs the wheels that it chose on the host. */
export async function differencesFromInstallers(project: string): Promise<Comparison> {
  const layout = newFolder('image');
  const base = `layout:${await foreignBase()}:base`;
  const { image } = await build([project, '--base', base, '--output', `layout:${layout}`]);
  const host = await run([HOST_PYTHON, '-c', 'import sys; print("cp%d%d" % sys.version_info[:2])']);
  if (host !== image.python.tag)
    throw new Error(`the host's Python is ${host}, the image's ${image.python.tag}`);
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
  const differences: [string, string, string, string][] = [];
  for (const install of [installedByUv, installedByPip]) {
    const theirs = await install(requirements);
    for (const path of new Set([...paths, ...pathsIn(theirs)])) {
      const [here, there] = [shapeOf(ours, '/opt/venv', path), shapeOf(theirs, theirs, path)];
      if (here !== there)
        differences.push([install.name, path, linesOnlyIn(here, there), linesOnlyIn(there, here)]);
    }
  }
  return { paths, differences };
}

/** What differs between two shapes of many lines. */
function linesOnlyIn(shape: string, other: string): string {
  const known = new Set(other.split('\n'));
  return shape
    .split('\n')
    .filter((line) => !known.has(line))
    .join('\n');
}

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
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return ABSENT;
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(file)}`;
  // Each installer writes RECORD anew; uv keeps the mode that the wheel's own happened to have.
  const executable = (stat.mode & 0o111) !== 0 && !RECORD.test(path);
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
