import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { credentialFiles, loginFile } from '../../core/registry/credential-file.ts';
import { askHelper } from '../../core/registry/credential-helper.ts';
import { createKeychain } from '../../core/registry/keychain.ts';
import { eraseLogin, storeLogin } from '../../core/registry/logins.ts';
import { codeOf, temporaryFolder } from './images.ts';

const account = (password: string) => ({ username: 'me', password });

interface Home {
  readonly directory: string;
  readonly env: Record<string, string>;
  read(path: string): Promise<Record<string, unknown>>;
}

/** A helper that keeps passwords in a file each, as `pass` does. */
const HELPER = `#!/bin/sh
kept="$(dirname "$0")/../kept"
mkdir -p "$kept"
case "$1" in
  store) cat > "$kept/new"; server=$(sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/' "$kept/new"); mv "$kept/new" "$kept/$(echo "$server" | tr / _)" ;;
  get) read -r server; cat "$kept/$(echo "$server" | tr / _)" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
  erase) read -r server; rm -f "$kept/$(echo "$server" | tr / _)" ;;
  list) cd "$kept"; printf '{'; first=; for name in *; do [ -f "$name" ] || continue; printf '%s"%s":"me"' "$first" "$name"; first=,; done; echo '}' ;;
esac
`;

async function home(files: Readonly<Record<string, unknown>> = {}): Promise<Home> {
  const directory = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    if (name.startsWith('bin/')) await chmod(file, 0o755);
  }
  return {
    directory,
    env: { HOME: directory, XDG_RUNTIME_DIR: join(directory, 'run'), PATH: `${directory}/bin:/usr/bin:/bin` },
    read: async (path) =>
      JSON.parse(await readFile(join(directory, path), 'utf8')) as Record<string, unknown>,
  };
}

const AUTH_FILE = 'run/containers/auth.json';

describe('a login', () => {
  it('is written to the file that podman would write, for nobody else to read', async () => {
    const table: readonly (readonly [Record<string, string>, string])[] = [
      [{ REGISTRY_AUTH_FILE: '/a', DOCKER_CONFIG: '/d', XDG_RUNTIME_DIR: '/r' }, '/a'],
      [{ DOCKER_CONFIG: '/d', XDG_RUNTIME_DIR: '/r' }, '/d/config.json'],
      [{ XDG_RUNTIME_DIR: '/r', HOME: '/h' }, '/r/containers/auth.json'],
    ];
    expect(table.filter(([env, path]) => loginFile(env) !== path)).toEqual([]);
    expect(credentialFiles({ HOME: '/h' })).toContain(loginFile({ HOME: '/h' }));

    const { env, directory, read } = await home();
    expect(await storeLogin('ghcr.io', account('a:b'), env)).toEqual({
      kind: 'file',
      path: join(directory, AUTH_FILE),
    });
    expect((await stat(join(directory, AUTH_FILE))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'run/containers'))).mode & 0o777).toBe(0o700);
    expect(await read(AUTH_FILE)).toEqual({ auths: { 'ghcr.io': { auth: 'bWU6YTpi' } } });
    expect(await createKeychain({ env })('ghcr.io', 'x')).toEqual({ kind: 'basic', ...account('a:b') });
    expect(await readdir(join(directory, 'run/containers'))).toEqual(['auth.json']);
  });

  it('keeps all else of the file, replaces other spellings, and follows a link', async () => {
    const others = {
      'quay.io': { auth: 'eDp5', more: [1] },
      'ghcr.io/team': { auth: 'eDp6' },
    };
    const { env, directory, read } = await home({
      'elsewhere.json': {
        unknown: { a: 1 },
        auths: { 'https://index.docker.io/v1/': { auth: 'eDpv' }, 'registry-1.docker.io': {}, ...others },
      },
      'run/containers/other': '',
    });
    await symlink(join(directory, 'elsewhere.json'), join(directory, AUTH_FILE));
    await storeLogin('docker.io', account('new'), env);
    expect(await read('elsewhere.json')).toEqual({
      unknown: { a: 1 },
      auths: { ...others, 'https://index.docker.io/v1/': { auth: 'bWU6bmV3' } },
    });
    expect(await read(AUTH_FILE)).toEqual(await read('elsewhere.json'));
    await storeLogin('ghcr.io/team', account('team'), env);
    expect(await createKeychain({ env })('ghcr.io', 'team/app')).toMatchObject({ password: 'team' });
    expect(await createKeychain({ env })('ghcr.io', 'app')).toBeUndefined();
  });

  it('loses nothing where several are written at once', async () => {
    const { env, read } = await home();
    const hosts = Array.from({ length: 8 }, (_, index) => `registry${index}.example.com`);
    await Promise.all(hosts.map((host) => storeLogin(host, account(host), env)));
    expect(Object.keys((await read(AUTH_FILE)).auths as object).sort()).toEqual([...hosts].sort());
    expect(await eraseLogin(undefined, env)).toHaveLength(1);
    expect(await read(AUTH_FILE)).toEqual({ auths: {} });
  });

  it('goes into the helper that is configured, and takes older entries with it', async () => {
    const { env, directory, read } = await home({
      [AUTH_FILE]: { auths: { 'ghcr.io': { auth: 'eDpvbGQ=' }, 'ghcr.io/team': { auth: 'eDpv' } } },
      '.docker/config.json': { credHelpers: { 'ghcr.io': 'keep' }, auths: { 'quay.io': { auth: 'eDp5' } } },
      'bin/docker-credential-keep': HELPER,
    });
    expect(await storeLogin('ghcr.io', account('helped'), env)).toEqual({ kind: 'helper', name: 'keep' });
    expect(await read(AUTH_FILE)).toEqual({ auths: { 'ghcr.io/team': { auth: 'eDpv' } } });
    expect(await createKeychain({ env })('ghcr.io', 'x')).toEqual({ kind: 'basic', ...account('helped') });
    // Helpers know hosts and no namespaces.
    expect(await storeLogin('ghcr.io/me', account('mine'), env)).toMatchObject({ kind: 'file' });

    expect(await eraseLogin('ghcr.io', env)).toEqual([{ kind: 'helper', name: 'keep' }]);
    expect(await readdir(join(directory, 'kept'))).toEqual([]);
    expect(await createKeychain({ env })('ghcr.io', 'x')).toBeUndefined();
    expect(await eraseLogin('ghcr.io', env)).toEqual([]);
    expect(await eraseLogin('quay.io', env)).toEqual([
      { kind: 'file', path: join(directory, '.docker/config.json') },
    ]);
    expect(await read('.docker/config.json')).toEqual({ credHelpers: { 'ghcr.io': 'keep' }, auths: {} });
  });

  it('changes nothing where the file is damaged or cannot be written', async () => {
    for (const content of ['{"auths": {"ghcr.io": {"auth": "c2Vj', { auths: ['c2Vj'] }]) {
      const { env, directory } = await home({ [AUTH_FILE]: content });
      const before = await readFile(join(directory, AUTH_FILE), 'utf8');
      const failure = await storeLogin('ghcr.io', account('x'), env).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'PYC_CREDENTIAL_FILE' });
      expect(String(failure)).not.toContain('c2Vj');
      expect(await readFile(join(directory, AUTH_FILE), 'utf8')).toBe(before);
      expect(await readdir(join(directory, 'run/containers'))).toEqual(['auth.json']);
    }
    const { env } = await home({ run: 'a file in place of the folder' });
    expect(await codeOf(storeLogin('ghcr.io', account('x'), env))).toBe('PYC_CREDENTIAL_FILE');
  });
});

describe('a credential helper', () => {
  it('that hangs, never stops talking, or is interrupted, is waited for no longer', async () => {
    const { env } = await home({
      'bin/docker-credential-hangs': '#!/bin/sh\nsleep 2 &\nwait\n',
      'bin/docker-credential-talks': '#!/bin/sh\nexec yes secret\n',
    });
    const ask = (name: string, signal?: AbortSignal) => askHelper(name, 'ghcr.io', env, signal, 300);
    const late = await ask('hangs').catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'PYC_CREDENTIAL_HELPER' });
    expect(String(late)).toContain('docker-credential-hangs');
    const endless = await askHelper('talks', 'ghcr.io', env).catch((error: unknown) => error);
    expect(endless).toMatchObject({ code: 'PYC_CREDENTIAL_HELPER' });
    expect(String(endless)).not.toContain('secret');
    const interrupt = new AbortController();
    const asked = ask('hangs', interrupt.signal);
    interrupt.abort(new Error('stop'));
    await expect(asked).rejects.toThrow('stop');
  });

  it('may say that a user is a token, also in a file', async () => {
    const auth = Buffer.from('<token>:refresh').toString('base64');
    const { env } = await home({ [AUTH_FILE]: { auths: { 'acr.azurecr.io': { auth } } } });
    expect(await createKeychain({ env })('acr.azurecr.io', 'x')).toEqual({
      kind: 'identity',
      username: '<token>',
      token: 'refresh',
    });
  });
});
