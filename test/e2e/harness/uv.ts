/** uv and pip, as users have them on their hosts. Only tests use them; a build that has a lock needs neither. */
import { join } from 'node:path';
import { run } from './processes.ts';
import { cleanEnvironment } from './pyc.ts';
import { newFolder, PEERS } from './workspace.ts';

/** Folder with the program `uv`. */
export const UV_FOLDER = join(PEERS, 'uv/bin');
/** Folder with a Python that has `build`. */
export const BUILD_FOLDER = join(PEERS, 'build/bin');
/** The host's Python: Debian's. */
export const HOST_PYTHON = '/usr/bin/python3';

export function uv(
  args: readonly string[],
  cwd?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  return run([join(UV_FOLDER, 'uv'), ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...cleanEnvironment(), UV_PYTHON: HOST_PYTHON, UV_PYTHON_DOWNLOADS: 'never', ...more },
  });
}

/** An environment that uv made of requirements with hashes; gives its folder. */
export async function installedByUv(requirements: string): Promise<string> {
  const folder = join(newFolder('by-uv'), 'venv');
  await uv(['venv', '--quiet', folder]);
  await uv([
    'pip',
    'install',
    '--quiet',
    '--python',
    join(folder, 'bin/python'),
    '--require-hashes',
    '-r',
    requirements,
  ]);
  return folder;
}

/** An environment that uv made of a project's lock, without the project and what is for development. */
export async function syncedByUv(project: string): Promise<string> {
  const folder = join(newFolder('synced'), 'venv');
  const flags = ['--quiet', '--frozen', '--no-dev', '--no-install-project'];
  await uv(['sync', ...flags], project, { UV_PROJECT_ENVIRONMENT: folder });
  return folder;
}

/** The same by pip, without bytecode. */
export async function installedByPip(requirements: string): Promise<string> {
  const folder = join(newFolder('by-pip'), 'venv');
  await run([HOST_PYTHON, '-m', 'venv', '--without-pip', folder]);
  const pip = [join(PEERS, 'build/bin/python'), '-m', 'pip', '--python', join(folder, 'bin/python')] as const;
  const flags = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-compile',
    '--require-hashes',
    '-r',
    requirements,
  ];
  await run([...pip, 'install', ...flags], { env: cleanEnvironment() });
  return folder;
}
