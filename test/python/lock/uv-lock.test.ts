import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import type { LockChoice, Selection } from '../../../core/python/lock/lock-file.ts';
import { readUvLock } from '../../../core/python/lock/uv/index.ts';
import { targetOf } from './conformance-data.ts';

const INDEX = 'https://index.example.org/simple';
const HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n';

/** A registry package with the wheels named. */
function fromIndex(name: string, wheels: readonly string[], more = ''): string {
  const files = wheels.map(
    (wheel) => `{ url = "https://files.example.org/${wheel}", hash = "sha256:ab", size = 3 }`,
  );
  return `[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { registry = "${INDEX}" }\nwheels = [${files.join(', ')}]\n${more}`;
}

function project(dependencies: readonly string[], more = ''): string {
  return `[[package]]\nname = "shop"\nversion = "1"\nsource = { editable = "." }\ndependencies = [${dependencies
    .map((name) => `{ name = "${name}" }`)
    .join(', ')}]\n${more}`;
}

async function select(text: string, want: Partial<Selection> = {}, python = '3.12.7'): Promise<LockChoice> {
  const lock = await readUvLock('uv.lock', text, { directory: '/work/shop', boundary: '/work' });
  return lock.select(targetOf(python), { extras: [], groups: [], ...want });
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (isPycError(error) ? error.code : error),
  );
}

describe('a uv.lock', () => {
  it('gives each wheel with its URL, hash, index and what asked for it, without the project itself', async () => {
    const text = `${HEAD}${project(['a', 'b'])}${fromIndex('a', ['a-1.0-py3-none-any.whl'], 'dependencies = [{ name = "b" }]\n')}${fromIndex('b', ['b-1.0-py3-none-any.whl'])}`;
    const { chosen, rejected } = await select(text);
    expect(rejected).toEqual([]);
    expect(chosen.map(({ name, requestedBy }) => [name, requestedBy])).toEqual([
      ['a', ['shop']],
      ['b', ['a', 'shop']],
    ]);
    expect(chosen[0]).toMatchObject({
      version: '1.0',
      source: 'wheel',
      index: INDEX,
      file: {
        name: 'a-1.0-py3-none-any.whl',
        url: 'https://files.example.org/a-1.0-py3-none-any.whl',
        size: 3,
        hashes: ['sha256:ab'],
      },
    });
  });

  it('names every distribution without a fitting wheel at once, each file with its reason', async () => {
    const sdist = 'sdist = { url = "https://files.example.org/b-1.0.tar.gz", hash = "sha256:cd" }\n';
    const text = `${HEAD}${project(['a', 'b', 'c'])}${fromIndex('a', ['a-1.0-cp311-cp311-win_amd64.whl', 'a-1.0-cp312-cp312-macosx_11_0_arm64.whl'])}${fromIndex('b', [], sdist)}${fromIndex('c', [])}`;
    const { chosen, rejected } = await select(text);
    expect(chosen).toEqual([]);
    expect(rejected.map(({ name, files }) => [name, files.map(({ kind }) => kind)])).toEqual([
      ['a', ['python', 'operating-system']],
      ['b', []],
      ['c', []],
    ]);
    expect(rejected[1]?.buildable).toMatchObject({
      source: 'sdist',
      file: { name: 'b-1.0.tar.gz', hashes: ['sha256:cd'] },
    });
    expect(rejected[2]?.buildable).toBeUndefined();
    expect(rejected[2]?.reason).toContain('required-environments');
  });

  it('takes direct URLs, repositories, folders and local wheels for what they are', async () => {
    const text = `${HEAD}${project(['direct', 'git', 'member', 'local', 'links'])}
[[package]]
name = "direct"
version = "1.0"
source = { url = "https://example.org/direct-1.0%2Bcpu-py3-none-any.whl" }
wheels = [{ url = "https://example.org/direct-1.0%2Bcpu-py3-none-any.whl", hash = "sha256:AB" }]

[[package]]
name = "git"
version = "1.0"
source = { git = "https://example.org/git.git?tag=v1&subdirectory=py#0dacfd662c64cb4ceb16e6cf65a157a8b715b979" }

[[package]]
name = "member"
source = { editable = "packages/member" }

[[package]]
name = "local"
version = "1.0"
source = { path = "../dist/local-1.0-py3-none-any.whl" }
wheels = [{ filename = "local-1.0-py3-none-any.whl", hash = "sha256:01" }]

[[package]]
name = "links"
version = "1.0"
source = { registry = "wheels" }
wheels = [{ path = "links-1.0-py3-none-any.whl" }]
`;
    const { chosen, rejected } = await select(text);
    const byName = Object.fromEntries(chosen.map((item) => [item.name, item]));
    expect(byName.direct).toMatchObject({
      file: { name: 'direct-1.0+cpu-py3-none-any.whl', hashes: ['sha256:ab'] },
      directUrl: { archive_info: { hashes: { sha256: 'ab' } } },
    });
    expect(byName.member).toMatchObject({
      source: 'directory',
      path: '/work/shop/packages/member',
      version: '',
    });
    expect(byName.local?.file).toMatchObject({ path: '/work/dist/local-1.0-py3-none-any.whl' });
    expect(byName.links?.file).toMatchObject({
      path: '/work/shop/wheels/links-1.0-py3-none-any.whl',
      hashes: [],
    });
    expect(rejected).toMatchObject([
      {
        name: 'git',
        buildable: {
          source: 'vcs',
          directUrl: {
            url: 'https://example.org/git.git',
            subdirectory: 'py',
            vcs_info: { requested_revision: 'v1', commit_id: '0dacfd662c64cb4ceb16e6cf65a157a8b715b979' },
          },
        },
      },
    ]);
  });

  it('adds extras and groups, by any spelling of their names, and leaves them out unasked', async () => {
    const text = `${HEAD}${project([], '[package.optional-dependencies]\nbig-one = [{ name = "a" }]\n[package.dev-dependencies]\nprod = [{ name = "b" }]\n')}${fromIndex('a', ['a-1.0-py3-none-any.whl'])}${fromIndex('b', ['b-1.0-py3-none-any.whl'])}`;
    const names = async (want: Partial<Selection>): Promise<string[]> =>
      (await select(text, want)).chosen.map(({ name }) => name);
    expect(await names({})).toEqual([]);
    expect(await names({ extras: ['Big_One'] })).toEqual(['a']);
    expect(await names({ groups: ['PROD'] })).toEqual(['b']);
    // uv's own default group need not exist.
    expect(await names({ groups: ['dev'] })).toEqual([]);
  });

  it('builds a member of a workspace where one is named, and all members where there is no root', async () => {
    const text = `${HEAD}[manifest]\nmembers = ["one", "two"]\n[[package]]\nname = "one"\nversion = "1"\nsource = { virtual = "one" }\ndependencies = [{ name = "a" }]\n[[package]]\nname = "two"\nversion = "1"\nsource = { editable = "two" }\ndependencies = [{ name = "b" }]\n${fromIndex('a', ['a-1.0-py3-none-any.whl'])}${fromIndex('b', ['b-1.0-py3-none-any.whl'])}`;
    const names = async (want: Partial<Selection>): Promise<string[]> =>
      (await select(text, want)).chosen.map(({ name }) => name);
    expect(await names({})).toEqual(['a', 'b', 'two']);
    expect(await names({ package: 'two' })).toEqual(['b']);
    expect(await codeOf(select(text, { package: 'a' }))).toBe('PYC_LOCK_SELECTION_UNKNOWN');
  });

  it('lets a release candidate of an allowed Python pass, as uv does', async () => {
    const text = `version = 1\nrequires-python = ">=3.14"\n${project([])}`;
    expect((await select(text, {}, '3.14.0rc2')).chosen).toEqual([]);
    expect(await codeOf(select(text, {}, '3.13.9'))).toBe('PYC_LOCK_PYTHON_UNSUPPORTED');
  });

  it('refuses a group that demands another Python, where it is asked for', async () => {
    const text = `${HEAD}${project([], '[package.dev-dependencies]\nnew = []\n[package.group-requires-python]\nnew = ">=3.13"\n')}`;
    expect(await codeOf(select(text, { groups: ['new'] }))).toBe('PYC_LOCK_PYTHON_UNSUPPORTED');
    expect(await codeOf(select(text))).toBe('resolved');
  });

  it.each([
    ['a newer format', 'version = 2', 'PYC_LOCK_VERSION_UNSUPPORTED'],
    ['no TOML', 'version = = 1', 'PYC_LOCK_MALFORMED'],
    ['no version', '', 'PYC_LOCK_MALFORMED'],
    ['an edge to nothing', `${HEAD}${project(['ghost'])}`, 'PYC_LOCK_MALFORMED'],
    ['a package twice', `${HEAD}${fromIndex('a', [])}${fromIndex('a', [])}`, 'PYC_LOCK_MALFORMED'],
    [
      'two sources',
      `${HEAD}[[package]]\nname = "a"\nsource = { url = "https://a.b/c", path = "d" }`,
      'PYC_LOCK_MALFORMED',
    ],
    [
      'a name with a slash',
      `${HEAD}[[package]]\nname = "../a"\nsource = { virtual = "." }`,
      'PYC_LOCK_MALFORMED',
    ],
    ['a broken marker', `${HEAD}supported-markers = ["os_name ="]`, 'PYC_LOCK_MALFORMED'],
    [
      'a git source without a commit',
      `${HEAD}[[package]]\nname = "a"\nsource = { git = "https://a.b/c#main" }`,
      'PYC_LOCK_MALFORMED',
    ],
    [
      'a wheel without a name',
      `${HEAD}${fromIndex('a', []).replace('wheels = []', 'wheels = [{ hash = "sha256:ab" }]')}`,
      'PYC_LOCK_MALFORMED',
    ],
    [
      'an uncovered platform',
      `${HEAD}supported-markers = ["sys_platform == 'darwin'"]\n${project([])}`,
      'PYC_LOCK_PLATFORM_UNSUPPORTED',
    ],
  ])('is refused for %s', async (_what, text, code) => {
    expect(await codeOf(select(text))).toBe(code);
  });

  it('is refused where it is not UTF-8', async () => {
    const bytes = Buffer.from('version = 1 # \xe9', 'latin1');
    expect(await codeOf(readUvLock('uv.lock', bytes, { directory: '/work' }))).toBe('PYC_LOCK_MALFORMED');
  });

  it('says where a fault is, and names the nearest of what is not there, all at once', async () => {
    const faulty = `${HEAD}${fromIndex('a', []).replace('"sha256:ab"', '3')}[[package]]\nname = "b"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = 7 }]`;
    await expect(select(faulty)).rejects.toMatchObject({ place: 'package[1].dependencies[0].name' });
    const text = `${HEAD}${project([], '[package.optional-dependencies]\nserver = []\n[package.dev-dependencies]\nprod = []\n')}`;
    await expect(select(text, { extras: ['sever'], groups: ['prd'] })).rejects.toMatchObject({
      code: 'PYC_LOCK_SELECTION_UNKNOWN',
      exitCode: 2,
      details: [
        { kind: 'extra', name: 'sever', nearest: 'server' },
        { kind: 'group', name: 'prd', nearest: 'prod' },
      ],
    });
  });

  it('throws nothing but its own errors, however a lock was damaged', async () => {
    const sound = `${HEAD}conflicts = [[{ package = "shop", extra = "x" }, { package = "shop", group = "y" }]]\n${project(['a'], '[package.optional-dependencies]\nx = [{ name = "a", extra = ["z"], marker = "extra == \'extra-4-shop-x\'" }]\n[package.dev-dependencies]\ny = [{ name = "a" }]\n')}${fromIndex('a', ['a-1.0-py3-none-any.whl'])}`;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sound.length),
        fc.nat(12),
        fc.constantFrom('', '"', '1', '[', '{ ', '-', '\n', ' = ', '../', '\u0000'),
        async (at, length, inserted) => {
          const text = sound.slice(0, at) + inserted + sound.slice(at + length);
          const code = await codeOf(select(text, { extras: ['x'] }));
          expect(code).toMatch(/^(?:resolved|PYC_)/);
        },
      ),
      { numRuns: 300 },
    );
  });
});
