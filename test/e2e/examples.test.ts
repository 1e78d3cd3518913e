/** The example images: read by tools that are not ours, and started as a platform that trusts nobody would. */
import { cpSync, existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { validateLayout } from 'pycontainer/oci';
import { afterEach, describe, expect, test } from 'vitest';
import { exampleImage } from './harness/images.ts';
import { type Container, podmanCommand, ready, runContainer, startContainer } from './harness/podman.ts';
import { run, succeeded } from './harness/processes.ts';
import { pyc } from './harness/pyc.ts';
import { copyExample, type Example, newFolder, WORK } from './harness/workspace.ts';

const EXAMPLES: readonly Example[] = ['fastapi', 'django', 'script'];

describe.each(EXAMPLES)('the image of docs/examples/%s', (example) => {
  test('is valid by our own recomputation', async () => {
    const { layout } = await exampleImage(example);
    expect(await validateLayout(layout)).toEqual([]);
  });

  test('is read by skopeo', async () => {
    const { reference, digest, report } = await exampleImage(example);
    const inspected = JSON.parse(await run(['skopeo', 'inspect', reference]));
    expect(inspected.Digest).toBe(digest);
    expect(inspected).toMatchObject({ Os: 'linux', Architecture: 'amd64' });
    expect(inspected.Labels['org.opencontainers.image.title']).toBe(report.project?.name);
    expect(inspected.Layers).toEqual(report.images[0]?.layers.map((layer) => layer.digest));
    const config = JSON.parse(await run(['skopeo', 'inspect', '--config', reference]));
    expect(config.config).toMatchObject({ User: '65532:65532' });
    expect(config.config.Env).toContainEqual(expect.stringMatching(/^PATH=\/opt\/venv\/bin:/));
    expect(
      config.history.filter((entry: { empty_layer?: boolean }) => entry.empty_layer !== true),
    ).toHaveLength(inspected.Layers.length);
  });

  test('is unpacked by umoci, with modes and links as they should be', async () => {
    const { layout } = await exampleImage(example);
    const bundle = newFolder('bundle');
    await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, join(bundle, 'out')]);
    const root = join(bundle, 'out/rootfs');
    expect(readlinkSync(join(root, 'bin'))).toBe('usr/bin');
    expect(readlinkSync(join(root, 'opt/venv/bin/python'))).toMatch(/python3/);
    expect(readFileSync(join(root, 'opt/venv/pyvenv.cfg'), 'utf8')).toMatch(/^version(_info)? = 3\./m);
    expect(lstatSync(join(root, 'app')).isDirectory()).toBe(true);
    expect(existsSync(join(root, 'app/pyproject.toml'))).toBe(true);
    // What the process may not write: everything of the project and its dependencies.
    const writable = await run([
      'find',
      ...['app', 'opt/venv'].map((path) => join(root, path)),
      ...['!', '-type', 'l', '(', '-perm', '/022', '-o', '!', '-uid', '0', ')'],
    ]);
    expect(writable).toBe('');
  });

  test('carries an SBOM that names what is locked', async () => {
    const { layout, digest, report } = await exampleImage(example);
    const attachment = report.attachments.find(({ subject }) => subject === digest);
    expect(attachment?.type).toBe('application/vnd.cyclonedx+json');
    const blob = (name: string): string => readFileSync(join(layout, 'blobs/sha256', name.slice(7)), 'utf8');
    const manifest = JSON.parse(blob(attachment?.digest ?? ''));
    expect(manifest.subject.digest).toBe(digest);
    const sbom = JSON.parse(blob(manifest.layers[0].digest));
    const named = sbom.components.map((component: { name: string; version?: string }) => component);
    for (const { name, version } of report.images[0]?.distributions ?? []) {
      expect(named).toContainEqual(expect.objectContaining({ name, version }));
    }
    expect(sbom.components).toContainEqual(
      expect.objectContaining({ purl: expect.stringMatching(/^pkg:deb\/debian\/libc6@/) }),
    );
  });
});

describe('podman', () => {
  const running: Container[] = [];

  afterEach(async () => {
    for (const container of running.splice(0)) await container.remove();
  });

  /** The default user, and one that a platform made up. */
  const users = [
    ['as it is', []],
    ['as an arbitrary user', ['--user', '12345:0']],
  ] as const;

  test.each(users)('starts the FastAPI image %s, which answers, and stops it in order', async (_, flags) => {
    const { reference } = await exampleImage('fastapi');
    const container = await startContainer(reference, flags);
    running.push(container);
    await ready(container, '/health');
    expect(JSON.parse((await container.get('/')).body)).toMatchObject({ name: expect.any(String) });
    expect(JSON.parse((await container.get('/items/tea')).body)).toBeTypeOf('object');
    const page = await container.get('/catalogue');
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<html') });
    expect((await container.get('/items/none')).status).toBe(404);
    expect(await container.exec('python', '-c', 'import os; print(os.getuid(), os.environ["HOME"])')).toBe(
      flags.length === 0 ? '65532 /tmp' : '12345 /tmp',
    );
    const { code, milliseconds } = await container.stop();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(15_000);
    expect(await container.logs()).toMatch(/finished server process/i);
  });

  test.each(users)('starts the Django image %s, which answers, and stops it in order', async (_, flags) => {
    const { reference } = await exampleImage('django');
    const container = await startContainer(reference, flags);
    running.push(container);
    await ready(container, '/health');
    const { stylesheet } = JSON.parse((await container.get('/')).body) as { stylesheet: string };
    expect((await container.get('/notes/1')).status).toBe(200);
    expect(stylesheet).toMatch(/^\/static\/notes\.[0-9a-f]{12}\.css$/);
    for (const path of [stylesheet, '/static/notes.css']) {
      expect(await container.get(path)).toMatchObject({ status: 200 });
    }
    expect((await container.get('/nowhere')).status).toBe(404);
    expect((await container.stop()).code).toBe(0);
  });

  test.each(users)('runs the script %s, with arguments and without', async (_, flags) => {
    const { reference } = await exampleImage('script');
    const table = await runContainer(reference, [], flags);
    expect(table).toMatchObject({ code: 0 });
    expect(table.stdout.split('\n').length).toBeGreaterThan(3);
    const json = await runContainer(reference, ['--json'], flags);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toBeTypeOf('object');
  });

  test('starts by the printed command an image whose path it would not take for a name', async () => {
    const folder = join(newFolder('elsewhere'), 'My Scripts');
    cpSync(copyExample('script'), folder, { recursive: true });
    const built = succeeded(
      ['pyc', 'build'],
      await pyc(['build', '--base', 'apt:trixie', folder], { cwd: WORK }),
    );
    const [, printed = ''] = /^Run it:\n +(.*)$/m.exec(built.stderr) ?? [];
    expect(printed).toContain('podman run --rm oci:image:latest');
    const adapted = printed.replace('podman run', `${podmanCommand('run').join(' ')} --network=none`);
    expect(await run(['sh', '-c', adapted], { cwd: WORK })).toContain('Harbour');
  });
});
