import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALWAYS, Formulas, NEVER } from '../../../core/python/lock/uv/formula.ts';
import { Marker } from '../../../core/python/marker.ts';
import { markerEnvironment } from '../../../core/python/target.ts';
import { targetOf } from './conformance-data.ts';

const environment = markerEnvironment(targetOf('3.12.7'));
const NAMES = ['extra-1-a-x', 'extra-1-a-y', 'group-1-b-z', 'project-1-c'] as const;

const term = fc.oneof(
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom('==', '!='))
    .map(([name, operator]) => `extra ${operator} '${name}'`),
  fc.constantFrom("sys_platform == 'linux'", "python_version < '3.12'", "'extra-1-a-x' == extra"),
);
const { marker } = fc.letrec<{ marker: string }>((tie) => ({
  marker: fc.oneof(
    { maxDepth: 4 },
    term,
    fc
      .tuple(tie('marker'), fc.constantFrom('and', 'or'), tie('marker'))
      .map(([a, word, b]) => `(${a}) ${word} (${b})`),
  ),
}));

describe('a marker with the environment filled in', () => {
  it('holds where the marker holds, whatever is active', () => {
    fc.assert(
      fc.property(marker, marker, fc.subarray([...NAMES]), (a, b, active) => {
        const formulas = new Formulas(environment, 'uv.lock');
        const holds = (text: string): boolean =>
          Marker.parse(text).evaluate({ ...environment, extra: new Set(active) });
        const isActive = (name: string): boolean => active.includes(name as (typeof NAMES)[number]);
        const [left, right] = [formulas.of(Marker.parse(a)), formulas.of(Marker.parse(b))];
        expect(formulas.holds(left, isActive)).toBe(holds(a));
        expect(formulas.holds(formulas.and(left, right), isActive)).toBe(holds(a) && holds(b));
        expect(formulas.holds(formulas.or(left, right), isActive)).toBe(holds(a) || holds(b));
      }),
      { numRuns: 300 },
    );
  });

  it('is one and the same number for two texts that mean the same', () => {
    const formulas = new Formulas(environment, 'uv.lock');
    const of = (text: string): number => formulas.of(Marker.parse(text));
    expect(of("extra == 'p' and (extra == 'q' or extra == 'r')")).toBe(
      of("(extra == 'r' and extra == 'p') or (extra == 'p' and extra == 'q')"),
    );
    expect(of("extra == 'p' or extra != 'p'")).toBe(ALWAYS);
    expect(of("extra == 'p' and sys_platform == 'win32'")).toBe(NEVER);
    expect(formulas.of(undefined)).toBe(ALWAYS);
  });

  it('refuses a lock whose conditions are made to explode', () => {
    const formulas = new Formulas(environment, 'uv.lock');
    // The order of variables that pairs each with the farthest other doubles the diagram with every pair.
    const pairs = 18;
    for (let at = 0; at < pairs; at += 1) formulas.of(Marker.parse(`extra == 'a${at}'`));
    for (let at = 0; at < pairs; at += 1) formulas.of(Marker.parse(`extra == 'b${at}'`));
    const text = Array.from({ length: pairs }, (_, at) => `extra == 'a${at}' and extra == 'b${at}'`).join(
      ' or ',
    );
    expect(() => formulas.of(Marker.parse(text))).toThrowError(
      expect.objectContaining({ code: 'PYC_LOCK_MALFORMED' }),
    );
  });
});
