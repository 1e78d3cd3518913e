import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import { Entry } from '../../../core/python/lock/document.ts';
import { isPylockName } from '../../../core/python/lock/index.ts';
import {
  type PylockPick,
  readPylock,
  readPylockDocument,
  selectPylock,
} from '../../../core/python/lock/pylock/index.ts';
import { wheelSupport } from '../../../core/python/lock/wheel-choice.ts';
import type { MarkerEnvironment } from '../../../core/python/marker.ts';
import { tagRanks } from '../../../core/python/tags.ts';
import { conformancePath, describeConformance, readConformance, targetOf } from './conformance-data.ts';

interface Vectors {
  validate: { test: string; in: unknown; ok?: boolean; error?: string }[];
  select: {
    test: string;
    lock: unknown;
    environment: MarkerEnvironment | null;
    tags: string[] | null;
    extras: string[] | null;
    dependency_groups: string[] | null;
    prefer_sdist: boolean;
    expected?: { name: string; type: string; file: string | null }[];
    error?: string;
  }[];
  file_name: { file_name: string; valid: boolean }[];
}

const ERRORS: Readonly<Record<string, readonly string[]>> = {
  PylockUnsupportedVersionError: ['PYC_LOCK_VERSION_UNSUPPORTED'],
  PylockValidationError: ['PYC_LOCK_MALFORMED'],
  _PylockRequiredKeyError: ['PYC_LOCK_MALFORMED'],
  PylockSelectError: [
    'PYC_LOCK_PYTHON_UNSUPPORTED',
    'PYC_LOCK_PLATFORM_UNSUPPORTED',
    'PYC_LOCK_AMBIGUOUS',
    'nothing',
  ],
};

describeConformance('pylock.toml against the conformance data', () => {
  const vectors = JSON.parse(readConformance('pylock_vectors.json')) as Vectors;

  it('validates as packaging does', () => {
    const mismatches: unknown[] = [];
    for (const { test, in: document, ok, error } of vectors.validate) {
      const code = codeOf(() => readPylockDocument(Entry.root(dated(document), 'pylock.toml')));
      if (ok === true ? code !== 'ok' : !(ERRORS[error ?? ''] ?? []).includes(code))
        mismatches.push({ test, error, code });
    }
    expect(mismatches).toEqual([]);
  });

  it('selects as packaging does', () => {
    const mismatches: unknown[] = [];
    for (const one of vectors.select) {
      const support = wheelSupport(
        targetOf(one.environment?.python_full_version.replace(/[a-z+].*/, '') ?? '3.12.12'),
      );
      let actual: unknown;
      const code = codeOf(() => {
        const lock = readPylockDocument(Entry.root(dated(one.lock), 'pylock.toml'));
        const picks = selectPylock(lock, {
          target: support.target,
          environment: one.environment ?? support.environment,
          ranks: one.tags === null ? support.ranks : tagRanks(one.tags),
          extras: new Set(one.extras ?? []),
          groups: one.dependency_groups === null ? undefined : new Set(one.dependency_groups),
          // The vectors say that there is a predicate; what it answers is in the case's name only.
          preferSdist: () => one.prefer_sdist && !one.test.includes('predicate-false'),
        });
        actual = picks.map(([{ name }, pick]) => ({
          name,
          type: pick.kind,
          file: 'file' in pick ? pick.file.name : null,
        }));
        return picks.some(([, pick]) => pick.kind === 'nothing') ? 'nothing' : 'ok';
      });
      const fits =
        one.error === undefined
          ? code === 'ok' && JSON.stringify(actual) === JSON.stringify(one.expected)
          : (ERRORS[one.error] ?? []).includes(code);
      if (!fits) mismatches.push({ test: one.test, code, actual, expected: one.expected ?? one.error });
    }
    expect(mismatches).toEqual([]);
  });

  it('knows which file names are locks', () => {
    expect(vectors.file_name.filter(({ file_name, valid }) => isPylockName(file_name) !== valid)).toEqual([]);
  });

  it('selects from real locks as packaging does', async () => {
    const { pylock: cases } = JSON.parse(readConformance('other_lock_selection.json')) as {
      pylock: {
        lock: string;
        python: string;
        base: string;
        arch: string;
        groups: string[] | null;
        expected?: { name: string; version?: string; kind: string; file?: string }[];
        error?: string;
      }[];
    };
    const mismatches: unknown[] = [];
    for (const one of cases) {
      const support = wheelSupport(targetOf(one.python, one.base, one.arch));
      let actual: unknown;
      let code: string;
      try {
        const { lock } = await readPylock(one.lock, readFileSync(conformancePath(one.lock)), {
          directory: '/project',
        });
        const picks = selectPylock(lock, {
          ...support,
          extras: new Set(),
          groups: one.groups === null ? undefined : new Set(one.groups),
        });
        actual = picks.map(([item, pick]) => summary(item.name, item.version?.toString(), pick)).sort(byName);
        code = picks.some(([, pick]) => pick.kind === 'nothing') ? 'nothing' : 'ok';
      } catch (error) {
        if (!isPycError(error)) throw error;
        code = error.code;
      }
      const fits =
        one.error === undefined
          ? code === 'ok' &&
            JSON.stringify(actual) === JSON.stringify(one.expected?.map(ordered).sort(byName))
          : (ERRORS[one.error.split(':')[0] ?? ''] ?? []).includes(code);
      if (!fits) mismatches.push({ ...one, actual, code });
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(mismatches).toEqual([]);
  });
});

function summary(name: string, version: string | undefined, pick: PylockPick): Record<string, unknown> {
  return ordered({ name, version, kind: pick.kind, file: 'file' in pick ? pick.file.name : undefined });
}

function ordered(item: {
  name: string;
  version?: string | undefined;
  kind: string;
  file?: string | undefined;
}): { name: string } {
  const { name, version, kind, file } = item;
  return { name, ...(version ? { version } : {}), kind, ...(file ? { file } : {}) } as { name: string };
}

function byName(a: { name?: unknown }, b: { name?: unknown }): number {
  return String(a.name) < String(b.name) ? -1 : 1;
}

/** The vectors are JSON, which has no dates. */
function dated(value: unknown): unknown {
  if (value === 'DATETIME') return new Date(0);
  if (Array.isArray(value)) return value.map(dated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, dated(inner)]));
}

function codeOf(action: () => unknown): string {
  try {
    const result = action();
    return result === 'nothing' ? 'nothing' : 'ok';
  } catch (error) {
    if (isPycError(error)) return error.code;
    throw error;
  }
}
