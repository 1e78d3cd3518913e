/** Bases in a docker-registry: what goes over the wire for a build that pushes, counted between the two. */
import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { foreignBase } from './harness/images.ts';
import { podman, runContainer } from './harness/podman.ts';
import { freePort, run } from './harness/processes.ts';
import { build } from './harness/pyc.ts';
import { copyExample, newFolder, WORK } from './harness/workspace.ts';

let registry: DockerRegistry;
let counter: Counter;

/** Stands before the registry and counts the bytes of blobs that leave it. */
interface Counter {
  readonly address: string;
  /** By repository. */
  readonly given: Map<string, number>;
  readonly server: Server;
}

async function startCounter(target: string): Promise<Counter> {
  const [hostname, targetPort] = target.split(':');
  const given = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const repository = /^\/v2\/(.+)\/blobs\/sha256/.exec(path ?? '')?.[1];
    const inner = request({ hostname, port: targetPort, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('data', (chunk: Buffer) => {
        if (repository !== undefined) given.set(repository, (given.get(repository) ?? 0) + chunk.length);
      });
      answer.pipe(outgoing);
    });
    inner.on('error', () => outgoing.destroy());
    incoming.pipe(inner);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${port}`, given, server };
}

/** The foreign base with what the official images of Python have: their variables, and the interpreter's place. */
async function officialBase(): Promise<string> {
  const layout = join(WORK, 'images/official-base');
  const folder = newFolder('official');
  mkdirSync(join(folder, 'bin'));
  symlinkSync('/usr/bin/python3.11', join(folder, 'bin/python3.11'));
  const buildah = [
    'buildah',
    ...['--root', join(WORK, 'buildah/root'), '--runroot', join(WORK, 'buildah/run')],
    ...['--storage-driver', 'overlay'],
  ] as const;
  const container = await run([...buildah, 'from', '--pull-never', `oci:${await foreignBase()}:base`]);
  await run([...buildah, 'copy', '--quiet', container, folder, '/usr/local']);
  const variables = [
    'PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'PYTHON_VERSION=3.11.2',
    `PYTHON_SHA256=${'0'.repeat(64)}`,
  ].flatMap((variable) => ['--env', variable]);
  await run([...buildah, 'config', ...variables, container]);
  await run([...buildah, 'commit', '--quiet', '--rm', container, 'official-base']);
  await run([...buildah, 'push', '--quiet', 'official-base', `oci:${layout}:base`]);
  return layout;
}

beforeAll(async () => {
  registry = await startRegistry();
  counter = await startCounter(registry.address);
  for (const [name, layout] of [
    ['official', await officialBase()],
    ['other', await foreignBase()],
  ] as const) {
    const to = `docker://${registry.address}/bases/${name}:1`;
    await run(['skopeo', 'copy', '--dest-tls-verify=false', `oci:${layout}:base`, to]);
  }
});

afterAll(async () => {
  counter?.server.closeAllConnections();
  counter?.server.close();
  await registry?.stop();
});

/** Bytes of all blobs in a store. */
async function keptIn(store: string): Promise<number> {
  const files = (await run(['find', join(store, 'blobs'), '-type', 'f'])).split('\n').filter(Boolean);
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

describe('a base in a registry', () => {
  test('that is an official image of Python is never downloaded to be pushed, and the result runs', async () => {
    const store = newFolder('store');
    const tag = `${counter.address}/team/official:1.0`;
    const args = ['--base', `${counter.address}/bases/official:1`, '--tag', tag, '--push'];
    const { report, image } = await build([copyExample('fastapi'), ...args], { store });
    expect(image.python).toMatchObject({ version: '3.11.2', tag: 'cp311', libc: 'glibc-2.36' });
    const layers = image.layers.filter(({ role }) => role === 'base').map(({ size }) => size ?? 0);
    const whole = layers.reduce((sum, size) => sum + size, 0);
    expect(whole).toBeGreaterThan(20_000_000);
    // The beginning of the lowest layer, and the configuration.
    expect(counter.given.get('bases/official')).toBeLessThan(256 * 1024 + 10_000);
    expect(report.outputs[0]).toMatchObject({ blobsMounted: layers.length });
    expect(report.outputs[0]?.bytesUploaded).toBeLessThan(whole);

    await podman('pull', '--quiet', '--tls-verify=false', tag);
    const start = ['--entrypoint', '["python", "-c", "import fastapi, sys; print(sys.prefix)"]'];
    expect(await runContainer(tag, [], start)).toMatchObject({ code: 0, stdout: '/opt/venv\n' });
  });

  test('that is another image passes through once for its Python, and is not kept', async () => {
    const store = newFolder('store');
    const project = copyExample('script');
    const base = ['--base', `${counter.address}/bases/other:1`];
    const to = (name: string): string[] => ['--tag', `${counter.address}/team/${name}:1.0`, '--push'];
    const { image } = await build([project, ...base, ...to('other')], { store });
    const whole = image.layers.reduce((sum, { role, size }) => sum + (role === 'base' ? (size ?? 0) : 0), 0);
    const given = counter.given.get('bases/other') ?? 0;
    expect(given).toBeLessThan(whole + 10_000);
    expect(await keptIn(store)).toBeLessThan(whole / 2);
    await build([project, ...base, ...to('other-again')], { store });
    expect(counter.given.get('bases/other')).toBe(given);
  });
});
