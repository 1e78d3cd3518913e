import { digestOf, type FileTree, makeFileTree, type Part, type PartRole } from 'pycontainer';
import { describe, expect, it } from 'vitest';
import { planLayers } from '../../core/pipeline/stages/layer-plan.ts';

const part = (name: string, size: number, role: PartRole = 'dependency'): Part => ({
  name,
  key: digestOf(name),
  role,
  size,
  record: async () => ({ entries: [], components: [] }),
  async *entries() {},
});
const platform = { os: 'linux', architecture: 'amd64' };
const names = Array.from({ length: 40 }, (_, index) => `package-${index}`);
const tree = (parts: readonly Part[]): FileTree =>
  makeFileTree([part('environment', 1, 'environment'), ...parts, part('project', 1, 'project')]);
const plan = (parts: readonly Part[]) => planLayers(platform, tree(parts), []).groups;

describe('the plan of layers', () => {
  it('gives large wheels layers of their own and puts small ones into few', () => {
    const groups = plan([...names.map((name) => part(name, 1000)), part('large', 2_000_000)]);
    expect(groups.filter(({ parts }) => parts.includes('large'))).toMatchObject([{ parts: ['large'] }]);
    expect(groups.length).toBeLessThanOrEqual(11);
    expect(groups.flatMap(({ parts }) => parts).sort()).toEqual(
      [...names, 'environment', 'large', 'project'].sort(),
    );
  });

  it('moves no other distribution when one is added', () => {
    const of = (groups: ReturnType<typeof plan>, name: string) =>
      groups.find(({ parts }) => parts.includes(name))?.parts;
    const before = plan(names.map((name) => part(name, 1000)));
    const after = plan([...names, 'added'].map((name) => part(name, 1000)));
    const moved = names.filter(
      (name) =>
        JSON.stringify(of(before, name)) !==
        JSON.stringify(of(after, name)?.filter((other) => other !== 'added')),
    );
    expect(moved).toEqual([]);
  });

  it('stays within the number of layers that engines take', () => {
    const many = Array.from({ length: 400 }, (_, index) => part(`large-${index}`, 2_000_000 + index));
    expect(plan(many).length).toBeLessThan(80);
    const onMany = (base: number) => planLayers(platform, tree(many), [], base).groups.length;
    expect(100 + onMany(100)).toBeLessThanOrEqual(127);
    expect(onMany(1000)).toBe(10);
  });

  it('gives a distribution from a direct URL a layer of its own', () => {
    const direct = {
      name: 'fork',
      version: '1',
      source: 'wheel',
      requestedBy: [],
      directUrl: { url: 'https://x' },
    } as const;
    const groups = planLayers(platform, tree([part('fork', 10), part('other', 10)]), [direct]).groups;
    expect(groups.filter(({ parts }) => parts.includes('fork'))).toMatchObject([{ parts: ['fork'] }]);
  });
});
