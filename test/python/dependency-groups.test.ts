import { describe, expect, it } from 'vitest';
import { lookUpDependencyGroup, resolveDependencyGroups } from '../../core/python/dependency-groups.ts';
import { Requirement } from '../../core/python/requirement.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

type Groups = Readonly<Record<string, unknown>>;

interface Vectors {
  readonly dependency_groups: readonly {
    kind: 'dg.lookup' | 'dg.resolve';
    test: string;
    groups: Groups;
    group: string;
    expected?: string[];
    messages?: string[];
  }[];
}

function resolve(groups: Groups, ...names: string[]): string[] {
  return resolveDependencyGroups(groups, names).map(String);
}

function faultsOf(groups: Groups, ...names: string[]): readonly string[] {
  try {
    resolve(groups, ...names);
    return [];
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'PYC_DEPENDENCY_GROUP_INVALID' });
    return (thrown as { details: readonly string[] }).details;
  }
}

describe('resolveDependencyGroups', () => {
  it('takes included groups in where they stand', () => {
    const groups = {
      test: ['pytest', { 'include-group': 'Run_time' }, 'tox'],
      'run-time': ['click>=8'],
      docs: ['sphinx'],
    };
    expect(resolve(groups, 'TEST', 'docs')).toEqual(['pytest', 'click>=8', 'tox', 'sphinx']);
    expect(
      lookUpDependencyGroup(groups, 'test').map((item) => (item instanceof Requirement ? item.name : item)),
    ).toEqual(['pytest', { includeGroup: 'Run_time' }, 'tox']);
  });

  it('names all faults of what it reached, and none of the rest', () => {
    const groups = {
      all: [{}, 'not a requirement', { 'include-group': 'missing' }, { 'include-group': 'a', more: 1 }, 3],
      other: 'no list',
      fine: ['a'],
    };
    expect(faultsOf(groups, 'all')).toHaveLength(5);
    expect(faultsOf(groups, 'all', 'other')).toHaveLength(6);
    expect(resolve(groups, 'fine')).toEqual(['a']);
  });

  it('refuses cycles, two spellings of one group and missing groups', () => {
    expect(faultsOf({ a: [{ 'include-group': 'b' }], b: [{ 'include-group': 'A' }] }, 'a')).toHaveLength(1);
    expect(faultsOf({ 'a-b': [], a_b: [] }, 'a-b')).toHaveLength(1);
    expect(faultsOf({}, 'a')).toHaveLength(1);
    expect(faultsOf(JSON.parse('{"__proto__": ["a"]}') as Groups, '__proto__')).not.toEqual([]);
  });

  it('refuses groups that are built to grow without end', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `g${index}`,
        index === 0 ? ['a'] : [{ 'include-group': `g${index - 1}` }, { 'include-group': `g${index - 1}` }],
      ]),
    );
    expect(faultsOf(doubling, 'g39')).not.toEqual([]);
    const chain = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`g${index}`, [{ 'include-group': `g${index + 1}` }]]),
    );
    expect(faultsOf(chain, 'g0')).not.toEqual([]);
  });
});

withConformance<Vectors>('groups_directurl_vectors.json', (vectors) => {
  it('resolves dependency groups as the standard vectors do', () => {
    const wrong = new Mismatches();
    for (const { kind, test, groups, group, expected, messages } of vectors.dependency_groups) {
      // JSON could not hold this case's item, which is neither text nor table; its text is a sound refusal all the same.
      if (messages !== undefined) {
        wrong.compare(
          test,
          codeOf(() => resolveDependencyGroups(groups, [group])),
          'PYC_DEPENDENCY_GROUP_INVALID',
        );
      } else if (kind === 'dg.resolve') {
        wrong.compare(test, resolve(groups, group), expected);
      } else {
        const items = lookUpDependencyGroup(groups, group).map((item) =>
          item instanceof Requirement ? item.toString() : `DependencyGroupInclude('${item.includeGroup}')`,
        );
        wrong.compare(test, items, expected);
      }
    }
    expect(wrong.list).toEqual([]);
  });
});
