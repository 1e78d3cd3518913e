import { describe, expect, it } from 'vitest';
import { jsonFaultOffset } from '../../core/config/json-fault.ts';

describe('jsonFaultOffset', () => {
  it('finds the first token that does not belong', () => {
    const table: [string, number][] = [
      ['{"a": x}', 6],
      ['{"a": 1,}', 8],
      ['{"a" 1}', 5],
      ['{a: 1}', 1],
      ["{'a': 1}", 1],
      ['[1, 2', 5],
      ['[1 2]', 3],
      ['', 0],
      ['{"a": "b}', 6],
      ['{} // no', 3],
      ['{"a": [1, {"b": 01}]}', 17],
    ];
    expect(table.map(([text]) => [text, jsonFaultOffset(text)])).toEqual(table);
  });
});
