import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Marker, type MarkerEnvironment, type MarkerExpression } from '../../core/python/marker.ts';
import { markerEnvironment } from '../../core/python/target.ts';
import { markerExpressions, markerTexts, nearTexts, withoutOutermost } from './arbitraries.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

type Environments = Readonly<Record<string, MarkerEnvironment>>;

interface Evaluation {
  readonly marker: string;
  readonly env: Readonly<Record<string, string | string[]>> | null;
  readonly expected?: boolean;
  readonly error?: string;
}

interface Vectors {
  readonly evaluate_literal: readonly Evaluation[];
  readonly evaluate_recorded: readonly Evaluation[];
  readonly parse_valid: readonly string[];
  readonly parse_invalid: readonly string[];
  readonly normalized_str: readonly { marker: string; expected: string }[];
  readonly environments: Environments;
  readonly grid_generated: readonly { marker: string; expected: Readonly<Record<string, boolean>> }[];
}

const BOOKWORM = markerEnvironment({
  implementation: 'cpython',
  version: '3.14.0rc2',
  abi: 'cp314',
  os: 'linux',
  architecture: 'arm64',
  libc: { family: 'glibc', version: '2.36' },
});

function evaluate(marker: string, more: Partial<MarkerEnvironment> = {}): boolean {
  return Marker.parse(marker).evaluate({ ...BOOKWORM, ...more });
}

describe('Marker', () => {
  it.each([
    ['python_version >= "3.14"', true],
    ['python_full_version >= "3.14"', false],
    ['"3.9" <= python_version', true],
    ['python_version in "3.13 3.14"', true],
    ['platform_machine == "aarch64"', true],
    ['platform_release >= "5"', false],
    ['platform_release == ""', true],
    ['os_name < "z"', false],
    ['os_name == "posix" or sys_platform == "win32" and extra == "x"', true],
    ['(os_name == "posix" or sys_platform == "win32") and extra == "x"', false],
    ['python_implementation == "CPython"', true],
    ['python_version == "not a version"', false],
    ['python_version != "not a version"', true],
  ])('%s is %s', (marker, expected) => {
    expect(evaluate(marker)).toBe(expected);
  });

  it('compares the names of extras and groups in their normalised form', () => {
    expect(evaluate('extra == "Foo_Bar"', { extra: 'foo-bar' })).toBe(true);
    expect(evaluate('"Foo" in dependency_groups', { dependency_groups: new Set(['foo']) })).toBe(true);
    expect(evaluate('"foo" not in extras', { extras: new Set(['Foo']) })).toBe(false);
    expect(Marker.parse('extra == "A_b"').toString()).toBe('extra == "a-b"');
  });

  it('takes a set of active extras', () => {
    const extra = new Set(['extra-3-foo-bar', 'group-3-foo-dev']);
    expect(evaluate('extra == "extra-3-foo-bar" and extra != "extra-3-foo-baz"', { extra })).toBe(true);
    expect(evaluate('"group-3-foo-dev" != extra', { extra })).toBe(false);
    expect(evaluate('extra == "x"', { extra: new Set() })).toBe(false);
    expect(codeOf(() => evaluate('extra >= "x"', { extra }))).toBe('PYC_MARKER_UNDEFINED');
  });

  it('refuses to evaluate what the standard leaves undefined', () => {
    for (const marker of ['os_name ~= "posix"', '"x" in extras', 'python_version ~= "3"']) {
      expect(codeOf(() => evaluate(marker))).toBe('PYC_MARKER_UNDEFINED');
    }
  });

  it('holds plain data that can be rewritten', () => {
    const marker = Marker.parse('extra == "a" or (os_name == "posix" and extra == "b")');
    const rename = (expression: MarkerExpression): MarkerExpression =>
      expression.kind === 'comparison'
        ? { ...expression, right: { kind: 'literal', value: 'c' } }
        : { ...expression, terms: expression.terms.map(rename) };
    expect(Marker.from(rename(marker.expression)).toString()).toBe(
      'extra == "c" or (os_name == "c" and extra == "c")',
    );
  });

  it('adds the parentheses that a rewritten marker needs', () => {
    const [a, b, c] = ['os_name == "a"', 'os_name == "b"', 'os_name == "c"'].map(
      (text) => Marker.parse(text).expression,
    );
    const or: MarkerExpression = { kind: 'or', terms: [a!, b!] };
    expect(Marker.from({ kind: 'and', terms: [or, c!] }).toString()).toBe(
      '(os_name == "a" or os_name == "b") and os_name == "c"',
    );
  });

  it('refuses what the grammar does not know', () => {
    const deep = `${'('.repeat(100_000)}os_name == "a"`;
    for (const text of [
      '',
      'os_name',
      'os_name = "a"',
      'os_name == "a" and',
      '"a" "b"',
      'os_name == "a\\"',
      'os_name not "a"',
      'OS_NAME == "a"',
      'os_name == "a"\n',
      'os_name == "\u0000"',
      deep,
    ]) {
      expect(codeOf(() => Marker.parse(text))).toBe('PYC_MARKER_INVALID');
    }
  });

  it('parses what it prints, and answers the same', () => {
    fc.assert(
      fc.property(markerTexts, (text) => {
        const marker = Marker.parse(text);
        const again = Marker.parse(marker.toString());
        expect(again.toString()).toBe(marker.toString());
        expect(again.expression).toEqual(withoutOutermost(marker.expression));
        const answer = (of: Marker): unknown => codeOf(() => of.evaluate(BOOKWORM)) ?? of.evaluate(BOOKWORM);
        expect(answer(again)).toBe(answer(marker));
      }),
    );
  });

  it('prints what parses to the same expression', () => {
    fc.assert(
      fc.property(markerExpressions, (expression) => {
        expect(Marker.parse(Marker.from(expression).toString()).expression).toEqual(expression);
      }),
    );
  });

  it('throws nothing but its own errors', () => {
    fc.assert(
      fc.property(nearTexts(markerTexts), (text) => {
        expect([undefined, 'PYC_MARKER_INVALID', 'PYC_MARKER_UNDEFINED']).toContain(
          codeOf(() => evaluate(text)),
        );
      }),
    );
  });
});

withConformance<Vectors>('packaging/markers.json', (vectors) => {
  describe('Marker and the standard vectors', () => {
    it('evaluates', () => {
      const wrong = new Mismatches();
      for (const { marker, env, expected, error } of [
        ...vectors.evaluate_literal,
        ...vectors.evaluate_recorded,
      ]) {
        const sets = Object.fromEntries(
          Object.entries(env ?? {}).map(([key, value]) => [
            key,
            typeof value === 'string' ? value : new Set(value),
          ]),
        );
        const run = (): boolean => evaluate(marker, sets);
        if (error !== undefined) wrong.compare(marker, codeOf(run), 'PYC_MARKER_UNDEFINED');
        else wrong.compare([marker, env], run(), expected);
      }
      expect(wrong.list).toEqual([]);
    });

    it('evaluates against whole environments', () => {
      const wrong = new Mismatches();
      for (const { marker, expected } of vectors.grid_generated) {
        for (const [name, answer] of Object.entries(expected)) {
          wrong.compare([marker, name], Marker.parse(marker).evaluate(vectors.environments[name]!), answer);
        }
      }
      expect(wrong.list).toEqual([]);
    });

    it('parses, prints and refuses', () => {
      const wrong = new Mismatches();
      for (const text of vectors.parse_valid)
        wrong.compare(
          text,
          codeOf(() => Marker.parse(text)),
          undefined,
        );
      for (const text of vectors.parse_invalid) {
        wrong.compare(
          text,
          codeOf(() => Marker.parse(text)),
          'PYC_MARKER_INVALID',
        );
      }
      for (const { marker, expected } of vectors.normalized_str) {
        wrong.compare(marker, Marker.parse(marker).toString(), expected);
      }
      expect(wrong.list).toEqual([]);
    });
  });
});
