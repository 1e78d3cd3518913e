/** The README's first command, as a stranger types it: a fresh clone, no root, no Python, no Docker. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Container, containerOf, podmanCommand } from './harness/podman.ts';
import { attempt, type Command, freePort, run, succeeded, until } from './harness/processes.ts';
import { cleanEnvironment } from './harness/pyc.ts';
import { newFolder, ROOT } from './harness/workspace.ts';

const STRANGER = ['/usr/bin/setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'] as const;
/** Everything that the stranger has. */
const PROGRAMS = ['node', 'npm', 'npx', 'git', 'sh'];

let container: Container | undefined;

afterAll(() => container?.remove());

test('`npm install && npx pyc build` in a clone ends with a command that starts the image', async () => {
  const home = newFolder('home');
  const clone = join(home, 'pycontainer');
  const programs = join(home, 'bin');
  mkdirSync(programs);
  for (const name of PROGRAMS) {
    symlinkSync(
      await run(['sh', '-c', 'readlink -f "$(command -v "$1")"', 'sh', name]),
      join(programs, name),
    );
  }
  // What is committed, and nothing of what lies around.
  await run(['git', 'clone', '--quiet', '--no-hardlinks', ROOT, clone]);
  await run(['chown', '--recursive', '54321:54321', home]);
  const environment = { ...cleanEnvironment(), PYC_CACHE_DIR: undefined, HOME: home, PATH: programs };
  const stranger = (...command: Command) =>
    attempt([...STRANGER, ...command], { cwd: clone, env: environment });
  for (const absent of ['python3', 'python', 'docker', 'uv', 'podman']) {
    expect((await stranger('sh', '-c', `command -v ${absent}`)).code).not.toBe(0);
  }

  const first: Command = ['sh', '-c', 'npm install && npx pyc build'];
  const { stdout, stderr } = succeeded(first, await stranger(...first));
  expect(stdout).toMatch(/^oci:docs\/examples\/fastapi\/build\/image:latest$/m);
  expect((await stranger('git', 'status', '--porcelain')).stdout).toBe('');

  const [, printed = ''] = /^Run it:\n +(podman run .*)$/m.exec(stderr) ?? [];
  expect(printed).toMatch(/^podman run --rm -p 8000:8000 oci:\S+$/);
  // The same command: in this run's storage, on a port that is free here, and behind this shell.
  const port = await freePort();
  const adapted = printed
    .replace(/^podman run/, `${podmanCommand('run').join(' ')} --detach`)
    .replace('-p 8000:8000', `--network=host --env UVICORN_PORT=${port}`);
  container = containerOf(await run(['sh', '-c', adapted], { cwd: clone }));
  const answer = await until('the server answers', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    return response.ok ? await response.json() : undefined;
  });
  expect(answer).toEqual({ status: 'ok' });
});
