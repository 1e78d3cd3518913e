/** Poetry, PDM and Pipenv, as users have them on their hosts: they lock projects, and install what they locked. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.ts';
import { cleanEnvironment } from './pyc.ts';
import { HOST_PYTHON } from './uv.ts';
import { PEERS } from './workspace.ts';

/** What of a project is installed, in our words. */
export interface Wanted {
  readonly groups: readonly string[];
  readonly extras: readonly string[];
}

/** One version of a tool. */
export interface LockingTool {
  /** Its folder among the peers. */
  readonly peer: string;
  readonly lockFile: string;
  /** Writes the lock. */
  lock(project: string): Promise<unknown>;
  /** Installs from the lock into the project's `.venv`, without the project itself. */
  install(project: string, want: Wanted): Promise<unknown>;
}

/** @param peer - such as `poetry`, or `poetry-1.8` for another version */
export function poetry(peer = 'poetry'): LockingTool {
  const call = (project: string, ...args: string[]): Promise<string> =>
    tool(peer, 'poetry', [...args, '--no-interaction'], project, {
      POETRY_VIRTUALENVS_IN_PROJECT: 'true',
      POETRY_CACHE_DIR: join(project, '../poetry-cache'),
    });
  return {
    peer,
    lockFile: 'poetry.lock',
    lock: (project) => call(project, 'lock'),
    install: (project, { groups, extras }) => {
      // Before there were groups, those for development went in unless they were refused.
      const wanted =
        peer === 'poetry-1.1'
          ? groups.length > 0
            ? []
            : ['--no-dev']
          : ['--only', ['main', ...groups].join(',')];
      return call(
        project,
        'install',
        '--no-root',
        ...wanted,
        ...extras.flatMap((extra) => ['--extras', extra]),
      );
    },
  };
}

/** @param strategy - such as `static_urls`; a word after `no_` is turned off */
export function pdm(strategy: readonly string[] = []): LockingTool {
  const call = (project: string, ...args: string[]): Promise<string> =>
    tool('pdm', 'pdm', args, project, {
      PDM_CHECK_UPDATE: 'false',
      PDM_CACHE_DIR: join(project, '../pdm-cache'),
    });
  return {
    peer: 'pdm',
    lockFile: 'pdm.lock',
    lock: (project) => call(project, 'lock', '-q', '-G', ':all', ...strategy.flatMap((word) => ['-S', word])),
    install: (project, { groups, extras }) => {
      const wanted = [...groups, ...extras].flatMap((group) => ['-G', group]);
      return call(project, 'sync', '-q', '--no-self', ...(groups.length > 0 ? [] : ['--prod']), ...wanted);
    },
  };
}

export function pipenv(): LockingTool {
  const call = (project: string, ...args: string[]): Promise<string> =>
    tool('pipenv', 'pipenv', args, project, {
      PIPENV_VENV_IN_PROJECT: '1',
      PIPENV_IGNORE_VIRTUALENVS: '1',
      PIPENV_NOSPIN: '1',
      PIPENV_YES: '1',
    });
  return {
    peer: 'pipenv',
    lockFile: 'Pipfile.lock',
    lock: (project) => call(project, 'lock', '--python', HOST_PYTHON),
    install: (project, { groups }) => call(project, 'sync', ...(groups.includes('dev') ? ['--dev'] : [])),
  };
}

/** A program that prints every distribution that is installed, a line each. */
export const LIST_INSTALLED = `import importlib.metadata as m
import re
for d in sorted(f"{re.sub('[-_.]+', '-', d.metadata['Name']).lower()}=={d.version}" for d in m.distributions()):
    print(d)
`;

/** What a tool installed into the project's environment, but for what came with the environment. */
export async function installedIn(project: string): Promise<readonly string[]> {
  const python = join(project, '.venv/bin/python');
  if (!existsSync(python)) throw new Error(`${project} has no environment`);
  return withoutTools(await run([python, '-c', LIST_INSTALLED]));
}

/** The lines of {@link LIST_INSTALLED}, without the installers that environments come with. */
export function withoutTools(printed: string): readonly string[] {
  return printed.split('\n').filter((line) => line !== '' && !/^(?:pip|setuptools|wheel)==/.test(line));
}

function tool(
  peer: string,
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  return run([join(PEERS, peer, 'bin', program), ...args], {
    cwd,
    env: { ...cleanEnvironment(), VIRTUAL_ENV: undefined, ...env },
  });
}
