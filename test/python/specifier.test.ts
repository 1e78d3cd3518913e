import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpecifierSet } from '../../core/python/specifier.ts';
import { compareVersions, Version } from '../../core/python/version.ts';
import { nearTexts, publicVersionTexts, specifierTexts, versionTexts } from './arbitraries.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

interface Contains {
  readonly spec: string;
  readonly version: string;
  readonly spec_prereleases: boolean | null;
  readonly prereleases: boolean | null;
  readonly installed?: boolean | null;
  readonly expected: boolean;
}

interface Vectors {
  readonly contains: readonly Contains[];
  readonly recorded_contains: readonly Contains[];
  readonly filter: readonly {
    spec: string;
    spec_prereleases: boolean | null;
    prereleases: boolean | null;
    input: string[];
    expected: string[];
  }[];
  readonly valid: readonly string[];
  readonly invalid: readonly string[];
  readonly unsatisfiable: readonly string[];
  readonly satisfiable: readonly string[];
  readonly is_subset: readonly { left: string; right: string; expected: boolean }[];
  readonly is_superset: readonly { left: string; right: string; expected: boolean }[];
  readonly is_disjoint: readonly { left: string; right: string; expected: boolean }[];
  readonly normalized_str: readonly { spec: string; expected: string }[];
  readonly grid_generated: readonly (readonly [
    spec: string,
    version: string,
    all: boolean,
    byDefault: boolean,
  ])[];
}

function contains(specifier: string, version: string): boolean {
  return SpecifierSet.parse(specifier).contains(Version.parse(version));
}

/** Printing sorts the clauses. */
function sorted(set: SpecifierSet): SpecifierSet['clauses'] {
  return [...set.clauses].sort((a, b) => compareTexts(a.operator + a.text, b.operator + b.text));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

describe('SpecifierSet', () => {
  it.each([
    ['>=1.0,<2', '1.9.9', true],
    ['<2', '2.0rc1', false],
    ['<2.0rc2', '2.0rc1', true],
    ['>1.0', '1.0.post1', false],
    ['>1.0', '1.0+local', false],
    ['>1.0.post1', '1.0.post2', true],
    ['==1.0', '1.0.0+local', true],
    ['==1.0+local', '1.0', false],
    ['!=1.0.*', '1.0.7', false],
    ['~=2.2.post3', '2.9', true],
    ['~=2.2.1', '2.3', false],
    ['===1.0', '1.0.0', false],
    ['>=1!0', '2024.1', false],
    ['', '1.0', true],
  ])('%s admits %s: %s', (specifier, version, expected) => {
    expect(contains(specifier, version)).toBe(expected);
  });

  it('matches texts that are no version by `===` and by the empty set alone', () => {
    expect(SpecifierSet.parse('===Weird').contains('weird')).toBe(true);
    expect(SpecifierSet.parse('').contains('weird')).toBe(true);
    expect(SpecifierSet.parse('!=1.0').contains('weird')).toBe(false);
  });

  it('offers pre-releases where nothing else is left, or a clause names one', () => {
    const versions = ['1.0', '2.0rc1'];
    expect(SpecifierSet.parse('>=1').filter(versions)).toEqual(['1.0']);
    expect(SpecifierSet.parse('>1').filter(versions)).toEqual(['2.0rc1']);
    expect(SpecifierSet.parse('>=1.0a1').filter(versions)).toEqual(versions);
    expect(SpecifierSet.parse('!=1.0a1').filter(versions)).toEqual(['1.0']);
    expect(SpecifierSet.parse('>=1').filter(versions, { prereleases: true })).toEqual(versions);
    expect(SpecifierSet.parse('>1').filter(versions, { prereleases: false })).toEqual([]);
  });

  it('prints clauses as written, sorted and each once', () => {
    expect(SpecifierSet.parse(' >= 1.0 ,<2,>=1,').toString()).toBe('<2,>=1.0');
    expect(SpecifierSet.parse('~=1.0,~=1.0.0').toString()).toBe('~=1.0,~=1.0.0');
  });

  it('names every faulty clause', () => {
    try {
      SpecifierSet.parse('>=1,=>2,~=1');
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'PYC_SPECIFIER_INVALID', details: ['=>2', '~=1'] });
    }
  });

  it('parses what it prints, and admits the same', () => {
    fc.assert(
      fc.property(specifierTexts, versionTexts, (text, version) => {
        const set = SpecifierSet.parse(text);
        const again = SpecifierSet.parse(set.toString());
        expect(again.toString()).toBe(set.toString());
        expect(sorted(again)).toEqual(sorted(set));
        expect(again.contains(version)).toBe(set.contains(version));
      }),
    );
  });

  it('bounds versions as they are ordered', () => {
    fc.assert(
      fc.property(publicVersionTexts, publicVersionTexts, (bound, text) => {
        const order = compareVersions(Version.parse(text), Version.parse(bound));
        expect(contains(`>=${bound}`, text)).toBe(order >= 0);
        expect(contains(`<=${bound}`, text)).toBe(order <= 0);
        expect(contains(`==${bound}`, text)).toBe(order === 0);
        expect(contains(`!=${bound}`, text)).toBe(order !== 0);
        if (contains(`<${bound}`, text)) expect(order).toBe(-1);
        if (contains(`>${bound}`, text)) expect(order).toBe(1);
      }),
    );
  });

  it('filters to what it contains', () => {
    fc.assert(
      fc.property(specifierTexts, fc.array(versionTexts, { maxLength: 6 }), (text, versions) => {
        const set = SpecifierSet.parse(text);
        expect(set.filter(versions, { prereleases: true })).toEqual(
          versions.filter((version) => set.contains(version)),
        );
        for (const version of set.filter(versions)) expect(set.contains(version)).toBe(true);
      }),
    );
  });

  it('relates whole sets as their members do', () => {
    fc.assert(
      fc.property(specifierTexts, specifierTexts, versionTexts, (left, right, version) => {
        const [a, b] = [SpecifierSet.parse(left), SpecifierSet.parse(right)];
        if (a.contains(version)) expect(a.isSatisfiable()).toBe(true);
        if (a.contains(version) && !b.contains(version)) expect(a.isSubsetOf(b)).toBe(false);
        if (a.contains(version) && b.contains(version)) expect(a.isDisjointFrom(b)).toBe(false);
        expect(a.isSubsetOf(a)).toBe(true);
      }),
    );
  });

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(nearTexts(specifierTexts), (text) => {
        expect([undefined, 'PYC_SPECIFIER_INVALID']).toContain(codeOf(() => SpecifierSet.parse(text)));
      }),
    );
  });
});

/** Options as packaging sees them: an installed pre-release is admitted, and a set can have an opinion of its own. */
function optionsOf(row: Contains): { prereleases?: boolean } {
  const installed = row.installed === true && Version.tryParse(row.version)?.isPrerelease === true;
  const prereleases = installed ? true : (row.prereleases ?? row.spec_prereleases);
  return prereleases === null ? {} : { prereleases };
}

withConformance<Vectors>('packaging/specifiers.json', (vectors) => {
  describe('SpecifierSet and the standard vectors', () => {
    it('contains', () => {
      const wrong = new Mismatches();
      for (const row of [...vectors.contains, ...vectors.recorded_contains]) {
        wrong.compare(row, SpecifierSet.parse(row.spec).contains(row.version, optionsOf(row)), row.expected);
      }
      for (const [text, version, all, byDefault] of vectors.grid_generated) {
        const set = SpecifierSet.parse(text);
        wrong.compare(
          [text, version],
          [set.contains(version, { prereleases: true }), set.contains(version)],
          [all, byDefault],
        );
      }
      expect(wrong.list).toEqual([]);
    });

    it('filters', () => {
      const wrong = new Mismatches();
      for (const row of vectors.filter) {
        const prereleases = row.prereleases ?? row.spec_prereleases;
        const options = prereleases === null ? {} : { prereleases };
        wrong.compare(row, SpecifierSet.parse(row.spec).filter(row.input, options), row.expected);
      }
      expect(wrong.list).toEqual([]);
    });

    it('relates whole sets', () => {
      const wrong = new Mismatches();
      const set = SpecifierSet.parse;
      for (const text of vectors.satisfiable) wrong.compare(text, set(text).isSatisfiable(), true);
      for (const text of vectors.unsatisfiable) wrong.compare(text, set(text).isSatisfiable(), false);
      for (const row of vectors.is_subset)
        wrong.compare(row, set(row.left).isSubsetOf(set(row.right)), row.expected);
      for (const row of vectors.is_superset)
        wrong.compare(row, set(row.right).isSubsetOf(set(row.left)), row.expected);
      for (const row of vectors.is_disjoint) {
        wrong.compare(row, set(row.left).isDisjointFrom(set(row.right)), row.expected);
      }
      expect(wrong.list).toEqual([]);
    });

    it('parses, prints and refuses', () => {
      const wrong = new Mismatches();
      for (const text of vectors.valid)
        wrong.compare(
          text,
          codeOf(() => SpecifierSet.parse(text)),
          undefined,
        );
      for (const text of vectors.invalid) {
        wrong.compare(
          text,
          codeOf(() => SpecifierSet.parse(text)),
          'PYC_SPECIFIER_INVALID',
        );
      }
      for (const { spec, expected } of vectors.normalized_str) {
        wrong.compare(spec, SpecifierSet.parse(spec).toString(), expected);
      }
      expect(wrong.list).toEqual([]);
    });
  });
});
