import { describe, expect, it } from 'vitest';
import { parseExactToml, pythonJson } from '../../../core/python/lock/python-json.ts';

describe("Python's JSON of TOML values", () => {
  // What `json.dumps(tomllib.loads(text), sort_keys=True)` prints.
  it.each([
    ['b = 1\na = "x"', '{"a": "x", "b": 1}'],
    [
      'a = [1, 1.0, true, "ä€😀\\u007F/\\"\\\\"]',
      '{"a": [1, 1.0, true, "\\u00e4\\u20ac\\ud83d\\ude00\\u007f/\\"\\\\"]}',
    ],
    [
      'a = 1e16\nb = 1e15\nc = 1e-4\nd = 1e-5\ne = 1.5e300',
      '{"a": 1e+16, "b": 1000000000000000.0, "c": 0.0001, "d": 1e-05, "e": 1.5e+300}',
    ],
    [
      'a = -0.0\nb = inf\nc = -inf\nd = nan\ne = 0.1',
      '{"a": -0.0, "b": Infinity, "c": -Infinity, "d": NaN, "e": 0.1}',
    ],
    ['a = 9223372036854775807', '{"a": 9223372036854775807}'],
    ['"😀" = 1\n"\uFF5E" = 2\nB = 3\na = {}', '{"B": 3, "a": {}, "\\uff5e": 2, "\\ud83d\\ude00": 1}'],
    ['a = []\n[[b]]\nx = 1', '{"a": [], "b": [{"x": 1}]}'],
  ])('%s', (toml, json) => {
    expect(pythonJson(parseExactToml(toml))).toBe(json);
  });

  it('takes other separators', () => {
    expect(pythonJson({ a: [1n, null] }, { item: ',', key: ':' })).toBe('{"a":[1,null]}');
  });

  it('has no text for dates, on which Python raises', () => {
    expect(pythonJson(parseExactToml('a = [{ b = 2026-01-01 }]'))).toBeUndefined();
  });
});
