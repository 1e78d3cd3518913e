import { describe, expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import type { LockChoice, Selection } from '../../../core/python/lock/lock-file.ts';
import { readPylock } from '../../../core/python/lock/pylock/index.ts';
import { targetOf } from './conformance-data.ts';

const HEAD = 'lock-version = "1.0"\ncreated-by = "test"\n';
const HASHES = 'hashes = { sha256 = "AB" }';

async function select(text: string, want: Partial<Selection> = {}): Promise<LockChoice> {
  const lock = await readPylock('pylock.toml', text, { directory: '/work/shop', boundary: '/work' });
  return lock.select(targetOf('3.12.7'), { extras: [], groups: [], ...want });
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (isPycError(error) ? error.code : error),
  );
}

describe('a pylock.toml', () => {
  it('gives wheels, archives that are wheels, and folders other than the project itself', async () => {
    const { chosen, rejected } = await select(`${HEAD}
[[packages]]
name = "a"
version = "1.0+cpu"
index = "https://index.example.org/simple"
dependencies = [{ name = "b" }]
wheels = [{ url = "https://files.example.org/a-1.0%2Bcpu-py3-none-any.whl", size = 4, ${HASHES} }]
[[packages]]
name = "b"
version = "1"
archive = { url = "https://example.org/b-1-py3-none-any.whl", ${HASHES} }
[[packages]]
name = "c"
directory = { path = "../c", subdirectory = "py" }
[[packages]]
name = "shop"
directory = { path = "./", editable = true }
[[packages]]
name = "d"
version = "1"
wheels = [{ path = "dist/d-1-py3-none-any.whl", ${HASHES} }]
`);
    expect(rejected).toEqual([]);
    expect(chosen).toMatchObject([
      {
        name: 'a',
        version: '1.0+cpu',
        file: { name: 'a-1.0+cpu-py3-none-any.whl', size: 4, hashes: ['sha256:ab'] },
      },
      {
        name: 'b',
        source: 'wheel',
        requestedBy: ['a'],
        directUrl: { archive_info: { hashes: { sha256: 'ab' } } },
      },
      { name: 'c', source: 'directory', path: '/work/c/py' },
      { name: 'd', file: { path: '/work/shop/dist/d-1-py3-none-any.whl' } },
    ]);
    expect(chosen).toHaveLength(4);
  });

  it('says what would have to be built, and what fits in no way', async () => {
    const { chosen, rejected } = await select(`${HEAD}
[[packages]]
name = "a"
version = "1"
sdist = { url = "https://files.example.org/a-1.tar.gz", ${HASHES} }
wheels = [{ url = "https://files.example.org/a-1-cp311-cp311-win_amd64.whl", ${HASHES} }]
[[packages]]
name = "b"
vcs = { type = "git", url = "https://example.org/b.git", commit-id = "abc", requested-revision = "v1" }
[[packages]]
name = "c"
version = "1"
wheels = [{ url = "https://files.example.org/c-1-cp312-cp312-macosx_11_0_arm64.whl", ${HASHES} }]
[[packages]]
name = "d"
archive = { url = "https://example.org/d-1-cp311-none-any.whl", ${HASHES} }
`);
    expect(chosen).toEqual([]);
    expect(rejected).toMatchObject([
      { name: 'a', files: [{ kind: 'python' }], buildable: { source: 'sdist' } },
      {
        name: 'b',
        buildable: { source: 'vcs', directUrl: { vcs_info: { commit_id: 'abc', requested_revision: 'v1' } } },
      },
      { name: 'c', files: [{ kind: 'operating-system' }] },
      { name: 'd', files: [{ kind: 'python' }] },
    ]);
    expect(rejected[2]?.buildable).toBeUndefined();
  });

  it('does not believe the file names that pipenv makes up, only its hashes', async () => {
    const { chosen } = await select(`lock-version = "1.0"\ncreated-by = "pipenv"
[[packages]]
name = "a"
version = "1"
index = "https://index.example.org/simple/"
wheels = [
  { name = "a-1-py3-none-any.whl", url = "https://index.example.org/simple/a/a-1-py3-none-any.whl", hashes = { sha256 = "01" } },
  { name = "a-1-py3-none-any.whl", url = "https://index.example.org/simple/a/a-1-py3-none-any.whl", hashes = { sha256 = "02" } },
]
`);
    expect(chosen).toEqual([
      {
        name: 'a',
        version: '1',
        source: 'wheel',
        index: 'https://index.example.org/simple/',
        hashes: ['sha256:01', 'sha256:02'],
        requestedBy: [],
      },
    ]);
  });

  it('holds its default groups until a group is asked for, and names what it does not have', async () => {
    const text = `${HEAD}extras = ["x"]\ndependency-groups = ["dev", "docs"]\ndefault-groups = ["dev"]
[[packages]]
name = "a"
marker = "'dev' in dependency_groups"
directory = { path = "a" }
[[packages]]
name = "b"
marker = "'docs' in dependency_groups or 'x' in extras"
directory = { path = "b" }
`;
    const names = async (want: Partial<Selection>): Promise<string[]> =>
      (await select(text, want)).chosen.map(({ name }) => name);
    expect(await names({})).toEqual(['a']);
    expect(await names({ groups: ['Docs'] })).toEqual(['b']);
    expect(await names({ extras: ['x'] })).toEqual(['a', 'b']);
    expect(await codeOf(select(text, { extras: ['y'], groups: ['dosc'] }))).toBe(
      'PYC_LOCK_SELECTION_UNKNOWN',
    );
  });

  it('reads a newer minor version with a warning, and refuses a newer major one', async () => {
    const warnings: string[] = [];
    await readPylock('pylock.toml', 'lock-version = "1.1"\ncreated-by = "x"\npackages = []', {
      directory: '/work',
      warn: ({ code }) => warnings.push(code),
    });
    expect(warnings).toEqual(['PYC_LOCK_VERSION_NEWER']);
    expect(await codeOf(select('lock-version = "2.0"'))).toBe('PYC_LOCK_VERSION_UNSUPPORTED');
  });

  it.each([
    [
      'two survivors of a name',
      `${HEAD}[[packages]]\nname = "a"\ndirectory = { path = "a" }\n[[packages]]\nname = "a"\ndirectory = { path = "b" }`,
      'PYC_LOCK_AMBIGUOUS',
    ],
    ['another Python', `${HEAD}requires-python = ">=3.13"\npackages = []`, 'PYC_LOCK_PYTHON_UNSUPPORTED'],
    [
      'a package for another Python',
      `${HEAD}[[packages]]\nname = "a"\nrequires-python = "<3.12"\ndirectory = { path = "a" }`,
      'PYC_LOCK_PYTHON_UNSUPPORTED',
    ],
    [
      'another platform',
      `${HEAD}environments = ["sys_platform == 'win32'"]\npackages = []`,
      'PYC_LOCK_PLATFORM_UNSUPPORTED',
    ],
    ['a package from nowhere', `${HEAD}[[packages]]\nname = "a"`, 'PYC_LOCK_MALFORMED'],
    [
      'a file of another version',
      `${HEAD}[[packages]]\nname = "a"\nversion = "2"\nwheels = [{ path = "a-1-py3-none-any.whl", ${HASHES} }]`,
      'PYC_LOCK_MALFORMED',
    ],
    [
      'a file without hashes',
      `${HEAD}[[packages]]\nname = "a"\nwheels = [{ path = "a-1-py3-none-any.whl", hashes = {} }]`,
      'PYC_LOCK_MALFORMED',
    ],
  ])('is refused for %s', async (_what, text, code) => {
    expect(await codeOf(select(text))).toBe(code);
  });
});
