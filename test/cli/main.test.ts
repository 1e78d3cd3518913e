import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../core/cli/commands/index.ts';
import { main } from '../../core/cli/main.ts';
import { folderOf } from '../config/project-folder.ts';
import { fakeIo } from './fake-io.ts';

/** The error of a run that ends with a document. */
async function errorOf(argv: readonly string[], cwd = process.cwd()) {
  const io = fakeIo({ cwd });
  const exitCode = await main([argv[0]!, '--json', ...argv.slice(1)], io);
  const document = JSON.parse(io.out()) as {
    schemaVersion: number;
    ok: boolean;
    error: { code: string; hint: string; details: readonly { path?: string }[] };
  };
  return { exitCode, document, error: document.error };
}

describe('the command line', () => {
  it('prints the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    for (const flag of ['--version', '-V', 'version']) {
      const io = fakeIo();
      expect([await main([flag], io), io.out(), io.err()]).toEqual([0, `${version}\n`, '']);
    }
  });

  it('prints an overview, and help for every command, to standard output', async () => {
    const overview = fakeIo();
    expect(await main(['--help'], overview)).toBe(0);
    for (const { name, usage } of COMMANDS) {
      expect(overview.out()).toContain(usage);
      const direct = fakeIo();
      const word = fakeIo();
      expect(await main([name, '--help'], direct)).toBe(0);
      expect(await main(['help', name], word)).toBe(0);
      expect(direct.out()).toContain(`Usage: pyc ${name}`);
      expect(direct.out()).toContain('Examples:');
      expect(word.out()).toBe(direct.out());
    }
  });

  it('explains itself on standard error when nothing is asked', async () => {
    const io = fakeIo();
    expect([await main([], io), io.out()]).toEqual([2, '']);
    expect(io.err()).toContain('Commands:');
  });

  it('refuses wrong usage with exit code 2 and what was probably meant', async () => {
    const table: [argv: string[], hint: string][] = [
      [['biuld'], '`pyc build`'],
      [['--tag', 'x', 'build'], 'pyc build'],
      [['build', '--tga', 'x'], '`--tag`'],
      [['build', '--tag'], 'pyc build --help'],
      [['build', 'a', 'b'], 'pyc build --help'],
      [['build', '--progress', 'loud'], 'pyc build --help'],
      [['build', '--env', 'NOVALUE'], 'NAME=VALUE'],
      [['build', '--username', 'me'], '--password-stdin'],
      [['build', '--username', 'me', '--password-stdin'], 'pipe it in'],
    ];
    for (const [argv, hint] of table) {
      const { exitCode, document, error } = await errorOf(argv);
      expect([argv, exitCode, document.ok, error.code]).toEqual([argv, 2, false, 'PYC_USAGE']);
      expect(error.hint).toContain(hint);
    }
  });

  it('prints data to standard output and all else to standard error', async () => {
    const io = fakeIo();
    await main(['build', '--nonsense'], io);
    expect(io.out()).toBe('');
    expect(io.err()).toMatch(/^error: .*\n\nhint: /s);
  });

  it('reports every fault of a configuration at once, with exit code 2', async () => {
    const cwd = folderOf({ 'pycontainer.toml': 'platfrom = "x"\nuser = 3\n' });
    const { exitCode, error } = await errorOf(
      ['check', '--set', 'push=maybe', '--platform', 'windows/x'],
      cwd,
    );
    expect([exitCode, error.code]).toEqual([2, 'PYC_CONFIG_INVALID']);
    expect(error.details.map(({ path }) => path).sort()).toEqual(['platforms.0', 'platfrom', 'push', 'user']);
  });

  it('prints one document for a failure of any kind', async () => {
    const cwd = folderOf({ 'pycontainer.config.ts': 'export const x = 1;' });
    const { exitCode, document, error } = await errorOf(['build'], cwd);
    expect([exitCode, document.schemaVersion, error.code]).toEqual([2, 1, 'PYC_CONFIG_NO_EXPORT']);
  });

  it('ends with 130 when it is interrupted', async () => {
    const cwd = folderOf({ 'pyproject.toml': '[project]\nname = "x"\nversion = "1"\n' });
    const io = fakeIo({ cwd, signal: AbortSignal.abort(), env: { PYC_CACHE_DIR: folderOf({}) } });
    expect(await main(['build', '--json'], io)).toBe(130);
    expect(JSON.parse(io.out()).error.code).toBe('PYC_INTERRUPTED');
  });
});
