import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, Version } from '../../core/python/version.ts';
import { nearTexts, versionTexts } from './arbitraries.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

interface Vectors {
  readonly ordered_ascending: readonly string[];
  readonly normalize: readonly { version: string; expected: string }[];
  readonly invalid: readonly string[];
  readonly canonicalize_version_strip_zeros: readonly { version: string; expected: string }[];
  readonly properties: readonly Readonly<Record<string, unknown> & { version: string }>[];
  readonly comparisons: readonly { left: string; op: string; right: string; expected: boolean }[];
}

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  ge: (order) => order >= 0,
  gt: (order) => order > 0,
};

function compare(a: string, b: string): number {
  return compareVersions(Version.parse(a), Version.parse(b));
}

describe('Version', () => {
  it('states its segments', () => {
    const version = Version.parse('2!1.02.3rc4.post5.dev6+Ubuntu_1');
    expect(version.toString()).toBe('2!1.2.3rc4.post5.dev6+ubuntu.1');
    expect([version.epoch, version.release, version.pre, version.post, version.dev, version.local]).toEqual([
      2,
      [1, 2, 3],
      ['rc', 4],
      5,
      6,
      ['ubuntu', 1],
    ]);
    expect([version.major, version.minor, version.micro]).toEqual([1, 2, 3]);
    expect([version.public, version.baseVersion]).toEqual(['2!1.2.3rc4.post5.dev6', '2!1.2.3']);
    expect([version.isPrerelease, version.isPostrelease, version.isDevrelease]).toEqual([true, true, true]);
  });

  it('keeps numbers exact that do not fit into 53 bits', () => {
    expect(Version.parse('1.20240101000000000001').toString()).toBe('1.20240101000000000001');
    expect(compare('1.20240101000000000001', '1.20240101000000000002')).toBe(-1);
    expect(compare('1.9007199254740993', '1.5')).toBe(1);
  });

  it('pads the shorter release with zeros', () => {
    expect(compare('1', '1.0.0')).toBe(0);
    expect(compare('1.0.1', '1')).toBe(1);
  });

  it('orders the numbers of local parts after the words', () => {
    expect(compare('1+abc', '1+5')).toBe(-1);
    expect(compare('1+5', '1+5.0')).toBe(-1);
    expect(compare('1', '1+0')).toBe(-1);
  });

  it('refuses what is no version, other scripts and folded letters among it', () => {
    for (const text of [
      '',
      'v',
      '1.',
      '1.0+',
      '1..0',
      '１.0',
      '1.0+ſ',
      '1.0\u0000',
      '1 0',
      '1.0-',
      `${'1.'.repeat(2000)}1`,
    ]) {
      expect(codeOf(() => Version.parse(text))).toBe('PYC_VERSION_INVALID');
      expect(Version.tryParse(text)).toBeUndefined();
    }
  });

  it('parses what it prints, and prints the same again', () => {
    fc.assert(
      fc.property(versionTexts, (text) => {
        const version = Version.parse(text);
        const again = Version.parse(version.toString());
        expect(again.toString()).toBe(version.toString());
        expect({ ...again }).toEqual({ ...version });
        expect(compare(text, version.toString())).toBe(0);
      }),
    );
  });

  it('has a total order', () => {
    fc.assert(
      fc.property(versionTexts, versionTexts, versionTexts, (a, b, c) => {
        expect(compare(a, b) + compare(b, a)).toBe(0);
        expect(Version.parse(a).canonical === Version.parse(b).canonical).toBe(compare(a, b) === 0);
        const [low, middle, high] = [a, b, c].sort(compare);
        expect(compare(low!, middle!)).toBeLessThanOrEqual(0);
        expect(compare(middle!, high!)).toBeLessThanOrEqual(0);
        expect(compare(low!, high!)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(nearTexts(versionTexts), (text) => {
        expect([undefined, 'PYC_VERSION_INVALID']).toContain(codeOf(() => Version.parse(text)));
      }),
    );
  });

  it('answers at once for texts that are built to make patterns step back', () => {
    for (const text of [`${'1.0-'.repeat(200)}x`, `1${'.0'.repeat(500)}!`, `1+${'a.'.repeat(500)}`]) {
      expect(Version.tryParse(text)).toBeUndefined();
    }
  });
});

withConformance<Vectors>('packaging/versions.json', (vectors) => {
  describe('Version and the standard vectors', () => {
    it('orders and compares', () => {
      const wrong = new Mismatches();
      for (const [i, left] of vectors.ordered_ascending.entries()) {
        for (const [j, right] of vectors.ordered_ascending.entries()) {
          wrong.compare([left, right], compare(left, right), Math.sign(i - j));
        }
      }
      for (const { left, op, right, expected } of vectors.comparisons) {
        wrong.compare([left, op, right], OPERATORS[op]?.(compare(left, right)), expected);
      }
      expect(wrong.list).toEqual([]);
    });

    it('normalises, and refuses what is invalid', () => {
      const wrong = new Mismatches();
      for (const { version, expected } of vectors.normalize) {
        wrong.compare(version, Version.parse(version).toString(), expected);
      }
      for (const { version, expected } of vectors.canonicalize_version_strip_zeros) {
        wrong.compare(version, Version.parse(version).canonical, expected);
      }
      for (const text of vectors.invalid) {
        wrong.compare(
          text,
          codeOf(() => Version.parse(text)),
          'PYC_VERSION_INVALID',
        );
      }
      expect(wrong.list).toEqual([]);
    });

    it('states the properties', () => {
      const wrong = new Mismatches();
      for (const { version: text, ...expected } of vectors.properties) {
        const version = Version.parse(text);
        const properties: Readonly<Record<string, unknown>> = {
          public: version.public,
          base_version: version.baseVersion,
          epoch: version.epoch,
          release: version.release,
          local: version.local?.join('.') ?? null,
          pre: version.pre ?? null,
          post: version.post ?? null,
          dev: version.dev ?? null,
          is_prerelease: version.isPrerelease,
          is_postrelease: version.isPostrelease,
          is_devrelease: version.isDevrelease,
        };
        for (const [key, value] of Object.entries(expected))
          wrong.compare([text, key], properties[key], value);
      }
      expect(wrong.list).toEqual([]);
    });
  });
});
