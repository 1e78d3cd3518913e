import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type FakeAccess, startFakeRegistry } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dispatch } from '../../core/cli/dispatch.ts';
import type { Io } from '../../core/cli/io.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const PASSWORD = 'p4ss:w0rd-ü';

type Terminal = Partial<Io> & { readonly isTTY?: boolean };

interface Place {
  readonly host: string;
  run(words: readonly string[], input?: string, terminal?: Terminal): Promise<FakeIo & { code: number }>;
  /** What is kept. */
  kept(): Promise<unknown>;
}

async function place(access: FakeAccess): Promise<Place> {
  const server = await startFakeRegistry({ access });
  const home = await mkdtemp(join(tmpdir(), 'pyc-login-'));
  onTestFinished(async () => {
    await server.close();
    await rm(home, { recursive: true, force: true });
  });
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: join(home, 'run'),
    PYC_CACHE_DIR: join(home, 'cache'),
    PATH: '',
  };
  return {
    host: server.host,
    async run(words, input = '', terminal = {}) {
      const io = fakeIo({ env, cwd: home, input, ...terminal });
      return Object.assign(io, { code: await dispatch(words, io) });
    },
    kept: async () =>
      JSON.parse(await readFile(join(home, 'run/containers/auth.json'), 'utf8').catch(() => 'null')),
  };
}

describe('pyc login', () => {
  it('keeps a password that the registry takes, and no other', async () => {
    for (const kind of ['basic', 'bearer'] as const) {
      const { host, run, kept } = await place({ kind, username: 'me', password: PASSWORD });
      const words = ['login', host, '--username', 'me', '--password-stdin'];
      const wrong = await run(words, 'wrong-p4ssword\n');
      expect([wrong.code, await kept()]).toEqual([1, null]);
      expect(wrong.err()).toContain('PYC_REGISTRY_ACCESS');

      const right = await run([...words, '--json'], `${PASSWORD}\n`);
      expect(right.code).toBe(0);
      expect(JSON.parse(right.out())).toMatchObject({
        schemaVersion: 1,
        command: 'login',
        ok: true,
        registry: host,
        storedIn: { kind: 'file' },
        checked: true,
      });
      const auth = Buffer.from(`me:${PASSWORD}`).toString('base64');
      expect(await kept()).toEqual({ auths: { [host]: { auth } } });

      const gone = await run(['logout', host]);
      expect([gone.code, await kept()]).toEqual([0, { auths: {} }]);
      const again = await run(['logout', '--all', '--json']);
      expect(JSON.parse(again.out())).toMatchObject({ ok: true, registry: null, removedFrom: [] });
      const said = [wrong, right, gone, again].map((io) => io.out() + io.err()).join('');
      expect([PASSWORD, 'wrong-p4ssword', auth].filter((secret) => said.includes(secret))).toEqual([]);
    }
  });

  it('says where nothing was checked', async () => {
    const { host, run, kept } = await place({ kind: 'anonymous' });
    const io = await run(['login', `${host}/team`, '--username', 'me', '--password-stdin'], 'x');
    expect([io.code, io.err().includes('not checked')]).toEqual([0, true]);
    expect(await kept()).toEqual({ auths: { [`${host}/team`]: { auth: 'bWU6eA==' } } });
  });

  it('asks on a terminal, and shows nothing of the password', async () => {
    const { host, run, kept } = await place({ kind: 'basic', username: 'me', password: 'typed' });
    const modes: boolean[] = [];
    const type = (...keys: string[]): Terminal => ({
      isTTY: true,
      stdin: Object.assign(Readable.from(keys), {
        isTTY: true,
        setRawMode: (mode: boolean) => modes.push(mode),
      }),
    });
    const io = await run(['login', host], '', type('me\n', 'ty', 'q\u007f', 'ped\r'));
    expect(io.code).toBe(0);
    expect(io.err()).not.toContain('ty');
    expect(modes).toEqual([true, false]);
    expect(await kept()).toEqual({ auths: { [host]: { auth: 'bWU6dHlwZWQ=' } } });
    expect((await run(['login', host], '', type('me\n', 'ty\u0003'))).code).toBe(130);
  });

  it('refuses what is no registry, and what is left out', async () => {
    const { host, run } = await place({ kind: 'anonymous' });
    const stdin = ['--username', 'me', '--password-stdin'];
    const table: readonly (readonly [readonly string[], string, string])[] = [
      [['login', 'https://ghcr.io', ...stdin], 'x', 'PYC_REGISTRY_NAME_INVALID'],
      [['login', 'shop', ...stdin], 'x', 'PYC_REGISTRY_NAME_INVALID'],
      [['login', `${host}/a@b`, ...stdin], 'x', 'PYC_REGISTRY_NAME_INVALID'],
      [['logout', '../x'], '', 'PYC_REGISTRY_NAME_INVALID'],
      [['login', host, ...stdin], '\n', 'PYC_USAGE'],
      [['login', host, '--username', 'm:e', '--password-stdin'], 'x', 'PYC_USAGE'],
      [['login', host, '--username', 'me'], 'x', 'PYC_USAGE'],
      [['login', host, '--password-stdin'], 'x', 'PYC_USAGE'],
      [['logout', host, '--all'], '', 'PYC_USAGE'],
    ];
    const faults: unknown[] = [];
    for (const [words, input, code] of table) {
      const io = await run(words, input);
      if (io.code !== 2 || !io.err().includes(code)) faults.push([words, io.code, io.err()]);
    }
    expect(faults).toEqual([]);
  });
});
