import { describe, expect, it } from 'vitest';
import { type Digest, digestOf } from '../../core/primitives/digest.ts';
import type { Part, PartRecord, RecordedEntry, TreeItem } from '../../core/primitives/file-tree.ts';
import { isPartRecord } from '../../core/primitives/part-record.ts';
import type { TreePath } from '../../core/primitives/path.ts';
import { findConflicts, makeFileTree } from '../../core/primitives/tree.ts';
import { codeOf } from '../codes.ts';

const at = (path: string) => path as TreePath;
const file = (path: string, text = path): RecordedEntry => ({
  path: at(path),
  type: 'file',
  mode: 0o644,
  size: 1,
  sha256: digestOf(text),
});
const directory = (path: string): RecordedEntry => ({ path: at(path), type: 'directory', mode: 0o755 });
const link = (path: string, target: string): RecordedEntry => ({
  path: at(path),
  type: 'symlink',
  mode: 0o777,
  target,
});
const named = (name: string, ...entries: RecordedEntry[]) => ({ name, record: { entries, components: [] } });

function partOf(name: string, ...entries: RecordedEntry[]): Part {
  const common = { uid: 0, gid: 0, mtime: 0 };
  const items = entries.map((entry): TreeItem => {
    const { path, mode } = entry;
    if (entry.type === 'symlink') return [path, { ...common, type: 'symlink', mode, target: entry.target }];
    if (entry.type === 'directory') return [path, { ...common, type: 'directory', mode }];
    const content = {
      size: entry.size,
      sha256: entry.sha256,
      open: () => {
        throw new Error('not read');
      },
    };
    return [path, { ...common, type: 'file', mode, content }];
  });
  const record: PartRecord = { entries, components: [] };
  return {
    name,
    key: digestOf(name) as Digest,
    role: 'dependency',
    size: 0,
    record: async () => record,
    async *entries() {
      yield* items;
    },
  };
}

describe('findConflicts', () => {
  it('finds what lies below a link of another part, once', () => {
    const conflicts = findConflicts([
      named('one', link('lib64', 'lib')),
      named('two', file('lib64/a')),
      named('three', directory('lib64'), file('lib64/b')),
    ]);
    expect(conflicts).toMatchObject([{ path: 'lib64', first: 'one', second: 'three' }]);
    expect(findConflicts([named('one', link('lib64', 'lib')), named('two', file('lib64/a'))])).toMatchObject([
      { path: 'lib64', first: 'one', second: 'two' },
    ]);
  });

  it('lets directories merge and the same bytes or links be twice', () => {
    const shared = [directory('a'), file('a/x'), link('a/l', 'x')];
    expect(
      findConflicts([
        named('one', ...shared),
        named('two', ...shared, file('a/y')),
        named('three', directory('a')),
      ]),
    ).toEqual([]);
    expect(findConflicts([named('one', file('a/README')), named('two', file('a/readme'))])).toEqual([]);
  });

  it('finds all that differ, by path, with the names of both', () => {
    const conflicts = findConflicts([
      named('one', file('a', '1'), directory('b'), link('c', 'x'), file('d')),
      named('two', file('a', '2'), file('b'), link('c', 'y'), directory('d')),
      named('three', file('a', '3')),
    ]);
    expect(conflicts.map(({ path, first, second }) => [path, first, second])).toEqual([
      ['a', 'one', 'two'],
      ['a', 'one', 'three'],
      ['b', 'one', 'two'],
      ['c', 'one', 'two'],
      ['d', 'one', 'two'],
    ]);
  });

  it('finds a file where another part has files below, without listing the folder', () => {
    for (const records of [
      [named('one', file('opt')), named('two', file('opt/venv/x'))],
      [named('two', file('opt/venv/x')), named('one', file('opt'))],
    ]) {
      expect(findConflicts(records)).toMatchObject([{ path: 'opt', first: 'one', second: 'two' }]);
    }
  });
});

describe('makeFileTree', () => {
  it('gives all entries once, sorted by path, the earlier part’s first', async () => {
    const tree = makeFileTree([
      partOf('one', directory('b'), file('b/z')),
      partOf('two', directory('a'), file('a/x'), directory('b'), file('b-c'), file('b/z'), file('é')),
    ]);
    const paths: string[] = [];
    for await (const [path] of tree.entries()) paths.push(path);
    expect(paths).toEqual(['a', 'a/x', 'b', 'b-c', 'b/z', 'é']);
    expect(tree.parts).toHaveLength(2);
  });

  it('gives nothing where parts conflict, but an error with every conflict', async () => {
    const tree = makeFileTree([
      partOf('one', file('a', '1'), file('b', '1')),
      partOf('two', file('a', '2'), file('b', '2')),
    ]);
    const seen: string[] = [];
    const reading = async () => {
      for await (const [path] of tree.entries()) seen.push(path);
    };
    expect(await codeOf(reading)).toBe('PYC_TREE_CONFLICT');
    await expect(reading()).rejects.toMatchObject({ details: [{ path: 'a' }, { path: 'b' }] });
    expect(seen).toEqual([]);
  });
});

describe('isPartRecord', () => {
  it('recognises what JSON kept, and nothing else', () => {
    const record = named('x', file('a'), directory('b'), link('c', 'd')).record;
    const facts = { kind: 'python', name: 'x', version: '1' };
    expect(isPartRecord(JSON.parse(JSON.stringify({ ...record, components: [facts] })))).toBe(true);
    const others: unknown[] = [
      undefined,
      null,
      1,
      [],
      {},
      { entries: [] },
      { entries: [{}], components: [] },
      { entries: [], components: [{}] },
      { entries: [{ ...file('a'), sha256: 'sha256:../..' }], components: [] },
      { entries: [{ ...link('c', 'd'), target: 1 }], components: [] },
    ];
    expect(others.filter(isPartRecord)).toEqual([]);
  });
});
