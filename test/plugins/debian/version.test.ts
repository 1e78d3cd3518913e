import { describe, expect, it } from 'vitest';
import { compareDebianVersions, isDebianVersion } from '../../../plugins/debian/version.ts';

/** Oldest first; every pair was checked against `dpkg --compare-versions`. */
const ORDERED = [
  '~~',
  '~~a',
  '~',
  '0~rc1',
  '0',
  '0a',
  '0+b1',
  '0.0~~',
  '0.0',
  '1.0~beta1~svn1245',
  '1.0~beta1',
  '1.0',
  '1.0-1~bpo1',
  '1.0-1',
  '1.0-1+b1',
  '1.0-1.1',
  '1.0-2',
  '1.0a-1',
  '1.0+dfsg-1',
  '1.0.1',
  '1.2.13.dfsg-1',
  '1.9',
  '1.10',
  '2.36-9+deb12u13',
  '2.36-9+deb12u14',
  '20250419~deb12u2',
  '20250419',
  '0:20250420',
  '1:0.1',
  '1:1.0-1',
  '2:0~',
];

const EQUAL: readonly (readonly [string, string])[] = [
  ['1.0', '1.0-0'],
  ['0:1.0', '1.0'],
  ['1.01', '1.1'],
  ['1.0-00', '1.0-0'],
];

describe('Debian versions', () => {
  it('sort as dpkg sorts them', () => {
    const wrong: string[] = [];
    for (const [i, a] of ORDERED.entries()) {
      for (const [j, b] of ORDERED.entries()) {
        if (Math.sign(compareDebianVersions(a, b)) !== Math.sign(i - j)) wrong.push(`${a} ${b}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('are equal where only zeros differ', () => {
    expect(EQUAL.map(([a, b]) => compareDebianVersions(a, b))).toEqual(EQUAL.map(() => 0));
  });

  it('are refused where they hold what could not be a file name', () => {
    expect(['1.0/..', '', '1 0', 'a'.repeat(300)].map(isDebianVersion)).toEqual([false, false, false, false]);
  });
});
