import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from 'pycontainer';
import { offerWheel, startFakeIndex, type WheelRecipe } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { wheelSupport } from '../../core/python/lock/wheel-choice.ts';
import { nearestRelease } from '../../core/python/package-index/nearest-release.ts';
import { SpecifierSet } from '../../core/python/specifier.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { makeSample, PYTHON, type Sample, writeFiles } from '../samples/sample.ts';

const HASH = `{ sha256 = "${'a'.repeat(64)}" }`;
const named = (name: string) => `{ name = "${name}", url = "https://example.org/${name}", hashes = ${HASH} }`;
const beta = (version: string, platform: string): WheelRecipe => ({
  name: 'beta',
  version,
  tag: `cp312-cp312-${platform}`,
});
const OFFERED = [
  beta('1.0', 'manylinux_2_17_riscv64'),
  beta('2.0', 'manylinux_2_17_x86_64'),
  beta('2.0', 'manylinux_2_17_ppc64le'),
  beta('2.1', 'musllinux_1_2_aarch64'),
  beta('2.2', 'manylinux_2_17_aarch64'),
  beta('2.3', 'manylinux_2_17_aarch64'),
];

/** `beta` has wheels for x86-64 and 32-bit Arm with another glibc, `sources` has none, `alpha` fits everywhere. */
async function makeProject(): Promise<Sample> {
  const sample = await makeSample();
  const index = await startFakeIndex({ files: await Promise.all(OFFERED.map(offerWheel)) });
  onTestFinished(() => index.close());
  await writeFiles(sample.directory, {
    'pylock.toml': `lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "alpha"
version = "1.0"
wheels = [${named('alpha-1.0-py3-none-any.whl')}]
[[packages]]
name = "beta"
version = "2.0"
index = "${index.url}"
wheels = [${named('beta-2.0-cp312-cp312-manylinux_2_17_x86_64.whl')}, ${named('beta-2.0-cp312-cp312-manylinux_2_39_armv7l.whl')}]
[[packages]]
name = "sources"
version = "3.0"
index = "${index.url}"
sdist = ${named('sources-3.0.tar.gz')}
`,
  });
  return sample;
}

const options = (platforms?: readonly string[]) => ({
  values: { base: 'scratch', python: PYTHON, ...(platforms === undefined ? {} : { platforms }) },
  flags: {},
  set: [],
});

describe('`pyc check platforms`', () => {
  it('says of each platform what has no wheel, why, and which release has one', async () => {
    const { directory, cache } = await makeProject();
    const platforms = [
      'linux/amd64',
      'linux/arm64',
      'linux/arm/v7',
      'linux/ppc64le',
      'linux/riscv64',
      'linux/s390x',
    ];
    const report = await check({
      cwd: directory,
      env: { PYC_CACHE_DIR: cache },
      commandLine: options(platforms),
      platformTable: true,
    });
    expect([report.ok, report.error?.code, report.error?.exitCode]).toEqual([
      false,
      'PYC_PLATFORM_LACKS_WHEELS',
      1,
    ]);
    expect(
      report.platforms?.map(({ platform, lacks }) => [
        platform,
        ...lacks.map(({ name, files, builds, nearest }) => [
          name,
          builds,
          files.map(({ kind }) => kind).join(),
          nearest === null ? null : `${nearest.age} ${nearest.version}`,
        ]),
      ]),
    ).toEqual([
      ['linux/amd64', ['sources', true, '', null]],
      ['linux/arm64', ['beta', false, 'architecture,architecture', 'newer 2.2'], ['sources', true, '', null]],
      ['linux/arm/v7', ['beta', false, 'architecture,libc', null], ['sources', true, '', null]],
      [
        'linux/ppc64le',
        ['beta', false, 'architecture,architecture', 'same 2.0'],
        ['sources', true, '', null],
      ],
      [
        'linux/riscv64',
        ['beta', false, 'architecture,architecture', 'older 1.0'],
        ['sources', true, '', null],
      ],
      ['linux/s390x', ['beta', false, 'architecture,architecture', null], ['sources', true, '', null]],
    ]);
    const offline = await check({
      cwd: directory,
      env: { PYC_CACHE_DIR: cache },
      commandLine: options(['linux/arm64']),
      platformTable: true,
      offline: true,
    });
    expect(offline.platforms?.[0]?.lacks.map(({ asked }) => asked)).toEqual([false, false]);
  });

  it('shows all usual platforms where none is named, and judges by the one that is built for', async () => {
    const { directory, cache } = await makeProject();
    const io = fakeIo({ cwd: directory, env: { PYC_CACHE_DIR: cache } });
    const words = ['--base', 'scratch', '--python', '3.12.7', '--libc', 'glibc-2.36', '--offline'];
    const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
    expect(await main(['check', 'platforms', ...words], io)).toBe(architecture === 'amd64' ? 0 : 1);
    expect(io.out()).toContain(`linux/${architecture} *`);
    for (const platform of ['amd64', 'arm64', 'arm/v7', 'ppc64le', 's390x', '386', 'riscv64'])
      expect(io.out()).toContain(`linux/${platform} `);
    expect(io.out()).toMatch(
      /linux\/s390x\s+beta 2\.0\s+for x86_64, armv7l; the target is s390x\s+not asked/,
    );
    const failed = fakeIo({ cwd: directory, env: { PYC_CACHE_DIR: cache } });
    expect(await main(['check', 'platforms', '.', '--platform', 'linux/s390x', ...words], failed)).toBe(1);
    expect(failed.out()).toContain('linux/s390x *');
    expect(failed.err()).toContain('PYC_PLATFORM_LACKS_WHEELS');
  });

  it('goes on where the lock is not for a platform, or the base has none', async () => {
    const { directory, cache } = await makeProject();
    await writeFiles(directory, {
      'pylock.toml':
        'lock-version = "1.0"\ncreated-by = "a test"\nenvironments = ["platform_machine == \'x86_64\'"]\npackages = []\n',
    });
    const report = await check({
      cwd: directory,
      env: { PYC_CACHE_DIR: cache },
      commandLine: options(['linux/amd64', 'linux/arm64']),
      platformTable: true,
    });
    expect(report.platforms?.map(({ error }) => error?.code)).toEqual([
      undefined,
      'PYC_LOCK_PLATFORM_UNSUPPORTED',
    ]);
    expect(report.error?.code).toBe('PYC_PLATFORM_LACKS_WHEELS');
  });

  it('takes a folder of that name for what it is', async () => {
    const root = await mkdtemp(join(tmpdir(), 'pyc-platforms-'));
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFiles(root, {
      'platforms/pyproject.toml': '[project]\nname = "p"\nversion = "1"\ndependencies = []\n',
    });
    const io = fakeIo({ cwd: root, env: { PYC_CACHE_DIR: join(root, 'cache') } });
    const words = [
      '--base',
      'scratch',
      '--python',
      '3.12.7',
      '--libc',
      'glibc-2.36',
      '--set',
      'cmd=["python"]',
    ];
    expect(await main(['check', './platforms', ...words], io)).toBe(0);
    expect(io.out() + io.err()).toContain('this can be built');
  });
});

it('counts neither yanked files, nor those for another Python, nor pre-releases', () => {
  const support = wheelSupport({
    implementation: 'cpython',
    version: '3.12.7',
    abi: 'cp312',
    os: 'linux',
    architecture: 'arm64',
    libc: { family: 'glibc', version: '2.36' },
  });
  const file = (version: string, more: object = {}) => ({
    name: `beta-${version}-py3-none-any.whl`,
    url: 'https://example.org/',
    hashes: [],
    requiresPython: undefined,
    yanked: undefined,
    size: undefined,
    coreMetadata: undefined,
    ...more,
  });
  const files = [
    file('1.0'),
    file('2.1', { yanked: '' }),
    file('2.2', { requiresPython: SpecifierSet.parse('>=3.13') }),
    file('2.3rc1'),
    file('9.0', { name: 'other-9.0-py3-none-any.whl' }),
  ];
  expect(nearestRelease(files, 'beta', '2.0', support)).toMatchObject({ version: '1.0', age: 'older' });
  expect(nearestRelease(files, 'beta', '2.3rc0', support)).toMatchObject({ version: '2.3rc1', age: 'newer' });
  expect(nearestRelease(files, 'beta', undefined, support)).toMatchObject({ version: '1.0', age: 'newer' });
  expect(nearestRelease([], 'beta', '2.0', support)).toBeUndefined();
});
