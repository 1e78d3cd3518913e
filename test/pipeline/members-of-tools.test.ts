import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSample, type Sample, writeFiles } from '../samples/sample.ts';

const WHEELS = ['alpha', 'beta', 'gamma'].map((name) => ({
  name,
  version: '1.0',
  files: { [`${name}/__init__.py`]: '' },
}));

interface LockedFile {
  readonly url: string;
  readonly file: string;
  readonly hash: string;
}

/** A folder without a lock of its own, and the files of an index. */
async function makeRepository(): Promise<{ sample: Sample; files: Readonly<Record<string, LockedFile>> }> {
  const sample = await makeSample({ wheels: WHEELS });
  const lock = await readFile(join(sample.directory, 'pylock.toml'), 'utf8');
  await rm(join(sample.directory, 'pylock.toml'));
  await rm(join(sample.directory, 'pyproject.toml'));
  // Where the repository ends.
  await mkdir(join(sample.directory, '.git'));
  const rows = [...lock.matchAll(/name = "(\w+-[^"]+\.whl)".*?url = "([^"]+)".*?sha256 = "(\w+)"/gs)];
  const files = rows.map(([, file, url, hash]) => {
    return [file!.split('-', 1)[0]!, { file: file!, url: url!, hash: hash! }] as const;
  });
  return { sample, files: Object.fromEntries(files) };
}

const project = (name: string, dependencies: readonly string[] = [], tool = ''): string =>
  `[project]\nname = "${name}"\nversion = "1.0"\ndependencies = ${JSON.stringify(dependencies)}\n${tool}`;

/** Entries of poetry.lock, format 2.1. */
function poetryLock(index: string, files: Readonly<Record<string, LockedFile>>, local: string): string {
  const packages = Object.entries(files).map(
    ([name, { file, hash }]) => `[[package]]
name = "${name}"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = [{ file = "${file}", hash = "sha256:${hash}" }]
[package.source]
type = "legacy"
url = "${index}"
reference = "ours"
`,
  );
  return `${packages.join('')}${local}
[metadata]
lock-version = "2.1"
python-versions = "*"
`;
}

/** Entries of pdm.lock; each `groups` and `marker` is the whole lock's. */
function pdmLock(files: Readonly<Record<string, LockedFile>>, local: string): string {
  const packages = Object.entries(files).map(
    ([name, { file, url, hash }]) => `[[package]]
name = "${name}"
version = "1.0"
groups = ["default"]
files = [{ file = "${file}", url = "${url}", hash = "sha256:${hash}" }]
`,
  );
  return `[metadata]
groups = ["default"]
strategy = ["inherit_metadata", "static_urls"]
lock_version = "4.5.1"
content_hash = ""
[[metadata.targets]]
requires_python = ">=3.9"
${packages.join('')}${local}`;
}

/** Names of what goes into each image. */
async function plan(sample: Sample, values = {}, options = {}) {
  const report = await sample.build({ sbom: false, ...values }, { dryRun: true, ...options });
  if (report.error !== null) return report.error.code;
  return Object.fromEntries(
    report.images.map(({ name, distributions }) => [
      name,
      distributions.map((one) => (one.source === 'wheel' ? one.name : `${one.name} (${one.source})`)),
    ]),
  );
}

const POETRY_LIBRARY = `[[package]]
name = "core"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = []
develop = true
[package.dependencies]
alpha = "*"
gamma = { version = "*", optional = true }
[package.extras]
fast = ["gamma"]
[package.source]
type = "directory"
url = "libs/core"
`;

describe('members that Poetry locks', () => {
  it('are the path dependencies, each with what it needs itself', async () => {
    const { sample, files } = await makeRepository();
    await writeFiles(sample.directory, {
      'pyproject.toml': project('shop', ['beta', 'core'], '[tool.poetry]\npackage-mode = false\n'),
      'poetry.lock': poetryLock(sample.index.url, files, POETRY_LIBRARY),
      'libs/core/pyproject.toml': project('core', ['alpha']),
      'libs/core/core.py': '',
    });
    expect(await plan(sample, {}, { allPackages: true })).toEqual({
      core: ['alpha'],
      shop: ['alpha', 'beta', 'core (directory)', 'gamma'],
    });
    expect(await plan(sample, { package: 'core', extras: ['fast'] })).toEqual({ core: ['alpha', 'gamma'] });
    expect(await plan(sample, { package: 'core', extras: ['slow'] })).toBe('PYC_LOCK_SELECTION_UNKNOWN');
    expect(await plan(sample, { package: 'shop' })).toEqual(await plan(sample));
    expect(await plan(sample, { package: 'alpha' })).toBe('PYC_MEMBERS_UNKNOWN');

    // A lock of its own goes before.
    await writeFiles(sample.directory, {
      'libs/core/pyproject.toml': project('core', ['alpha'], '[tool.poetry]\npackage-mode = false\n'),
      'libs/core/poetry.lock': poetryLock(sample.index.url, { alpha: files.alpha!, beta: files.beta! }, ''),
    });
    expect(await plan(sample, { package: 'core' })).toEqual({ core: ['alpha', 'beta'] });
  });

  it('may lie beside the project, and not outside of the repository, nor behind a link', async () => {
    const { sample, files } = await makeRepository();
    const library = (path: string) => POETRY_LIBRARY.replace('libs/core', path);
    const at = async (path: string) => {
      await writeFiles(sample.directory, {
        'services/api/pyproject.toml': project('api', ['core'], '[tool.poetry]\npackage-mode = false\n'),
        'services/api/poetry.lock': poetryLock(sample.index.url, files, library(path)),
        'libs/core/pyproject.toml': project('core', ['alpha']),
      });
      return plan(sample, { package: 'core' }, { directory: join(sample.directory, 'services/api') });
    };
    expect(await at('../../libs/core')).toEqual({ core: ['alpha'] });
    expect(await at('../../../core')).toBe('PYC_LOCK_PATH_OUTSIDE');

    await symlink('/etc', join(sample.directory, 'linked'));
    expect(await at('../../linked')).toBe('PYC_MEMBERS_UNKNOWN');

    // Without git, what is built is where it ends.
    await rm(join(sample.directory, '.git'), { recursive: true });
    expect(await at('../../libs/core')).toBe('PYC_LOCK_PATH_OUTSIDE');
    expect(await plan(sample, { package: 'api' })).toEqual({
      api: expect.arrayContaining(['core (directory)']),
    });
  });
});

describe('members that PDM locks', () => {
  it('are what lies in folders, each with what it needs itself', async () => {
    const { sample, files } = await makeRepository();
    const local = (name: string, dependencies: readonly string[], extras = '') => `[[package]]
name = "${name}"
version = "1.0"
${extras}
groups = ["default"]
editable = true
path = "./packages/${name}"
dependencies = ${JSON.stringify(dependencies)}
`;
    await writeFiles(sample.directory, {
      'pyproject.toml': project('shop', [], '[tool.pdm.workspace]\nmembers = ["packages/*"]\n'),
      'pdm.lock': pdmLock(
        files,
        `${local('api', ['beta', 'core[fast]'])}${local('core', ['alpha'])}${local('core', ['core==1.0', 'gamma'], 'extras = ["fast"]')}`,
      ),
      'packages/api/pyproject.toml': project('api', ['beta', 'core[fast]']),
      'packages/core/pyproject.toml': project('core', ['alpha']),
    });
    expect(await plan(sample, {}, { allPackages: true })).toEqual({
      api: ['alpha', 'beta', 'core (directory)', 'gamma'],
      core: ['alpha'],
      shop: expect.arrayContaining(['api (directory)', 'core (directory)']),
    });
    expect(await plan(sample, { package: 'core', extras: ['fast'] })).toEqual({ core: ['alpha', 'gamma'] });
    expect(await plan(sample, { package: 'core', extras: ['slow'] })).toBe('PYC_LOCK_SELECTION_UNKNOWN');
    expect(await plan(sample, { package: 'core', groups: ['dev'] })).toBe('PYC_LOCK_SELECTION_UNKNOWN');
  });
});

describe('projects that no lock lists', () => {
  it('are found below a folder where each has a lock, and are built as in their own folders', async () => {
    const { sample, files } = await makeRepository();
    const lock = (name: string) => poetryLock(sample.index.url, { [name]: files[name]! }, '');
    await writeFiles(sample.directory, {
      '.gitignore': 'ignored/\n',
      'services/api/pyproject.toml': project('api', ['alpha']),
      'services/api/poetry.lock': lock('alpha'),
      'services/api/api.py': '',
      'services/worker/pyproject.toml': project('worker', ['beta']),
      'services/worker/poetry.lock': lock('beta'),
      // None of these counts.
      'libs/unlocked/pyproject.toml': project('unlocked'),
      'docs/requirements.txt': 'sphinx\n',
      'ignored/old/pyproject.toml': project('old'),
      'ignored/old/poetry.lock': lock('beta'),
      '.venv/x/pyproject.toml': project('x'),
      '.venv/x/poetry.lock': lock('beta'),
    });
    expect(await plan(sample, {}, { allPackages: true })).toEqual({ api: ['alpha'], worker: ['beta'] });
    expect(await plan(sample, { package: 'unlocked' })).toBe('PYC_MEMBERS_UNKNOWN');
    const one = await sample.build({ sbom: false, package: 'api' });
    const own = await sample.build({ sbom: false }, { directory: join(sample.directory, 'services/api') });
    expect(one.images[0]?.digest).toMatch(/^sha256:/);
    expect(one.images[0]?.digest).toBe(own.images[0]?.digest);

    await writeFiles(sample.directory, {
      'services/third/pyproject.toml': project('api'),
      'services/third/poetry.lock': lock('beta'),
    });
    const error = await sample.build({}, { allPackages: true, dryRun: true });
    expect(error.error?.code).toBe('PYC_MEMBERS_UNKNOWN');
    expect(error.error?.message).toContain('services/third');
  });

  it('are those that Hatch lists, each with its own lock', async () => {
    const { sample, files } = await makeRepository();
    const lock = poetryLock(sample.index.url, { alpha: files.alpha! }, '');
    const member = (name: string) => ({
      [`packages/${name}/pyproject.toml`]: project(name, ['alpha']),
      [`packages/${name}/poetry.lock`]: lock,
    });
    await writeFiles(sample.directory, {
      'pyproject.toml':
        '[tool.hatch.envs.default]\nworkspace.members = ["packages/a*", { path = "packages/beta-api" }]\nworkspace.exclude = ["*/admin"]\n',
      ...member('api'),
      ...member('admin'),
      ...member('beta-api'),
      ...member('other'),
    });
    expect(await plan(sample, {}, { allPackages: true })).toEqual({ api: ['alpha'], 'beta-api': ['alpha'] });
    const stated = async (members: string) => {
      await writeFiles(sample.directory, {
        'hatch.toml': `[envs.default]\nworkspace.members = ${members}\n`,
      });
      return plan(sample, {}, { allPackages: true });
    };
    expect(await stated('["packages/other"]')).toEqual({ other: ['alpha'] });
    expect(await stated('["../*"]')).toBe('PYC_MEMBERS_UNKNOWN');
    expect(await stated('["a*b*c*d*e*f*g*h"]')).toBe('PYC_MEMBERS_UNKNOWN');
    expect(await stated('[')).toBe('PYC_MEMBERS_UNKNOWN');
  });
});
