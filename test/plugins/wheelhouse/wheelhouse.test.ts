import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from 'pycontainer';
import { makeWheel, offerWheel, startFakeIndex, type WheelRecipe, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWheel } from '../../../core/python/wheel.ts';
import { filesBelow, makeSample, writeFiles } from '../../samples/sample.ts';

const PURE: WheelRecipe = { name: 'alpha', version: '1.0' };
const AMD64: WheelRecipe = { name: 'beta', version: '2.0', tag: 'cp312-cp312-manylinux_2_17_x86_64' };
const ARM64: WheelRecipe = { ...AMD64, tag: 'cp312-cp312-manylinux_2_17_aarch64' };
const MUSL: WheelRecipe = { ...AMD64, tag: 'cp312-cp312-musllinux_1_2_x86_64' };
const ONLY_ARM: WheelRecipe = { name: 'gamma', version: '3.0' };

const hashOf = async (wheel: WheelRecipe): Promise<string> =>
  createHash('sha256')
    .update(await makeWheel(wheel))
    .digest('hex');

describe('`wheelhouse:DIR`', () => {
  it('holds the wheels of all platforms and pins them, what some lack by a marker', async () => {
    const sample = await makeSample();
    const wheels = [PURE, AMD64, ARM64, MUSL, ONLY_ARM];
    const index = await startFakeIndex({ files: await Promise.all(wheels.map(offerWheel)) });
    onTestFinished(() => index.close());
    const files = async (...some: WheelRecipe[]) =>
      (
        await Promise.all(
          some.map(async (wheel) => {
            const name = wheelFileName(wheel);
            return `{ name = "${name}", url = "${index.urlOf(name)}", hashes = { sha256 = "${await hashOf(wheel)}" } }`;
          }),
        )
      ).join(', ');
    await writeFiles(sample.directory, {
      'pylock.toml': `lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "alpha"
version = "1.0"
wheels = [${await files(PURE)}]
[[packages]]
name = "beta"
version = "2.0"
wheels = [${await files(AMD64, ARM64, MUSL)}]
[[packages]]
name = "gamma"
version = "3.0"
marker = "platform_machine == 'aarch64'"
wheels = [${await files(ONLY_ARM)}]
`,
    });
    const directory = join(sample.directory, 'wheels');
    const config = {
      platforms: ['linux/amd64', 'linux/arm64'],
      outputs: [`wheelhouse:${directory}`],
      sbom: false,
    };
    const report = await sample.build(config);
    expect(report.error).toBeNull();
    const names = [PURE, AMD64, ARM64, ONLY_ARM].map(wheelFileName).sort();
    expect(await filesBelow(directory)).toEqual([...names, 'requirements.txt'].sort());
    for (const wheel of [PURE, AMD64, ARM64, ONLY_ARM])
      expect(await readFile(join(directory, wheelFileName(wheel)))).toEqual(
        Buffer.from(await makeWheel(wheel)),
      );
    const text = await readFile(join(directory, 'requirements.txt'), 'utf8');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'alpha==1.0 \\',
      `    --hash=sha256:${await hashOf(PURE)}`,
      'beta==2.0 \\',
      `    --hash=sha256:${await hashOf(ARM64)} \\`,
      `    --hash=sha256:${await hashOf(AMD64)}`,
      'gamma==3.0 ; platform_machine == "aarch64" \\',
      `    --hash=sha256:${await hashOf(ONLY_ARM)}`,
    ]);
    expect(report.outputs).toMatchObject([
      { destination: `wheelhouse:${directory}`, reference: directory, digest: digestOf(Buffer.from(text)) },
    ]);

    // What the store knows of the parts is enough for the layers: the wheels are asked for anew, and the folder replaced.
    for (const name of await filesBelow(join(sample.cache, 'blobs'))) {
      const bytes = await readFile(join(sample.cache, 'blobs', name));
      if (bytes.readUInt32LE(0) === 0x04034b50) await rm(join(sample.cache, 'blobs', name));
    }
    const again = await sample.build(config);
    expect(again.error).toBeNull();
    expect(again.images.flatMap(({ layers }) => layers.map(({ origin }) => origin))).not.toContain('built');
    expect(await readFile(join(directory, 'requirements.txt'), 'utf8')).toBe(text);
    expect(await filesBelow(directory)).toHaveLength(names.length + 1);

    // It is read as it was written, with no index to ask.
    await index.close();
    await rm(sample.cache, { recursive: true });
    const offline = await sample.build({ ...config, outputs: [], wheelhouse: directory }, { offline: true });
    expect(offline.error).toBeNull();
    expect(offline.images.map(({ digest }) => digest)).toEqual(again.images.map(({ digest }) => digest));
  });

  it("holds the project's own wheel, also where nobody built one", async () => {
    const sample = await makeSample({
      files: {
        'pyproject.toml':
          '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "shop"\nversion = "1.0"\ndescription = "x"\nrequires-python = ">=3.9"\n',
        'shop/data.bin': 'x'.repeat(10_000),
      },
    });
    await writeFiles(sample.directory, {
      'pylock.toml': 'lock-version = "1.0"\ncreated-by = "a test"\npackages = []\n',
    });
    const directory = join(sample.directory, 'dist/wheels');
    const report = await sample.build(
      { outputs: [`wheelhouse:${directory}`] },
      { env: { PYC_CACHE_DIR: sample.cache, PATH: '/nowhere' } },
    );
    expect(report.error).toBeNull();
    const name = 'shop-1.0-py3-none-any.whl';
    const wheel = openWheel(join(directory, name), name);
    try {
      expect(wheel.members.map(({ entry }) => entry.name).sort()).toEqual([
        'shop-1.0.dist-info/METADATA',
        'shop-1.0.dist-info/WHEEL',
        'shop/__init__.py',
        'shop/data.bin',
      ]);
    } finally {
      wheel.close();
    }
    const hash = createHash('sha256')
      .update(await readFile(join(directory, name)))
      .digest('hex');
    expect(await readFile(join(directory, 'requirements.txt'), 'utf8')).toContain(
      `shop==1.0 \\\n    --hash=sha256:${hash}`,
    );
  });

  it('leaves a folder alone that holds anything else', async () => {
    const sample = await makeSample({ wheels: [PURE] });
    const build = (name: string) => sample.build({ outputs: [`wheelhouse:${join(sample.directory, name)}`] });
    await writeFiles(sample.directory, {
      'mine/alpha-0.9-py3-none-any.whl': 'my own',
      'other/requirements.txt': 'alpha==1.0\n',
      file: '',
    });
    await mkdir(join(sample.directory, 'empty'));
    const codes = [await build('mine'), await build('other'), await build('file'), await build('.')].map(
      ({ error }) => [error?.code, error?.exitCode],
    );
    expect(codes).toEqual(Array(4).fill(['PYC_WHEELHOUSE_OCCUPIED', 2]));
    expect((await build('empty')).error).toBeNull();
    await writeFile(join(sample.directory, 'empty', 'notes.txt'), 'mine');
    expect((await build('empty')).error?.code).toBe('PYC_WHEELHOUSE_OCCUPIED');
    expect(await filesBelow(join(sample.directory, 'mine'))).toEqual(['alpha-0.9-py3-none-any.whl']);
  });

  it('replaces what a link leads to, and leaves nothing beside it', async () => {
    const sample = await makeSample({ wheels: [PURE] });
    await mkdir(join(sample.directory, 'real'));
    await symlink('real', join(sample.directory, 'link'));
    const report = await sample.build({ outputs: [`wheelhouse:${join(sample.directory, 'link')}`] });
    expect(report.error).toBeNull();
    expect(await filesBelow(join(sample.directory, 'real'))).toEqual([
      wheelFileName(PURE),
      'requirements.txt',
    ]);
    expect((await readdir(sample.directory)).filter((name) => /real|link/.test(name)).sort()).toEqual([
      'link',
      'real',
    ]);
  });

  it('writes nothing in a dry run, nor half of it where a wheel cannot be had', async () => {
    const sample = await makeSample({ wheels: [PURE] });
    const outputs = [`wheelhouse:${join(sample.directory, 'wheels')}`];
    expect((await sample.build({ outputs }, { dryRun: true })).error).toBeNull();
    await sample.build({ outputs: ['layout:build/image'] });
    await sample.index.close();
    for (const name of await filesBelow(join(sample.cache, 'blobs'))) {
      const bytes = await readFile(join(sample.cache, 'blobs', name));
      if (bytes.readUInt32LE(0) === 0x04034b50) await rm(join(sample.cache, 'blobs', name));
    }
    expect((await sample.build({ outputs }, { offline: true })).ok).toBe(false);
    expect((await readdir(sample.directory)).filter((name) => name.startsWith('wheels'))).toEqual([]);
  });

  it('is written by one image alone', async () => {
    const sample = await makeSample({
      files: {
        'pycontainer.config.mjs': `const image = (name) => ({ name, base: 'scratch', python: { version: '3.12.7', libc: 'glibc-2.36' }, outputs: ['wheelhouse:w'] });
export default [image('a'), image('b')];\n`,
      },
    });
    expect((await sample.build({}, { commandLine: { values: {}, flags: {}, set: [] } })).error?.code).toBe(
      'PYC_CONFIG_INVALID',
    );
  });
});
