import { execFileSync } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  lockWheels,
  makeImage,
  offerWheel,
  putImage,
  startFakeIndex,
  startFakeRegistry,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { build } from '../core/build.ts';
import { main } from '../core/cli/main.ts';
import { type RebuildReport, verifyRebuild } from '../core/rebuild.ts';
import { writeProject } from '../core/testing/project.ts';
import { fakeIo } from './cli/fake-io.ts';
import { temporaryFolder } from './oci/temporary.ts';

const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }];
const ENV = { PATH: process.env.PATH, HOME: '/nowhere' };
const FILES = {
  'pyproject.toml': '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["alpha"]\n',
  'main.py': 'print("hello")\n',
};

interface Made {
  readonly project: string;
  readonly image: string;
}

/** A project that was built into a layout, on a base in a registry whose tag has moved since. */
async function made(
  configuration: object = {},
  { env = {}, isCommitted = false }: { env?: Record<string, string>; isCommitted?: boolean } = {},
): Promise<Made> {
  const [registry, index] = await Promise.all([
    startFakeRegistry(),
    startFakeIndex({ files: await Promise.all(WHEELS.map(offerWheel)) }),
  ]);
  onTestFinished(async () => {
    await Promise.all([registry.close(), index.close()]);
  });
  const bases = (text: string): ReturnType<typeof makeImage>[] =>
    ['linux/amd64', 'linux/arm64'].map((platform) => makeImage({ platform, files: { 'etc/x': text } }));
  putImage(registry, 'python', bases('1'), '3.12');
  const project = join(await temporaryFolder(), 'project');
  await writeProject(project, {
    ...FILES,
    'pylock.toml': await lockWheels(WHEELS, index),
    'pycontainer.config.json': JSON.stringify({
      base: `${registry.host}/python:3.12`,
      python: { version: '3.12.7', libc: 'glibc-2.36', interpreter: '/usr/bin/python3.12' },
      platforms: ['linux/amd64'],
      plugins: ['provenance'],
      ...configuration,
    }),
  });
  if (isCommitted) commit(project, 'init', '-q');
  const layout = join(await temporaryFolder(), 'image');
  const report = await build({
    cwd: project,
    env: { ...ENV, ...env },
    cacheDirectory: await temporaryFolder(),
    commandLine: { values: { outputs: [`layout:${layout}`], labels: { team: 'us' } }, flags: {}, set: [] },
  });
  expect(report.error).toBeNull();
  putImage(registry, 'python', bases('2'), '3.12');
  return { project, image: `layout:${layout}` };
}

function commit(project: string, ...first: readonly string[]): void {
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: project });
  };
  if (first.length > 0) git(...first);
  git('add', '-A');
  git('commit', '-q', '-m', 'change', '--allow-empty');
}

/** From a copy in another folder, with another store. */
async function rebuilt(
  { project, image }: Made,
  change?: (copy: string) => Promise<unknown>,
): Promise<RebuildReport> {
  const copy = join(await temporaryFolder(), 'elsewhere');
  await cp(project, copy, { recursive: true });
  await change?.(copy);
  return await verifyRebuild({
    image,
    cwd: copy,
    env: ENV,
    cacheDirectory: await temporaryFolder(),
  });
}

describe('building an image again', () => {
  it('gives the same from another folder and store, whatever became of the base’s tag', async () => {
    for (const configuration of [{}, { platforms: ['linux/arm64', 'linux/amd64'] }]) {
      const report = await rebuilt(await made(configuration, { env: { SOURCE_DATE_EPOCH: '1700000000' } }));
      expect(report.error).toBeNull();
      expect(report.images.map(({ equal }) => equal)).toEqual(report.images.map(() => true));
    }
  });

  it('reads what stands in the index alone, and takes what is kept back from the checkout', async () => {
    const all = await made({
      plugins: [['provenance', { buildkit: true }]],
      env: { API_TOKEN: 'hunter2', URL: 'http://me:hunter2@db/' },
    });
    const layout = all.image.slice('layout:'.length);
    const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: object[] };
    const manifests = index.manifests.filter((entry) => 'annotations' in entry && !('artifactType' in entry));
    await writeFile(join(layout, 'index.json'), JSON.stringify({ ...index, manifests }));
    expect((await rebuilt(all)).error).toBeNull();
  });

  it('names the file that another image has', async () => {
    const all = await made();
    const report = await rebuilt(all, async (copy) => {
      await writeFile(join(copy, 'main.py'), 'print("other")\n');
      await writeFile(join(copy, 'more.py'), '');
    });
    expect(report.error?.code).toBe('PYC_REBUILD_DIFFERS');
    const [{ equal, difference }] = report.images as [RebuildReport['images'][0]];
    expect(equal).toBe(false);
    expect(difference?.files?.changed.map(({ path }) => path)).toEqual(['/app/main.py']);
    expect(difference?.files?.added.map(({ path }) => path)).toEqual(['/app/more.py']);
    expect(difference?.layers).toMatchObject({
      removed: [{ name: 'project' }],
      added: [{ name: 'project' }],
    });
    expect(JSON.stringify(report.error?.details)).toContain('/app/main.py: another content');
  });

  it('refuses a checkout of something else, and says what is another', async () => {
    const all = await made({}, { isCommitted: true });
    expect((await rebuilt(all)).error).toBeNull();
    const report = await rebuilt(all, async (copy) => {
      await writeFile(join(copy, 'pylock.toml'), '# nothing\n', { flag: 'a' });
      await rm(join(copy, 'pyproject.toml'));
      commit(copy);
    });
    expect(report.error?.code).toBe('PYC_REBUILD_CHECKOUT_DIFFERS');
    const names = ((report.error?.details ?? []) as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['commit', 'pylock.toml', 'pyproject.toml']);
    const dirty = await rebuilt(all, (copy) => writeFile(join(copy, 'main.py'), 'print("other")\n'));
    expect(dirty.error?.code).toBe('PYC_REBUILD_DIFFERS');
    expect(dirty.warnings.map(({ code }) => code)).toEqual(['PYC_REBUILD_NOT_COMMITTED']);
  });

  it('says what is missing or not understood', async () => {
    const without = await made({ plugins: [] });
    expect((await rebuilt(without)).error?.code).toBe('PYC_PROVENANCE_MISSING');
    const all = await made();
    const failed = await rebuilt(all, (copy) =>
      writeFile(join(copy, 'pycontainer.config.json'), '{"plugins": ["nothing-of-this-name"]}'),
    );
    expect(failed.error?.code).toMatch(/^PYC_CONFIG|^PYC_PLUGIN/);
  });

  it('is `pyc verify --rebuild`', async () => {
    const { project, image } = await made();
    const env = { ...ENV, PYC_CACHE_DIR: await temporaryFolder() };
    const run = async (...args: readonly string[]): Promise<[number, string]> => {
      const io = fakeIo({ cwd: '/', env });
      return [await main(['verify', ...args], io), io.out()];
    };
    const [code, text] = await run('--rebuild', image, project);
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(/^linux\/amd64 {2}sha256:\w+ {2}built again, the same\n$/),
    ]);
    await writeFile(join(project, 'main.py'), '');
    expect((await run('--rebuild', image, project))[0]).toBe(1);
    expect((await run('--rebuild', image, project, '--key', 'x'))[0]).toBe(2);
    expect((await run(image, project, '--key', 'x'))[0]).toBe(2);
  });
});
