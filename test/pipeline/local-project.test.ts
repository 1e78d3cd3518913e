import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeWheel, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import { findProject } from '../../core/pipeline/defaults/project.ts';
import { readBuiltImage } from '../../core/testing/built-image.ts';
import { makeSample, type Sample } from '../samples/sample.ts';

const SYSTEM = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';
const PROJECT = '[project]\nname = "shop"\nversion = "1.0"\nscripts = { shop = "shop:main" }\n';
const FILES = {
  'pyproject.toml': PROJECT + SYSTEM,
  'shop/__init__.py': 'def main(): ...\n',
  'shop/data.bin': 'x',
  'shop/run.sh': '#!/bin/sh\n',
  'tests/test_shop.py': '',
};
const SITE = 'opt/venv/lib/python3.12/site-packages';
/** No program of the host can be found. */
const BARE = (sample: Sample) => ({ PYC_CACHE_DIR: sample.cache, HOME: sample.cache, PATH: '/nowhere' });

async function imageOf(sample: Sample, config = {}) {
  const report = await sample.build(config, { env: BARE(sample) });
  expect(report.error).toBeNull();
  return readBuiltImage(join(sample.directory, 'build/image'), report.images[0]!, []);
}

describe('a project whose backend has known rules', () => {
  it('is installed from its sources, without any program of the host', async () => {
    const sample = await makeSample({ files: FILES });
    await chmod(join(sample.directory, 'shop/run.sh'), 0o755);
    const image = await imageOf(sample);
    expect(image.layers.at(-1)?.paths).toContain('opt/venv/bin/shop');
    expect(image.files.get(`${SITE}/shop/run.sh`)?.mode).toBe(0o755);
    const paths = [...image.files.keys()].filter((path) => path.startsWith(`${SITE}/shop`));
    expect(
      paths
        .filter((path) => image.files.get(path)?.type === 'file')
        .map((path) => path.slice(SITE.length + 1)),
    ).toEqual([
      'shop-1.0.dist-info/INSTALLER',
      'shop-1.0.dist-info/METADATA',
      'shop-1.0.dist-info/RECORD',
      'shop-1.0.dist-info/WHEEL',
      'shop-1.0.dist-info/entry_points.txt',
      'shop/__init__.py',
      'shop/data.bin',
      'shop/run.sh',
    ]);
  });

  it('has the key of what its files hold: an equal copy gives the same image, a changed file another', async () => {
    const [first, second] = [await makeSample({ files: FILES }), await makeSample({ files: FILES })];
    const image = await imageOf(first);
    expect((await imageOf(second)).digest).toBe(image.digest);
    await writeFile(join(second.directory, 'shop/data.bin'), 'y');
    expect((await imageOf(second)).digest).not.toBe(image.digest);
  });

  it('is built by the host where `builder` asks for it, and where a link leaves open what is meant', async () => {
    const sample = await makeSample({ files: FILES });
    const refused = await sample.build({ builder: 'host' }, { env: BARE(sample) });
    expect(refused.error).toMatchObject({ code: 'PYC_NO_BUILDER' });
    await symlink('/etc/passwd', join(sample.directory, 'shop/secret.txt'));
    const linked = await sample.build({}, { env: BARE(sample) });
    expect(linked.error).toMatchObject({
      code: 'PYC_NO_BUILDER',
      message: expect.stringContaining('`shop/secret.txt` is a link'),
    });
  });

  it('is taken from the wheelhouse that has its version', async () => {
    const sample = await makeSample({ files: FILES });
    const house = join(sample.directory, '../house');
    await mkdir(house);
    const recipe = { name: 'shop', version: '1.0', files: { 'shop/__init__.py': 'SUPPLIED = 1\n' } };
    await writeFile(join(house, wheelFileName(recipe)), await makeWheel(recipe));
    const image = await imageOf(sample, { wheelhouse: house });
    expect(image.files.has(`${SITE}/shop/data.bin`)).toBe(false);
    const other = { ...recipe, version: '2.0' };
    await writeFile(join(sample.directory, 'pyproject.toml'), FILES['pyproject.toml'].replace('1.0', '1.1'));
    await writeFile(join(house, wheelFileName(other)), await makeWheel(other));
    expect((await imageOf(sample, { wheelhouse: house })).files.has(`${SITE}/shop/data.bin`)).toBe(true);
  });
});

describe('a project that `[project]` does not describe', () => {
  const system = (requirement: string, backend: string) =>
    `[build-system]\nrequires = ["${requirement}"]\nbuild-backend = "${backend}"\n`;
  const SETUPTOOLS = system('setuptools', 'setuptools.build_meta');
  const POETRY = system('poetry-core', 'poetry.core.masonry.api');
  const projectOf = async (files: Readonly<Record<string, string>>) => {
    const { directory } = await makeSample({ files });
    return findProject(directory, new AbortController().signal);
  };

  it('has the name and the version that its backend reads', async () => {
    const legacy = `[tool.poetry]\nname = "My_Shop"\nversion = "1.2.0-rc1"\ndescription = "d"\nlicense = "MIT"\nauthors = ["A <a@x.org>"]\n`;
    // Poetry's own application needs no backend.
    const application = await projectOf({ 'pyproject.toml': `${legacy}package-mode = false\n` });
    expect([application.name, application.version, application.isPackage]).toEqual([
      'my-shop',
      '1.2.0rc1',
      false,
    ]);
    expect(await projectOf({ 'pyproject.toml': POETRY + legacy })).toMatchObject({
      name: 'my-shop',
      version: '1.2.0rc1',
      description: 'd',
      license: 'MIT',
      authors: ['A <a@x.org>'],
    });
    const cfg =
      '[metadata]\nname = My_Shop\nversion = 1.0\nauthor = A\nauthor-email = a@x.org\n[options]\npython_requires = >=3.9\n';
    expect(await projectOf({ 'pyproject.toml': SETUPTOOLS, 'setup.cfg': cfg })).toMatchObject({
      name: 'my-shop',
      version: '1.0',
      requiresPython: '>=3.9',
      authors: ['A <a@x.org>'],
    });
    const dynamic = '[project]\nname = "ours"\ndynamic = ["version"]\n';
    const both = await projectOf({ 'pyproject.toml': SETUPTOOLS + dynamic, 'setup.cfg': cfg });
    expect([both.name, both.version, both.authors]).toEqual(['ours', '1.0', undefined]);
  });

  it('states its scripts there, unless `[project]` does', async () => {
    const poetry = '[tool.poetry]\nname = "shop"\n[tool.poetry.scripts]\n';
    const cfg = '[options.entry_points]\nconsole_scripts =\n  sell = shop.cli:main\n  buy=shop:buy\n';
    const named = '[project]\nname = "shop"\nversion = "1"\n';
    const found = [
      await projectOf({
        'pyproject.toml': `${POETRY}${poetry}sell = "shop.cli:main"\nfile = { reference = "x.sh", type = "file" }\nbuy = { reference = "shop:buy", type = "console" }\n`,
      }),
      await projectOf({ 'pyproject.toml': `${POETRY}${named}${poetry}sell = "shop.cli:main"\n` }),
      await projectOf({
        'pyproject.toml': `${POETRY}${named}scripts = { other = "a:b" }\n${poetry}sell = "shop.cli:main"\n`,
      }),
      await projectOf({ 'pyproject.toml': SETUPTOOLS, 'setup.cfg': cfg }),
      await projectOf({ 'pyproject.toml': `${SETUPTOOLS}${named}dynamic = ["scripts"]\n`, 'setup.cfg': cfg }),
      await projectOf({ 'pyproject.toml': SETUPTOOLS + named, 'setup.cfg': cfg }),
    ];
    const both = { sell: 'shop.cli:main', buy: 'shop:buy' };
    const sell = { sell: 'shop.cli:main' };
    expect(found.map(({ scripts }) => scripts)).toEqual([
      both,
      sell,
      { other: 'a:b' },
      both,
      both,
      undefined,
    ]);

    const sample = await makeSample({
      files: { 'pyproject.toml': SETUPTOOLS, 'setup.cfg': cfg.replace('buy=shop:buy', '') },
    });
    const report = await sample.build({ dependencies: false }, { dryRun: true });
    expect(report.images[0]?.command).toEqual(['/opt/venv/bin/sell']);
    expect(report.preset?.reasons).toMatchObject([{ file: 'setup.cfg', line: 3 }]);
  });

  it("has neither where they are computed, nonsense or not its backend's", async () => {
    const cfg = '[metadata]\nname = x y\nversion = attr: shop.v\n[options]\npython_requires = none\n';
    const found = [
      await projectOf({ 'pyproject.toml': SETUPTOOLS, 'setup.cfg': cfg }),
      await projectOf({ 'pyproject.toml': SETUPTOOLS, 'setup.cfg': 'nonsense' }),
      await projectOf({ 'pyproject.toml': `${POETRY}[tool.poetry]\nname = 3\nversion = "one"\n` }),
      await projectOf({ 'pyproject.toml': `${SETUPTOOLS}[tool.poetry]\nname = "other"\n` }),
    ];
    for (const { directory, name, version, requiresPython } of found)
      expect([name, version, requiresPython]).toEqual([basename(directory), undefined, undefined]);
  });
});

describe('a project whose tool says that it is no package', () => {
  it.each(['poetry]\npackage-mode = false', 'uv]\npackage = false', 'pdm]\ndistribution = false'])(
    'goes in as its sources: [tool.%s',
    async (table) => {
      const sample = await makeSample({
        files: { ...FILES, 'pyproject.toml': `${PROJECT}${SYSTEM}[tool.${table}\n` },
      });
      const image = await imageOf(sample, { entrypoint: ['true'] });
      expect(image.files.has('app/shop/__init__.py')).toBe(true);
    },
  );
});

describe('a wheel that the host built', () => {
  it('is refused where it does not fit the image', async () => {
    const sample = await makeSample({
      files: { ...FILES, 'pyproject.toml': `${PROJECT}[build-system]\nrequires = []\n` },
    });
    const bin = join(sample.directory, '../bin');
    await mkdir(bin);
    const recipe = { name: 'shop', version: '1.0', tag: 'cp313-cp313-linux_riscv64', files: {} };
    await writeFile(join(bin, wheelFileName(recipe)), await makeWheel(recipe));
    const script = `#!/bin/sh\n[ "$1" = --version ] || { while [ $# -gt 2 ]; do shift; done; cp ${bin}/*.whl "$1"; }\n`;
    await writeFile(join(bin, 'uv'), script);
    await chmod(join(bin, 'uv'), 0o755);
    await writeFile(join(sample.directory, 'setup.py'), '');
    const env = { ...BARE(sample), PATH: `${bin}:/usr/bin:/bin` };
    expect((await sample.build({}, { env })).error).toMatchObject({ code: 'PYC_PROJECT_WHEEL_UNFIT' });
  });
});
