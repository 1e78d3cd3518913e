/** Several projects in one repository, locked by the tools that know such: an image for each, which starts and has what it needs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportedImage } from 'pycontainer';
import { describe, expect, test } from 'vitest';
import { foreignBase } from './harness/images.ts';
import { blobsOf, manifestOf } from './harness/layout.ts';
import { installedIn, LIST_INSTALLED, pdm, poetry, withoutTools } from './harness/locking-tools.ts';
import { runContainer } from './harness/podman.ts';
import { succeeded } from './harness/processes.ts';
import { makeProject } from './harness/projects.ts';
import { build, buildInVain } from './harness/pyc.ts';
import { UV_FOLDER, uv } from './harness/uv.ts';
import { newFolder } from './harness/workspace.ts';

const UV_BUILD = '[build-system]\nrequires = ["uv_build>=0.9"]\nbuild-backend = "uv_build"\n';
const POETRY_BUILD =
  '[build-system]\nrequires = ["poetry-core>=2"]\nbuild-backend = "poetry.core.masonry.api"\n';
const PDM_BUILD = '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n';
const HATCH_BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';

/** The index that Poetry asks otherwise answers in a form that not every mirror has. */
const POETRY_SOURCE =
  '[[tool.poetry.source]]\nname = "simple"\nurl = "https://pypi.org/simple"\npriority = "primary"\n';

/** A package `shop-NAME` in a folder: its start prints its name and what is installed. */
function member(
  folder: string,
  name: string,
  dependencies: readonly string[],
  tables: string,
): Readonly<Record<string, string>> {
  const imports = dependencies.map((one) => `import ${/^[\w-]+/.exec(one)![0].replaceAll('-', '_')}\n`);
  return {
    [`${folder}/pyproject.toml`]: `[project]
name = "shop-${name}"
version = "1.0"
requires-python = ">=3.10,<4"
dependencies = ${JSON.stringify(dependencies)}
[project.scripts]
shop-${name} = "shop_${name}:main"
${tables}`,
    [`${folder}/src/shop_${name}/__init__.py`]: `${imports.join('')}\ndef main():\n    print("this is ${name}")\n${LIST_INSTALLED.replace(/^(?=.)/gm, '    ')}`,
  };
}

/** Builds every member on a base that is not ours; gives the layout and the images by their names. */
async function buildAll(project: string, env: Readonly<Record<string, string>> = {}) {
  const layout = newFolder('image');
  const base = ['--base', `layout:${await foreignBase()}:base`];
  const { report } = await build([project, '--all-packages', ...base, '--output', `layout:${layout}`], {
    env,
  });
  const images = new Map(report.images.map((image) => [image.name, image]));
  return { layout, base, images, warnings: report.warnings };
}

/** What a started member prints: itself first. */
async function printedBy(layout: string, name: string): Promise<readonly string[]> {
  const ended = await runContainer(`oci:${layout}:${name}`, [], ['--tmpfs', '/tmp']);
  return withoutTools(succeeded(['podman', 'run', name], ended).stdout);
}

const namesIn = (printed: readonly string[]): readonly string[] =>
  printed.slice(1).map((line) => line.split('==', 1)[0]!);

describe('a workspace of uv', () => {
  test('becomes an image for each member, which share the layers of what they both need', async () => {
    const source = '[tool.uv.sources]\nshop-core = { workspace = true }\n';
    const project = makeProject('by-uv', {
      'pyproject.toml': '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
      ...member('packages/core', 'core', ['markupsafe'], UV_BUILD),
      ...member('packages/api', 'api', ['jinja2', 'shop-core'], source + UV_BUILD),
      ...member('packages/worker', 'worker', ['jinja2', 'shop-core'], source + UV_BUILD),
    });
    await uv(['lock', '--quiet'], project);
    const { layout, base, images } = await buildAll(project);
    expect([...images.keys()]).toEqual(['shop-api', 'shop-core', 'shop-worker']);
    for (const name of ['api', 'worker']) {
      const printed = await printedBy(layout, `shop-${name}`);
      expect(printed[0]).toBe(`this is ${name}`);
      expect(namesIn(printed)).toEqual(['jinja2', 'markupsafe', 'shop-core', `shop-${name}`].sort());
    }
    expect((await printedBy(layout, 'shop-core')).slice(1).map((line) => line.split('==')[0])).toEqual([
      'markupsafe',
      'shop-core',
    ]);

    // All but the project's own layer is in the layout once.
    const layersOf = (image: ReportedImage | undefined) =>
      manifestOf(layout, image!.digest!).layers.map(({ digest }) => digest);
    const [api, worker] = [layersOf(images.get('shop-api')), layersOf(images.get('shop-worker'))];
    expect(api.length).toBeGreaterThan(2);
    expect(api.filter((digest) => !worker.includes(digest))).toEqual([api.at(-1)]);
    const blobs = [...images.values()].flatMap((image) => [
      image.digest!,
      manifestOf(layout, image.digest!).config.digest,
      ...layersOf(image),
    ]);
    const known = blobsOf(layout).map((name) => `sha256:${name}`);
    expect([...new Set(blobs)].filter((digest) => !known.includes(digest))).toEqual([]);

    const alone = await build([
      project,
      '--package',
      'shop-worker',
      ...base,
      '--output',
      `layout:${newFolder('one')}`,
    ]);
    expect(alone.digest).toBe(images.get('shop-worker')?.digest);
  });
});

describe('projects of Poetry in one repository', () => {
  test('become images that have what Poetry installs of each, the same as from their own folders', async () => {
    const path = (name: string) =>
      `[tool.poetry]\npackages = [{ include = "shop_${name}", from = "src" }]\n[tool.poetry.dependencies]\nshop-core = { path = "../../libs/core", develop = true }\n${POETRY_SOURCE}${POETRY_BUILD}`;
    const project = makeProject('by-poetry', {
      ...member('libs/core', 'core', ['markupsafe'], POETRY_SOURCE + POETRY_BUILD),
      ...member('services/api', 'api', ['jinja2', 'shop-core'], path('api')),
      ...member('services/worker', 'worker', ['packaging', 'shop-core'], path('worker')),
    });
    // Where the repository ends.
    mkdirSync(join(project, '.git'));
    for (const name of ['api', 'worker']) await poetry().lock(join(project, 'services', name));
    const { layout, base, images } = await buildAll(project);
    expect([...images.keys()]).toEqual(['shop-api', 'shop-worker']);
    for (const name of ['api', 'worker']) {
      const folder = join(project, 'services', name);
      const [first, ...printed] = await printedBy(layout, `shop-${name}`);
      expect(first).toBe(`this is ${name}`);
      await poetry().install(folder, { groups: [], extras: [] });
      expect(printed).toEqual([...(await installedIn(folder)), `shop-${name}==1.0`].sort());
      const own = await build([folder, ...base, '--output', `layout:${newFolder('own')}`]);
      expect(own.digest).toBe(images.get(`shop-${name}`)?.digest);
    }
    const { error } = await buildInVain([project, '--package', 'shop-core', ...base]);
    expect(error).toMatchObject({ code: 'PYC_MEMBERS_UNKNOWN', details: ['shop-api', 'shop-worker'] });

    // The library is a member of whoever depends on it.
    const inOne = await build([
      join(project, 'services/api'),
      '--package',
      'shop-core',
      ...base,
      '--output',
      `layout:${newFolder('core')}`,
    ]);
    expect(inOne.image.distributions.map(({ name }) => name)).toEqual(['markupsafe']);
  });
});

describe('a workspace of PDM', () => {
  test('becomes an image for each member, out of the one lock', async () => {
    const project = makeProject('by-pdm', {
      'pyproject.toml': `[project]
name = "shop"
version = "1.0"
requires-python = ">=3.10,<4"
dependencies = ["iniconfig"]
[tool.pdm]
distribution = false
[tool.pdm.workspace]
members = ["packages/*"]
`,
      ...member('packages/core', 'core', ['markupsafe'], PDM_BUILD),
      ...member('packages/api', 'api', ['jinja2', 'shop-core'], PDM_BUILD),
    });
    await pdm().lock(project);
    const { layout, base, images } = await buildAll(project);
    expect([...images.keys()].sort()).toEqual(['shop', 'shop-api', 'shop-core']);
    const printed = await printedBy(layout, 'shop-api');
    expect(printed[0]).toBe('this is api');
    expect(namesIn(printed)).toEqual(['jinja2', 'markupsafe', 'shop-api', 'shop-core']);
    expect((await printedBy(layout, 'shop-core'))[0]).toBe('this is core');
    await pdm().install(project, { groups: [], extras: [] });
    const installed = images.get('shop')!.distributions.map(({ name, version }) => `${name}==${version}`);
    expect(installed.sort()).toEqual(await installedIn(project));
    const { error } = await buildInVain([join(project, 'packages/api'), ...base]);
    expect(error.hint).toContain('--package shop-api');
  });
});

describe('a workspace of Hatch', () => {
  test('becomes an image for each member, and what they need of each other comes from their folders', async () => {
    // PyPI has a distribution of that name.
    const named = (name: string): string =>
      name.replaceAll('shop-core', 'core').replaceAll('shop_core', 'core');
    const library = Object.entries(member('packages/core', 'core', ['markupsafe'], HATCH_BUILD));
    const project = makeProject('by-hatch', {
      'pyproject.toml':
        '[tool.hatch.envs.default]\nskip-install = true\nworkspace.members = ["packages/*"]\n',
      ...Object.fromEntries(library.map(([path, text]) => [named(path), named(text)])),
      ...member('packages/api', 'api', ['jinja2', 'core'], HATCH_BUILD),
    });
    const { layout, images, warnings } = await buildAll(project, {
      PATH: `${UV_FOLDER}:${process.env.PATH}`,
    });
    expect(images.get('shop-api')?.distributions.find(({ name }) => name === 'core')).toMatchObject({
      source: 'directory',
    });
    expect(warnings.map(({ code }) => code)).toContain('PYC_NOT_LOCKED');
    const printed = await printedBy(layout, 'shop-api');
    expect(printed[0]).toBe('this is api');
    expect(namesIn(printed)).toEqual(['core', 'jinja2', 'markupsafe', 'shop-api']);

    // A lock that is the member's own counts.
    const folder = join(project, 'packages/core');
    writeFileSync(
      join(folder, 'requirements.txt'),
      await uv(['pip', 'compile', '-q', '--generate-hashes', 'pyproject.toml'], folder),
    );
    expect(readFileSync(join(folder, 'requirements.txt'), 'utf8')).toContain('markupsafe==');
    const again = await buildAll(project, { PATH: `${UV_FOLDER}:${process.env.PATH}` });
    expect(again.warnings.filter(({ code }) => code === 'PYC_NOT_LOCKED')).toHaveLength(1);
  });
});
