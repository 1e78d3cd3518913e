import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMIT, storeDirectory, storeLimit } from '../../core/store/location.ts';

describe('the place of the store', () => {
  it('is PYC_CACHE_DIR, else the XDG cache, else the home’s', () => {
    const home = { HOME: '/home/me' };
    expect(storeDirectory({ ...home, PYC_CACHE_DIR: '/c', XDG_CACHE_HOME: '/x' }, '/w')).toBe('/c');
    expect(storeDirectory({ ...home, PYC_CACHE_DIR: 'rel' }, '/w')).toBe('/w/rel');
    expect(storeDirectory({ ...home, XDG_CACHE_HOME: '/x' }, '/w')).toBe('/x/pycontainer');
    expect(storeDirectory({ ...home, XDG_CACHE_HOME: 'relative' }, '/w')).toBe('/home/me/.cache/pycontainer');
    expect(storeDirectory({ ...home, PYC_CACHE_DIR: '' }, '/w')).toBe('/home/me/.cache/pycontainer');
    expect(storeDirectory({}, '/w')).toMatch(/\.cache\/pycontainer$/);
  });
});

describe('the size of the store', () => {
  it('is bytes, or a number with a unit', () => {
    const table: [string | undefined, number][] = [
      [undefined, DEFAULT_LIMIT],
      [' ', DEFAULT_LIMIT],
      ['0', 0],
      ['123', 123],
      ['5kB', 5000],
      ['1.5 GB', 1.5e9],
      ['2GiB', 2 * 1024 ** 3],
      ['20g', 20e9],
      ['1TB', 1e12],
    ];
    expect(table.filter(([text, size]) => storeLimit({ PYC_CACHE_SIZE: text }) !== size)).toEqual([]);
  });

  it('refuses everything else', () => {
    for (const text of ['-1', 'lots', '5 pounds', '1e9', '0x10']) {
      expect(() => storeLimit({ PYC_CACHE_SIZE: text })).toThrow(
        expect.objectContaining({ code: 'PYC_STORE_LIMIT_INVALID', exitCode: 2 }),
      );
    }
  });
});
