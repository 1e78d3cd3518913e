import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../core/primitives/nearest.ts';

describe('nearest', () => {
  it('finds the word that was meant', () => {
    const known = ['platforms', 'plugins', 'ports', 'stopSignal', 'entrypoint', 'cmd', 'env'];
    const cases = {
      platform: 'platforms',
      plugin: 'plugins',
      port: 'ports',
      stop_signal: 'stopSignal',
      entrypiont: 'entrypoint',
      evn: 'env',
      CMD: 'cmd',
    };
    for (const [word, meant] of Object.entries(cases))
      expect([word, nearest(word, known)]).toEqual([word, meant]);
  });

  it('suggests nothing where nothing is near', () => {
    expect(nearest('volumes', ['platforms', 'env', 'cmd'])).toBeUndefined();
    expect(nearest('x', ['y', 'zz'])).toBeUndefined();
    expect(nearest('anything', [])).toBeUndefined();
  });
});

describe('editDistance', () => {
  it('counts insertions, deletions, substitutions and swaps of neighbours', () => {
    const table: [string, string, number][] = [
      ['', '', 0],
      ['', 'abc', 3],
      ['abc', '', 3],
      ['abc', 'abc', 0],
      ['abc', 'acb', 1],
      ['kitten', 'sitting', 3],
      ['ca', 'abc', 3],
    ];
    for (const [a, b, distance] of table) expect([a, b, editDistance(a, b)]).toEqual([a, b, distance]);
  });
});
