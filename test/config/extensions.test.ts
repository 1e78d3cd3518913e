/** Plugins and presets that a configuration asks for: what is accepted, and what each mistake is called. */
import { describe, expect, it } from 'vitest';
import type { ConfigFault } from '../../core/config/errors.ts';
import type { PycError } from '../../core/primitives/errors.ts';
import { BARE, failure, folderOf, load } from './project-folder.ts';

const QUIET = 'preset = false\nsbom = false\n';
const PLUGIN = "{ name: 'thing', apply() {} }";
/** Options without a schema library: `bucket` is a text, and so is `zone`, which may be missing. */
const SCHEMA = `{ '~standard': { version: 1, vendor: 'test', validate(value) {
  if (typeof value !== 'object' || value === null) return { issues: [{ message: 'must be a table' }] };
  const issues = [];
  if (typeof value.bucket !== 'string') issues.push({ path: ['bucket'], message: 'must be a text' });
  if (!['string', 'undefined'].includes(typeof value.zone)) issues.push({ path: [{ key: 'zone' }], message: 'must be a text' });
  return issues.length > 0 ? { issues } : { value };
} } }`;
const S3 = `import { definePlugin } from 'pycontainer';
export default definePlugin({ name: 's3', options: ${SCHEMA}, apply() {} });`;
const MOUNTED = `import { definePreset } from 'pycontainer';
export default definePreset({ name: 'mounted', options: ${SCHEMA}, async detect(_input, { bucket }) {
  return { config: { labels: { bucket } }, reasons: [] };
} });`;

/** Files of an installed package. */
function packed(name: string, source: string, manifest: object = {}): Record<string, string> {
  const folder = `node_modules/${name}`;
  return {
    [`${folder}/package.json`]: JSON.stringify({
      name,
      version: '2.0.0',
      type: 'module',
      main: 'index.js',
      ...manifest,
    }),
    [`${folder}/index.js`]: source,
  };
}

/** Names of the plugins, and of the presets. */
async function namesOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const [config] = await load(folderOf(files));
  return [...config!.plugins, ...config!.presets].map(({ name }) => name);
}

describe('plugins and presets by name', () => {
  it('come from packages and files, as ES modules and as CommonJS, with and without options', async () => {
    const pair = '["s3", { bucket = "b" }]';
    const found = {
      esm: await namesOf({
        'pycontainer.toml': `${QUIET}plugins = ["thing"]`,
        ...packed('thing', `export default ${PLUGIN};`),
      }),
      named: await namesOf({
        'pycontainer.toml': `${QUIET}plugins = ["thing"]`,
        ...packed('thing', `export const plugin = ${PLUGIN};`),
      }),
      scoped: await namesOf({
        'pycontainer.toml': `${QUIET}plugins = ["@me/thing"]`,
        ...packed('@me/thing', `export default ${PLUGIN};`),
      }),
      cjs: await namesOf({
        'pycontainer.toml': `${QUIET}plugins = ["thing"]`,
        ...packed('thing', `module.exports = ${PLUGIN};`, { type: 'commonjs' }),
      }),
      compiled: await namesOf({
        'pycontainer.toml': `${QUIET}plugins = ["thing"]`,
        ...packed(
          'thing',
          `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${PLUGIN};`,
          { type: 'commonjs' },
        ),
      }),
      requiring: await namesOf({
        'pycontainer.toml': `${QUIET}plugins = ["thing"]`,
        ...packed(
          'thing',
          `const { definePlugin } = require('pycontainer'); module.exports = definePlugin(${PLUGIN});`,
          { type: 'commonjs' },
        ),
      }),
      options: await namesOf({
        'pyproject.toml': `[tool.pycontainer]\n${QUIET}plugins = [${pair}]`,
        ...packed('s3', S3),
      }),
      preset: await namesOf({
        'pycontainer.toml': 'sbom = false\npreset = ["./m.mjs", { bucket = "b" }]',
        'm.mjs': MOUNTED,
      }),
      yaml: await namesOf({
        'pycontainer.config.yaml': 'sbom: false\npreset: [./m.mjs, { bucket: b }]',
        'm.mjs': MOUNTED,
      }),
      uncalled: await namesOf({
        'pycontainer.config.ts': `import { definePreset } from 'pycontainer';
          const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
          export default { sbom: false, preset: definePreset({ name: 'free', options: any, detect: async () => undefined }) };`,
      }),
    };
    expect(found).toEqual({
      esm: ['thing'],
      named: ['thing'],
      scoped: ['thing'],
      cjs: ['thing'],
      compiled: ['thing'],
      requiring: ['thing'],
      options: ['s3'],
      preset: ['mounted'],
      yaml: ['mounted'],
      uncalled: ['free'],
    });
  });

  it('are looked for from the file that names them, also where another one extends it', async () => {
    const root = folderOf({
      'pycontainer.toml': `extends = "shared"\n${QUIET}`,
      ...packed('shared', '', { exports: './shared.toml' }),
      'node_modules/shared/shared.toml': 'plugins = ["./house.mjs", "inner"]',
      'node_modules/shared/house.mjs': "export default { name: 'house', apply() {} };",
      'node_modules/shared/node_modules/inner/package.json':
        '{"name":"inner","type":"module","main":"index.js"}',
      'node_modules/shared/node_modules/inner/index.js': "export default { name: 'inner', apply() {} };",
    });
    const [config] = await load(root);
    expect(config?.plugins.map(({ name }) => name)).toEqual(['house', 'inner']);
  });
});

/** The code, whether the package is named, and the places that the details give. */
function summaryOf({ code, message, details }: PycError, name: string): readonly unknown[] {
  const places = ((details ?? []) as readonly { file?: string; line?: number }[]).map(
    ({ file, line }) => `${file}:${line}`,
  );
  return [code, message.includes(`\`${name}`), places.every((place) => message.includes(place)), ...places];
}

describe('a plugin package that cannot be used', () => {
  const toml = `${QUIET}plugins = [\n  # thing\n  "thing",\n]\n`;
  const cases: readonly [code: string, source: string | undefined, manifest?: object][] = [
    ['PYC_PLUGIN_UNKNOWN', undefined],
    ['PYC_PLUGIN_NO_EXPORT', 'export const other = 1;'],
    ['PYC_PLUGIN_NO_EXPORT', "export const name = 'x'; export function apply() {}"],
    ['PYC_PLUGIN_NO_EXPORT', 'export default 3;'],
    ['PYC_PLUGIN_NO_EXPORT', 'export default () => 3;'],
    ['PYC_PLUGIN_NO_EXPORT', 'module.exports = {};', { type: 'commonjs' }],
    ['PYC_PLUGIN_NO_EXPORT', `export default { name: 'x', detect: async () => undefined };`],
    ['PYC_PLUGIN_IMPORT', "throw new Error('at import');"],
    ['PYC_PLUGIN_IMPORT', "throw 'a text';"],
    ['PYC_PLUGIN_IMPORT', "import 'not-installed';"],
    ['PYC_PLUGIN_IMPORT', 'export default {{'],
    ['PYC_PLUGIN_IMPORT', '', { main: 'gone.js', exports: './gone.js' }],
    ['PYC_PLUGIN_OPTIONS', `export default () => { throw new Error('no bucket'); };`],
    ['PYC_PLUGIN_OTHER_API', "throw new Error('was run');", { peerDependencies: { pycontainer: '^9.0.0' } }],
  ];

  it('is named together with the line that asks for it', async () => {
    const found = await Promise.all(
      cases.map(async ([, source, manifest]) => {
        const installed = source === undefined ? {} : packed('thing', source, manifest);
        return summaryOf(await failure(folderOf({ 'pycontainer.toml': toml, ...installed })), 'thing');
      }),
    );
    expect(found).toEqual(cases.map(([code]) => [code, true, true, 'pycontainer.toml:5']));
  });

  it('is found in pyproject.toml, YAML, JSON, modules and profiles, and asked for by flags', async () => {
    const places = await Promise.all(
      [
        {
          'pyproject.toml': `[project]\nname = "thing"\nplugins = "thing"\n[tool.pycontainer]\n${QUIET}plugins = ["thing"]`,
        },
        { 'pycontainer.config.yaml': 'preset: false\nsbom: false\nplugins:\n  - thing-two\n  - thing\n' },
        { 'pycontainer.config.json': '{\n"preset": false, "sbom": false,\n"plugins": [\n"thing"]}' },
        { 'pycontainer.config.ts': `// thing\nexport default {\n  ${BARE},\n  plugins: ['thing'],\n};` },
        { 'pycontainer.toml': `${QUIET}[profiles.dev]\nplugins = ["thing"]` },
      ].map(async (files) => {
        const installed = packed('thing-two', `export default ${PLUGIN};`);
        const error = await failure(folderOf({ ...files, ...installed }), {
          profile: 'profiles' in files ? 'dev' : undefined,
          env: { PYC_PROFILE: 'pycontainer.toml' in files ? 'dev' : '' },
        });
        return summaryOf(error, 'thing');
      }),
    );
    expect(places.map(([code, named, told, place]) => [code, named, told, place])).toEqual(
      [
        'pyproject.toml:7',
        'pycontainer.config.yaml:5',
        'pycontainer.config.json:4',
        'pycontainer.config.ts:4',
        'pycontainer.toml:4',
      ].map((place) => ['PYC_PLUGIN_UNKNOWN', true, true, place]),
    );
    const flagged = await failure(folderOf({ 'pycontainer.toml': 'sbom = false' }), {
      commandLine: { values: { preset: 'thing' }, flags: { preset: '--preset' }, set: [] },
    });
    expect([flagged.code, flagged.message.includes('`--preset`'), flagged.details]).toEqual([
      'PYC_PRESET_UNKNOWN',
      true,
      [],
    ]);
  });

  it('is said to have no default export where it has none', async () => {
    const files = { 'pycontainer.toml': toml, ...packed('thing', 'export const other = 1;') };
    expect((await failure(folderOf(files))).message).toMatch(/it has no default export$/);
  });

  it('is named where a module imports it, too', async () => {
    const text = `// thing\nimport thing from 'thing';\nexport default {\n  ${BARE}, plugins: [thing] };`;
    const found = await Promise.all(
      [
        { 'pnpm-lock.yaml': '' },
        packed('thing', "throw new Error('at import');"),
        packed('thing', 'export const other = 1;'),
        packed('thing', '', { peerDependencies: { pycontainer: '^9' } }),
        packed('thing', 'export default () => { throw new Error("no bucket"); };'),
      ].map(async (installed) => {
        const error = await failure(folderOf({ 'pycontainer.config.ts': text, ...installed }));
        const said = `${error.message} ${JSON.stringify(error.details)}`;
        return [
          error.code,
          said.includes('thing'),
          said.includes('config.ts:2`'),
          said.includes('no bucket'),
        ];
      }),
    );
    expect(found).toEqual([
      ['PYC_CONFIG_IMPORT', true, true, false],
      ['PYC_PLUGIN_IMPORT', true, true, false],
      ['PYC_PLUGIN_NO_EXPORT', true, true, false],
      ['PYC_PLUGIN_OTHER_API', true, true, false],
      ['PYC_CONFIG_INVALID', true, false, true],
    ]);
  });

  it('that is missing is installed with the package manager of the project', async () => {
    const locks = {
      'package-lock.json': 'npm install --save-dev @me/thing`',
      'pnpm-lock.yaml': 'pnpm add --save-dev @me/thing`',
      'yarn.lock': 'yarn add --dev @me/thing`',
      'bun.lock': 'bun add --dev @me/thing`',
      'deno.lock': 'deno add --dev npm:@me/thing`',
      'README.md': 'npm install --save-dev @me/thing`',
    };
    const hints = await Promise.all(
      Object.keys(locks).map(
        async (lock) =>
          (await failure(folderOf({ [lock]: '', 'pycontainer.toml': `${QUIET}plugins = ["@me/thing/s3"]` })))
            .hint,
      ),
    );
    const wrong = Object.values(locks).filter((command, index) => !hints[index]?.includes(command));
    expect(wrong).toEqual([]);
  });

  it('under a name that is taken is refused, with both lines', async () => {
    const thing = packed('thing', `export default ${PLUGIN};`);
    const twice = await failure(
      folderOf({ 'pycontainer.toml': `${QUIET}plugins = [\n"thing",\n"thing",\n]`, ...thing }),
    );
    expect(summaryOf(twice, 'thing')).toEqual([
      'PYC_PLUGIN_TWICE',
      true,
      true,
      'pycontainer.toml:4',
      'pycontainer.toml:5',
    ]);
    const other = await failure(
      folderOf({
        'pycontainer.toml': `${QUIET}plugins = [\n"thing",\n"./o.mjs"\n]`,
        'o.mjs': `export default ${PLUGIN};`,
        ...thing,
      }),
    );
    expect(summaryOf(other, 'thing')).toEqual([
      'PYC_PLUGIN_TWICE',
      true,
      true,
      'pycontainer.toml:4',
      'pycontainer.toml:5',
    ]);
    const core = await failure(
      folderOf({
        'pycontainer.config.ts': `export default { ${BARE}, plugins: [{ name: 'pycontainer', apply() {} }] };`,
      }),
    );
    expect([core.code, core.exitCode]).toEqual(['PYC_PLUGIN_TWICE', 2]);
  });
});

describe('options', () => {
  const listed = (error: PycError): string[] =>
    ((error.details ?? []) as readonly ConfigFault[]).map(({ path, origin, code }) =>
      [path, '@', origin, ...(code === undefined ? [] : [code])].join(' '),
    );

  it('that are wrong are told together with all else that is wrong', async () => {
    const data = await failure(
      folderOf({
        'pyproject.toml':
          '[tool.pycontainer]\nplatfrom = "x"\nuser = 3\nplugins = [\n"gone",\n["s3", { zone = 1 }],\n"s3"]\npreset = ["./m.mjs", { bucket = 1 }]\n',
        'm.mjs': MOUNTED,
        ...packed('s3', S3),
      }),
    );
    expect([data.code, ...listed(data).sort()]).toEqual([
      'PYC_CONFIG_INVALID',
      'platfrom @ pyproject.toml',
      'plugins.0 @ pyproject.toml:5 PYC_PLUGIN_UNKNOWN',
      'plugins.1.bucket @ pyproject.toml:6',
      'plugins.1.zone @ pyproject.toml:6',
      'plugins.2 @ pyproject.toml:7',
      'plugins.2 @ pyproject.toml:7 PYC_PLUGIN_TWICE',
      'preset.bucket @ pyproject.toml:8',
      'user @ pyproject.toml',
    ]);
  });

  it('that code gives are told the same way, also of profiles and of several images', async () => {
    const code = await failure(
      folderOf({
        'pycontainer.config.ts': `import s3 from './s3.ts';
          import mounted from './m.mjs';
          export default [
            { name: 'a', ${BARE}, user: 3, plugins: ['./s3.ts', s3({ zone: 1 })] },
            { name: 'b', sbom: false, preset: mounted, plugins: [s3], profiles: { dev: { plugins: [s3({})] } } },
          ];`,
        's3.ts': S3,
        'm.mjs': MOUNTED,
      }),
    );
    const file = 'pycontainer.config.ts';
    expect(code.code).toBe('PYC_CONFIG_INVALID');
    expect(listed(code).sort()).toEqual([
      `0.plugins.0 @ ${file}:4`,
      `0.plugins.1 @ ${file}:4 PYC_PLUGIN_TWICE`,
      `0.plugins.1.bucket @ ${file}`,
      `0.plugins.1.zone @ ${file}`,
      `0.user @ ${file}`,
      `1.plugins.0 @ ${file}`,
      `1.preset @ ${file}`,
      `1.profiles.dev.plugins.0.bucket @ ${file}`,
    ]);
  });

  it('for what takes none, and none for what needs some, are refused', async () => {
    const takes = await failure(
      folderOf({
        'pycontainer.toml': `${QUIET}plugins = [["thing", { a = 1 }]]`,
        ...packed('thing', `export default ${PLUGIN};`),
      }),
    );
    expect(summaryOf(takes, 'thing')).toEqual(['PYC_PLUGIN_OPTIONS', true, true, 'pycontainer.toml:3']);
    const needs = await failure(
      folderOf({ 'pycontainer.toml': `${QUIET}plugins = ["s3"]`, ...packed('s3', S3) }),
    );
    expect([needs.code, ...listed(needs)]).toEqual(['PYC_CONFIG_INVALID', 'plugins.0 @ pycontainer.toml:3']);
  });
});
