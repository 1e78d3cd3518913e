import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeName } from '../../core/python/name.ts';
import { Requirement } from '../../core/python/requirement.ts';
import { nearTexts, requirementTexts, withoutOutermost } from './arbitraries.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

interface Vectors {
  readonly valid: readonly {
    input: string;
    name: string;
    canonical_name: string;
    extras: string[];
    specifier: string;
    url: string | null;
    marker: string | null;
    str: string;
  }[];
  readonly invalid: readonly string[];
}

describe('Requirement', () => {
  it('states its parts', () => {
    const requirement = Requirement.parse("Foo.Bar[b,a]>=1,<2 ; python_version<'3.12'");
    expect([requirement.name, requirement.extras, requirement.url]).toEqual([
      'Foo.Bar',
      ['a', 'b'],
      undefined,
    ]);
    expect([requirement.specifier.toString(), requirement.marker?.toString()]).toEqual([
      '<2,>=1',
      'python_version < "3.12"',
    ]);
  });

  it('takes a semicolon right after a URL as part of it', () => {
    const requirement = Requirement.parse('a @ https://example.org/x;y ; os_name == "posix"');
    expect(requirement.url).toBe('https://example.org/x;y');
    expect(requirement.toString()).toBe('a @ https://example.org/x;y ; os_name == "posix"');
  });

  it('refuses what the grammar does not know', () => {
    for (const text of [
      '',
      '-a',
      'a b',
      'a >=1 <2',
      'a >=1,,<2',
      'a (>=1',
      'a[b c]',
      'a[b,]',
      'a[../x]',
      'a @',
      'a ; ',
      'a>=1\n',
      'a\u00a0>=1',
      'a ~= 1',
      '../a',
      'é',
    ]) {
      expect(codeOf(() => Requirement.parse(text))).toBe('PYC_REQUIREMENT_INVALID');
    }
  });

  it('parses what it prints', () => {
    fc.assert(
      fc.property(requirementTexts, (text) => {
        const requirement = Requirement.parse(text);
        const again = Requirement.parse(requirement.toString());
        expect(again.toString()).toBe(requirement.toString());
        const parts = ({ name, extras, url, specifier, marker }: Requirement): unknown => [
          [name, extras, url],
          specifier.toString(),
          withoutOutermost(marker?.expression),
        ];
        expect(parts(again)).toEqual(parts(requirement));
      }),
    );
  });

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(nearTexts(requirementTexts), (text) => {
        expect([undefined, 'PYC_REQUIREMENT_INVALID']).toContain(codeOf(() => Requirement.parse(text)));
      }),
    );
  });
});

withConformance<Vectors>('packaging/requirements.json', (vectors) => {
  describe('Requirement and the standard vectors', () => {
    it('parses, prints and refuses', () => {
      const wrong = new Mismatches();
      for (const { input, ...expected } of vectors.valid) {
        const requirement = Requirement.parse(input);
        const got = {
          name: requirement.name,
          canonical_name: normalizeName(requirement.name),
          extras: requirement.extras,
          specifier: requirement.specifier.toString(),
          url: requirement.url ?? null,
          marker: requirement.marker?.toString() ?? null,
          str: requirement.toString(),
        };
        wrong.compare(input, got, expected);
      }
      for (const text of vectors.invalid) {
        wrong.compare(
          text,
          codeOf(() => Requirement.parse(text)),
          'PYC_REQUIREMENT_INVALID',
        );
      }
      expect(wrong.list).toEqual([]);
    });
  });
});
