/** Distributions that are locked as sources: sdists, archives, commits of git repositories, folders, members of a workspace. */
import {
  copyFileSync,
  cpSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startGitServer } from './harness/git-server.ts';
import { foreignBase } from './harness/images.ts';
import { runContainer } from './harness/podman.ts';
import { attempt, run, succeeded } from './harness/processes.ts';
import { makeProject, pyprojectOf, sha256 } from './harness/projects.ts';
import { build, buildInVain } from './harness/pyc.ts';
import { HOST_PYTHON, UV_FOLDER, uv } from './harness/uv.ts';
import { newFolder } from './harness/workspace.ts';

/** uv on the `PATH`, with the host's Python alone. */
const WITH_UV = {
  PATH: `${UV_FOLDER}:${process.env.PATH}`,
  UV_PYTHON: HOST_PYTHON,
  UV_PYTHON_DOWNLOADS: 'never',
};

const FLIT = '[build-system]\nrequires = ["flit_core>=3.11,<4"]\nbuild-backend = "flit_core.buildapi"\n';
const SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n';
/** Code of its own decides the version: its backend has to run. */
const SETUP_PY = (name: string): string =>
  `import setuptools\nsetuptools.setup(name="${name}", version=".".join("10"), py_modules=["${name}"])\n`;

/** Files of a folder over HTTP, as any server for static files gives them. */
async function serve(folder: string): Promise<string> {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, new URL(request.url ?? '/', 'http://x').pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

async function git(folder: string, ...args: string[]): Promise<string> {
  const identity = [
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@example.org',
    '-c',
    'protocol.file.allow=always',
  ];
  return run(['git', ...identity, '-C', folder, ...args]);
}

/** A repository with one commit of these files; gives its folder. */
async function repository(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = makeProject(name, files);
  await git(folder, 'init', '--quiet', '--initial-branch=main');
  await git(folder, 'add', '.');
  await git(folder, 'commit', '--quiet', '--message=first');
  return folder;
}

const directUrl = async (layout: string, name: string): Promise<unknown> => {
  const code = `import importlib.metadata as m; print(m.distribution("${name}").read_text("direct_url.json"))`;
  const ended = await runContainer(`oci:${layout}:latest`, ['-c', code], ['--entrypoint', 'python']);
  return JSON.parse(succeeded(['python'], ended).stdout);
};

describe('sources', () => {
  test('of an sdist, a folder and a member of a workspace become wheels, once', async () => {
    const project = makeProject('of-sources', {
      'pyproject.toml': `${pyprojectOf('of-sources', ['docopt==0.6.2', 'member', 'beside'])}
[tool.uv.workspace]
members = ["packages/member"]
[tool.uv.sources]
member = { workspace = true }
beside = { path = "beside" }
[tool.pycontainer]
entrypoint = ["python", "-c", "import docopt, member, beside; print(docopt.__version__, member.M, beside.B)"]
`,
      'packages/member/pyproject.toml': `${FLIT}[project]\nname = "member"\nversion = "1.0"\ndescription = "x"\n`,
      'packages/member/member.py': 'M = "member"\n',
      'beside/setup.py': SETUP_PY('beside'),
      'beside/pyproject.toml': SETUPTOOLS,
      'beside/beside.py': 'B = "beside"\n',
    });
    await uv(['lock', '--quiet'], project);
    // A copy that is taken away later, without a trace in what tells programs apart.
    const bin = newFolder('bin');
    const program = join(bin, 'uv');
    copyFileSync(join(UV_FOLDER, 'uv'), program);
    utimesSync(program, 1_700_000_000, 1_700_000_000);
    const env = { ...WITH_UV, PATH: `${bin}:/usr/bin:/bin` };
    const layout = newFolder('image');
    const args = (to: string) => [project, '--base', `layout:${base}:base`, '--output', `layout:${to}`];
    const base = await foreignBase();
    const store = newFolder('store');
    const { digest, image } = await build(args(layout), { env, store });
    expect(image.distributions.map(({ name, source }) => `${name} ${source}`)).toEqual([
      'beside directory',
      'docopt sdist',
      'member directory',
    ]);
    const ended = await runContainer(`oci:${layout}:latest`, []);
    expect(succeeded(['podman', 'run'], ended).stdout.trim()).toBe('0.6.2 member beside');

    const { size } = statSync(program);
    truncateSync(program, 0);
    truncateSync(program, size);
    utimesSync(program, 1_700_000_000, 1_700_000_000);
    const again = await build(args(newFolder('again')), { env, store, under: ['unshare', '--net'] });
    expect(again.digest).toBe(digest);
  });

  test('of commits come over files and HTTP, with submodules, a subdirectory and tags', async () => {
    const inner = await repository('inner', { 'data.py': 'D = "inner"\n' });
    const outer = await repository('outer', {
      'lib/pyproject.toml': `${FLIT}[project]\nname = "outer"\nversion = "1.0"\ndescription = "x"\n`,
      'lib/outer/__init__.py': 'from .inner.data import D\n',
    });
    await git(outer, 'submodule', '--quiet', 'add', inner, 'lib/outer/inner');
    await git(outer, 'commit', '--quiet', '--message=submodule');
    const commit = await git(outer, 'rev-parse', 'HEAD');
    await git(outer, 'commit', '--quiet', '--allow-empty', '--message=later');

    const tagged = await repository('tagged', {
      'pyproject.toml': `[build-system]\nrequires = ["setuptools", "setuptools-scm"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "tagged"\ndynamic = ["version"]\n[tool.setuptools]\npy-modules = ["tagged"]\n[tool.setuptools_scm]\n`,
      'tagged.py': 'T = "tagged"\n',
    });
    await git(tagged, 'tag', 'v2.5');
    await git(tagged, 'commit', '--quiet', '--allow-empty', '--message=later');
    const released = await git(tagged, 'rev-parse', 'v2.5');
    const site = newFolder('site');
    await run(['git', 'clone', '--quiet', '--bare', tagged, join(site, 'tagged.git')]);
    await git(join(site, 'tagged.git'), 'update-server-info');
    const origin = await serve(site);

    const project = makeProject('of-commits', {
      'pyproject.toml': `${pyprojectOf('of-commits', ['outer', 'tagged'])}
[tool.uv.sources]
outer = { git = "file://${outer}", rev = "${commit}", subdirectory = "lib" }
tagged = { git = "${origin}/tagged.git", tag = "v2.5" }
[tool.pycontainer]
entrypoint = ["python", "-c", "import outer, tagged; print(outer.D, tagged.T)"]
`,
    });
    writeFileSync(
      join(project, 'uv.lock'),
      `version = 1
revision = 3
requires-python = ">=3.9"
[[package]]
name = "of-commits"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "outer" }, { name = "tagged" }]
[package.metadata]
requires-dist = [
  { name = "outer", git = "file://${outer}?subdirectory=lib&rev=${commit}" },
  { name = "tagged", git = "${origin}/tagged.git?tag=v2.5" },
]
[[package]]
name = "outer"
version = "1.0"
source = { git = "file://${outer}?subdirectory=lib&rev=${commit}#${commit}" }
[[package]]
name = "tagged"
version = "2.5"
source = { git = "${origin}/tagged.git?tag=v2.5#${released}" }
`,
    );
    const layout = newFolder('image');
    const args = [project, '--base', `layout:${await foreignBase()}:base`, '--output', `layout:${layout}`];
    await build(args, { env: WITH_UV });
    const ended = await runContainer(`oci:${layout}:latest`, []);
    expect(succeeded(['podman', 'run'], ended).stdout.trim()).toBe('inner tagged');
    expect(await directUrl(layout, 'outer')).toEqual({
      url: `file://${outer}`,
      subdirectory: 'lib',
      vcs_info: { vcs: 'git', commit_id: commit, requested_revision: commit },
    });

    const lock = join(project, 'uv.lock');
    const text = readFileSync(lock, 'utf8');
    writeFileSync(lock, text.replaceAll(released, '0'.repeat(40)));
    expect((await buildInVain(args, { env: WITH_UV })).error.code).toBe('PYC_GIT_FETCH_FAILED');
  });

  test('of commits come from a server that wants a password, which is written nowhere', async () => {
    const password = 's3cret-of-the-git-server';
    const site = newFolder('site');
    const inner = await repository('inner-http', { 'data.py': 'D = "inner"\n' });
    const outer = await repository('outer-http', {
      'lib/pyproject.toml': `${FLIT}[project]\nname = "outer"\nversion = "1.0"\ndescription = "x"\n`,
      'lib/outer/__init__.py': 'from .inner.data import D\n',
    });
    await run(['git', 'clone', '--quiet', '--bare', inner, join(site, 'inner.git')]);
    await git(outer, 'submodule', '--quiet', 'add', inner, 'lib/outer/inner');
    // As a host has it: beside the repository, under whatever address that has.
    await git(outer, 'config', '--file', '.gitmodules', 'submodule.lib/outer/inner.url', '../inner.git');
    await git(outer, 'commit', '--quiet', '--all', '--message=submodule');
    await run(['git', 'clone', '--quiet', '--bare', outer, join(site, 'outer.git')]);
    const commit = await git(outer, 'rev-parse', 'HEAD');
    const server = await startGitServer(site, 'me', password);
    afterAll(() => server.close());

    const home = newFolder('home');
    writeFileSync(join(home, '.netrc'), `machine 127.0.0.1 login me password ${password}\n`, { mode: 0o600 });
    const withPassword = server.origin.replace('://', `://me:${password}@`);
    const base = `layout:${await foreignBase()}:base`;
    for (const [origin, env] of [
      [withPassword, {}],
      [server.origin, { HOME: home }],
    ] as const) {
      const project = makeProject('of-hosts', {
        'requirements.txt': `outer @ git+${origin}/outer.git@${commit}#subdirectory=lib\n`,
        'pyproject.toml':
          '[tool.pycontainer]\nentrypoint = ["python", "-c", "import outer; print(outer.D)"]\n',
      });
      const [layout, store] = [newFolder('image'), newFolder('store')];
      const args = [project, '--base', base, '--output', `layout:${layout}`, '--verbose'];
      const { report, stderr } = await build(args, { env, store });
      expect(JSON.stringify(report) + stderr).not.toContain(password);
      const found = await attempt([
        'grep',
        '--recursive',
        '--text',
        '--files-with-matches',
        password,
        store,
        layout,
      ]);
      expect(found.stdout).toBe('');
      expect(JSON.stringify(await directUrl(layout, 'outer'))).not.toContain(password);
      const ended = await runContainer(`oci:${layout}:latest`, []);
      expect(succeeded(['podman', 'run'], ended).stdout.trim()).toBe('inner');
    }

    const project = makeProject('of-hosts', {
      'requirements.txt': `outer @ git+${withPassword.replace(password, 'wr0ng')}/outer.git@${commit}#subdirectory=lib\n`,
    });
    const args = [project, '--base', base, '--output', `layout:${newFolder('image')}`, '--verbose'];
    const { error, stderr } = await buildInVain(args, { store: newFolder('store') });
    expect(error.code).toBe('PYC_GIT_FETCH_FAILED');
    expect(JSON.stringify(error) + stderr).not.toContain('wr0ng');
  });

  test('of archives at addresses are held to their hashes, zip and tar', async () => {
    const files = newFolder('files');
    for (const name of ['first', 'second']) {
      const source = makeProject(`${name}-main`, {
        'pyproject.toml': `${FLIT}[project]\nname = "${name}"\nversion = "1.0"\ndescription = "x"\n`,
        [`${name}.py`]: `X = "${name}"\n`,
      });
      await git(source, 'init', '--quiet');
      await git(source, 'add', '.');
      await git(source, 'commit', '--quiet', '--message=first');
      const archive = join(files, name === 'first' ? 'first.zip' : 'second.tar.gz');
      await git(source, 'archive', `--prefix=${name}-main/`, '--output', archive, 'HEAD');
    }
    const origin = await serve(files);
    const hash = (name: string): string => sha256(readFileSync(join(files, name)));
    const project = makeProject('of-archives', {
      'requirements.txt': `first @ ${origin}/first.zip --hash=sha256:${hash('first.zip')}\nsecond @ ${origin}/second.tar.gz#sha256=${hash('second.tar.gz')}\n`,
      'pyproject.toml':
        '[tool.pycontainer]\nentrypoint = ["python", "-c", "import first, second; print(first.X, second.X)"]\n',
    });
    const layout = newFolder('image');
    const args = [project, '--base', `layout:${await foreignBase()}:base`, '--output', `layout:${layout}`];
    await build(args);
    const ended = await runContainer(`oci:${layout}:latest`, []);
    expect(succeeded(['podman', 'run'], ended).stdout.trim()).toBe('first second');
    expect(await directUrl(layout, 'first')).toEqual({
      url: `${origin}/first.zip`,
      archive_info: { hashes: { sha256: hash('first.zip') } },
    });
  });

  test('with code for a machine are refused for any other, and for another C library', async () => {
    const project = makeProject('of-native', {
      'pyproject.toml': pyprojectOf('of-native', ['native']),
      'pylock.toml':
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "native"\nversion = "1.0"\ndirectory = { path = "native" }\n',
      'native/pyproject.toml': SETUPTOOLS,
      'native/setup.py':
        'import setuptools\nclass D(setuptools.Distribution):\n    def has_ext_modules(self): return True\nsetuptools.setup(name="native", version="1.0", packages=["native"], package_data={"native": ["*.so"]}, distclass=D)\n',
      'native/native/__init__.py': '',
    });
    // What the lock pins holds for the build as well.
    const lock = join(project, 'pylock.toml');
    const locked = readFileSync(lock, 'utf8');
    const pinned = (hash: string): string =>
      `${locked}[[packages]]\nname = "setuptools"\nversion = "80.9.0"\nmarker = "python_version < '3'"\nwheels = [{ url = "https://pypi.org/setuptools-80.9.0-py3-none-any.whl", hashes = { sha256 = "${hash}" } }]\n`;
    const library = await run([HOST_PYTHON, '-c', 'import _ssl; print(_ssl.__file__)']);
    cpSync(library, join(project, 'native/native/lib.so'));
    const minor = await run([HOST_PYTHON, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    const machine = process.arch === 'x64' ? 'amd64' : process.arch;
    const args = (libc: string, ...platforms: string[]) => [
      project,
      ...[
        '--base',
        'scratch',
        '--python',
        `${minor}.1`,
        '--libc',
        libc,
        '--output',
        `layout:${newFolder('image')}`,
      ],
      ...platforms.flatMap((platform) => ['--platform', `linux/${platform}`]),
    ];
    const options = { env: WITH_UV };
    writeFileSync(lock, pinned('0'.repeat(64)));
    expect((await buildInVain(args('glibc-2.99', machine), options)).error).toMatchObject({
      code: 'PYC_SOURCE_BUILD_FAILED',
      message: expect.stringContaining('0'.repeat(64)),
    });
    writeFileSync(lock, pinned('062d34222ad13e0cc312a4c02d73f059e86a4acbfbdea8f8f76b28c99f306922'));
    const { report } = await build(args('glibc-2.99', machine), options);
    expect(report.warnings.map(({ code }) => code)).toContain('PYC_SOURCE_LIBRARIES');
    for (const refused of [
      args('glibc-2.99', machine, 's390x'),
      args('glibc-2.5', machine),
      args('musl-1.2', machine),
    ]) {
      expect((await buildInVain(refused, options)).error.code).toBe('PYC_SOURCE_WHEEL_UNFIT');
    }
  });
});
