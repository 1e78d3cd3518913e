/** A build that is cut short leaves nothing: Ctrl-C at any moment, and a process that is killed without warning. */
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { validateLayout } from 'pycontainer/oci';
import { makeWheel } from 'pycontainer/testing';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { foreignBase } from './harness/images.ts';
import { until } from './harness/processes.ts';
import { makeProject, pylockOf, pyprojectOf } from './harness/projects.ts';
import { build, pyc } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

let base: string;

beforeAll(async () => {
  base = `layout:${await foreignBase()}:base`;
});

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

interface Silent {
  readonly address: string;
  /** Requests that wait for the rest of their answer. */
  waiting(): number;
}

/** A server that begins to answer and then says no more. */
async function startSilentServer(
  status: number,
  headers: Record<string, string>,
  body = '',
): Promise<Silent> {
  let waiting = 0;
  const server = createServer((_request, response) => {
    waiting += 1;
    if (status === 0) return;
    response.writeHead(status, headers);
    response.write(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, waiting: () => waiting };
}

/** Builds, sends SIGINT once `when` holds, and checks what is left. */
async function interrupted(
  args: readonly string[],
  when: () => Promise<unknown>,
  store: string,
): Promise<void> {
  const output = newFolder('output');
  const temporary = newFolder('tmp');
  const where = args.includes('--push') ? [] : ['--output', `layout:${output}/image`];
  const ended = await pyc(['build', '--json', '--base', base, ...where, ...args], {
    store,
    env: { TMPDIR: temporary },
    started: (child) => void when().then(() => child.kill('SIGINT')),
  });
  expect(ended).toMatchObject({ code: 130, signal: null });
  expect(JSON.parse(ended.stdout)).toMatchObject({ ok: false, error: { code: 'PYC_INTERRUPTED' } });
  expect(readdirSync(output)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
  expect(readdirSync(join(store, 'tmp'))).toEqual([]);
}

describe('Ctrl-C', () => {
  test('while a wheel comes in ends with 130 and leaves no temporary file', async () => {
    const bytes = await makeWheel({ name: 'slow', version: '1.0' });
    const server = await startSilentServer(200, { 'content-length': String(bytes.length) }, 'PK');
    const file = 'slow-1.0-py3-none-any.whl';
    const project = makeProject('waiting', {
      'pyproject.toml': pyprojectOf('waiting', ['slow']),
      'pylock.toml': pylockOf([
        { name: 'slow', version: '1.0', file, url: `http://${server.address}/${file}`, bytes },
      ]),
      'main.py': '',
    });
    const arrived = (): Promise<unknown> => until('a request arrives', async () => server.waiting() > 0);
    await interrupted([project], arrived, newFolder('store'));
  });

  test('while a registry says nothing ends with 130', async () => {
    const server = await startSilentServer(0, {});
    const tag = `${server.address}/team/script:1`;
    const arrived = (): Promise<unknown> => until('a request arrives', async () => server.waiting() > 0);
    await interrupted([copyExample('script'), '--tag', tag, '--push'], arrived, newFolder('store'));
  });

  test('at any moment leaves a whole output or none, and nothing else', async () => {
    const project = copyExample('fastapi');
    const store = newFolder('store');
    const whole = await build([project, '--base', base, '--output', `layout:${newFolder('whole')}`], {
      store,
    });
    const ends: unknown[] = [];
    for (let delay = 100; delay <= 2000; delay += 190) {
      const output = newFolder('output');
      const temporary = newFolder('tmp');
      const { code, signal } = await pyc(
        ['build', project, '--no-cache', '--base', base, '--output', `layout:${output}/image`],
        {
          store,
          env: { TMPDIR: temporary },
          started: (child) => setTimeout(() => child.kill('SIGINT'), delay),
        },
      );
      // Whoever is quick enough meets a runtime that did not read the program yet.
      const end = code ?? signal;
      ends.push(end);
      expect([0, 130, 'SIGINT']).toContain(end);
      // A signal can come when the output is there and the program is not yet done.
      const left = readdirSync(output);
      if (code === 0 || left.length > 0) expect(left).toEqual(['image']);
      if (left.length > 0) expect(await validateLayout(join(output, 'image'))).toEqual([]);
      expect(readdirSync(temporary)).toEqual([]);
      expect(readdirSync(join(store, 'tmp'))).toEqual([]);
    }
    expect(ends).toContain(130);
    const again = await build([project, '--base', base, '--output', `layout:${newFolder('again')}`], {
      store,
    });
    expect(again.digest).toBe(whole.digest);
  });
});

describe('kill -9', () => {
  test('at any moment leaves a store that gives the same image', async () => {
    const project = copyExample('fastapi');
    const reference = await build([project, '--base', base, '--output', `layout:${newFolder('reference')}`]);
    const store = newFolder('store');
    let unfinished = '';
    for (let delay = 150; delay <= 2400; delay += 250) {
      const output = join(newFolder('output'), 'image');
      await pyc(['build', project, '--base', base, '--output', `layout:${output}`], {
        store,
        started: (child) => setTimeout(() => child.kill('SIGKILL'), delay),
      });
      // Nobody takes a folder for a layout before its index is there, and then it is whole.
      if (existsSync(join(output, 'index.json'))) expect(await validateLayout(output)).toEqual([]);
      unfinished = output;
    }
    const after = await build([project, '--base', base, '--output', `layout:${unfinished}`], { store });
    expect(after.digest).toBe(reference.digest);
    expect(await validateLayout(unfinished)).toEqual([]);
  });
});
