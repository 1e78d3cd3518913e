import { describe, expect, it } from 'vitest';
import type { ConfigFault } from '../../core/config/errors.ts';
import { BARE, failure, folderOf, load } from './project-folder.ts';

/** `path @ origin → nearest`. */
function listed(details: readonly unknown[] | undefined): string[] {
  return ((details ?? []) as readonly ConfigFault[]).map(
    ({ path, origin, nearest }) => `${path} @ ${origin}${nearest === undefined ? '' : ` → ${nearest}`}`,
  );
}

describe('faults of a configuration', () => {
  it('are reported together, with dotted paths, origins and the nearest valid names', async () => {
    const root = folderOf({
      'pycontainer.config.ts': `export default {
        platform: ['linux/amd64'], platforms: ['windows/amd64'], python: { versoin: '3.12' }, ports: [70000, 'x'],
        env: { A: 1 }, plugins: [3], outputs: ['nowhere'], workdir: 'app', stopSignal: 'TERM', tags: 'x',
        profiles: { prod: { entrypiont: [] } },
      };`,
    });
    const error = await failure(root, {
      env: { PYC_PUSH: 'maybe' },
      commandLine: {
        values: { platforms: ['linux/'] },
        flags: { platforms: '--platform' },
        set: ['bytecod=true', 'python.version=2', 'noequals', 'tags.x=1'],
      },
    });
    const file = 'pycontainer.config.ts';
    expect(error.code).toBe('PYC_CONFIG_INVALID');
    expect(error.exitCode).toBe(2);
    expect(listed(error.details).sort()).toEqual(
      [
        `platform @ ${file} → platforms`,
        `platforms.0 @ ${file}`,
        `python.versoin @ ${file} → version`,
        `ports.0 @ ${file}`,
        `ports.1 @ ${file}`,
        `env.A @ ${file}`,
        `plugins.0 @ ${file}`,
        `outputs.0 @ ${file}`,
        `workdir @ ${file}`,
        `stopSignal @ ${file}`,
        `tags @ ${file}`,
        `profiles.prod.entrypiont @ ${file} → entrypoint`,
        'push @ PYC_PUSH',
        'platforms.0 @ --platform',
        'bytecod @ --set bytecod → bytecode',
        'python.version @ --set python.version',
        ' @ --set noequals',
        'tags.x @ --set tags.x',
      ].sort(),
    );
  });

  it('are keys that say what is not supported yet, and a user that is none', async () => {
    const wrong = folderOf({ 'pycontainer.toml': 'bytecode = "yes"\nsecrets = ["TOKEN"]\nuser = ""\n' });
    const { details } = await failure(wrong);
    expect(listed(details).sort()).toEqual([
      'bytecode @ pycontainer.toml',
      'secrets @ pycontainer.toml',
      'user @ pycontainer.toml',
    ]);
    const [config] = await load(folderOf({ 'pycontainer.toml': 'bytecode = false\nsecrets = []\n' }));
    expect(config).toMatchObject({ bytecode: false, secrets: [] });
  });

  it('do not take what every object of JavaScript has for a key or a value', async () => {
    const set = ['constructor=1', '__proto__=1', 'toString=x', 'push=constructor', 'python.constructor=1'];
    const error = await failure(folderOf({}), { commandLine: { values: {}, flags: {}, set } });
    expect([error.code, (error.details as ConfigFault[]).map(({ path }) => path)]).toEqual([
      'PYC_CONFIG_INVALID',
      ['constructor', '__proto__', 'toString', 'python.constructor', 'push'],
    ]);
    const config = 'export default () => ({ preset: false, sbom: false, profiles: {} });';
    const [one] = await load(folderOf({ 'pycontainer.config.ts': config }), { profile: 'constructor' });
    expect(one?.plugins).toEqual([]);
  });

  it('name keys as the file writes them', async () => {
    const toml = await failure(folderOf({ 'pycontainer.toml': 'stopSignal = "SIGINT"\nstop-signal = 3' }));
    expect(listed(toml.details).sort()).toEqual([
      'stop-signal @ pycontainer.toml',
      'stopSignal @ pycontainer.toml → stop-signal',
    ]);
  });

  it('say which image of several is meant', async () => {
    const error = await failure(
      folderOf({ 'pycontainer.config.ts': `export default [{ ${BARE} }, { user: 1 }];` }),
    );
    expect(listed(error.details)).toEqual(['1.user @ pycontainer.config.ts']);
  });

  it('keep secrets out of files', async () => {
    const error = await failure(
      folderOf({
        'pycontainer.config.json':
          '{"password":"x","registry":"https://me:secret@example.com","tags":["me:pw@host/x"]}',
      }),
    );
    expect(
      listed(error.details)
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(['password', 'registry', 'tags.0']);
    expect(JSON.stringify(error.details)).not.toContain('secret@');
  });

  it('include what a profile, a plugin or a preset is called wrongly', async () => {
    const root = folderOf({
      'pycontainer.toml': 'preset = false\nsbom = false\n[profiles.production]\nuser = "1"',
    });
    const codes = [
      (await failure(root, { profile: 'producton' })).code,
      (await failure(folderOf({ 'pycontainer.toml': 'plugins = ["sbmo"]' }))).code,
      (await failure(folderOf({ 'pycontainer.toml': 'preset = "fastpi"' }))).code,
      (await failure(folderOf({ 'pycontainer.toml': 'plugins = ["./p.mjs"]', 'p.mjs': 'export default 3;' })))
        .code,
    ];
    expect(codes).toEqual([
      'PYC_CONFIG_PROFILE_UNKNOWN',
      'PYC_PLUGIN_UNKNOWN',
      'PYC_PRESET_UNKNOWN',
      'PYC_PLUGIN_NO_EXPORT',
    ]);
  });
});

describe('a file that cannot be read', () => {
  it('shows the place of a syntax error with a caret', async () => {
    const samples: Record<string, [text: string, place: string]> = {
      'pycontainer.config.ts': ['const a = 1;\nexport default {{\n', 'line 2, column 17'],
      'pycontainer.config.json': ['{\n  "name": x\n}', 'line 2, column 11'],
      'pycontainer.config.yaml': ['name: "x\nuser: [', 'line 2'],
      'pycontainer.toml': ['name = "x"\nuser = = 3', 'line 2, column 8'],
    };
    for (const [name, [text, place]] of Object.entries(samples)) {
      const error = await failure(folderOf({ [name]: text }));
      expect([name, error.code, error.exitCode]).toEqual([name, 'PYC_CONFIG_SYNTAX', 2]);
      expect(error.message).toContain(place);
      expect(error.message).toContain('^');
    }
  });

  it('is told apart by what is wrong with it', async () => {
    const one = (text: string, more: Record<string, string> = {}) =>
      failure(folderOf({ 'pycontainer.config.ts': text, ...more }));
    const table: [string, string][] = [
      ['PYC_CONFIG_NO_EXPORT', (await one('export const config = {};')).code],
      ['PYC_CONFIG_NO_EXPORT', (await one('')).code],
      ['PYC_CONFIG_IMPORT', (await one("import x from 'not-installed'; export default x;")).code],
      ['PYC_CONFIG_IMPORT', (await one("import x from './gone.ts'; export default x;")).code],
      [
        'PYC_CONFIG_IMPORT',
        (await one("import x from 'pycontainer/plugins/debain'; export default x;")).code,
      ],
      ['PYC_CONFIG_FAILED', (await one("throw new Error('no');")).code],
      ['PYC_CONFIG_FAILED', (await one("export default () => { throw new Error('no'); };")).code],
      [
        'PYC_CONFIG_FAILED',
        (await one("import { readFileSync } from 'node:fs'; export default readFileSync('gone');")).code,
      ],
      ['PYC_CONFIG_INVALID', (await one('export default 3;')).code],
      ['PYC_CONFIG_INVALID', (await one('export default () => undefined;')).code],
      ['PYC_CONFIG_NOT_FOUND', (await one("export default { extends: './gone.toml' };")).code],
      ['PYC_CONFIG_NOT_FOUND', (await one("export default { extends: 'gone-package' };")).code],
      [
        'PYC_CONFIG_CYCLE',
        (
          await one("export default { extends: './b.toml' };", {
            'b.toml': 'extends = "./pycontainer.config.ts"',
          })
        ).code,
      ],
      ['PYC_CONFIG_NOT_FOUND', (await failure(folderOf({}), { file: 'gone.toml' })).code],
      ['PYC_CONFIG_UNREADABLE', (await failure(folderOf({ 'a.ini': '' }), { file: 'a.ini' })).code],
    ];
    expect(table.filter(([expected, found]) => expected !== found)).toEqual([]);
  });

  it('or hanging is left behind when the run is interrupted, and named where nothing can end it', async () => {
    const codes: unknown[] = [];
    for (const reason of [undefined, Symbol.for('pycontainer.stalled')]) {
      const files = { 'pycontainer.config.ts': 'export default () => new Promise(() => {});' };
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 20);
      codes.push((await failure(folderOf(files), { signal: controller.signal })).code);
    }
    expect(codes).toEqual(['PYC_INTERRUPTED', 'PYC_CONFIG_FAILED']);
  });

  it('names the package that is missing and how to install it', async () => {
    const error = await failure(
      folderOf({ 'pycontainer.config.ts': "import x from '@me/thing/sub'; export default x;" }),
    );
    expect(error.hint).toContain('npm install --save-dev @me/thing');
  });
});
