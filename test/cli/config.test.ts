import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { folderOf } from '../config/project-folder.ts';
import { fakeIo } from './fake-io.ts';

/** What `pyc config` prints in a folder. */
async function printed(cwd: string, argv: readonly string[] = [], env: Record<string, string> = {}) {
  const io = fakeIo({ cwd, env });
  const exitCode = await main(['config', ...argv], io);
  return { exitCode, err: io.err(), document: exitCode === 0 ? JSON.parse(io.out()) : io.out() };
}

describe('pyc config', () => {
  it('prints the merged values and where each was written, without looking for plugins', async () => {
    const cwd = folderOf({
      'pycontainer.config.ts': `export default ({ command, profile }) => ({
        name: 'shop', base: { reference: 'mine', open() {} }, push: command === 'build',
        env: { A: 'file', B: 'file' }, plugins: ['not-installed', ['other', { a: 1 }], { name: 'own', apply() {} }],
        profiles: { release: { tags: ['shop:1'], env: { B: profile } } },
      });`,
    });
    const { document } = await printed(
      cwd,
      ['--profile', 'release', '--set', 'env.C=set', '--no-include-deps'],
      {
        PYC_USER: '1',
      },
    );
    expect(document).toMatchObject({
      schemaVersion: 1,
      command: 'config',
      ok: true,
      file: join(cwd, 'pycontainer.config.ts'),
      profile: 'release',
      warnings: [],
    });
    const [image] = document.images;
    expect(image).toMatchObject({ name: 'shop', directory: cwd });
    expect(image.config).toMatchObject({
      base: 'mine',
      push: true,
      dependencies: false,
      user: '1',
      tags: ['shop:1'],
      env: { A: 'file', B: 'release', C: 'set' },
      plugins: ['not-installed', ['other', { a: 1 }], 'own'],
      preset: 'auto',
    });
    expect(image.origins).toMatchObject({
      'env.A': 'pycontainer.config.ts',
      'env.B': 'profile `release` in pycontainer.config.ts',
      'env.C': '--set env.C',
      user: 'PYC_USER',
      dependencies: '--no-include-deps',
      preset: 'default',
      platforms: 'default',
    });
  });

  it('lists every image, or those that are asked for', async () => {
    const cwd = folderOf({
      'pycontainer.config.json': '{"name":"x"}',
      'several.ts': `export default [{ name: 'api', project: 'api' }, { name: 'worker', project: 'worker' }];`,
    });
    for (const name of ['api', 'worker']) mkdirSync(join(cwd, name));
    const names = async (...argv: string[]) =>
      (await printed(cwd, ['--config', 'several.ts', ...argv])).document.images.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names()).toEqual(['api', 'worker']);
    expect(await names('--only', 'worker')).toEqual(['worker']);
  });

  it('has a result without any file', async () => {
    const { document } = await printed(folderOf({}));
    expect(document).toMatchObject({ file: null, profile: null, images: [{ name: null }] });
  });

  it('reports faults on standard error, with exit code 2, and warnings beside the document', async () => {
    const wrong = await printed(folderOf({ 'pycontainer.toml': 'usr = "1"' }));
    expect(wrong).toMatchObject({ exitCode: 2, document: '' });
    expect(wrong.err).toContain('PYC_CONFIG_INVALID');
    const vain = await printed(folderOf({ 'pycontainer.toml': 'verbose = true' }));
    expect(vain.document.warnings).toMatchObject([{ code: 'PYC_CONFIG_KEY_IGNORED' }]);
    expect(vain.err).toContain('PYC_CONFIG_KEY_IGNORED');
  });

  it('prints the schema of either style', async () => {
    const cwd = folderOf({});
    const ajv = new Ajv2020({ strict: false });
    const json = ajv.compile((await printed(cwd, ['--schema'])).document);
    const toml = ajv.compile((await printed(cwd, ['--schema=toml'])).document);
    expect([json({ stopSignal: 'SIGINT' }), json({ 'stop-signal': 'SIGINT' })]).toEqual([true, false]);
    expect([toml({ 'stop-signal': 'SIGINT' }), toml({ stopSignal: 'SIGINT' })]).toEqual([true, false]);
  });
});
