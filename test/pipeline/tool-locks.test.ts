import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWheel, type WheelRecipe, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import { makeSample, type Sample, writeFiles } from '../samples/sample.ts';

const ALPHA: WheelRecipe = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };
const BETA: WheelRecipe = { name: 'beta', version: '2.0', files: { 'beta/__init__.py': 'B = 1\n' } };
const PROJECT = '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["alpha"]\n';

async function hashOf(wheel: WheelRecipe): Promise<string> {
  return `sha256:${createHash('sha256')
    .update(await makeWheel(wheel))
    .digest('hex')}`;
}

/** Files of a project that each tool has locked, with a wheel of the sample's index. */
const LOCKED = {
  poetry: async ({ index }: Sample, hash: string) => ({
    'pyproject.toml': `${PROJECT}[tool.poetry]\npackage-mode = false\n`,
    'poetry.lock': `[[package]]
name = "alpha"
version = "1.0"
groups = ["main"]
files = [{file = "alpha-1.0-py3-none-any.whl", hash = "${hash}"}, {file = "alpha-1.0.tar.gz", hash = "sha256:${'1'.repeat(64)}"}]
[package.source]
type = "legacy"
url = "${index.url}"
reference = "own"
[metadata]
lock-version = "2.1"
python-versions = ">=3.9"
`,
  }),
  pdm: async ({ index }: Sample, hash: string) => ({
    'pyproject.toml': `${PROJECT}[[tool.pdm.source]]\nname = "pypi"\nurl = "${index.url}"\n`,
    'pdm.lock': `[metadata]
groups = ["default"]
strategy = ["inherit_metadata"]
lock_version = "4.5.1"
[[package]]
name = "alpha"
version = "1.0"
groups = ["default"]
files = [{file = "alpha-1.0-py3-none-any.whl", hash = "${hash}"}]
`,
  }),
  pipfile: async ({ index }: Sample, hash: string) => ({
    'pyproject.toml': PROJECT,
    Pipfile: `[packages]\nalpha = "*"\n[[source]]\nname = "own"\nurl = "${index.url}"\nverify_ssl = false\n`,
    'Pipfile.lock': JSON.stringify({
      _meta: { 'pipfile-spec': 6, sources: [{ name: 'own', url: index.url }] },
      default: { alpha: { version: '==1.0', hashes: [hash, `sha256:${'1'.repeat(64)}`], index: 'own' } },
    }),
  }),
};

describe.each(Object.keys(LOCKED) as (keyof typeof LOCKED)[])('a project locked as %s', (format) => {
  it('takes its files from the index by their hashes, and asks it once', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    await writeFiles(sample.directory, await LOCKED[format](sample, await hashOf(ALPHA)));
    const report = await sample.build();
    expect(report.error).toBeNull();
    expect(report.lock).toMatchObject({ format });
    expect(report.images[0]?.distributions).toMatchObject([
      {
        name: 'alpha',
        version: '1.0',
        hash: await hashOf(ALPHA),
        url: sample.index.urlOf(wheelFileName(ALPHA)),
      },
    ]);
    await sample.index.close();
    const again = await sample.build();
    expect(again.images[0]?.digest).toBe(report.images[0]?.digest);
  });

  it('is refused where the index has no file of that hash', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    await writeFiles(sample.directory, await LOCKED[format](sample, `sha256:${'0'.repeat(64)}`));
    expect((await sample.build()).error?.code).toBe('PYC_INDEX_FILE_MISSING');
  });

  it('takes its files from a wheelhouse without a request', async () => {
    const sample = await makeSample();
    await writeFiles(sample.directory, await LOCKED[format](sample, await hashOf(ALPHA)));
    await sample.index.close();
    const wheels = join(sample.directory, 'wheels');
    await mkdir(wheels);
    await writeFile(join(wheels, wheelFileName(ALPHA)), await makeWheel(ALPHA));
    expect((await sample.build({ wheelhouse: wheels })).error).toBeNull();
  });
});

describe('a path dependency', () => {
  it('may lie anywhere in the git repository, and nowhere else', async () => {
    const sample = await makeSample();
    await writeFiles(sample.directory, {
      'pyproject.toml': PROJECT,
      'poetry.lock': `[[package]]
name = "alpha"
version = "1.0"
groups = ["main"]
files = []
[package.source]
type = "directory"
url = "../alpha"
[metadata]
lock-version = "2.1"
python-versions = "*"
`,
    });
    const codeOf = async (): Promise<string | undefined> =>
      (await sample.build({}, { dryRun: true })).error?.code;
    expect(await codeOf()).toBe('PYC_LOCK_PATH_OUTSIDE');
    await writeFiles(join(sample.directory, '..'), { '.git/HEAD': 'ref: refs/heads/main\n' });
    expect(await codeOf()).not.toBe('PYC_LOCK_PATH_OUTSIDE');
  });
});

describe('a project with several locks', () => {
  it('takes the lock that is stated instead of the first', async () => {
    const sample = await makeSample({ wheels: [ALPHA, BETA] });
    await writeFiles(sample.directory, {
      ...(await LOCKED.poetry(sample, await hashOf(ALPHA))),
      'deploy/prod.txt': `-i ${sample.index.url}\nalpha==1.0\nbeta==2.0\n`,
    });
    const names = async (lock?: string): Promise<unknown> => {
      const report = await sample.build(lock === undefined ? {} : { lock: join(sample.directory, lock) });
      return report.error?.code ?? report.images[0]?.distributions.map(({ name }) => name);
    };
    expect(await names()).toEqual(['alpha']);
    expect(await names('pylock.toml')).toEqual(['alpha', 'beta']);
    expect(await names('deploy/prod.txt')).toEqual(['alpha', 'beta']);
    expect(await names('uv.lock')).toBe('PYC_LOCK_UNREADABLE');
    expect(await names('pyproject.toml')).toBe('PYC_LOCK_FORMAT_UNKNOWN');
  });

  it('is refused where the lock is older than what it was made from', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const files = await LOCKED.poetry(sample, await hashOf(ALPHA));
    const stale = files['poetry.lock'].replace(
      '[metadata]',
      `[metadata]\ncontent-hash = "${'0'.repeat(64)}"`,
    );
    await writeFiles(sample.directory, { ...files, 'poetry.lock': stale });
    const { error } = await sample.build();
    expect([error?.code, error?.hint]).toEqual(['PYC_LOCK_STALE', 'run `poetry lock`']);
  });
});
