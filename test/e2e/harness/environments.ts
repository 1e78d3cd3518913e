/** Compares the environment of an image, file by file, with what uv and pip make of the very same wheels, or uv of the lock. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foreignBase } from './images.ts';
import { run } from './processes.ts';
import { type Built, build } from './pyc.ts';
import { HOST_PYTHON, installedByPip, installedByUv, syncedByUv, UV_FOLDER } from './uv.ts';
import { newFolder } from './workspace.ts';

/** What an environment has before anything is installed, and what its users leave. */
const ENVIRONMENT =
  /^(?:pyvenv\.cfg|lib64|CACHEDIR\.TAG|\.gitignore|\.lock|bin\/(?:python[\d.]*|[Aa]ctivate.*|deactivate\.bat|pydoc\.bat)|.*\/_virtualenv\.(?:py|pth))$/;
const BYTECODE = /(?:^|\/)__pycache__(?:\/|$)/;
/** Who installed, whether a user asked for it, and from where: each installer writes its own. */
const OF_THE_INSTALLER = /\.dist-info\/(?:INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$/;
/** The same where the lock itself says from where: PEP 610's file must be the same, too. */
const SAID_BY_THE_INSTALLER = /\.dist-info\/(?:INSTALLER|REQUESTED|uv_cache\.json)$/;
const RECORD = /\.dist-info\/RECORD$/;
const SCRIPT = /^bin\//;

/** One environment against another: every path that is otherwise, here and there. */
export interface Difference {
  readonly path: string;
  readonly ours: string;
  readonly theirs: string;
}

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
  const ours = await environmentOf(layout);
  const differences: [string, string, string, string][] = [];
  for (const install of [installedByUv, installedByPip]) {
    for (const { path, ...shapes } of differencesBetween(ours, await install(requirements), OF_THE_INSTALLER))
      differences.push([install.name, path, shapes.ours, shapes.theirs]);
  }
  return { paths: pathsIn(ours, OF_THE_INSTALLER), differences };
}

/**
 * Builds a locked project on nothing but the words that the host's own Python is there, and has uv install the same lock
 * for that Python. Nobody tells the other what to choose. Gives the paths that were compared, and those that differ.
 */
export async function differencesFromSync(
  project: string,
): Promise<Built & { readonly paths: readonly string[]; readonly differences: readonly Difference[] }> {
  const layout = newFolder('image');
  const theirs = await syncedByUv(project);
  const built = await build([project, '--base', 'scratch', '--output', `layout:${layout}`], {
    // Sources that are no wheels are built by uv, as they are there.
    env: { PATH: `${UV_FOLDER}:${process.env.PATH}` },
  });
  const ours = await environmentOf(layout);
  const paths = pathsIn(ours, SAID_BY_THE_INSTALLER);
  const differences = differencesBetween(ours, theirs, SAID_BY_THE_INSTALLER);
  // Some are large, and a run has many.
  for (const folder of [layout, ours, theirs]) rmSync(folder, { recursive: true });
  return { ...built, paths, differences };
}

/** `/opt/venv` of a layout's image, as umoci unpacks it. */
async function environmentOf(layout: string): Promise<string> {
  const bundle = join(newFolder('bundle'), 'out');
  await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, bundle]);
  return join(bundle, 'rootfs/opt/venv');
}

function differencesBetween(ours: string, theirs: string, leftOut: RegExp): Difference[] {
  const paths = new Set([...pathsIn(ours, leftOut), ...pathsIn(theirs, leftOut)]);
  return [...paths].flatMap((path) => {
    const [here, there] = [shapeOf(ours, '/opt/venv', path), shapeOf(theirs, theirs, path)];
    return here === there ? [] : [{ path, ours: linesOnlyIn(here, there), theirs: linesOnlyIn(there, here) }];
  });
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
function pathsIn(root: string, leftOut: RegExp, below = ''): string[] {
  return readdirSync(join(root, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (ENVIRONMENT.test(path) || BYTECODE.test(path) || leftOut.test(path)) return [];
      return entry.isDirectory() ? pathsIn(root, leftOut, path) : [path];
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
