import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecord, parseRecord, type RecordRow } from '../../core/python/record.ts';
import { codeOf } from './conformance.ts';

const HASH = { algorithm: 'sha256', value: 'A'.repeat(43) } as const;

describe('RECORD', () => {
  it('is read with quotes, either line end, and folders', () => {
    const text = `a.py,sha256=${HASH.value},1\r\n"b,""c"".py",,\nfolder/,,\n\nlast.py,,7`;
    expect(parseRecord(text)).toEqual([
      { path: 'a.py', hash: HASH, size: 1 },
      { path: 'b,"c".py', hash: undefined, size: undefined },
      { path: 'folder/', hash: undefined, size: undefined },
      { path: 'last.py', hash: undefined, size: 7 },
    ]);
    expect(parseRecord('')).toEqual([]);
  });

  it('is refused with every fault', () => {
    const bad = `a\nb,c\n,,\nd,md5=abc,1\ne,sha256=${'A'.repeat(42)},1\nf,sha256=${'='.repeat(43)},1\ng,,x\nh,constructor=x,1\n`;
    expect(codeOf(() => parseRecord(bad))).toBe('PYC_WHEEL_RECORD_INVALID');
    expect(() => parseRecord(bad)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ length: 8 }) }),
    );
    for (const text of ['"a,,', '"a"b,,', 'a"b",,', '"a""'])
      expect([text, codeOf(() => parseRecord(text))]).toEqual([text, 'PYC_WHEEL_RECORD_INVALID']);
  });

  it('reads back what it writes, sorted', () => {
    const path = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/^[\r\n]+$/.test(text));
    const row = fc.record<RecordRow>({
      path,
      hash: fc.constantFrom(HASH, undefined),
      size: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(row, { selector: (each) => each.path }), (rows) => {
        const sorted = [...rows].sort((a, b) => (a.path < b.path ? -1 : 1));
        expect(parseRecord(formatRecord(rows))).toEqual(sorted);
      }),
      { numRuns: 200 },
    );
  });

  it('never fails with anything but its own error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '=', '1', ' ') }), (text) => {
        expect(['PYC_WHEEL_RECORD_INVALID', undefined]).toContain(codeOf(() => parseRecord(text)));
      }),
      { numRuns: 500 },
    );
  });
});
