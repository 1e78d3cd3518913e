import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { LockFile } from '../../../core/python/lock/index.ts';
import { readLock } from '../../../core/python/lock/index.ts';
import { conformancePath, describeConformance, readConformance, targetOf } from './conformance-data.ts';

interface SelectionCase {
  lock: string;
  python: string;
  /** Absent where no file is chosen. */
  base?: string;
  arch: string;
  groups?: string[];
  expected: {
    name: string;
    version: string;
    file?: string;
    hash?: string;
    hashes?: string[];
    index?: string;
    extras?: string[];
    needs_build?: null;
  }[];
}

/** What every project of the format wants besides the groups that are asked for. */
const MAIN: ReadonlySet<string> = new Set(['main', 'default']);

describeConformance('the locks of Poetry, PDM and Pipenv against the conformance data', () => {
  const data = JSON.parse(readConformance('other_lock_selection.json')) as Record<string, SelectionCase[]>;

  it('chooses the files of a poetry.lock that the reference walker chooses', async () => {
    expect(await mismatchesOf(data.poetry_2_1!, 'poetry')).toEqual([]);
  });

  it('chooses the files of a pdm.lock that the reference walker chooses', async () => {
    // The walker lists what an extra adds as an entry of its own; nothing is installed for it.
    const cases = data.pdm_4_5_1!.map((one) => ({
      ...one,
      expected: one.expected.filter(({ extras }) => extras === undefined),
    }));
    expect(await mismatchesOf(cases, 'pdm')).toEqual([]);
  });

  it('takes the versions, hashes and sources of a Pipfile.lock that the reference walker takes', async () => {
    const mismatches: unknown[] = [];
    for (const one of data.pipfile!) {
      const lock = await read(one.lock, 'pipfile');
      const { chosen, rejected } = lock.select(targetOf(one.python, one.base, one.arch), {
        extras: [],
        groups: [],
      });
      const actual = chosen.map(({ name, version, hashes }) => ({ name, version: `==${version}`, hashes }));
      const expected = one.expected.map(({ name, version, hashes }) => ({ name, version, hashes }));
      if (rejected.length > 0 || JSON.stringify(actual) !== JSON.stringify(expected))
        mismatches.push({ ...one, actual });
    }
    expect(data.pipfile!.length).toBeGreaterThan(0);
    expect(mismatches).toEqual([]);
  });
});

const locks = new Map<string, Promise<LockFile>>();

function read(name: string, format: string): Promise<LockFile> {
  const known =
    locks.get(name) ?? readLock(name, readFileSync(conformancePath(name)), { directory: '/project' }, format);
  locks.set(name, known);
  return known;
}

async function mismatchesOf(cases: readonly SelectionCase[], format: string): Promise<readonly unknown[]> {
  expect(cases.length).toBeGreaterThan(0);
  const mismatches: unknown[] = [];
  for (const one of cases) {
    const lock = await read(one.lock, format);
    const groups = (one.groups ?? []).filter((group) => !MAIN.has(group));
    const { chosen, rejected } = lock.select(targetOf(one.python, one.base, one.arch), {
      extras: [],
      groups,
    });
    const actual = [
      ...chosen.map(({ name, version, file }) => [name, version, file?.name, file?.hashes[0]]),
      ...rejected.map(({ name, version }) => [name, version, 'to be built']),
    ];
    const expected = one.expected.map(({ name, version, file, hash, needs_build }) =>
      needs_build === null ? [name, version, 'to be built'] : [name, version, file, hash],
    );
    const missing = difference(expected, actual);
    const added = difference(actual, expected);
    if (missing.length > 0 || added.length > 0) mismatches.push({ ...one, expected: missing, actual: added });
  }
  return mismatches;
}

function difference(a: readonly unknown[], b: readonly unknown[]): readonly unknown[] {
  const other = new Set(b.map((item) => JSON.stringify(item)));
  return a.filter((item) => !other.has(JSON.stringify(item)));
}
