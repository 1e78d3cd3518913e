import { describe, expect, it } from 'vitest';
import { indexPackages } from '../../../plugins/debian/package-index.ts';
import { parseRelations } from '../../../plugins/debian/relation.ts';
import { resolvePackages } from '../../../plugins/debian/resolver.ts';
import { codeOf } from '../../codes.ts';

const HASH = 'a'.repeat(64);

/** `name version` and further fields, a package a paragraph. */
function listOf(text: string, mirror = 'http://main'): { mirror: string; bytes: Uint8Array } {
  const paragraphs = text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => {
      const [head = '', ...fields] = paragraph.split('\n').map((line) => line.trim());
      const [name, version] = head.split(' ');
      const known = `Package: ${name}\nVersion: ${version}\nSize: 1\nSHA256: ${HASH}\nFilename: pool/${name}.deb`;
      return [
        known,
        ...(fields.some((field) => field.startsWith('Architecture')) ? [] : ['Architecture: amd64']),
        ...fields,
      ].join('\n');
    });
  return { mirror, bytes: Buffer.from(`${paragraphs.join('\n\n')}\n`) };
}

function resolve(archive: string, packages: readonly string[], exclude: readonly string[] = []): string {
  const index = indexPackages([listOf(archive)], 'amd64');
  const chosen = resolvePackages(index, { packages, exclude, architecture: 'amd64' });
  return chosen.map(({ record }) => record.name).join(' ');
}

describe('relations', () => {
  it('are read with versions, qualifiers, alternatives and restrictions', () => {
    const { groups, malformed } = parseRelations(
      'a (>= 1~), b:any | c (<< 2) , d [amd64] <!nocheck>, e (< 1), ???',
    );
    expect(groups).toEqual([
      [{ name: 'a', operator: '>=', version: '1~' }],
      [
        { name: 'b', qualifier: 'any' },
        { name: 'c', operator: '<<', version: '2' },
      ],
      [{ name: 'd' }],
      [{ name: 'e', operator: '<=', version: '1' }],
    ]);
    expect(malformed).toEqual(['???']);
  });
});

describe('the index', () => {
  it('merges archives by the highest version and keeps the first of equal ones', () => {
    const index = indexPackages(
      [listOf('a 1.0\n\nb 2.0'), listOf('a 1.0\n\na 1.1\n\nb 1.9', 'http://security')],
      'amd64',
    );
    expect(index.versions('a').map(({ version, mirror }) => [version, mirror])).toEqual([
      ['1.1', 'http://security'],
      ['1.0', 'http://main'],
    ]);
    expect(index.versions('b')[0]?.version).toBe('2.0');
  });

  it('leaves out other architectures and records that lead out of the mirror', () => {
    const hostile = listOf('a 1\nArchitecture: arm64\n\nb 1\n\nc 1');
    const text = Buffer.from(hostile.bytes)
      .toString()
      .replace('pool/b.deb', '../../etc/passwd')
      .replace('Size: 1\nSHA256: a', 'Size: 1\nSHA256: a');
    const index = indexPackages([{ mirror: 'http://x', bytes: Buffer.from(text) }], 'amd64');
    expect(['a', 'b', 'c'].map((name) => index.versions(name).length)).toEqual([0, 0, 1]);
  });
});

describe('the resolver', () => {
  it('follows Depends and Pre-Depends', () => {
    expect(resolve('a 1\nDepends: b\nPre-Depends: c\n\nb 1\n\nc 1\nDepends: d\n\nd 1\n\ne 1', ['a'])).toBe(
      'a b c d',
    );
  });

  it('prefers an alternative that something else needs anyway', () => {
    expect(resolve('a 1\nDepends: x | y, b\n\nb 1\nDepends: y\n\nx 1\n\ny 1', ['a'])).toBe('a b y');
  });

  it('takes the first alternative that can be had', () => {
    expect(resolve('a 1\nDepends: gone | x (>= 2) | y | z\n\nx 1\n\ny 1\n\nz 1', ['a'])).toBe('a y');
  });

  it('meets a relation by what a package provides, and one with a version only by a version', () => {
    const archive = 'a 1\nDepends: v (>= 2)\n\np 1\nProvides: v\n\nq 1\nProvides: v (= 2.1)';
    expect(resolve(archive, ['a'])).toBe('a q');
    expect(
      resolve(
        'a 1\nDepends: v\n\nq 1\nProvides: v\nPriority: optional\n\np 1\nProvides: v\nPriority: important',
        ['a'],
      ),
    ).toBe('a p');
  });

  it('prefers a provider that is chosen already', () => {
    expect(
      resolve('a 1\nDepends: v, q\n\np 1\nProvides: v\nPriority: required\n\nq 1\nProvides: v', ['a']),
    ).toBe('a q');
  });

  it('honours architecture qualifiers', () => {
    const archive = 'a 1\nDepends: p:any, q:native, r:amd64\n\np 1\nMulti-Arch: allowed\n\nq 1\n\nr 1';
    expect(resolve(archive, ['a'])).toBe('a p q r');
    expect(() => resolve('a 1\nDepends: p:any\n\np 1', ['a'])).toThrow();
    expect(() => resolve('a 1\nDepends: p:armhf\n\np 1', ['a'])).toThrow();
  });

  it('leaves out what is excluded, unless it is asked for', () => {
    const archive =
      'a 1\nDepends: dpkg, b\n\nb 1\nDepends: debconf | debconf-2.0\n\ndpkg 1\nDepends: tar\n\ntar 1\n\ndebconf 1';
    expect(resolve(archive, ['a'], ['dpkg', 'debconf'])).toBe('a b');
    expect(resolve(archive, ['a', 'dpkg'], ['dpkg', 'debconf'])).toBe('a b dpkg tar');
  });

  it('takes another alternative where the first conflicts', () => {
    expect(resolve('a 1\nDepends: x | y, b\n\nb 1\nConflicts: x\n\nx 1\n\ny 1', ['a'])).toBe('a b y');
    expect(resolve('a 1\nDepends: x | y\n\nx 1\nDepends: z\n\ny 1\n\nz 1\nBreaks: a (<< 2)', ['a'])).toBe(
      'a y',
    );
  });

  it('takes the version that is asked for', () => {
    const index = indexPackages([listOf('a 1\n\na 2')], 'amd64');
    const [only] = resolvePackages(index, { packages: ['a=1'], exclude: [], architecture: 'amd64' });
    expect(only?.record.version).toBe('1');
  });

  it('ends on circular dependencies and a package that provides what it conflicts with', () => {
    expect(resolve('a 1\nDepends: b\n\nb 1\nDepends: a\nProvides: v\nConflicts: v', ['a'])).toBe('a b');
  });

  it('fails with a code of its own for what is unknown, missing or in conflict', async () => {
    const codes = await Promise.all([
      codeOf(() => resolve('a 1', ['b', 'c'])),
      codeOf(() => resolve('a 1', ['a=3'])),
      codeOf(() => resolve('a 1\nDepends: b\n\nb 1\nDepends: gone (>= 2)', ['a'])),
      codeOf(() => resolve('a 1\nDepends: b (>> 1)\n\nb 1', ['a'])),
      codeOf(() => resolve('a 1\nConflicts: b\n\nb 1', ['a', 'b'])),
    ]);
    expect(codes).toEqual([
      'PYC_DEBIAN_PACKAGE_UNKNOWN',
      'PYC_DEBIAN_PACKAGE_UNKNOWN',
      'PYC_DEBIAN_UNRESOLVABLE',
      'PYC_DEBIAN_UNRESOLVABLE',
      'PYC_DEBIAN_UNRESOLVABLE',
    ]);
  });

  it('says who needs a package', () => {
    const index = indexPackages(
      [listOf('a 1\nDepends: b\n\nb 1\nDepends: v | c\n\nc 1\n\nd 1\nProvides: v')],
      'amd64',
    );
    const chosen = resolvePackages(index, { packages: ['a', 'd'], exclude: [], architecture: 'amd64' });
    expect(chosen.map(({ record, requestedBy }) => [record.name, ...requestedBy])).toEqual([
      ['a'],
      ['b', 'a'],
      ['d', 'b'],
    ]);
  });
});
