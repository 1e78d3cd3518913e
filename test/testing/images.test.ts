import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateLayout } from 'pycontainer/oci';
import {
  buildInMemory,
  makeBase,
  makeImage,
  putImage,
  startFakeRegistry,
  writeImage,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import '../build-matchers.ts';

const RECIPE = {
  files: {
    'etc/': '',
    'etc/hosts': '127.0.0.1 localhost\n',
    'usr/bin/tool': { bytes: '#!/bin/sh\n', mode: 0o755 },
    'usr/bin/alias': { symlink: 'tool' },
    'usr/bin/twin': { hardlink: 'usr/bin/tool' },
  },
  layers: [{ 'etc/.wh.hosts': '', 'etc/motd': 'hello\n' }],
  config: { Env: ['LANG=C.UTF-8'], Labels: { maker: 'test' } },
};
const PYTHON = { version: '3.13.1', libc: 'glibc-2.41', interpreter: '/usr/bin/python3.13' };

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'pyc-images-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe('a base that is made', () => {
  it('lies below what is built, with its Python, for every platform', async () => {
    const base = makeBase({ ...RECIPE, python: { version: '3.13.1', libc: 'musl-1.2' } });
    const { images } = await buildInMemory({}, { base, platforms: ['linux/amd64', 'linux/arm64/v8'] });
    expect(images.map(({ python, base: { reference } }) => [python, reference])).toEqual(
      images.map(() => [{ version: '3.13.1', tag: 'cp313', libc: 'musl-1.2' }, 'made:base']),
    );
    for (const image of images) {
      expect(image).toHaveFile('etc/motd', 'hello\n');
      expect(image).not.toHaveFile('etc/hosts');
      expect(image).toHaveFile('usr/bin/twin', '#!/bin/sh\n', 0o755);
      expect(image.files.get('usr/bin/alias')?.target).toBe('tool');
      expect(image.files.get('etc')).toMatchObject({ type: 'directory', layer: 0 });
      expect(image.files.get('opt/venv/bin/python')?.target).toBe('/usr/local/bin/python3.13');
      expect(image).toHaveEnv('LANG', 'C.UTF-8');
      expect(image).toHaveLabel('maker', 'test');
      expect(image.layers.slice(0, 2).map(({ role, paths }) => [role, paths.length])).toEqual([
        ['base', 5],
        ['base', 2],
      ]);
    }
    expect(images[1]?.config).toMatchObject({ architecture: 'arm64' });
    expect(images[0]?.base.digest).toMatch(/^sha256:/);
  });

  it('says nothing of its Python where it shall be looked for', async () => {
    const files = { 'usr/bin/nothing': '' };
    const { report } = await buildInMemory({}, { base: makeBase({ files, python: false }) });
    expect(report).toFailWith('PYC_PYTHON_NOT_FOUND');
  });
});

describe('an image that is made', () => {
  it('is the same each time', () => {
    expect(makeImage(RECIPE)).toMatchObject({ manifest: makeImage(RECIPE).manifest });
    expect(makeImage({ platform: 'linux/arm64' }).config.document).toMatchObject({ architecture: 'arm64' });
  });

  it('makes a valid layout, alone and one a platform, that a build can start from', async () => {
    const images = ['linux/amd64', 'linux/arm64'].map((platform) => makeImage({ ...RECIPE, platform }));
    for (const made of [images[0]!, images]) {
      const directory = await folder();
      const digest = await writeImage(directory, made, ['1.0', 'latest']);
      expect(digest).toMatch(/^sha256:/);
      expect(await validateLayout(directory)).toEqual([]);
      const built = await buildInMemory({}, { base: `layout:${directory}`, python: PYTHON });
      expect(built).toHaveFile('etc/motd');
    }
  });

  it('can be pulled from a fake registry, alone and one a platform', async () => {
    const registry = await startFakeRegistry();
    onTestFinished(() => registry.close());
    const images = ['linux/amd64', 'linux/arm64'].map((platform) => makeImage({ ...RECIPE, platform }));
    const one = putImage(registry, 'house/python', images[0]!, '1');
    putImage(registry, 'house/python', images, '2');
    for (const tag of ['1', '2']) {
      const base = `${registry.host}/house/python:${tag}`;
      const { image } = await buildInMemory({}, { base, python: PYTHON });
      expect(image).toHaveFile('usr/bin/tool', /sh/);
      expect(image.base).toEqual({ reference: base, digest: one.digest });
    }
  });
});
