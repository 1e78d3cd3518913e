/** Package indexes as companies have them: with passwords, a private authority, mirrors, folders; locks that uv made against them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Front,
  type PackageIndex,
  privateAuthority,
  startDevpi,
  startFront,
  startPypiserver,
} from './harness/package-indexes.ts';
import { run } from './harness/processes.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { type Built, build, buildInVain, cleanEnvironment } from './harness/pyc.ts';
import { HOST_PYTHON, UV_FOLDER } from './harness/uv.ts';
import { newFolder, PEERS } from './harness/workspace.ts';

const ACCOUNT = { username: 'reader', password: 'p4ssw0rd-of-the-index' };
const DEPENDENCIES = ['jinja2==3.1.6'];
/** Fits every Python. */
const PURE = 'idna==3.10';
/** No base is needed to see where wheels come from. */
const TARGET = [
  ...['--base', 'scratch', '--python', '3.12.7', '--libc', 'glibc-2.36', '--platform', 'linux/amd64'],
  ...['--set', 'python.interpreter=/usr/bin/python3.12'],
];

let wheels: string;
let pypiserver: PackageIndex;
let devpi: PackageIndex;
let authority: Awaited<ReturnType<typeof privateAuthority>>;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  wheels = newFolder('wheels');
  await run(
    [
      ...([join(PEERS, 'build/bin/python'), '-m', 'pip', 'download', '-q', '-d', wheels] as const),
      ...['--disable-pip-version-check', '--only-binary', ':all:', '--python-version', '3.12'],
      ...[
        '--platform',
        'manylinux_2_28_x86_64',
        '--platform',
        'manylinux_2_17_x86_64',
        ...DEPENDENCIES,
        PURE,
      ],
    ],
    { env: cleanEnvironment() },
  );
  authority = await privateAuthority();
  pypiserver = await startPypiserver(wheels, ACCOUNT);
  devpi = await startDevpi(readdirSync(wheels).map((name) => join(wheels, name)));
  stops.push(pypiserver.stop, devpi.stop);
});

afterAll(() => Promise.all(stops.map((stop) => stop())));

async function front(...args: Parameters<typeof startFront>): Promise<Front> {
  const started = await startFront(...args);
  stops.push(started.stop);
  return started;
}

function uv(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  return run([join(UV_FOLDER, 'uv'), ...args], {
    cwd,
    env: {
      ...cleanEnvironment(),
      UV_PYTHON: HOST_PYTHON,
      UV_PYTHON_DOWNLOADS: 'never',
      UV_CACHE_DIR: newFolder('uv-cache'),
      ...env,
    },
  });
}

/** Locked by uv against the index `own`. */
async function lockedProject(index: string, env: Readonly<Record<string, string>>): Promise<string> {
  const project = makeProject('shop', {
    'pyproject.toml': `${pyprojectOf('shop', DEPENDENCIES)}[[tool.uv.index]]\nname = "own"\nurl = "${index}"\ndefault = true\n`,
    'main.py': 'import jinja2\n',
  });
  await uv(['lock', '--quiet'], project, env);
  expect(readFileSync(join(project, 'uv.lock'), 'utf8')).not.toContain(ACCOUNT.password);
  return project;
}

const VARIABLES = { UV_INDEX_OWN_USERNAME: ACCOUNT.username, UV_INDEX_OWN_PASSWORD: ACCOUNT.password };

function urlsOf({ image }: Built): readonly (string | null)[] {
  return image.distributions.map(({ url }) => url);
}

/** Files below the folders that hold the password, as text or as it is sent. */
function leaks(...folders: readonly string[]): readonly string[] {
  const needles = [
    ACCOUNT.password,
    Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64'),
  ];
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => needles.some((needle) => readFileSync(file).includes(needle))),
  );
}

describe('an index with a password', () => {
  test('is opened by the variables with which uv locked, and the password is written nowhere', async () => {
    const project = await lockedProject(pypiserver.url, VARIABLES);
    const store = newFolder('store');
    const built = await build([project, '--verbose', ...TARGET], { store, env: VARIABLES });
    expect(built.image.distributions.map(({ name }) => name)).toEqual(['jinja2', 'markupsafe']);
    for (const url of urlsOf(built)) expect(url).toContain(new URL(pypiserver.url).origin);
    expect(leaks(store, join(project, 'build'))).toEqual([]);
    expect(`${built.stderr}${JSON.stringify(built.report)}`).not.toContain(ACCOUNT.password);
  });

  test('that is wrong, or none, ends the build with the place it is from', async () => {
    const project = await lockedProject(pypiserver.url, VARIABLES);
    for (const env of [{ ...VARIABLES, UV_INDEX_OWN_PASSWORD: 'wrong' }, {}]) {
      const failed = await buildInVain([project, ...TARGET], { store: newFolder('store'), env });
      expect(failed).toMatchObject({ code: 1, error: { code: 'PYC_INDEX_ACCESS_DENIED' } });
      expect(JSON.stringify(failed)).not.toContain('wrong');
    }
  });

  test('does not learn where it sends us to, nor that what it was opened by', async () => {
    const elsewhere = await front(devpi.url);
    const sending = await front(devpi.url, { account: ACCOUNT, redirectTo: elsewhere.origin });
    const project = await lockedProject(sending.url, VARIABLES);
    elsewhere.authorizations.length = 0;
    await build([project, ...TARGET], { store: newFolder('store'), env: VARIABLES });
    expect(elsewhere.authorizations.length).toBeGreaterThan(1);
    expect(elsewhere.authorizations.filter((value) => value !== undefined)).toEqual([]);
  });
});

describe('devpi behind TLS of a private authority', () => {
  test('is opened by netrc for what uv compiled, with the authority and not without', async () => {
    const secure = await front(devpi.url, { account: ACCOUNT, tls: authority });
    const folder = newFolder('netrc');
    const netrc = join(folder, 'netrc');
    writeFileSync(netrc, `machine 127.0.0.1 login ${ACCOUNT.username} password ${ACCOUNT.password}\n`, {
      mode: 0o600,
    });
    const project = makeProject('shop', {
      'pyproject.toml': pyprojectOf('shop', DEPENDENCIES),
      'main.py': '',
    });
    const env = { NETRC: netrc, SSL_CERT_FILE: authority.file, UV_DEFAULT_INDEX: secure.url };
    await uv(
      [
        'pip',
        'compile',
        '-q',
        '--universal',
        '--generate-hashes',
        'pyproject.toml',
        '-o',
        'requirements.txt',
      ],
      project,
      env,
    );
    const store = newFolder('store');
    const untrusted = { ...env, SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: '' };
    expect((await buildInVain([project, ...TARGET], { store, env: untrusted })).error.code).toBe(
      'PYC_HTTP_CERTIFICATE',
    );
    const built = await build([project, ...TARGET], { store, env });
    for (const url of urlsOf(built)) expect(url).toContain(secure.origin);
    expect(leaks(store, join(project, 'build'))).toEqual([]);
  });
});

describe('a mirror', () => {
  test('stands in for the index of the lock, and gives the same image', async () => {
    const open = await lockedProject(devpi.url, {});
    const straight = await build([open, ...TARGET], { store: newFolder('store') });
    const netrc = join(newFolder('netrc'), 'netrc');
    writeFileSync(netrc, `machine 127.0.0.1 login ${ACCOUNT.username} password ${ACCOUNT.password}\n`);
    writeFileSync(join(open, 'pycontainer.toml'), `[index-mirrors]\n"${devpi.url}" = "${pypiserver.url}"\n`);
    const mirrored = await build([open, ...TARGET], { store: newFolder('store'), env: { NETRC: netrc } });
    for (const url of urlsOf(mirrored)) expect(url).toContain(new URL(pypiserver.url).origin);
    expect(mirrored.image.layers.map(({ digest }) => digest)).toEqual(
      straight.image.layers.map(({ digest }) => digest),
    );
  });
});

describe('a folder of wheels', () => {
  test('is an index for pip, by a variable or by the file', async () => {
    const project = makeProject('shop', {
      'pyproject.toml': pyprojectOf('shop', DEPENDENCIES),
      'requirements.txt': readdirSync(wheels)
        .filter((name) => !name.startsWith('idna'))
        .map((name) => name.split('-').slice(0, 2).join('=='))
        .join('\n'),
      'main.py': '',
    });
    const env = { PIP_FIND_LINKS: wheels, PIP_NO_INDEX: '1' };
    const built = await build([project, ...TARGET], {
      store: newFolder('store'),
      env,
      under: ['unshare', '--net'],
    });
    expect(built.image.distributions.map(({ url }) => url)).toEqual([null, null]);
    expect(existsSync(join(project, 'build/image/index.json'))).toBe(true);
  });
});

describe('a project without a lock', () => {
  const files = { 'pyproject.toml': pyprojectOf('shop', ['jinja2>=3']), 'main.py': 'import jinja2\n' };
  const withUv = {
    PATH: `${UV_FOLDER}:${process.env.PATH}`,
    UV_PYTHON: HOST_PYTHON,
    UV_PYTHON_DOWNLOADS: 'never',
  };

  test('gets what uv of the host chooses on the index that pip is set up for, once', async () => {
    const project = makeProject('shop', files);
    const store = newFolder('store');
    const address = pypiserver.url.replace('://', `://${ACCOUNT.username}:${ACCOUNT.password}@`);
    const env = { ...withUv, PIP_INDEX_URL: address, UV_CACHE_DIR: newFolder('uv-cache') };
    const built = await build([project, '--verbose', ...TARGET], { store, env });
    expect(built.report.lock).toMatchObject({ format: 'pylock', madeBy: expect.stringMatching(/^uv \d/) });
    expect(built.report.warnings.map(({ code }) => code)).toContain('PYC_NOT_LOCKED');
    expect(built.image.distributions.map(({ name, version }) => `${name} ${version}`)).toContain(
      'jinja2 3.1.6',
    );
    for (const url of urlsOf(built)) expect(url).toContain(new URL(pypiserver.url).origin);
    expect(readdirSync(project).sort()).toEqual(['build', 'main.py', 'pyproject.toml']);
    expect(leaks(store, join(project, 'build'))).toEqual([]);
    expect(`${built.stderr}${JSON.stringify(built.report)}`).not.toContain(ACCOUNT.password);
    // What was chosen is kept: no index is asked any more.
    const again = await build([project, ...TARGET], { store, env, under: ['unshare', '--net'] });
    expect(again.digest).toBe(built.digest);
  });

  test('gets what pip chooses for its own Python where the host has no uv', async () => {
    const project = makeProject('shop', { ...files, 'pyproject.toml': pyprojectOf('shop', [PURE]) });
    const env = {
      PATH: `${join(PEERS, 'build/bin')}:/usr/bin:/bin`,
      PIP_INDEX_URL: pypiserver.url.replace('://', `://${ACCOUNT.username}:${ACCOUNT.password}@`),
    };
    const python = await run([HOST_PYTHON, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    const target = TARGET.map((word) => (word === '3.12.7' ? `${python}.1` : word.replace('3.12', python)));
    const store = newFolder('store');
    const built = await build([project, '--verbose', ...target], { store, env });
    expect(built.report.lock?.madeBy).toMatch(/^pip \d/);
    for (const url of urlsOf(built)) expect(url).toContain(new URL(pypiserver.url).origin);
    expect(leaks(store, join(project, 'build'))).toEqual([]);
    expect(`${built.stderr}${JSON.stringify(built.report)}`).not.toContain(ACCOUNT.password);
  });

  test('hears what uv says where nothing can be chosen, and of the ways out where nobody can choose', async () => {
    const project = makeProject('shop', { ...files, 'pyproject.toml': pyprojectOf('shop', ['jinja2>=99']) });
    const env = { ...withUv, UV_DEFAULT_INDEX: devpi.url };
    const store = newFolder('store');
    expect((await buildInVain([project, ...TARGET], { store, env })).error).toMatchObject({
      code: 'PYC_LOCK_NOT_MADE',
      message: expect.stringContaining('jinja2'),
    });
    const nobody = { PATH: join(newFolder('empty'), 'bin') };
    expect((await buildInVain([project, ...TARGET], { store, env: nobody })).error.code).toBe(
      'PYC_LOCK_MISSING',
    );
  });
});
