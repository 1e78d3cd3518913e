import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildReport } from 'pycontainer';
import {
  type FakeFile,
  type FakeIndex,
  type FakeIndexOptions,
  makeWheel,
  offerWheel,
  startFakeIndex,
  type WheelRecipe,
  wheelFileName,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesBelow, makeSample, type Sample, writeFiles } from '../samples/sample.ts';

const ALPHA: WheelRecipe = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };
const OTHER: WheelRecipe = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'EVIL = 1\n' } };
const SECRET = 'p4ssw0rd-of-the-index';
const PASSWORD = { username: 'me', password: SECRET };
const PROJECT = '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["alpha"]\n';

async function sha256(wheel: WheelRecipe): Promise<string> {
  return createHash('sha256')
    .update(await makeWheel(wheel))
    .digest('hex');
}

async function startIndex(
  wheels: readonly WheelRecipe[],
  options: Partial<FakeIndexOptions> = {},
  change: (file: FakeFile) => FakeFile = (file) => file,
): Promise<FakeIndex> {
  const index = await startFakeIndex({
    files: (await Promise.all(wheels.map(offerWheel))).map(change),
    ...options,
  });
  onTestFinished(() => index.close());
  return index;
}

/** A project whose requirements file names `alpha`, by its hash unless that is not wanted. */
async function withRequirements(
  options = '',
  { hash = true, ...files }: { hash?: boolean; [path: string]: unknown } = {},
): Promise<Sample> {
  const sample = await makeSample();
  await writeFiles(sample.directory, {
    'pyproject.toml': PROJECT,
    'requirements.txt': `${options}alpha==1.0${hash ? ` --hash=sha256:${await sha256(ALPHA)}` : ''}\n`,
    ...(files as Record<string, string>),
  });
  return sample;
}

async function poetryLock(index: FakeIndex): Promise<string> {
  const file = `{ file = "${wheelFileName(ALPHA)}", hash = "sha256:${await sha256(ALPHA)}" }`;
  return `[[package]]
name = "alpha"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = [${file}]
[package.source]
type = "legacy"
url = "${index.url}"
reference = "corp"
[metadata]
lock-version = "2.1"
python-versions = "*"
`;
}

async function pipfileLock(): Promise<string> {
  return JSON.stringify({
    _meta: { 'pipfile-spec': 6, sources: [{ name: 'pypi', url: 'https://pypi.org/simple' }] },
    default: { alpha: { version: '==1.0', hashes: [`sha256:${await sha256(ALPHA)}`] } },
  });
}

/** Builds with variables on top of the usual ones, and no settings of the host. */
function build(
  sample: Sample,
  env: Readonly<Record<string, string>> = {},
  config = {},
): Promise<BuildReport> {
  const home = dirname(sample.directory);
  return sample.build(config, {
    env: {
      PYC_CACHE_DIR: sample.cache,
      PATH: process.env.PATH,
      HOME: home,
      PIP_CONFIG_FILE: join(home, 'pip.conf'),
      XDG_CONFIG_DIRS: home,
      ...env,
    },
  });
}

function withPassword(url: string, password = SECRET): string {
  return url.replace('://', `://me:${password}@`);
}

/** The files below the folders that hold the secret: text or base64. */
async function leaksOf(report: BuildReport, ...folders: readonly string[]): Promise<readonly string[]> {
  const needles = [SECRET, Buffer.from(`me:${SECRET}`).toString('base64')];
  const holds = (bytes: Buffer): boolean => needles.some((needle) => bytes.includes(needle));
  const leaks = holds(Buffer.from(JSON.stringify(report))) ? ['the report'] : [];
  for (const folder of folders)
    for (const file of await filesBelow(folder))
      if (holds(await readFile(join(folder, file)))) leaks.push(join(folder, file));
  return leaks;
}

describe('an index with a password', () => {
  it.each([
    [
      'the address in a variable',
      (index: FakeIndex) => ({ env: { PIP_INDEX_URL: withPassword(index.url) } }),
    ],
    [
      "variables of an index's name",
      (index: FakeIndex) => ({
        env: { UV_INDEX_CORP_USERNAME: 'me', UV_INDEX_CORP_PASSWORD: SECRET },
        files: { 'uv.toml': `[[index]]\nname = "corp"\nurl = "${index.url}"\ndefault = true\n` },
      }),
    ],
    [
      'netrc',
      (index: FakeIndex) => ({
        env: { UV_INDEX_URL: index.url },
        home: { '.netrc': `machine 127.0.0.1 login me password ${SECRET}\n` },
      }),
    ],
    [
      "Poetry's auth.toml",
      async (index: FakeIndex) => ({
        files: {
          'pyproject.toml': `[tool.poetry]\nname = "shop"\nversion = "1"\npackage-mode = false\n[tool.poetry.dependencies]\nalpha = "*"\n[[tool.poetry.source]]\nname = "corp"\nurl = "${index.url}"\n`,
          'poetry.lock': await poetryLock(index),
        },
        home: {
          '.config/pypoetry/auth.toml': `[http-basic.corp]\nusername = "me"\npassword = "${SECRET}"\n`,
        },
      }),
    ],
    [
      'a uv.toml above the project',
      (index: FakeIndex) => ({
        home: { 'uv.toml': `[[index]]\nurl = "${withPassword(index.url)}"\ndefault = true\n` },
      }),
    ],
    [
      'the mirror that Pipenv is given',
      async (index: FakeIndex) => ({
        env: { PIPENV_PYPI_MIRROR: withPassword(index.url) },
        files: { Pipfile: '', 'Pipfile.lock': await pipfileLock() },
      }),
    ],
    [
      'pip.conf',
      (index: FakeIndex) => ({ home: { 'pip.conf': `[global]\nindex-url = ${withPassword(index.url)}\n` } }),
    ],
  ] as const)('is opened by %s, and the password is written nowhere', async (_, setUp) => {
    const index = await startIndex([ALPHA], { password: PASSWORD });
    const {
      env = {},
      files = {},
      home = {},
    } = (await setUp(index)) as {
      env?: Record<string, string>;
      files?: Record<string, string>;
      home?: Record<string, string>;
    };
    const sample = await withRequirements('', files);
    await writeFiles(dirname(sample.directory), home);
    const report = await build(sample, env);
    expect(report.error).toBeNull();
    expect(report.images[0]?.distributions[0]?.url).toBe(index.urlOf(wheelFileName(ALPHA)));
    expect(await leaksOf(report, sample.cache, join(sample.directory, 'build'))).toEqual([]);
  });

  it('is opened by what stands in a requirements file, from the environment', async () => {
    const index = await startIndex([ALPHA], { password: PASSWORD });
    const sample = await withRequirements(
      `--index-url ${index.url.replace('://', `://me:\${INDEX_TOKEN}@`)}\n`,
    );
    const report = await build(sample, { INDEX_TOKEN: SECRET });
    expect(report.error).toBeNull();
    expect(await leaksOf(report, sample.cache, join(sample.directory, 'build'))).toEqual([]);
  });

  it('opens the files of a lock with addresses as well', async () => {
    const index = await startIndex([ALPHA], { password: PASSWORD });
    const sample = await makeSample();
    await writeFiles(sample.directory, {
      'pyproject.toml': `${PROJECT}[[tool.uv.index]]\nname = "corp"\nurl = "${index.url}"\n`,
      'pylock.toml': `lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "alpha"\nversion = "1.0"\nindex = "${index.url}"\n[[packages.wheels]]\nname = "${wheelFileName(ALPHA)}"\nurl = "${index.urlOf(wheelFileName(ALPHA))}"\nhashes = { sha256 = "${await sha256(ALPHA)}" }\n`,
    });
    const refused = await build(sample);
    expect(refused.error?.code).toBe('PYC_INDEX_ACCESS_DENIED');
    expect(
      (await build(sample, { UV_INDEX_CORP_USERNAME: 'me', UV_INDEX_CORP_PASSWORD: SECRET })).error,
    ).toBeNull();
  });

  it('that is wrong is told of with where it is from, and without itself', async () => {
    const index = await startIndex([ALPHA], { password: { username: 'me', password: 'another' } });
    const sample = await withRequirements();
    const report = await build(sample, { PIP_INDEX_URL: withPassword(index.url) });
    expect(report.error?.code).toBe('PYC_INDEX_ACCESS_DENIED');
    expect(report.error?.message).toContain('alpha');
    expect(await leaksOf(report, sample.cache)).toEqual([]);
  });

  it('is not told to whom the index sends us', async () => {
    const elsewhere = await startIndex([ALPHA]);
    const index = await startIndex([ALPHA], { password: PASSWORD }, (file) => ({
      ...file,
      redirect: elsewhere.urlOf(file.name),
    }));
    const sample = await withRequirements();
    expect((await build(sample, { PIP_INDEX_URL: withPassword(index.url) })).error).toBeNull();
    expect(elsewhere.requests).toHaveLength(1);
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe('several indexes', () => {
  it('are asked in order, and the first that has the project has the last word', async () => {
    const own = await startIndex([{ ...ALPHA, version: '0.9' }]);
    const open = await startIndex([OTHER]);
    const env = { PIP_INDEX_URL: open.url, PIP_EXTRA_INDEX_URL: own.url };
    const unlocked = await withRequirements('', { hash: false });
    expect((await build(unlocked, env)).error?.code).toBe('PYC_INDEX_FILE_MISSING');
    expect(open.requests).toEqual([]);
  });

  it('may lack what the hash of the lock proves elsewhere', async () => {
    const own = await startIndex([OTHER]);
    const forbidding = await startIndex([], { fault: () => ({ status: 403 }) });
    const open = await startIndex([ALPHA]);
    const sample = await withRequirements(
      `--extra-index-url ${own.url}\n--extra-index-url ${forbidding.url}\n`,
    );
    const report = await build(sample, { UV_DEFAULT_INDEX: open.url });
    expect(report.error).toBeNull();
    expect(report.images[0]?.distributions[0]?.url).toBe(open.urlOf(wheelFileName(ALPHA)));
  });

  it('are left alone where a project is pinned to one of them', async () => {
    const other = await startIndex([OTHER]);
    const pinned = await startIndex([ALPHA]);
    const sample = await withRequirements('', {
      hash: false,
      'pyproject.toml': `${PROJECT}[tool.uv.sources]\nalpha = { index = "pinned" }\n[[tool.uv.index]]\nname = "pinned"\nurl = "${pinned.url}"\nexplicit = true\n[[tool.uv.index]]\nname = "other"\nurl = "${other.url}"\n`,
    });
    expect((await build(sample)).error).toBeNull();
    expect(other.requests).toEqual([]);
  });
});

describe('places of links', () => {
  it('are folders, of the settings and of the requirements file, looked into before any index', async () => {
    for (const [options, env] of [
      ['--no-index\n--find-links wheels\n', {}],
      ['', { PIP_FIND_LINKS: 'project/wheels', PIP_NO_INDEX: '1' }],
    ] as const) {
      const sample = await withRequirements(options);
      await mkdir(join(sample.directory, 'wheels'));
      await writeFile(join(sample.directory, 'wheels', wheelFileName(ALPHA)), await makeWheel(ALPHA));
      expect((await build(sample, env)).error).toBeNull();
      await writeFile(join(sample.directory, 'wheels', wheelFileName(ALPHA)), await makeWheel(OTHER));
      const changed = await build(sample, env);
      expect(changed.error?.code ?? changed.images[0]?.distributions[0]?.hash).toBe('PYC_INDEX_FILE_MISSING');
    }
  });

  it('are pages of any files', async () => {
    const index = await startIndex([ALPHA, { ...ALPHA, name: 'beta' }]);
    const page = await startIndex([], {
      fault: () => ({
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: `<a href="${index.urlOf('beta-1.0-py3-none-any.whl')}">b</a><a href="${index.urlOf(wheelFileName(ALPHA))}">a</a>`,
      }),
    });
    const sample = await withRequirements(`--no-index\n--find-links ${page.origin}/links.html\n`);
    expect((await build(sample)).error).toBeNull();
  });
});

describe('a mirror', () => {
  it('stands in for the index that the lock names, by the hashes of the lock', async () => {
    const mirror = await startIndex([ALPHA], { password: PASSWORD });
    const sample = await makeSample({ wheels: [ALPHA] });
    const locked = await readFile(join(sample.directory, 'pylock.toml'), 'utf8');
    await writeFile(
      join(sample.directory, 'pylock.toml'),
      locked.replace(/^(version = .*)$/m, `$1\nindex = "https://index.example/simple/"`),
    );
    await sample.index.close();
    const netrc = join(dirname(sample.directory), 'netrc');
    await writeFile(netrc, `machine 127.0.0.1 login me password ${SECRET}\n`);
    const config = { indexMirrors: { 'https://index.example/simple': mirror.url } };
    const report = await build(sample, { NETRC: netrc }, config);
    expect(report.error).toBeNull();
    expect(report.images[0]?.distributions[0]?.url).toBe(mirror.urlOf(wheelFileName(ALPHA)));
    const lying = await startIndex([OTHER]);
    const refused = await build(sample, {}, { indexMirrors: { 'https://index.example/simple': lying.url } });
    expect(refused.error?.code).toBe('PYC_INDEX_FILE_MISSING');
  });

  it('has the sdists as well', async () => {
    const bytes = Buffer.from('an sdist');
    const mirror = await startFakeIndex({ files: [{ project: 'alpha', name: 'alpha-1.0.tar.gz', bytes }] });
    onTestFinished(() => mirror.close());
    const sample = await makeSample();
    const sha = createHash('sha256').update(bytes).digest('hex');
    await writeFiles(sample.directory, {
      'pyproject.toml': PROJECT,
      'pylock.toml': `lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "alpha"\nversion = "1.0"\nindex = "https://index.example/simple"\n[packages.sdist]\nname = "alpha-1.0.tar.gz"\nurl = "https://index.example/alpha-1.0.tar.gz"\nhashes = { sha256 = "${sha}" }\n`,
    });
    const config = { indexMirrors: { 'https://index.example/simple/': mirror.url } };
    const report = await sample.build(config, { dryRun: true });
    expect(report.error).toBeNull();
    const [alpha] = report.images[0]?.distributions ?? [];
    expect(alpha).toMatchObject({ source: 'sdist', url: mirror.urlOf('alpha-1.0.tar.gz') });
  });

  it('has no credentials in the configuration', async () => {
    const sample = await makeSample();
    const config = { indexMirrors: { 'https://pypi.org/simple': withPassword('https://mirror.example/') } };
    const report = await build(sample, {}, config);
    expect(report.error?.code).toBe('PYC_CONFIG_INVALID');
    expect(await leaksOf(report)).toEqual([]);
  });
});

describe('a hostile index', () => {
  const HTML = { 'content-type': 'text/html' };
  const JSON_TYPE = { 'content-type': 'application/vnd.pypi.simple.v1+json' };

  it.each([
    ['HTML for JSON', { status: 200, headers: JSON_TYPE, body: '<html></html>' }, 'PYC_INDEX_PAGE_INVALID'],
    [
      'a page to log in by',
      { status: 200, headers: HTML, body: '<form><input type="password"></form>' },
      'PYC_INDEX_PAGE_INVALID',
    ],
    [
      'a page of 65 MB',
      { status: 200, headers: HTML, body: Buffer.alloc(65 * 2 ** 20, ' ') },
      'PYC_INDEX_PAGE_INVALID',
    ],
    ['redirects in a circle', { status: 302, headers: { location: '/simple/alpha/' } }, 'PYC_HTTP_REDIRECT'],
    [
      'a picture',
      { status: 200, headers: { 'content-type': 'image/png' }, body: 'x' },
      'PYC_INDEX_PAGE_INVALID',
    ],
  ])('gives %s: the error names index and project', async (_, fault, code) => {
    const index = await startIndex([ALPHA], { fault: () => fault });
    const sample = await withRequirements();
    const { error } = await build(sample, { PIP_INDEX_URL: index.url });
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(`${index.url}alpha/`);
  });

  it.each([
    ['lies about a size', (file: FakeFile) => ({ ...file, listed: { size: 3 } }), 'PYC_HTTP_BODY_CUT'],
    [
      'lies about a hash',
      (file: FakeFile) => ({ ...file, listed: { sha256: '0'.repeat(64) } }),
      'PYC_WHEEL_HASH_MISMATCH',
    ],
  ])('%s: nothing of the file is kept', async (_, change, code) => {
    const index = await startIndex([OTHER], {}, change);
    const sample = await withRequirements('', { hash: false });
    const { error } = await build(sample, { PIP_INDEX_URL: index.url });
    expect(error?.code).toBe(code);
    expect(error?.message).toContain('alpha-1.0-py3-none-any.whl');
    expect((await filesBelow(sample.cache)).filter((file) => file.startsWith('blobs'))).toEqual([]);
  });
});
