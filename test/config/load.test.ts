import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BARE, failure, folderOf, load } from './project-folder.ts';

const BARE_TOML = 'preset = false\nsbom = false\n';

describe('the search for a configuration', () => {
  it('takes the first of the known names', async () => {
    const folder = folderOf({
      'pycontainer.config.json': '{"name":"json","preset":false,"sbom":false}',
      'pycontainer.config.yaml': 'name: yaml',
      'pycontainer.toml': 'name = "toml"',
      'pyproject.toml': '[tool.pycontainer]\nname = "pyproject"',
    });
    const [config] = await load(folder);
    expect(config).toMatchObject({
      name: 'json',
      directory: folder,
      file: join(folder, 'pycontainer.config.json'),
    });
  });

  it('reads every format', async () => {
    const samples: Record<string, string> = {
      'pycontainer.config.ts': `const n: string = 'x'; export default { name: n, stopSignal: 'SIGINT', ${BARE} };`,
      'pycontainer.config.mts': `export default { name: 'x' as string, stopSignal: 'SIGINT', ${BARE} };`,
      'pycontainer.config.js': `module.exports = { name: 'x', stopSignal: 'SIGINT', ${BARE} };`,
      'pycontainer.config.mjs': `export default async () => ({ name: 'x', stopSignal: 'SIGINT', ${BARE} });`,
      'pycontainer.config.json': '{"name":"x","stopSignal":"SIGINT","preset":false,"sbom":false}',
      'pycontainer.config.yaml': 'name: x\nstop-signal: SIGINT\npreset: false\nsbom: false\n',
      'pycontainer.toml': `name = "x"\nstop-signal = "SIGINT"\n${BARE_TOML}`,
      'pyproject.toml': `[project]\nname="y"\n[tool.pycontainer]\nname = "x"\nstop-signal = "SIGINT"\n${BARE_TOML}`,
    };
    const read: Record<string, unknown> = {};
    for (const [name, text] of Object.entries(samples)) {
      const [config] = await load(folderOf({ [name]: text }));
      read[name] = { name: config?.name, stopSignal: config?.stopSignal };
    }
    const expected = { name: 'x', stopSignal: 'SIGINT' };
    expect(read).toEqual(Object.fromEntries(Object.keys(samples).map((name) => [name, expected])));
  });

  it('passes over a pyproject.toml without its table and goes up to the root of the repository', async () => {
    const folder = folderOf({
      '.git/': '',
      'pycontainer.toml': BARE_TOML,
      'src/deep/keep.txt': '',
      'above-is-not-read.txt': '',
    });
    const [config] = await load(join(folder, 'src/deep'));
    expect(config?.directory).toBe(folder);
  });

  it('does not look above a folder that lies in no repository', async () => {
    const folder = folderOf({
      'pycontainer.toml': `name = "above"\n${BARE_TOML}`,
      'inner/pyproject.toml': '[project]',
    });
    const [config] = await load(join(folder, 'inner'), {
      commandLine: { values: { preset: false, sbom: false }, flags: {}, set: [] },
    });
    expect(config?.file).toBeUndefined();
    expect(config?.directory).toBe(join(folder, 'inner'));
  });

  it('applies a configuration from above to a project only where it names that project', async () => {
    const folder = folderOf({
      '.git/': '',
      'pycontainer.config.ts': `export default [{ project: 'a', name: 'a', ${BARE} }, { project: 'b', name: 'b', ${BARE} }];`,
      'a/pyproject.toml': '',
      'b/pyproject.toml': '',
      'c/pyproject.toml': '',
    });
    const names = async (cwd: string, directory?: string) =>
      (
        await load(join(folder, cwd), {
          directory,
          commandLine: { values: { preset: false, sbom: false }, flags: {}, set: [] },
        })
      ).map(({ name, directory }) => name ?? directory);
    expect(await names('.')).toEqual(['a', 'b']);
    expect(await names('.', 'b')).toEqual(['b']);
    expect(await names('a')).toEqual(['a']);
    expect(await names('.', 'c')).toEqual([join(folder, 'c')]);
  });

  it('refuses a folder that does not exist', async () => {
    expect((await failure(folderOf({}), { directory: 'nowhere' })).code).toBe('PYC_DIRECTORY_NOT_FOUND');
  });
});

describe('precedence', () => {
  const folder = () =>
    folderOf({
      'pycontainer.config.ts': `export default {
        name: 'file', user: 'file', workdir: '/file', registry: 'file', tags: ['a', 'b'],
        env: { A: 'file', B: 'file' }, ${BARE},
        profiles: { prod: { user: 'profile', workdir: '/profile', registry: 'profile', tags: ['p'], env: { B: 'profile' } } },
      };`,
    });

  it('is command line, environment, profile, file; lists are replaced, tables merged', async () => {
    const [config] = await load(folder(), {
      profile: 'prod',
      env: { PYC_WORKDIR: '/env', PYC_REGISTRY: 'env', PYC_UNRELATED: 'x' },
      commandLine: { values: { registry: 'flag' }, flags: { registry: '--registry' }, set: ['env.C=set'] },
    });
    expect(config).toMatchObject({
      name: 'file',
      user: 'profile',
      workdir: '/env',
      registry: 'flag',
      tags: ['p'],
      env: { A: 'file', B: 'profile', C: 'set' },
    });
    expect(config?.origins).toMatchObject({
      name: 'pycontainer.config.ts',
      user: 'profile `prod` in pycontainer.config.ts',
      workdir: 'PYC_WORKDIR',
      registry: '--registry',
      'env.A': 'pycontainer.config.ts',
      'env.C': '--set env.C',
    });
  });

  it('takes a text for a truth value or a list where the key can be one', async () => {
    const set = (...texts: string[]) => ({ commandLine: { values: {}, flags: {}, set: texts } });
    const configs = await Promise.all([
      load(folder(), set('bytecode=true', 'sbom=no')),
      load(folder(), set('bytecode=image', 'sbom=with-base')),
      load(folder(), { env: { PYC_BYTECODE: '0', PYC_SBOM: '1' } }),
    ]);
    expect(configs.map(([config]) => [config?.bytecode, config?.sbom])).toEqual([
      [true, false],
      ['image', 'with-base'],
      [false, true],
    ]);
    const wrong = await failure(folder(), set('bytecode=sometimes'));
    expect(wrong.code).toBe('PYC_CONFIG_INVALID');
  });

  it('puts a file above what it extends, and every profile above every file', async () => {
    const root = folderOf({
      'shared/base.yaml':
        'user: base\nworkdir: /base\nwheelhouse: wheels\nprofiles: {ci: {registry: ci-base}}\n',
      'pycontainer.toml': `extends = "./shared/base.yaml"\nworkdir = "/own"\nregistry = "own"\n${BARE_TOML}`,
    });
    const [config] = await load(root, { profile: 'ci' });
    expect(config).toMatchObject({
      user: 'base',
      workdir: '/own',
      registry: 'ci-base',
      wheelhouse: join(root, 'shared/wheels'),
    });
  });

  it('takes what is shared from an npm package, with its plugins and its profiles', async () => {
    const root = folderOf({
      'pycontainer.toml': `extends = ["@me/house", "./own.json"]\nname = "shop"\n${BARE_TOML}`,
      'own.json': '{"user":"own"}',
      'node_modules/@me/house/package.json':
        '{"name":"@me/house","type":"module","exports":"./pycontainer.config.js"}',
      'node_modules/@me/house/pycontainer.config.js': `import { plugin } from './plugin.js';
        export default ({ profile }) => ({
          user: 'house', workdir: '/' + profile, plugins: [plugin], profiles: { ci: { registry: 'ci' } },
        });`,
      'node_modules/@me/house/plugin.js': 'export const plugin = { name: "house", apply() {} };',
    });
    const [config] = await load(root, { profile: 'ci' });
    expect(config).toMatchObject({ name: 'shop', user: 'own', workdir: '/ci', registry: 'ci' });
    expect(config?.plugins.map(({ name }) => name)).toEqual(['house']);
  });

  it('resolves paths from where they are written', async () => {
    const root = folderOf({
      '.git/': '',
      'conf/pyc.toml': `project = "../app"\nbase = "layout:base"\noutputs = ["archive:out.tar"]\n${BARE_TOML}`,
      'app/': '',
    });
    const [config] = await load(join(root, 'app'), {
      file: '../conf/pyc.toml',
      env: { PYC_WHEELHOUSE: 'wheels' },
    });
    expect(config).toMatchObject({
      directory: join(root, 'app'),
      base: `layout:${join(root, 'conf/base')}`,
      outputs: [`archive:${join(root, 'conf/out.tar')}`],
      wheelhouse: join(root, 'app/wheels'),
    });
  });
});

describe('a configuration as code', () => {
  it('may be a function that receives environment, command and profile', async () => {
    const root = folderOf({
      'pycontainer.config.ts': `export default async ({ env, command, profile }) => ({ name: [env.WHO, command, profile].join('-'), ${BARE} });`,
    });
    const [config] = await load(root, { profile: 'p', env: { WHO: 'me' } });
    expect(config?.name).toBe('me-build-p');
  });

  it('may be a list of images, of which some are chosen by name', async () => {
    const root = folderOf({
      'pycontainer.config.ts': `export default [{ name: 'api', ${BARE} }, { name: 'worker', ${BARE} }];`,
    });
    expect((await load(root)).map(({ name }) => name)).toEqual(['api', 'worker']);
    expect((await load(root, { only: ['worker'] })).map(({ name }) => name)).toEqual(['worker']);
    expect((await failure(root, { only: ['wroker'] })).code).toBe('PYC_CONFIG_IMAGE_UNKNOWN');
  });

  it('keeps values that are undefined as not written', async () => {
    const root = folderOf({
      'pycontainer.config.ts': `export default { tags: undefined, env: { A: undefined, B: 'b' }, ${BARE} };`,
    });
    const [config] = await load(root);
    expect(config).toMatchObject({ tags: [], env: { B: 'b' } });
  });

  it('imports its neighbours and packages, and takes plugins of every shape', async () => {
    const root = folderOf({
      'pycontainer.config.ts': `import { mine } from './mine.ts';
        import other from 'other-plugin';
        export default { plugins: [mine, other({ a: 1 }), 'other-plugin', ['other-plugin', { a: 2 }], './local.mjs'], ${BARE} };`,
      'mine.ts': `export const mine = { name: 'mine' as const, apply(): void {} };`,
      'local.mjs': `export default { name: 'local', apply() {} };`,
      'node_modules/other-plugin/package.json':
        '{"name":"other-plugin","type":"module","exports":"./index.js"}',
      'node_modules/other-plugin/index.js':
        'export default (options) => ({ name: "other-" + (options?.a ?? "none"), apply() {} });',
    });
    const [config] = await load(root);
    expect(config?.plugins.map(({ name }) => name)).toEqual([
      'mine',
      'other-1',
      'other-none',
      'other-2',
      'local',
    ]);
  });

  it('sees the running program as `pycontainer`', async () => {
    const root = folderOf({
      'pycontainer.config.ts': `import { defineConfig } from 'pycontainer';
        const { Version } = await import('pycontainer/python');
        export default defineConfig({ name: Version.parse('1.0').toString(), ${BARE} });`,
    });
    const [config] = await load(root);
    expect(config?.name).toBe('1.0');
  });
});
