import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from 'pycontainer';
import {
  buildInMemory,
  type FakeIndex,
  type InMemoryOptions,
  makeWheel,
  startFakeIndex,
  type WheelRecipe,
  wheelFileName,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSdist } from '../archive/tars.ts';
import { filesBelow } from '../samples/sample.ts';

const HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';
const STATIC = {
  'pyproject.toml': `${HATCHLING}[project]\nname = "alpha"\nversion = "1.0"\n`,
  'alpha/__init__.py': 'A = 1\n',
};
const DYNAMIC = { 'setup.py': 'import setuptools\nsetuptools.setup()\n', 'alpha.py': 'A = 1\n' };
const ALPHA: WheelRecipe = { name: 'alpha', version: '1.0', files: { 'alpha.py': 'A = 1\n' } };
const INSTALLED = 'opt/venv/lib/python3.12/site-packages';

interface Host {
  /** A folder for the `PATH`. */
  readonly bin: string;
  readonly store: string;
  /** How programs were started. */
  log(): Promise<readonly string[]>;
}

/** A host with a `uv` that "builds" by giving this wheel out, or without any builder. */
async function hostWith(
  wheel?: { readonly name: string; readonly bytes: Uint8Array } | string,
): Promise<Host> {
  const root = await mkdtemp(join(tmpdir(), 'pyc-host-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const bin = join(root, 'bin');
  await mkdir(bin);
  const give =
    typeof wheel === 'object'
      ? `while [ "$1" != --out-dir ]; do shift; done; /bin/cp ${bin}/${wheel.name} "$2"`
      : (wheel ?? 'exit 1');
  if (typeof wheel === 'object') await writeFile(join(bin, wheel.name), wheel.bytes);
  const script = `#!/bin/sh\necho "$*" >> ${bin}/log\ncase $1 in --version) echo uv 9.9;; python) echo ${bin}/python;; *) ${give};; esac\n`;
  if (wheel !== undefined) await writeFile(join(bin, 'uv'), script);
  await writeFile(
    join(bin, 'python'),
    `#!/bin/sh\ncase $* in *import?build*) exit 1;; esac\nprintf '${bin}/python\\nCPython 3.12.7\\n'\n`,
  );
  for (const name of wheel === undefined ? ['python'] : ['uv', 'python']) await chmod(join(bin, name), 0o755);
  return {
    bin,
    store: join(root, 'store'),
    log: async () => (await readFile(join(bin, 'log'), 'utf8').catch(() => '')).trim().split('\n'),
  };
}

const wheelOf = async (recipe: WheelRecipe) => ({
  name: wheelFileName(recipe),
  bytes: await makeWheel(recipe),
});

/** An index with `alpha-1.0.tar.gz`. */
async function indexWith(
  files: Readonly<Record<string, string>>,
  top = 'alpha-1.0',
): Promise<FakeIndex & { readonly lock: string }> {
  const bytes = makeSdist(top, files);
  const name = 'alpha-1.0.tar.gz';
  const index = await startFakeIndex({ files: [{ project: 'alpha', name, bytes }] });
  onTestFinished(() => index.close());
  const hash = createHash('sha256').update(bytes).digest('hex');
  return Object.assign(index, { lock: `url = "${index.urlOf(name)}", hashes = { sha256 = "${hash}" }` });
}

/** A folder has the version that it has when it is built. */
const locked = (entry: string): string =>
  `lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "alpha"\n${entry.startsWith('directory') ? '' : 'version = "1.0"\n'}${entry}\n`;

function run(host: Host, entry: string, config: Config = {}, options: InMemoryOptions = {}, files = {}) {
  return buildInMemory({ files: { 'pylock.toml': locked(entry), ...files } }, config, {
    cacheDirectory: host.store,
    env: { PATH: host.bin, ...options.env },
    ...options,
  });
}

const sdistOf = (index: { readonly lock: string }) => `sdist = { name = "alpha-1.0.tar.gz", ${index.lock} }`;

describe('a distribution that is locked as an sdist', () => {
  it('is laid out by the rules of its backend, without any builder, and once', async () => {
    const host = await hostWith();
    const index = await indexWith(STATIC);
    const { report, image } = await run(host, sdistOf(index));
    expect(report.error).toBeNull();
    expect(image.files.get(`${INSTALLED}/alpha/__init__.py`)?.text()).toBe('A = 1\n');
    expect(image.files.has(`${INSTALLED}/alpha-1.0.dist-info/direct_url.json`)).toBe(false);
    const again = await run(host, sdistOf(index), {}, { offline: true });
    expect(again.image.digest).toBe(image.digest);
    expect(index.requests).toHaveLength(1);
  });

  it('is built by the host where its backend must run, and kept under its source', async () => {
    const host = await hostWith(await wheelOf(ALPHA));
    const index = await indexWith(DYNAMIC);
    const { report, image } = await run(host, sdistOf(index));
    expect(report.error).toBeNull();
    expect(report.images[0]?.distributions).toMatchObject([{ name: 'alpha', source: 'sdist' }]);
    expect(image.files.get(`${INSTALLED}/alpha.py`)?.text()).toBe('A = 1\n');
    expect((await host.log()).at(-1)).toMatch(
      /^build --wheel .*--no-sources --out-dir \S+ \S+\/source\/alpha-1\.0$/,
    );
    await run(host, sdistOf(index), { platforms: ['linux/amd64', 'linux/arm64'] });
    expect((await host.log()).filter((line) => line.startsWith('build'))).toHaveLength(1);
  });

  it('is said to be built by a plan, which fetches nothing', async () => {
    const host = await hostWith();
    const index = await indexWith(DYNAMIC);
    const told: string[] = [];
    const log = { info: (text: string) => told.push(text), debug() {}, warn() {}, progress() {} };
    const { report } = await run(host, sdistOf(index), {}, { dryRun: true, log });
    expect(report.error).toBeNull();
    expect(told.filter((text) => text.includes('`alpha 1.0` is to be built'))).toHaveLength(1);
    expect(index.requests).toEqual([]);
  });

  it('is refused where what was built is not what was locked, or does not fit every platform', async () => {
    const index = await indexWith(DYNAMIC);
    const amd64: WheelRecipe = { ...ALPHA, tag: 'cp312-cp312-linux_x86_64' };
    const cases: Readonly<Record<string, readonly [Parameters<typeof hostWith>[0], Config]>> = {
      PYC_NO_BUILDER: [undefined, {}],
      PYC_SOURCE_BUILD_FAILED: ['echo no compiler >&2; exit 2', {}],
      PYC_SOURCE_WHEEL_WRONG: [await wheelOf({ ...ALPHA, version: '1.1' }), {}],
      PYC_SOURCE_WHEEL_UNFIT: [await wheelOf(amd64), { platforms: ['linux/amd64', 'linux/arm64'] }],
    };
    for (const [code, [wheel, config]] of Object.entries(cases)) {
      const host = await hostWith(wheel);
      const { report, written } = await run(host, sdistOf(index), config);
      expect(report.error).toMatchObject({ code, message: expect.stringContaining('alpha') });
      expect([...written.keys()]).toEqual([]);
      if (code === 'PYC_SOURCE_WHEEL_UNFIT') expect(report.error?.message).toMatch(/`linux\/arm64`/);
    }
    const host = await hostWith(await wheelOf(amd64));
    expect((await run(host, sdistOf(index))).report.error).toBeNull();
  });

  it('ends the builds beside it where its own fails', async () => {
    // The last argument is the folder to build; the slow one would outlive the test.
    const host = await hostWith(
      'for last; do :; done; here=$(/usr/bin/dirname $0); case $(/bin/cat $last/setup.py) in *slow*) : > $here/slow; /bin/sleep 600;; *) until [ -e $here/slow ]; do /bin/sleep 0.1; done; echo no compiler >&2; exit 2;; esac',
    );
    const other = '[[packages]]\nname = "slow"\nversion = "1.0"\ndirectory = { path = "slow" }';
    const files = {
      'alpha/setup.py': '# quick\nimport setuptools\n',
      'slow/setup.py': '# slow\nimport setuptools\n',
    };
    const { report } = await run(host, `directory = { path = "alpha" }\n${other}`, {}, {}, files);
    expect(report.error).toMatchObject({
      code: 'PYC_SOURCE_BUILD_FAILED',
      message: expect.stringContaining('`alpha`'),
    });
  });

  it('is refused before anything is fetched where only another machine can build it', async () => {
    const host = await hostWith();
    const index = await indexWith(DYNAMIC);
    const wheels = `wheels = [{ name = "alpha-1.0-cp312-cp312-win_amd64.whl", url = "https://example.org/alpha-1.0-cp312-cp312-win_amd64.whl", hashes = { sha256 = "${'0'.repeat(64)}" } }]`;
    const { report } = await run(host, `${sdistOf(index)}\n${wheels}`, { platforms: ['linux/s390x'] });
    expect(report.error).toMatchObject({ code: 'PYC_NO_WHEEL', message: expect.stringContaining('s390x') });
    expect(index.requests).toEqual([]);
  });

  it('is refused where the archive is not what was locked, leads outside, or holds no project', async () => {
    const host = await hostWith(await wheelOf(ALPHA));
    const good = await indexWith(DYNAMIC);
    const other = sdistOf({ lock: good.lock.replace(/sha256 = "..../, 'sha256 = "0000') });
    expect((await run(host, other)).report.error?.code).toBe('PYC_WHEEL_HASH_MISMATCH');
    const empty = await indexWith({ 'README.md': '' });
    expect((await run(host, sdistOf(empty))).report.error?.code).toBe('PYC_SOURCE_INVALID');
    const hostile = await indexWith({ '../../x': '' });
    expect((await run(host, sdistOf(hostile))).report.error?.code).toBe('PYC_PATH_UNSAFE');
    expect((await filesBelow(host.store)).filter((path) => path.startsWith('tmp/'))).toEqual([]);
  });
});

describe('a distribution that is locked as an archive or a folder', () => {
  it('says where it came from, without what opened it', async () => {
    const host = await hostWith();
    const index = await indexWith(
      { 'python/pyproject.toml': STATIC['pyproject.toml'], 'python/alpha/__init__.py': '' },
      'main',
    );
    const opened = index.lock.replace('://', '://me:s3cret@');
    const { report, image } = await run(host, `archive = { ${opened}, subdirectory = "python" }`);
    expect(report.error).toBeNull();
    for (const file of await filesBelow(host.store))
      expect(await readFile(join(host.store, file), 'latin1')).not.toContain('s3cret');
    const direct = JSON.parse(
      image.files.get(`${INSTALLED}/alpha-1.0.dist-info/direct_url.json`)?.text() ?? '',
    ) as object;
    expect(JSON.stringify(direct)).not.toContain('s3cret');
    expect(direct).toMatchObject({
      subdirectory: 'python',
      archive_info: { hashes: { sha256: expect.any(String) } },
    });
  });

  it('is taken from the folder as it stands, and built again when that changes', async () => {
    const host = await hostWith(await wheelOf(ALPHA));
    const folder = (text: string) => ({
      'libs/alpha/setup.py': DYNAMIC['setup.py'],
      'libs/alpha/alpha.py': text,
    });
    const entry = 'directory = { path = "libs/alpha" }';
    for (const [text, builds] of [
      ['A = 1\n', 1],
      ['A = 1\n', 1],
      ['A = 2\n', 2],
    ] as const) {
      const { report, image } = await run(host, entry, {}, {}, folder(text));
      expect(report.error).toBeNull();
      // The wheel says what the lock does not.
      expect(report.images[0]?.distributions.map(({ version }) => version)).toEqual(['1.0']);
      expect(image.files.has(`${INSTALLED}/alpha-1.0.dist-info/direct_url.json`)).toBe(false);
      expect((await host.log()).filter((line) => line.startsWith('build'))).toHaveLength(builds);
    }
    const plain = {
      'libs/alpha/pyproject.toml': STATIC['pyproject.toml'],
      'libs/alpha/alpha/__init__.py': 'A = 3\n',
    };
    const { image } = await run(await hostWith(), entry, {}, {}, plain);
    expect(image.files.get(`${INSTALLED}/alpha/__init__.py`)?.text()).toBe('A = 3\n');
  });

  it('is refused as a revision of what is no git repository', async () => {
    const vcs = 'vcs = { type = "hg", url = "https://example.org/alpha", commit-id = "abc" }';
    expect((await run(await hostWith(), vcs)).report.error?.code).toBe('PYC_SOURCE_UNSUPPORTED');
  });
});
