/** What needs no network gets none here: builds run where not even the loopback device is up. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { foreignBase } from './harness/images.ts';
import { run, succeeded } from './harness/processes.ts';
import { build, buildInVain, pyc } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

const CUT_OFF = ['unshare', '--net'];

let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startRegistry();
});

afterAll(() => registry?.stop());

/** The script example with a base of its own. */
function projectOn(base: string): string {
  const project = copyExample('script');
  const file = join(project, 'pycontainer.toml');
  writeFileSync(file, `base = ${JSON.stringify(base)}\n${readFileSync(file, 'utf8')}`);
  return project;
}

async function lock(project: string, ...flags: string[]): Promise<void> {
  succeeded(['pyc', 'lock'], await pyc(['lock', project, ...flags]));
}

test('on a local base whose wheels are in the store a build makes no request', async () => {
  const project = projectOn(`layout:${await foreignBase()}:base`);
  const store = newFolder('store');
  const first = await build([project], { store });
  const second = await build([project], { store, under: CUT_OFF });
  expect(second.digest).toBe(first.digest);
  expect(existsSync(join(project, 'build/image/index.json'))).toBe(true);
});

describe('a base of Debian packages', () => {
  test('that `pyc lock` pinned makes no request, and is what was locked', async () => {
    const project = projectOn('apt:trixie');
    expect(await buildInVain([project, '--locked'])).toMatchObject({
      code: 1,
      error: { code: 'PYC_BASE_NOT_LOCKED' },
    });
    await lock(project);
    const pinned = readFileSync(join(project, 'pycontainer.lock'), 'utf8');
    expect(pinned).toMatch(/python3/);
    const first = await build([project, '--locked']);
    const second = await build([project, '--locked'], { under: CUT_OFF });
    const third = await build([project], { under: CUT_OFF });
    expect([second.digest, third.digest]).toEqual([first.digest, first.digest]);
    expect(readFileSync(join(project, 'pycontainer.lock'), 'utf8')).toBe(pinned);
    // The lock is no part of what goes in.
    expect((await build([projectOn('apt:trixie')])).digest).toBe(first.digest);
  });

  test('that nobody pinned fails without a network, and `--offline` takes what the store has', async () => {
    const project = projectOn('apt:trixie');
    const first = await build([project]);
    const cutOff = await buildInVain([project], { under: CUT_OFF });
    expect(cutOff.code).toBe(1);
    expect(cutOff.error.code).toMatch(/^PYC_(HTTP|DEBIAN)_/);
    expect(cutOff.error.hint).toBeTruthy();
    const offline = await build([project, '--offline'], { under: CUT_OFF });
    expect(offline.digest).toBe(first.digest);
    const empty = await buildInVain([project, '--offline'], { under: CUT_OFF, store: newFolder('store') });
    expect(empty).toMatchObject({ code: 1, error: { hint: expect.any(String) } });
  });
});

describe('a base from a registry', () => {
  test('stays at its digest when the tag moves, until the lock is renewed', async () => {
    const base = `${registry.address}/bases/python:3.11`;
    const layout = await foreignBase();
    await run(['skopeo', 'copy', '--dest-tls-verify=false', `oci:${layout}:base`, `docker://${base}`]);
    const project = projectOn(base);
    await lock(project);
    const first = await build([project, '--locked']);

    const moved = newFolder('moved');
    await run(['cp', '--recursive', `${layout}/.`, moved]);
    await run(['umoci', 'config', '--image', `${moved}:base`, '--config.env', 'MOVED=1']);
    await run(['skopeo', 'copy', '--dest-tls-verify=false', `oci:${moved}:base`, `docker://${base}`]);
    expect((await build([project])).digest).toBe(first.digest);
    expect((await build([project, '--locked'], { under: CUT_OFF })).digest).toBe(first.digest);

    await lock(project, '--update-base');
    const renewed = await build([project, '--locked']);
    expect(renewed.image.base.digest).not.toBe(first.image.base.digest);
    expect(renewed.digest).not.toBe(first.digest);
  });

  test('that nobody pinned costs one request when all else is known', async () => {
    const base = `${registry.address}/bases/python:unpinned`;
    await run([
      'skopeo',
      'copy',
      '--dest-tls-verify=false',
      `oci:${await foreignBase()}:base`,
      `docker://${base}`,
    ]);
    const project = projectOn(base);
    const first = await build([project]);
    expect((await buildInVain([project], { under: CUT_OFF })).error.hint).toBeTruthy();
    expect((await build([project, '--offline'], { under: CUT_OFF })).digest).toBe(first.digest);
  });
});
