import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNormalizedName, normalizeName, parseName } from '../../core/python/name.ts';
import { parseTags, sortByTags } from '../../core/python/tags.ts';
import {
  compareBuildTags,
  parseSdistFilename,
  parseWheelFilename,
} from '../../core/python/wheel-filename.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

interface Vectors {
  readonly canonicalize_name: readonly { name: string; expected: string }[];
  readonly is_normalized_name: readonly { name: string; expected: string }[];
  readonly wheel_valid: readonly {
    filename: string;
    name: string;
    version: string;
    build: unknown[];
    tags: string[];
  }[];
  readonly wheel_invalid: readonly string[];
  readonly wheel_unsorted_tags_accepted: readonly string[];
  readonly sdist_valid: readonly { filename: string; name: string; version: string }[];
  readonly sdist_invalid: readonly string[];
  readonly parse_tag_invalid: readonly string[];
  readonly compatible_tags_selector: readonly { supported: string[]; things: string[]; expected: string[] }[];
}

describe('normalizeName', () => {
  it('folds case and runs of separators', () => {
    expect(normalizeName('Zope.-_Interface')).toBe('zope-interface');
    expect(isNormalizedName('zope--interface')).toBe(false);
  });

  it('is checked where a name comes from outside', () => {
    expect(parseName('A_b')).toBe('a-b');
    for (const text of ['', '-a', 'a-', '../a', 'a/b', 'é', 'a\n']) {
      expect(codeOf(() => parseName(text))).toBe('PYC_NAME_INVALID');
    }
  });
});

describe('parseWheelFilename', () => {
  it('states the parts', () => {
    const wheel = parseWheelFilename('Foo_Bar-1.0+cpu-2a-cp39.cp310-abi3-manylinux_2_17_x86_64.whl');
    expect([wheel.name, wheel.version.toString(), wheel.build]).toEqual(['foo-bar', '1.0+cpu', [2, 'a']]);
    expect(wheel.tags).toEqual(['cp39-abi3-manylinux_2_17_x86_64', 'cp310-abi3-manylinux_2_17_x86_64']);
  });

  it('refuses other names', () => {
    for (const text of [
      '',
      'a.whl',
      'a-1.tar.gz',
      'a-1-py3-none-any.WHL',
      '../a-1-py3-none-any.whl',
      'a-x-py3-none-any.whl',
      'a-1-b1-py3-none-any.whl',
      'a-1-py3-none-any-x-y.whl',
      'a__b-1-py3-none-any.whl',
      'a-1 -py3-none-any.whl',
      'a-1-py3-none-any\n.whl',
      '..-1-py3-none-any.whl',
    ]) {
      expect(codeOf(() => parseWheelFilename(text))).toBe('PYC_DISTRIBUTION_FILENAME_INVALID');
    }
  });

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(codeOf(() => parseWheelFilename(`${text}.whl`))).toBe('PYC_DISTRIBUTION_FILENAME_INVALID');
      }),
    );
  });

  it('orders build tags by number, and those that have none first', () => {
    expect(compareBuildTags([], [0, ''])).toBe(-1);
    expect(compareBuildTags([10, ''], [9, 'z'])).toBe(1);
    expect(compareBuildTags([1, 'a'], [1, 'b'])).toBe(-1);
    expect(compareBuildTags([1, ''], [1, ''])).toBe(0);
  });
});

describe('parseSdistFilename', () => {
  it('takes the last hyphen', () => {
    const { name, version } = parseSdistFilename('foo-bar-1.0.tar.gz');
    expect([name, version.toString()]).toEqual(['foo-bar', '1.0']);
  });

  it('refuses other names', () => {
    for (const text of ['', 'a.tar.gz', 'a-1.tgz', 'a/b-1.tar.gz', '-1.tar.gz', 'a-1', '..-1.zip']) {
      expect(codeOf(() => parseSdistFilename(text))).toBe('PYC_DISTRIBUTION_FILENAME_INVALID');
    }
  });
});

withConformance<Vectors>('packaging/names_filenames.json', (vectors) => {
  it('agrees with the standard vectors of names, file names and tags', () => {
    const wrong = new Mismatches();
    for (const { name, expected } of vectors.canonicalize_name)
      wrong.compare(name, normalizeName(name), expected);
    for (const { name, expected } of vectors.is_normalized_name) {
      wrong.compare(name, isNormalizedName(name), name === expected);
    }
    for (const { filename, ...expected } of vectors.wheel_valid) {
      const { name, version, build, tags } = parseWheelFilename(filename);
      wrong.compare(filename, { name, version, build, tags }, expected);
    }
    for (const { filename, ...expected } of vectors.sdist_valid) {
      wrong.compare(filename, parseSdistFilename(filename), expected);
    }
    for (const text of vectors.wheel_unsorted_tags_accepted) {
      wrong.compare(
        text,
        codeOf(() => parseWheelFilename(text)),
        undefined,
      );
    }
    const code = 'PYC_DISTRIBUTION_FILENAME_INVALID';
    for (const text of vectors.wheel_invalid)
      wrong.compare(
        text,
        codeOf(() => parseWheelFilename(text)),
        code,
      );
    for (const text of vectors.sdist_invalid)
      wrong.compare(
        text,
        codeOf(() => parseSdistFilename(text)),
        code,
      );
    for (const text of vectors.parse_tag_invalid)
      wrong.compare(
        text,
        codeOf(() => parseTags(text)),
        'PYC_TAG_INVALID',
      );
    for (const { supported, things, expected } of vectors.compatible_tags_selector) {
      wrong.compare(
        things,
        sortByTags(things, supported, (thing) => [thing]),
        expected,
      );
    }
    expect(wrong.list).toEqual([]);
  });
});
