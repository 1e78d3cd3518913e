import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import {
  readUvLock,
  rootPackage,
  type UvPackage,
  uvLockMatchesProject,
  walkUvLock,
} from '../../../core/python/lock/uv/index.ts';
import { parsePyproject } from '../../../core/python/pyproject.ts';
import { markerEnvironment } from '../../../core/python/target.ts';
import { conformancePath, describeConformance, readConformance, targetOf } from './conformance-data.ts';

interface SelectionCase {
  lock: string;
  python_full_version: string;
  base: string;
  arch: string;
  extras: string[];
  groups: string[];
  expected: {
    name: string;
    version?: string;
    source?: string;
    wheel?: string;
    hash?: string;
    needs_build?: string;
  }[];
}

interface SyncCase {
  test: string;
  python: string;
  lock: string;
  pyproject: string;
  args: string[];
  roots?: string[] | null;
  extras?: string[];
  groups?: string[];
  all_extras?: boolean;
  prod?: boolean;
  expected?: string[];
  expect?: 'error';
}

describeConformance('uv.lock against the conformance data', () => {
  it('chooses the wheels of real locks that the reference walker chooses', async () => {
    const { cases } = JSON.parse(readConformance('uv_lock_selection.json')) as { cases: SelectionCase[] };
    const mismatches: unknown[] = [];
    const locks = new Map<string, Awaited<ReturnType<typeof readUvLock>>>();
    for (const one of cases) {
      const lock =
        locks.get(one.lock) ??
        (await readUvLock(one.lock, readFileSync(conformancePath(one.lock)), { directory: '/project' }));
      locks.set(one.lock, lock);
      const target = targetOf(one.python_full_version, one.base, one.arch);
      const { chosen, rejected } = lock.select(target, { extras: one.extras, groups: one.groups });
      const root = rootPackage(lock.lock);
      const actual = [
        ...chosen.map((item) =>
          item.source === 'wheel'
            ? { name: item.name, version: item.version, wheel: item.file?.name, hash: item.file?.hashes[0] }
            : { name: item.name, source: 'editable' },
        ),
        ...rejected.map(({ name, version, buildable }) => ({
          name,
          version,
          needs_build: buildable?.source ?? 'nothing-compatible',
        })),
        ...(root === undefined ? [] : [{ name: root.name, source: root.source.kind }]),
      ].sort((a, b) => (a.name < b.name ? -1 : 1));
      const expected = [...one.expected].sort((a, b) => (a.name < b.name ? -1 : 1));
      try {
        expect(actual).toEqual(expected);
      } catch {
        mismatches.push({ ...one, expected: diff(expected, actual), actual: diff(actual, expected) });
      }
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(mismatches).toEqual([]);
  });

  it('installs what uv reports for its own cases, and refuses what uv refuses', async () => {
    const { cases } = JSON.parse(readConformance('uv_sync_cases.json')) as { cases: SyncCase[] };
    const mismatches: unknown[] = [];
    for (const [index, one] of cases.entries()) {
      const expected = one.expect ?? one.expected;
      const actual = await installedOf(one);
      if (JSON.stringify(actual) !== JSON.stringify(expected))
        mismatches.push({ index, test: one.test, args: one.args, expected, actual });
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(mismatches).toEqual([]);
  });

  it('takes none of these locks for older than the pyproject.toml it was made from', async () => {
    const { cases } = JSON.parse(readConformance('uv_sync_cases.json')) as { cases: SyncCase[] };
    const stale: unknown[] = [];
    for (const { test, lock: text, pyproject } of cases) {
      const { lock } = await readUvLock('uv.lock', text, { directory: '/project' });
      const reason = uvLockMatchesProject(lock, parsePyproject(pyproject));
      if (reason !== undefined) stale.push({ test, reason });
    }
    expect(stale).toEqual([]);
  });
});

/** What uv prints as installed: what was reached, save what has nothing to install. */
async function installedOf(one: SyncCase): Promise<string[] | 'error'> {
  try {
    const { lock } = await readUvLock('uv.lock', one.lock, { directory: '/project' });
    const { roots, extras, groups, production } = wantOf(one);
    const own = rootPackage(lock);
    const named = roots?.flatMap((name) => lock.byName.get(name) ?? []);
    const start: readonly UvPackage[] =
      named ?? (own === undefined ? lock.members.flatMap((name) => lock.byName.get(name) ?? []) : [own]);
    const all = new Set(start.flatMap((root) => [...root.extras.keys()]));
    const { reached } = walkUvLock(lock, markerEnvironment(targetOf(one.python)), {
      roots: start,
      extras: one.all_extras ? all : new Set(extras),
      groups: groups === 'all' ? new Set(start.flatMap((root) => [...root.groups.keys()])) : new Set(groups),
      workspaceGroups: true,
      production,
    });
    return [...reached.keys()]
      .filter(({ source }) => source.kind !== 'virtual')
      .map(({ name, version }) => `${name}==${version}`)
      .sort();
  } catch (error) {
    if (isPycError(error)) return 'error';
    throw error;
  }
}

interface SyncWant {
  roots: string[] | undefined;
  extras: string[];
  groups: string[] | 'all';
  production: boolean;
}

/** Cases that end in an error have only uv's arguments; its default groups are added here. */
function wantOf(one: SyncCase): SyncWant {
  if (one.expect !== 'error') {
    return {
      roots: one.roots ?? undefined,
      extras: one.extras ?? [],
      groups: one.groups ?? [],
      production: one.prod ?? true,
    };
  }
  const words = one.args.flatMap((word) => word.split('='));
  const valuesOf = (option: string): string[] =>
    words.flatMap((word, index) => (word === option ? [words[index + 1] ?? ''] : []));
  const uv = (parse(one.pyproject).tool as { uv?: { 'default-groups'?: string[] } } | undefined)?.uv;
  const roots = valuesOf('--package');
  return {
    roots: roots.length === 0 ? undefined : roots,
    extras: valuesOf('--extra'),
    groups: words.includes('--all-groups')
      ? 'all'
      : [...(uv?.['default-groups'] ?? ['dev']), ...valuesOf('--group')],
    production: !words.includes('--only-group'),
  };
}

function diff(a: readonly unknown[], b: readonly unknown[]): unknown[] {
  const other = new Set(b.map((item) => JSON.stringify(item)));
  return a.filter((item) => !other.has(JSON.stringify(item)));
}
