/** Logins on docker-registry: what `pyc login` keeps opens it for skopeo, crane and podman, and what podman keeps opens it for `pyc`. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { podman } from './harness/podman.ts';
import { attempt, run } from './harness/processes.ts';
import { build, pyc } from './harness/pyc.ts';
import { copyExample, newFolder, PEERS } from './harness/workspace.ts';

const CRANE = join(PEERS, 'crane/usr/bin/crane');
const ACCOUNT = { username: 'pusher', password: 'correct horse: bättery' };
const PAIR = Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64');

/** A base that need not be fetched: the image is only carried to and fro. */
const SMALL = [
  '--base',
  'scratch',
  '--python',
  '3.13.5',
  '--libc',
  'glibc-2.41',
  '--set',
  'python.interpreter=/usr/bin/python3',
];

let guarded: DockerRegistry;

beforeAll(async () => {
  guarded = await startRegistry(ACCOUNT);
});

afterAll(async () => {
  await guarded?.stop();
});

/** Every file below a folder that holds one of the secrets. */
function leaksBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .filter((file) => {
      const text = readFileSync(file, 'utf8');
      return text.includes(ACCOUNT.password) || text.includes(PAIR);
    });
}

describe('a login', () => {
  test('by pyc serves skopeo, crane and podman, and leaves the password nowhere else', async () => {
    const home = newFolder('login');
    const store = newFolder('login-store');
    const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run') };
    const words = ['login', guarded.address, '--username', ACCOUNT.username, '--password-stdin'];
    const wrong = await pyc(words, { env, store, input: 'wrong' });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('PYC_REGISTRY_ACCESS');

    const right = await pyc([...words, '--json'], { env, store, input: `${ACCOUNT.password}\n` });
    expect(JSON.parse(right.stdout)).toMatchObject({ ok: true, checked: true });
    const file = join(home, 'run/containers/auth.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const tag = `${guarded.address}/team/shop:1.0`;
    const project = copyExample('script');
    const { digest, report, stderr } = await build([project, ...SMALL, '--tag', tag, '--push', '--verbose'], {
      env,
      store,
    });
    const inspected = await run(['skopeo', 'inspect', '--tls-verify=false', `docker://${tag}`], { env });
    expect(JSON.parse(inspected).Digest).toBe(digest);
    expect((await run([CRANE, 'digest', '--insecure', tag], { env })).trim()).toBe(digest);
    const said = [wrong, right].map((ended) => ended.stdout + ended.stderr).join('') + stderr;
    expect(JSON.stringify(report) + said).not.toMatch(new RegExp(`${ACCOUNT.password}|${PAIR}`));
    expect([store, project].flatMap(leaksBelow)).toEqual([]);

    const out = await pyc(['logout', guarded.address], { env, store });
    expect(out.code).toBe(0);
    expect(leaksBelow(home)).toEqual([]);
    expect(
      (await attempt(['skopeo', 'inspect', '--tls-verify=false', `docker://${tag}`], { env })).code,
    ).not.toBe(0);
  });

  test('by podman serves pyc, and pyc ends it', async () => {
    const authfile = join(newFolder('podman-login'), 'auth.json');
    const env = { REGISTRY_AUTH_FILE: authfile };
    const { username, password } = ACCOUNT;
    await podman(
      'login',
      '--tls-verify=false',
      '--authfile',
      authfile,
      '-u',
      username,
      '-p',
      password,
      guarded.address,
    );
    const tag = `${guarded.address}/team/shop:2.0`;
    await build([copyExample('script'), ...SMALL, '--tag', tag, '--push'], { env });
    // Another registry's entry stays as podman wrote it.
    const kept = await pyc(
      ['login', `${guarded.address}/other`, '--username', username, '--password-stdin'],
      {
        env,
        input: password,
      },
    );
    expect(kept.code).toBe(0);
    const pull = ['pull', '--quiet', '--tls-verify=false', '--authfile', authfile, tag] as const;
    await podman(...pull);
    expect((await pyc(['logout', guarded.address], { env })).code).toBe(0);
    expect(Object.keys(JSON.parse(readFileSync(authfile, 'utf8')).auths)).toEqual([
      `${guarded.address}/other`,
    ]);
    expect(
      (await attempt(['podman', 'login', '--get-login', '--authfile', authfile, guarded.address])).code,
    ).not.toBe(0);
  });
});
