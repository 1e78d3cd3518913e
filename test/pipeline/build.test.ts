import { chmod, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildInMemory, startFakeRegistry, type WheelRecipe } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import '../build-matchers.ts';
import { filesBelow, makeSample, writeFiles } from '../samples/sample.ts';

const SMALL: readonly WheelRecipe[] = [
  { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } },
  {
    name: 'beta',
    version: '2.1',
    files: { 'beta/__init__.py': 'B = 2\n', 'beta/data.bin': Buffer.alloc(5000, 7) },
    entryPoints: { console_scripts: { beta: 'beta:main' } },
  },
];

const SITE = 'opt/venv/lib/python3.12/site-packages';

describe('a build', () => {
  it('turns sources and wheels into a valid image', async () => {
    const built = await buildInMemory({ wheels: SMALL }, { env: { MODE: 'test' }, ports: [8000] });
    expect(built).toBeBuilt();
    expect(built.image).toMatchObject({
      name: 'shop',
      platform: 'linux/amd64',
      python: { version: '3.12.7', tag: 'cp312', libc: 'glibc-2.36' },
      base: { reference: 'scratch', digest: null },
      user: '65532:65532',
      ports: ['8000/tcp'],
    });
    expect(built).toHaveDistribution('alpha', '1.0');
    expect(built).toHaveDistribution('beta', '2.1');
    expect(built).toHaveFile(`${SITE}/alpha/__init__.py`, 'A = 1\n', 0o644);
    expect(built).toHaveFile(`${SITE}/beta/data.bin`, Buffer.alloc(5000, 7));
    expect(built).toHaveFile('opt/venv/bin/beta', /^#!\/opt\/venv\/bin\/python\n/, 0o755);
    expect(built).toHaveFile('app/shop/__init__.py', 'print("hello")\n');
    expect(built).toHaveEnv('MODE', 'test');
    expect(built.image.layers.map(({ role }) => role)).toEqual(
      expect.arrayContaining(['environment', 'dependencies', 'project']),
    );
    expect(built.report.lock).toEqual({ path: 'pylock.toml', format: 'pylock' });
  });

  it('gives the same digest elsewhere, with other times, modes and a cold store', async () => {
    const first = await makeSample({ wheels: SMALL });
    const second = await makeSample({ wheels: SMALL });
    await utimes(join(second.directory, 'shop/__init__.py'), 1, 1);
    await chmod(join(second.directory, 'shop/__init__.py'), 0o600);
    await writeFile(
      join(second.directory, 'pylock.toml'),
      await readFile(join(first.directory, 'pylock.toml')),
    );
    const one = await first.build({ sbom: false });
    const other = await second.build({ sbom: false });
    expect(one.error ?? other.error).toBeNull();
    expect(other.images[0]?.digest).toBe(one.images[0]?.digest);
  });

  it('makes no request for what the store has, and says that layers were cached', async () => {
    const sample = await makeSample({ wheels: SMALL });
    const first = await sample.build();
    await sample.index.close();
    const again = await sample.build();
    expect(again.error).toBeNull();
    expect(again.images[0]?.digest).toBe(first.images[0]?.digest);
    expect(new Set(again.images[0]?.layers.map(({ origin }) => origin))).toEqual(new Set(['cached']));
  });

  it('rebuilds one layer when one dependency changes, and only the last for a changed line', async () => {
    const sample = await makeSample({ wheels: SMALL });
    await sample.build();
    await writeFiles(sample.directory, { 'shop/__init__.py': 'print("changed")\n' });
    const line = await sample.build();
    expect(line.images[0]?.layers.filter(({ origin }) => origin === 'built').map(({ role }) => role)).toEqual(
      ['project'],
    );
    await sample.lock([{ ...SMALL[0]!, version: '1.1' }, SMALL[1]!]);
    const bump = await sample.build();
    const built = bump.images[0]?.layers.filter(({ origin }) => origin === 'built') ?? [];
    expect(built.map(({ role }) => role)).toEqual(['dependencies']);
    expect(built[0]?.distributions).toEqual(['alpha']);
  });

  it('plans without writing in a dry run', async () => {
    const sample = await makeSample({ wheels: SMALL });
    const report = await sample.build({}, { dryRun: true });
    expect(report).toMatchObject({ ok: true, dryRun: true, outputs: [] });
    expect(report.images[0]?.digest).toBeNull();
    expect(report.images[0]?.distributions).toHaveLength(2);
    expect(await filesBelow(join(sample.directory, 'build'))).toEqual([]);
    expect(sample.index.requests.filter(({ path }) => path.startsWith('/files/'))).toEqual([]);
  });

  it('makes an index of several platforms', async () => {
    const platforms = ['linux/amd64', 'linux/arm64'];
    const { report, images } = await buildInMemory({ wheels: SMALL }, { platforms });
    expect(report).toBeBuilt();
    expect(images.map(({ platform }) => platform)).toEqual(platforms);
    expect(images.map(({ config }) => config.architecture)).toEqual(['amd64', 'arm64']);
    expect(report.index?.digest).toMatch(/^sha256:/);
  });

  it('pushes once and finds everything there the second time', async () => {
    const registry = await startFakeRegistry();
    onTestFinished(() => registry.close());
    const sample = await makeSample({ wheels: SMALL });
    const host = new URL(registry.origin).host;
    const config = { tags: [`${host}/team/shop:1.0`], push: true };
    const first = await sample.build(config);
    expect(first.error).toBeNull();
    expect(first.outputs[0]?.blobsUploaded).toBeGreaterThan(0);
    expect(registry.repository('team/shop').tags.get('1.0')).toBe(first.images[0]?.digest);
    const again = await sample.build(config);
    expect(again.outputs[0]).toMatchObject({
      blobsUploaded: 0,
      bytesUploaded: 0,
      digest: first.outputs[0]?.digest,
    });
  });

  it('mounts the layers of a base in the same registry', async () => {
    const registry = await startFakeRegistry();
    onTestFinished(() => registry.close());
    const host = new URL(registry.origin).host;
    const sample = await makeSample({ wheels: SMALL });
    await sample.build({ tags: [`${host}/base:1`], push: true, sbom: false });
    const report = await sample.build({
      base: `${host}/base:1`,
      tags: [`${host}/shop:1`],
      push: true,
      sbom: false,
    });
    expect(report.error).toBeNull();
    expect(report.outputs[0]?.blobsMounted).toBeGreaterThan(0);
    expect(report.images[0]?.base.digest).toBe(registry.repository('base').tags.get('1'));
  });
});

describe('a build that fails', () => {
  it('names file and both hashes where a wheel is not the locked one, and keeps nothing', async () => {
    const wrong = 'a'.repeat(64);
    const sample = await makeSample({
      wheels: SMALL,
      lockedHash: (name, truth) => (name.startsWith('beta') ? wrong : truth),
    });
    const report = await sample.build();
    expect(report).toMatchObject({ ok: false, error: { code: 'PYC_WHEEL_HASH_MISMATCH', exitCode: 1 } });
    expect(report.error?.details).toEqual([
      {
        file: 'beta-2.1-py3-none-any.whl',
        expected: [`sha256:${wrong}`],
        actual: expect.stringMatching(/^sha256:/),
      },
    ]);
    expect(await filesBelow(join(sample.directory, 'build'))).toEqual([]);
    const blobs = (await filesBelow(sample.cache)).filter(
      (file) => file.includes('beta') || file.includes('tmp/'),
    );
    expect(blobs).toEqual([]);
  });

  it('names two distributions that have one path with different bytes', async () => {
    const rival = { name: 'rival', version: '1', files: { 'alpha/__init__.py': 'A = 2\n' } };
    const { report } = await buildInMemory({ wheels: [SMALL[0]!, rival] });
    expect(report).toFailWith('PYC_TREE_CONFLICT');
    expect(report.error?.details).toMatchObject([{ first: 'alpha', second: 'rival' }]);
  });

  it('keeps the file of the distribution that the configuration prefers', async () => {
    const rival = { name: 'rival', version: '1', files: { 'alpha/__init__.py': 'A = 2\n', 'rival.py': '' } };
    const prefer = (name: string, ...paths: string[]) =>
      buildInMemory(
        { wheels: [SMALL[0]!, rival] },
        { distributions: { prefer: [{ name, paths, reason: 'ours' }] } },
      );
    const { report, image } = await prefer('Rival', 'alpha/__init__.py');
    expect(report.error).toBeNull();
    const folder = 'opt/venv/lib/python3.12/site-packages';
    expect(image.files.get(`${folder}/alpha/__init__.py`)?.text()).toBe('A = 2\n');
    expect(image.files.has(`${folder}/rival.py`)).toBe(true);
    const idle = await prefer('rival', 'alpha/other.py');
    expect(idle.report.error?.code).toBe('PYC_TREE_CONFLICT');
    expect(idle.report.warnings.map(({ code }) => code)).toContain('PYC_DISTRIBUTION_RULE_IDLE');
  });

  it('says so where there is no lock, and where the lock does not fit the project', async () => {
    const needs = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["alpha>=1.5"]\n';
    const files = { 'pyproject.toml': needs };
    // A host without uv, which would choose versions.
    expect(await buildInMemory({ files }, {}, { env: { PATH: '/nowhere' } })).toFailWith('PYC_LOCK_MISSING');
    expect(await buildInMemory({ files, wheels: SMALL })).toFailWith('PYC_LOCK_STALE');
  });

  it('lists every distribution without a fitting wheel, with why each file was refused', async () => {
    const wheels = [
      { name: 'native', version: '1', tag: 'cp311-cp311-manylinux_2_17_x86_64' },
      { name: 'newer', version: '1', tag: 'cp312-cp312-manylinux_2_39_x86_64' },
    ];
    const { report } = await buildInMemory({ wheels });
    expect(report).toFailWith('PYC_NO_WHEEL');
    expect(report.error?.details).toMatchObject([
      { name: 'native', files: [{ name: expect.stringContaining('cp311') }] },
      { name: 'newer', files: [{ name: expect.stringContaining('2_39') }] },
    ]);
  });

  it('refuses outputs, platforms and Pythons that make no sense, before anything is fetched', async () => {
    const sample = await makeSample({ wheels: SMALL });
    const codes = [
      (await sample.build({ outputs: ['lay-out:here'] })).error,
      (await sample.build({ push: true })).error,
      (await sample.build({ platforms: ['windows/amd64'] })).error,
      (await sample.build({ python: { version: 'three', libc: 'glibc-2.36' } })).error,
      (await sample.build({ python: { version: '3.12.1', libc: 'glibc' } })).error,
      (await sample.build({ base: 'Not a reference' })).error,
    ].map((error) => [error?.code, error?.exitCode]);
    expect(codes.filter(([, exit]) => exit !== 2)).toEqual([]);
    expect(sample.index.requests).toEqual([]);
  });

  it('ends with 130 when it is interrupted, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const sample = await makeSample({ wheels: SMALL });
    const report = await sample.build(
      {},
      {
        signal: stop.signal,
        plugins: [
          {
            name: 'slow',
            apply: (hooks) =>
              hooks.collected.tapPromise('slow', async () => {
                setTimeout(() => stop.abort(), 10);
                await new Promise(() => {});
              }),
          },
        ],
      },
    );
    expect(report.error).toMatchObject({ code: 'PYC_INTERRUPTED', exitCode: 130 });
    expect(await filesBelow(join(sample.directory, 'build'))).toEqual([]);
    expect((await filesBelow(sample.cache)).filter((file) => file.includes('tmp'))).toEqual([]);
  });

  it('knows that an unpinned base is not locked', async () => {
    const sample = await makeSample({ wheels: SMALL });
    expect((await sample.build({}, { locked: true })).error?.code).toBe('PYC_BASE_NOT_LOCKED');
  });
});
