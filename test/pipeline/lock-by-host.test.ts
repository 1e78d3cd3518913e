import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { BuildOptions, BuildReport, Config } from 'pycontainer';
import { makeWheel, type WheelRecipe, wheelFileName } from 'pycontainer/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { filesBelow, makeSample, type Sample, writeFiles } from '../samples/sample.ts';

const ALPHA: WheelRecipe = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };
const PROJECT =
  '[project]\nname = "shop"\nversion = "1.0"\nrequires-python = ">=3.11"\ndependencies = ["alpha"]\n[project.optional-dependencies]\nmore = []\n';

interface Unlocked extends Sample {
  run(config?: Config, options?: BuildOptions): Promise<BuildReport>;
  /** The arguments of every choice that the host's uv was asked for. */
  asked(): Promise<readonly string[]>;
}

/** A project without a lock on a host whose `uv` answers with the lock of the sample's wheels, or fails. */
async function withoutLock(
  files: Readonly<Record<string, string>> = {},
  answer = 'cat "$0.lock"',
): Promise<Unlocked> {
  const sample = await makeSample({ wheels: [ALPHA], files: { 'pyproject.toml': PROJECT, ...files } });
  const bin = join(dirname(sample.directory), 'bin');
  await mkdir(bin);
  const lock = await readFile(join(sample.directory, 'pylock.toml'), 'utf8');
  await writeFiles(bin, {
    'uv.lock': lock,
    uv: `#!/bin/sh\nif [ "$1" = --version ]; then echo "uv 9.9.9"; exit; fi\necho "$@ index=$UV_DEFAULT_INDEX" >> "$0.asked"\n${answer}\n`,
  });
  await chmod(join(bin, 'uv'), 0o755);
  await rm(join(sample.directory, 'pylock.toml'));
  return {
    ...sample,
    run: (config = {}, options = {}) =>
      sample.build(config, {
        ...options,
        env: {
          PYC_CACHE_DIR: sample.cache,
          HOME: dirname(sample.directory),
          PIP_CONFIG_FILE: '/dev/null',
          PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin`,
          ...options.env,
        },
      }),
    asked: async () =>
      (await readFile(join(bin, 'uv.asked'), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== ''),
  };
}

afterEach(() => vi.useRealTimers());

describe('a project without a lock, where the host has uv', () => {
  it('gets what uv chooses for every platform, with a warning, and nothing is written into it', async () => {
    const sample = await withoutLock();
    const before = await filesBelow(sample.directory);
    const report = await sample.run({ extras: ['more'] });
    expect(report.error).toBeNull();
    expect(report.lock).toMatchObject({ format: 'pylock', madeBy: 'uv 9.9.9' });
    expect(report.lock?.path).toContain(sample.cache);
    expect(report.warnings.map(({ code }) => code)).toContain('PYC_NOT_LOCKED');
    expect(report.images[0]?.distributions.map(({ name }) => name)).toEqual(['alpha']);
    const after = await filesBelow(sample.directory);
    expect(after.filter((file) => !file.startsWith('build/'))).toEqual(before);
    expect(await sample.asked()).toEqual([
      expect.stringMatching(
        /^pip compile pyproject\.toml --universal .*--python-version 3\.11 --extra more index=$/,
      ),
    ]);
  });

  it('keeps the choice for a day, until the project or the settings change, or it is asked for anew', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sample = await withoutLock();
    const steps: readonly (readonly [asked: number, change: () => Promise<BuildReport>])[] = [
      [1, () => sample.run()],
      [1, () => sample.run()],
      [2, () => sample.run({}, { noCache: true })],
      [3, () => sample.run({ extras: ['more'] })],
      [4, () => sample.run({}, { env: { UV_EXCLUDE_NEWER: '2026-01-01' } })],
      [5, () => sample.run({}, { env: { PIP_INDEX_URL: 'https://me:secret@index.example/simple' } })],
      [5, () => sample.run()],
      [
        6,
        async () => {
          vi.setSystemTime(Date.now() + 25 * 60 * 60 * 1000);
          return sample.run();
        },
      ],
      [
        7,
        async () => {
          await writeFile(join(sample.directory, 'pyproject.toml'), `${PROJECT}# changed\n`);
          return sample.run();
        },
      ],
      [
        7,
        async () => {
          vi.setSystemTime(Date.now() + 25 * 60 * 60 * 1000);
          return sample.run({}, { offline: true });
        },
      ],
    ];
    for (const [asked, change] of steps) {
      expect((await change()).error).toBeNull();
      expect(await sample.asked()).toHaveLength(asked);
    }
    expect((await sample.asked())[4]).toMatch(/index=https:\/\/me:secret@index\.example\/simple$/);
  });

  it('is refused where the run asks for what is locked', async () => {
    const sample = await withoutLock();
    await writeFile(join(sample.directory, 'pycontainer.lock'), '{"version": 1, "bases": {}}\n');
    const { error } = await sample.run({}, { locked: true });
    expect(error?.code).toBe('PYC_LOCK_MISSING');
    expect(await sample.asked()).toEqual([]);
  });

  it('hears what uv said where it fails, without passwords', async () => {
    const sample = await withoutLock(
      {},
      'echo "no solution: see https://me:s3cret@index.example/simple" >&2; exit 1',
    );
    const { error } = await sample.run();
    expect(error?.code).toBe('PYC_LOCK_NOT_MADE');
    expect(error?.message).toContain('no solution');
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  it('downloads a Python only where there is none at all', async () => {
    const sample = await withoutLock(
      {},
      'echo "downloads=$UV_PYTHON_DOWNLOADS" >> "$0.asked"; if [ -n "$UV_PYTHON_DOWNLOADS" ]; then echo "error: No interpreter found" >&2; exit 2; fi; cat "$0.lock"',
    );
    expect((await sample.run()).error).toBeNull();
    expect((await sample.asked()).filter((line) => line.startsWith('downloads'))).toEqual([
      'downloads=never',
      'downloads=',
    ]);
  });

  it('keeps no password that uv printed', async () => {
    const sample = await withoutLock({}, 'sed "s,http://,http://me:s3cret@," "$0.lock"');
    expect((await sample.run()).error).toBeNull();
    for (const file of await filesBelow(sample.cache))
      expect(await readFile(join(sample.cache, file), 'latin1')).not.toContain('s3cret');
  });

  it('that another tool manages is locked by that tool', async () => {
    for (const [path, text] of [
      ['pyproject.toml', `${PROJECT}[tool.pdm.scripts]\nstart = "x"\n`],
      ['Pipfile', '[packages]\n'],
      ['environment.yml', 'dependencies: []\n'],
    ] as const) {
      const sample = await withoutLock({ [path]: text });
      expect((await sample.run()).error?.code).toBe('PYC_LOCK_MISSING');
      expect(await sample.asked()).toEqual([]);
    }
  });
});

describe('a project without a lock, where the host has pip alone', () => {
  /** A host whose `python3` answers for itself and for its pip. */
  async function withPip(python: string, pyproject = PROJECT): Promise<Unlocked> {
    const sample = await withoutLock({ 'pyproject.toml': pyproject });
    const bin = join(dirname(sample.directory), 'bin');
    await rm(join(bin, 'uv'));
    const url = sample.index.urlOf(wheelFileName(ALPHA));
    const sha256 = createHash('sha256')
      .update(await makeWheel(ALPHA))
      .digest('hex');
    const report = {
      version: '1',
      install: [
        {
          download_info: { url: url.replace('://', '://me:s3cret@'), archive_info: { hashes: { sha256 } } },
          metadata: { name: 'Alpha', version: '1.0' },
        },
      ],
    };
    await writeFiles(bin, {
      'report.json': JSON.stringify(report),
      python3: `#!/bin/sh\nif [ "$1" = -c ]; then echo '["linux", "x86_64", "${python}", "26.3", "cpython"]'; exit; fi\ncat requirements.txt >> "$0.asked"\ncat "${bin}/report.json"\n`,
    });
    await chmod(join(bin, 'python3'), 0o755);
    return {
      ...sample,
      asked: async () =>
        (await readFile(join(bin, 'python3.asked'), 'utf8').catch(() => ''))
          .split('\n')
          .filter((line) => line !== ''),
    };
  }

  it('gets what pip reports, with extras, and no password is kept', async () => {
    const sample = await withPip(
      '3.12',
      PROJECT.replace('more = []', 'more = ["shop[other]"]\nother = ["beta>=2"]'),
    );
    const report = await sample.run({ extras: ['more'] });
    expect(report.error).toBeNull();
    expect(report.lock?.madeBy).toBe('pip 26.3 (Python 3.12 on x86_64)');
    expect(await sample.asked()).toEqual(['alpha', 'beta>=2']);
    expect((await sample.run({ extras: ['more'] })).images[0]?.digest).toBe(report.images[0]?.digest);
    expect(await sample.asked()).toHaveLength(2);
    for (const file of await filesBelow(sample.cache))
      expect(await readFile(join(sample.cache, file), 'latin1')).not.toContain('s3cret');
    expect((await sample.run({ extras: ['unknown'] })).error?.code).toBe('PYC_LOCK_SELECTION_UNKNOWN');
  });

  it('is refused for another Python or machine than the one that pip runs on', async () => {
    const other = await withPip('3.11');
    const { error } = await other.run();
    expect(error).toMatchObject({ code: 'PYC_HOST_LOCK_UNFIT', hint: expect.stringContaining('uv') });
    expect(error?.message).not.toContain('pylock.toml');
    const here = await withPip('3.12');
    expect((await here.run({ platforms: ['linux/arm64'] })).error?.code).toBe('PYC_HOST_LOCK_UNFIT');
  });

  it('is not resolved by what does not know where its packages are from', async () => {
    for (const more of [
      '[tool.uv.sources]\nalpha = { index = "own" }\n',
      '[[tool.uv.index]]\nurl = "https://own.example/simple"\n',
    ]) {
      const sample = await withPip('3.12', PROJECT + more);
      expect((await sample.run()).error?.code).toBe('PYC_LOCK_MISSING');
      expect(await sample.asked()).toEqual([]);
    }
  });
});
