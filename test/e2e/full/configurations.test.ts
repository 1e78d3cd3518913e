/** Configurations in TypeScript and JavaScript, read by the runtime itself or for it: the same on every one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { attempt } from '../harness/processes.ts';
import { RUNTIMES } from '../harness/runtimes.ts';
import { newFolder, PROGRAM, ROOT } from '../harness/workspace.ts';

type Files = Readonly<Record<string, string>>;

const packed = (name: string, code: string): Files => ({
  [`node_modules/${name}/package.json`]: `{ "name": "${name}", "type": "module", "exports": "./index.js" }`,
  [`node_modules/${name}/index.js`]: code,
});

/** What each reads as: the image's name. */
const RIGHT: Readonly<Record<string, Files>> = {
  types: {
    'pycontainer.config.ts': `import { defineConfig } from 'pycontainer';
import { name } from './shared.ts';
export default defineConfig({ name: name as string });`,
    'shared.ts': "export const name: string = 'types';",
    // Says nothing of modules, which Node would warn of.
    'package.json': '{ "name": "shop" }',
  },
  enums: { 'pycontainer.config.ts': "enum Name { Shop = 'enums' }\nexport default { name: Name.Shop };" },
  extensionless: {
    'pycontainer.config.ts': "import { name } from './shared';\nexport default { name };",
    'shared.ts': "export const name: string = 'extensionless';",
  },
  commonjs: { 'pycontainer.config.js': "module.exports = { name: 'commonjs' };" },
  script: { 'pycontainer.config.mjs': "export default { name: 'script' };" },
  // A package that brings a copy of pycontainer along gets the running program all the same.
  copy: {
    'pycontainer.config.ts': "import name from 'plugin';\nexport default { name };",
    ...packed(
      'plugin',
      "import * as own from 'pycontainer';\nexport default own.digestOf ? 'copy' : 'another';",
    ),
    'node_modules/plugin/node_modules/pycontainer/package.json':
      '{ "name": "pycontainer", "exports": "./i.js" }',
    'node_modules/plugin/node_modules/pycontainer/i.js': 'module.exports = {};',
  },
  shared: {
    'pycontainer.config.ts': "export default { extends: 'shared' };",
    ...packed('shared', ''),
    'node_modules/shared/package.json': '{ "name": "shared", "main": "./pycontainer.config.ts" }',
    'node_modules/shared/pycontainer.config.ts': "const name: string = 'shared';\nexport default { name };",
  },
};

/** What each ends with: the error's code, and what the message must hold. */
const WRONG: Readonly<Record<string, readonly [code: string, holds: RegExp, files: Files]>> = {
  syntax: [
    'PYC_CONFIG_SYNTAX',
    /line 3, column 14/,
    { 'pycontainer.config.ts': "export default {\n  name: 'x',\n  tags: ['a' 'b'],\n};" },
  ],
  'syntax beside it': [
    'PYC_CONFIG_SYNTAX',
    /other\.ts.* line 2, column 21/,
    {
      'pycontainer.config.ts': "import { a } from './other.ts';\nexport default { name: a };",
      'other.ts': '\nexport const a: X = ;\n',
    },
  ],
  missing: [
    'PYC_CONFIG_IMPORT',
    /pycontainer-has-no-such-package/,
    { 'pycontainer.config.ts': "import a from 'pycontainer-has-no-such-package';\nexport default a;" },
  ],
  'missing beside it': [
    'PYC_CONFIG_IMPORT',
    /nope\.ts/,
    { 'pycontainer.config.ts': "import a from './nope.ts';\nexport default a;" },
  ],
  'a module of no version': [
    'PYC_CONFIG_IMPORT',
    /pycontainer\/plugins\/debain/,
    { 'pycontainer.config.ts': "import a from 'pycontainer/plugins/debain';\nexport default a;" },
  ],
  throws: [
    'PYC_CONFIG_FAILED',
    /line 4: boom/,
    {
      'pycontainer.config.ts':
        "interface X { a: string }\n\nconst x: X = { a: 'boom' };\nthrow new Error(x.a);",
    },
  ],
  'throws a text': ['PYC_CONFIG_FAILED', /: boom/, { 'pycontainer.config.ts': "throw 'boom';" }],
  'throws of a parser': ['PYC_CONFIG_FAILED', /line 2: /, { 'pycontainer.config.ts': "\nJSON.parse('{');" }],
  'no default export': [
    'PYC_CONFIG_NO_EXPORT',
    /default export/,
    { 'pycontainer.config.ts': 'export const a = 1;' },
  ],
  empty: ['PYC_CONFIG_NO_EXPORT', /default export/, { 'pycontainer.config.ts': '' }],
};

function folderOf(files: Files): string {
  const folder = newFolder('configuration');
  for (const [name, text] of Object.entries({ '.git/HEAD': '', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

test.each(RUNTIMES)('are read and faulted alike on $name', async ({ command }) => {
  const env = { NO_COLOR: '1', XDG_CACHE_HOME: newFolder('cache'), NODE_OPTIONS: undefined };
  const config = (folder: string) => attempt([...command, PROGRAM, 'config', folder], { env });
  for (const [name, files] of Object.entries(RIGHT)) {
    const { stdout, stderr } = await config(folderOf(files));
    expect({ name: stdout === '' ? stdout : JSON.parse(stdout).images[0].name, stderr }).toEqual({
      name,
      stderr: '',
    });
  }
  for (const [name, [code, holds, files]] of Object.entries(WRONG)) {
    const ended = await config(folderOf(files));
    expect([name, ended.code, ended.stderr]).toEqual([name, 2, expect.stringMatching(holds)]);
    expect(ended.stderr).toContain(`[${code}]`);
  }
});

test.each(RUNTIMES)('are evaluated anew each time by a program on $name', async ({ command }) => {
  const folder = folderOf({
    'pycontainer.config.ts': "import { name } from './shared.ts';\nexport default { name: name as string };",
    'program.mjs': `import { writeFileSync } from 'node:fs';
import { configurationOf } from '${pathToFileURL(join(ROOT, 'dist/core/index.js')).href}';
for (const name of ['first', 'second']) {
  writeFileSync(new URL('shared.ts', import.meta.url), \`export const name: string = '\${name}';\`);
  const { images } = await configurationOf({ cwd: import.meta.dirname });
  console.log(images[0].name);
}`,
  });
  const env = { XDG_CACHE_HOME: newFolder('cache'), NODE_OPTIONS: undefined };
  const { stdout, stderr } = await attempt([...command, join(folder, 'program.mjs')], { env });
  expect([stdout, stderr]).toEqual(['first\nsecond\n', '']);
});
