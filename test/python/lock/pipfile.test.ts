import { describe, expect, it } from 'vitest';
import { targetOf } from './conformance-data.ts';
import { outcome, readFrom, sampleFiles, selected } from './samples.ts';

const DEFAULT = [
  'certifi==2026.10.18',
  'h11==0.16.0',
  'h2==4.4.1',
  'hpack==4.2.0',
  'httpcore==1.0.9',
  'hyperframe==6.1.0',
];
const HASH = `sha256:${'0'.repeat(64)}`;

function lockOf(categories: object, meta: object = {}): string {
  return JSON.stringify({ _meta: { 'pipfile-spec': 6, sources: [], ...meta }, ...categories });
}

describe('a Pipfile.lock', () => {
  it('gives the default category, and others by name', async () => {
    const lock = await readFrom(sampleFiles('pipenv'));
    expect(selected(lock, '3.11.7')).toEqual(DEFAULT);
    for (const group of ['develop', 'dev', 'dev-packages'])
      expect(selected(lock, '3.11.7', { groups: [group] })).toContain('iniconfig==2.3.1');
    expect(selected(lock, '3.11.7', { groups: ['docs'] })).toContain('markdown==3.11.3');
    expect(() => selected(lock, '3.11.7', { groups: ['test'] })).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_SELECTION_UNKNOWN' }),
    );
    expect(() => selected(lock, '3.11.7', { extras: ['x'] })).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_SELECTION_UNKNOWN' }),
    );
  });

  it('holds for the Python that it was made for', async () => {
    const lock = await readFrom(sampleFiles('pipenv'));
    expect(() => selected(lock, '3.12.4')).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_PYTHON_UNSUPPORTED' }),
    );
    const full = lockOf(
      { default: {} },
      { requires: { python_full_version: '3.11.4', python_version: '3.11' } },
    );
    expect(selected(await readFrom({ 'Pipfile.lock': full }), '3.11.7')).toEqual([]);
  });

  it('leaves out what its Python does not need, and says so where another target would', async () => {
    const open = { a: { version: '*', markers: "sys_platform == 'win32'" }, b: { version: '*' } };
    expect(selected(await readFrom({ 'Pipfile.lock': lockOf({ default: open }) }), '3.11.7')).toEqual([
      'b: no file',
    ]);
  });

  it('is known to be stale by its hash', async () => {
    const files = sampleFiles('pipenv');
    const staleness = async (pipfile: string): Promise<string | undefined> =>
      (await readFrom({ ...files, Pipfile: pipfile })).staleness?.(undefined);
    const { Pipfile = '' } = files;
    expect(await staleness(Pipfile)).toBeUndefined();
    expect(await staleness(`${Pipfile}\n[scripts]\nx = "y"\n`)).toBeUndefined();
    expect(await staleness(Pipfile.replace('~=1.0', '~=1.1'))).toContain('changed');
    const { Pipfile: _, ...alone } = files;
    expect((await readFrom(alone)).staleness?.(undefined)).toBeUndefined();
  });

  it('asks the source that an entry names, else all of them in order', async () => {
    const sources = [
      { name: 'one', url: `https://$USER:$${'{PASSWORD}'}@one.example.org/simple` },
      { name: 'two', url: 'https://two.example.org/simple' },
    ];
    const text = lockOf(
      {
        default: {
          a: { version: '==1', hashes: [HASH], index: 'two' },
          B_c: { version: '==2', hashes: [HASH] },
          d: '==3',
        },
      },
      { sources },
    );
    const { chosen } = (await readFrom({ 'Pipfile.lock': text })).select(targetOf('3.11.7'), {
      extras: [],
      groups: [],
    });
    const all = ['https://me:p@ss@one.example.org/simple', 'https://two.example.org/simple'];
    expect(chosen).toEqual([
      { name: 'a', version: '1', source: 'wheel', requestedBy: [], hashes: [HASH], index: all[1] },
      {
        name: 'b-c',
        version: '2',
        source: 'wheel',
        requestedBy: [],
        hashes: [HASH],
        index: all[0],
        indexes: all,
      },
      { name: 'd', version: '3', source: 'wheel', requestedBy: [], hashes: [], index: all[0], indexes: all },
    ]);
  });

  it('reads every kind of source', async () => {
    const commit = 'a'.repeat(40);
    const text = lockOf({
      default: {
        a: { git: 'git+https://example.org/a.git', ref: commit, subdirectory: 's' },
        b: { path: './libs/b', editable: true },
        itself: { path: '.', editable: true },
        c: { file: 'https://example.org/c-1.0-py3-none-any.whl', hashes: [HASH] },
        d: { path: './wheels/d-1.0-py3-none-any.whl', hashes: [HASH] },
        e: { file: 'https://example.org/e-1.0.zip' },
      },
    });
    expect(
      (await readFrom({ 'Pipfile.lock': text })).select(targetOf('3.11.7'), { extras: [], groups: [] }),
    ).toMatchObject({
      chosen: [
        { name: 'b', source: 'directory', path: '/work/project/libs/b' },
        { name: 'c', source: 'wheel', file: { url: 'https://example.org/c-1.0-py3-none-any.whl' } },
        { name: 'd', source: 'wheel', file: { path: '/work/project/wheels/d-1.0-py3-none-any.whl' } },
      ],
      rejected: [
        { name: 'a', buildable: { directUrl: { url: 'https://example.org/a.git', subdirectory: 's' } } },
        { name: 'e', reason: expect.stringContaining('no hash') },
      ],
    });
  });

  it('takes one package of two categories once, and refuses two versions of it', async () => {
    const category = (version: string, hash: string): object => ({
      a: { version, hashes: [`sha256:${hash}`] },
    });
    const both = lockOf({ default: category('==1', 'aa'), develop: category('==1', 'bb') });
    const lock = await readFrom({ 'Pipfile.lock': both });
    expect(lock.select(targetOf('3.11.7'), { extras: [], groups: ['dev'] }).chosen[0]?.hashes).toEqual([
      'sha256:aa',
      'sha256:bb',
    ]);
    const two = lockOf({ default: category('==1', 'aa'), develop: category('==2', 'bb') });
    const other = await readFrom({ 'Pipfile.lock': two });
    expect(await outcome(() => selected(other, '3.11.7', { groups: ['dev'] }))).toBe('PYC_LOCK_AMBIGUOUS');
  });
});
