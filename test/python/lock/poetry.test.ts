import { describe, expect, it } from 'vitest';
import { allows, parseConstraint } from '../../../core/python/lock/poetry/constraint.ts';
import { targetOf } from './conformance-data.ts';
import { outcome, PROJECT, readFrom, sampleFiles, selected } from './samples.ts';

const WALKED = [
  'certifi==2026.10.18',
  'h11==0.16.0',
  'h2==4.3.0',
  'hpack==4.1.0',
  'httpcore==1.0.9',
  'hyperframe==6.1.0',
  'localdep==0.1.0 (directory)',
];

describe('a poetry.lock of the formats 1.1 and 2.0', () => {
  it.each(['poetry-1.1', 'poetry-2.0'])(
    'is walked from pyproject.toml as Poetry does: %s',
    async (sample) => {
      const lock = await readFrom(sampleFiles(sample));
      expect(selected(lock, '3.11.7')).toEqual([...WALKED, 'packaging==23.2', 'sniffio==1.3.1']);
      expect(selected(lock, '3.12.4')).toEqual([...WALKED, 'packaging==24.2', 'sniffio==1.3.1']);
      expect(selected(lock, '3.10.1')).toContain('exceptiongroup==1.3.1');
      const more = selected(lock, '3.11.7', { extras: ['shell'], groups: ['dev'] });
      expect(more.filter((one) => !selected(lock, '3.11.7').includes(one))).toEqual([
        'iniconfig==2.1.0',
        'shellingham==1.5.4',
      ]);
    },
  );

  it('knows optional groups, and what asked for each package', async () => {
    const lock = await readFrom(sampleFiles('poetry-2.0'));
    expect(selected(lock, '3.9.1', { groups: ['docs'] })).toContain('importlib-metadata==8.7.1');
    const { chosen } = lock.select(targetOf('3.11.7'), { extras: [], groups: [] });
    expect(Object.fromEntries(chosen.map(({ name, requestedBy }) => [name, requestedBy]))).toMatchObject({
      httpcore: ['walked'],
      h2: ['httpcore'],
      sniffio: ['localdep'],
    });
    expect(chosen.find(({ name }) => name === 'localdep')?.path).toBe(`${PROJECT}/libs/localdep`);
  });

  it('gives two versions of a name their own files of the common table', async () => {
    const { chosen } = (await readFrom(sampleFiles('poetry-1.1'))).select(targetOf('3.12.4'), {
      extras: [],
      groups: [],
    });
    expect(chosen.find(({ name }) => name === 'packaging')).toMatchObject({
      source: 'wheel',
      index: 'https://pypi.org/simple',
      file: {
        name: 'packaging-24.2-py3-none-any.whl',
        hashes: ['sha256:09abb1bccd265c01f4a3aa3f7a7db064b36514d2cba19a2f694fe6150451a759'],
      },
    });
  });

  it('says what is required and not locked', async () => {
    const files = sampleFiles('poetry-2.0');
    const cut = files['poetry.lock']!.replace(/name = "hpack"/, 'name = "unheard-of"');
    const lock = await readFrom({ ...files, 'poetry.lock': cut });
    expect(() => selected(lock, '3.11.7')).toThrow(expect.objectContaining({ code: 'PYC_LOCK_MALFORMED' }));
  });

  it('reads hashes without file names, as the first format has them', async () => {
    const lock = await readFrom({
      'pyproject.toml': '[tool.poetry.dependencies]\npython = "*"\na = "*"',
      'poetry.lock': `[[package]]\nname = "a"\nversion = "1.0"\n[metadata]\npython-versions = "*"\n[metadata.hashes]\na = ["${'0'.repeat(64)}"]`,
    });
    expect(lock.select(targetOf('3.11.7'), { extras: [], groups: [] }).chosen).toEqual([
      { name: 'a', version: '1.0', source: 'wheel', requestedBy: [], hashes: [`sha256:${'0'.repeat(64)}`] },
    ]);
  });
});

describe('a poetry.lock of the format 2.1', () => {
  it('is filtered by groups and markers', async () => {
    const lock = await readFrom(sampleFiles('poetry-2.1'));
    expect(selected(lock, '3.11.7')).toEqual([
      'certifi==2026.10.18',
      'h11==0.16.0',
      'h2==4.3.0',
      'hpack==4.1.0',
      'httpcore==1.0.9',
      'hyperframe==6.1.0',
      'packaging==23.2',
    ]);
    expect(selected(lock, '3.12.4')).toContain('packaging==24.2');
    expect(selected(lock, '3.11.7', { extras: ['shell'] })).toContain('shellingham==1.5.4');
    expect(selected(lock, '3.11.7', { groups: ['dev', 'docs'] })).toEqual(
      expect.arrayContaining(['iniconfig==2.1.0', 'markdown==3.9']),
    );
  });

  it('lets a package in by the marker of any group that is wanted', async () => {
    const lock = await readFrom({
      'poetry.lock': `[[package]]
name = "a"
version = "1"
groups = ["main", "dev", "docs"]
markers = {main = "sys_platform == 'win32'", docs = "python_version < '3.12'"}
files = [{file = "a-1-py3-none-any.whl", hash = "sha256:${'0'.repeat(64)}"}]
[metadata]
lock-version = "2.1"
python-versions = "*"`,
    });
    expect(selected(lock, '3.12.4')).toEqual([]);
    expect(selected(lock, '3.11.7', { groups: ['docs'] })).toEqual(['a==1']);
    expect(selected(lock, '3.12.4', { groups: ['docs'] })).toEqual([]);
    expect(selected(lock, '3.12.4', { groups: ['docs', 'dev'] })).toEqual(['a==1']);
  });

  it('refuses names that it does not have, and a Python that it was not made for', async () => {
    const lock = await readFrom(sampleFiles('poetry-2.1'));
    expect(() => selected(lock, '3.11.7', { extras: ['shel'], groups: ['nope'] })).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_SELECTION_UNKNOWN', hint: 'did you mean `shell`?' }),
    );
    expect(() => selected(lock, '3.8.1')).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_PYTHON_UNSUPPORTED' }),
    );
  });

  it('reads every kind of source', async () => {
    const entry = (name: string, source: string, files = ''): string =>
      `[[package]]\nname = "${name}"\nversion = "1.0"\npython-versions = "*"\ngroups = ["main"]\nfiles = [${files}]\n[package.source]\n${source}\n`;
    const hash = `sha256:${'0'.repeat(64)}`;
    const lock = await readFrom({
      'poetry.lock': [
        entry(
          'a-git',
          `type = "git"\nurl = "https://example.org/a.git"\nreference = "v1"\nresolved_reference = "${'a'.repeat(40)}"\nsubdirectory = "sub"`,
        ),
        entry(
          'b-url',
          'type = "url"\nurl = "https://example.org/b_url-1.0-py3-none-any.whl"',
          `{file = "b_url-1.0-py3-none-any.whl", hash = "${hash}"}`,
        ),
        entry(
          'c-file',
          'type = "file"\nurl = "../wheels/c_file-1.0-py3-none-any.whl"',
          `{file = "c_file-1.0-py3-none-any.whl", hash = "${hash}"}`,
        ),
        entry('d-folder', 'type = "directory"\nurl = "../d"'),
        entry('e-itself', 'type = "directory"\nurl = "."'),
        entry('f-open', 'type = "url"\nurl = "https://example.org/f.tar.gz"'),
        '[metadata]\nlock-version = "2.1"\npython-versions = "*"',
      ].join('\n'),
    });
    expect(lock.select(targetOf('3.11.7'), { extras: [], groups: [] })).toMatchObject({
      chosen: [
        {
          name: 'b-url',
          source: 'wheel',
          directUrl: { url: 'https://example.org/b_url-1.0-py3-none-any.whl' },
        },
        { name: 'c-file', file: { path: '/work/wheels/c_file-1.0-py3-none-any.whl', hashes: [hash] } },
        { name: 'd-folder', source: 'directory', path: '/work/d' },
      ],
      rejected: [
        {
          name: 'a-git',
          buildable: {
            source: 'vcs',
            directUrl: {
              url: 'https://example.org/a.git',
              vcs_info: { vcs: 'git', requested_revision: 'v1', commit_id: 'a'.repeat(40) },
              subdirectory: 'sub',
            },
          },
        },
        { name: 'f-open', reason: expect.stringContaining('no hash') },
      ],
    });
  });
});

describe('the content hash of a poetry.lock', () => {
  it.each(['poetry-1.1', 'poetry-2.0', 'poetry-2.1'])('is what Poetry wrote: %s', async (sample) => {
    const files = sampleFiles(sample);
    expect((await readFrom(files)).staleness?.(undefined)).toBeUndefined();
    const pyproject = files['pyproject.toml']!;
    const staleness = async (text: string): Promise<string | undefined> =>
      (await readFrom({ ...files, 'pyproject.toml': text })).staleness?.(undefined);
    expect(await staleness(pyproject.replaceAll('httpcore', 'httpx'))).toContain('changed');
    expect(await staleness(pyproject.replace('description = ""', 'description = "x"'))).toBeUndefined();
  });

  it('says nothing where there is no pyproject.toml or no hash', async () => {
    const { 'poetry.lock': lock = '', ...others } = sampleFiles('poetry-2.1');
    expect((await readFrom({ 'poetry.lock': lock })).staleness?.(undefined)).toBeUndefined();
    const without = lock.replace(/content-hash = .*/, '');
    expect((await readFrom({ 'poetry.lock': without, ...others })).staleness?.(undefined)).toBeUndefined();
  });
});

describe("a constraint in Poetry's notation", () => {
  it.each([
    ['^1.2.3', '1.2.3 1.9', '1.2.2 2.0 2.0a1'],
    ['^0.2.3', '0.2.3 0.2.9', '0.3 0.3.0rc1'],
    ['^0.0.3', '0.0.3', '0.0.4'],
    ['^0', '0.9', '1.0'],
    ['^0.0', '0.0.9', '0.1'],
    ['^3.9', '3.14.0rc2', '4.0'],
    ['~1.2.3', '1.2.9', '1.3'],
    ['~1.2', '1.2', '1.3'],
    ['~1', '1.9', '2'],
    ['~=1.4.5', '1.4.9', '1.5'],
    ['1.2.*', '1.2.9', '1.3'],
    ['==1.2.*', '1.2.9', '1.3'],
    ['!=1.2.*', '1.3', '1.2.1'],
    ['*', '0 99', ''],
    ['x', '1', ''],
    ['1.2', '1.2 1.2.0 1.2+cpu', '1.2.1'],
    ['>= 3.8, <4.0', '3.8 3.14', '4.0'],
    ['>=3.8 <4.0', '3.8', '4.0'],
    ['<2 || ^3.1', '1.9 3.2', '2.0 4.0'],
    ['1 | 2', '1 2', '3'],
    ['>=1,!=1.5,', '1.4', '1.5'],
    ['<>1.5', '1.4', '1.5'],
    ['^1!2.0', '1!2.5', '1!3 2.5'],
  ])('%s', (text, allowed, refused) => {
    const constraint = parseConstraint(text);
    const all = (list: string): readonly string[] => list.split(' ').filter((version) => version !== '');
    expect(all(allowed).filter((version) => !allows(constraint, version))).toEqual([]);
    expect(all(refused).filter((version) => allows(constraint, version))).toEqual([]);
  });

  it.each(['', 'abc', '^', '>=', '1 ||', '^1.2.3.x.y', `>=1${',>=1'.repeat(1000)}`])(
    'refuses %s',
    async (text) => {
      expect(await outcome(() => parseConstraint(text))).toBe('PYC_POETRY_CONSTRAINT_INVALID');
    },
  );
});
