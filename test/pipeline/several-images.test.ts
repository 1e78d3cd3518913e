import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, check } from 'pycontainer';
import { validateLayout } from 'pycontainer/oci';
import { describe, expect, it } from 'vitest';
import { makeSample, PYTHON, type Sample, writeFiles } from '../samples/sample.ts';

const WHEELS = [
  { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } },
  { name: 'beta', version: '1.0', files: { 'beta/__init__.py': 'B = 1\n' } },
];
const COMMON = `base: 'scratch', python: ${JSON.stringify(PYTHON)}, platforms: ['linux/amd64'], preset: false, sbom: false`;

/** A sample whose configuration lists these images. */
async function sampleOf(images: readonly string[]): Promise<Sample> {
  const sample = await makeSample({ wheels: WHEELS });
  await configure(sample, images);
  return sample;
}

async function configure(sample: Sample, images: readonly string[]): Promise<void> {
  const listed = images.map((image) => `{ ${COMMON}, ${image} }`).join(',\n');
  await writeFiles(sample.directory, { 'pycontainer.config.ts': `export default [${listed}];\n` });
}

function optionsOf(sample: Sample, only: readonly string[] = []) {
  const env = { PYC_CACHE_DIR: sample.cache, PATH: process.env.PATH };
  return { cwd: sample.directory, env, only };
}

/** Names in a layout's index. */
async function namesIn(layout: string): Promise<string[]> {
  const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
    manifests: { annotations?: Record<string, string> }[];
  };
  return manifests.map(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] ?? '').sort();
}

describe('several images of one configuration', () => {
  it('are one report, share layers and what is read, and lie beside each other in a layout', async () => {
    const sample = await sampleOf([
      `name: 'api', entrypoint: ['python', '-m', 'api']`,
      `name: 'worker', entrypoint: ['python', '-m', 'worker'], tags: ['ghcr.io/me/worker:1.0', 'worker']`,
    ]);
    const report = await build(optionsOf(sample));
    expect(report.error).toBeNull();
    expect(report.images.map(({ name }) => name)).toEqual(['api', 'worker']);
    expect(report.images[1]?.layers.map(({ origin }) => origin)).toEqual(
      report.images[1]?.layers.map(() => 'cached'),
    );
    const layout = join(sample.directory, 'build/image');
    expect(report.outputs.map(({ image, reference }) => [image, reference])).toEqual([
      ['api', `oci:${layout}:api`],
      ['worker', `oci:${layout}:worker-1.0`],
    ]);
    expect(await namesIn(layout)).toEqual(['api', 'worker', 'worker-1.0']);
    expect(await validateLayout(layout)).toEqual([]);
    const downloads = sample.index.requests.filter(({ path }) => path.startsWith('/files/'));
    expect(downloads).toHaveLength(WHEELS.length);
  });

  it('have the same names in it when one is built alone', async () => {
    const sample = await sampleOf([`name: 'api'`, `name: 'worker'`]);
    await build(optionsOf(sample, ['worker']));
    expect(await namesIn(join(sample.directory, 'build/image'))).toEqual(['worker']);
  });

  it('keep a tag as the name where the layout is theirs alone', async () => {
    const sample = await sampleOf([`name: 'api', outputs: ['layout:one']`, `name: 'worker'`]);
    await build(optionsOf(sample));
    expect(await namesIn(join(sample.directory, 'one'))).toEqual(['latest']);
    expect(await namesIn(join(sample.directory, 'build/image'))).toEqual(['latest']);
  });

  it('read the lock once', async () => {
    const sample = await sampleOf([`name: 'api'`, `name: 'worker'`, `name: 'beat'`]);
    const said: string[] = [];
    // A second lock in the folder is mentioned whenever the first one is read.
    await writeFiles(sample.directory, { 'requirements.txt': 'alpha==1.0\nbeta==1.0\n' });
    const log = { info: (text: string) => void said.push(text), debug() {}, warn() {}, progress() {} };
    const report = await check({ ...optionsOf(sample), log });
    expect(report.error).toBeNull();
    expect(said.filter((text) => text.includes('requirements.txt'))).toHaveLength(1);
  });

  it('say whose error it is', async () => {
    const sample = await sampleOf([`name: 'api'`, `name: 'worker', extras: ['gone']`]);
    const { error, images } = await build(optionsOf(sample));
    expect(error?.message).toContain('worker');
    expect(images.map(({ name }) => name)).toEqual(['api']);
  });

  it('are refused where one would overwrite another', async () => {
    const faults = async (images: readonly string[], only: readonly string[] = []) => {
      const sample = await sampleOf(images);
      const { error } = await check(optionsOf(sample, only));
      return (error?.details ?? []).map((detail) => (detail as { path: string }).path);
    };
    const archives = [`name: 'a', outputs: ['archive:x.tar']`, `name: 'b', outputs: ['archive:x.tar']`];
    expect(await faults([`name: 'a'`, `name: 'a'`])).toEqual(['1.name']);
    expect(await faults([`name: 'a'`, `user: '1'`])).toEqual(['1.name']);
    expect(await faults(archives)).toEqual(['outputs']);
    expect(await faults(archives, ['b'])).toEqual([]);
    expect(
      await faults([
        `name: 'a', tags: ['r.io/x:1'], push: true`,
        `name: 'b', tags: ['x:1'], registry: 'r.io', push: true`,
      ]),
    ).toEqual(['tags']);
  });
});

describe('an image without dependencies', () => {
  it('holds nothing of the lock, and sees the packages of its base', async () => {
    const sample = await makeSample({ wheels: WHEELS });
    const settings = async (dependencies: boolean) => {
      const report = await sample.build({ dependencies, sbom: false, outputs: [`layout:${dependencies}`] });
      expect(report.error).toBeNull();
      return report;
    };
    const without = await settings(false);
    expect(without.lock).toBeNull();
    expect(without.images[0]?.distributions).toEqual([]);
    expect(without.images[0]?.layers.map(({ role }) => role)).toEqual(['environment', 'project']);
    const whole = await settings(true);
    expect(whole.images[0]?.distributions).toHaveLength(2);
    const [environment] = whole.images[0]?.layers ?? [];
    expect(without.images[0]?.layers[0]?.diffId).not.toBe(environment?.diffId);
  });

  it('needs no lock', async () => {
    const sample = await makeSample({
      files: {
        'pyproject.toml':
          '[project]\nname = "shop"\nversion = "1"\ndependencies = ["alpha"]\n[tool.pdm]\ndistribution = false\n',
      },
    });
    expect((await sample.build()).error?.code).toBe('PYC_LOCK_MISSING');
    expect((await sample.build({ dependencies: false })).error).toBeNull();
  });
});
