import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeDeflater } from '../../../core/oci/layer/deflater.ts';
import { deflateFixed } from '../../../core/oci/layer/fixed-deflate.ts';
import { noise, prose } from '../temporary.ts';

describe('deflate data by the fixed codes', () => {
  it('inflates to what it was made of, in no more room than stated', () => {
    const runs = fc
      .array(fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 600 })), { maxLength: 12 })
      .map((parts) => Buffer.concat(parts.map(([byte, length]) => Buffer.alloc(length, byte))));
    fc.assert(
      fc.property(fc.oneof(runs, fc.uint8Array({ maxLength: 600 })), (bytes) => {
        const output = new Uint8Array(Math.ceil((bytes.length * 9) / 8) + 2);
        const size = deflateFixed(bytes, output);
        expect(size).toBeLessThanOrEqual(output.length);
        expect(inflateRawSync(output.subarray(0, size))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('says every length of a match', () => {
    const output = new Uint8Array(700);
    for (let length = 1; length < 600; length++) {
      const bytes = Buffer.alloc(length, 200);
      expect(inflateRawSync(output.subarray(0, deflateFixed(bytes, output)))).toEqual(bytes);
    }
  });
});

describe('the compressor of a layer', () => {
  const LONGEST = 256 * 1024;

  it('gives back what it was given, stores what does not compress, and forgets what came before', () => {
    const deflater = makeDeflater(LONGEST);
    const inputs = [
      prose(100),
      prose(40_000),
      noise(LONGEST),
      Buffer.alloc(LONGEST),
      new Uint8Array(),
      prose(LONGEST),
    ];
    const first = inputs.map((bytes) => Buffer.from(deflater.whole(bytes)));
    const again = [...inputs].reverse().map((bytes) => Buffer.from(deflater.whole(bytes)));
    expect(again.reverse()).toEqual(first);
    for (const [index, data] of first.entries()) {
      expect(inflateRawSync(data)).toEqual(Buffer.from(inputs[index]!));
      expect(data.length).toBeLessThanOrEqual(inputs[index]!.length + 64);
    }
    expect(first[1]!.length).toBeLessThan(inputs[1]!.length / 2);
  });

  it('makes one stream of pieces, the same wherever they are cut', () => {
    const bytes = Buffer.concat([prose(300_000), noise(200_000)]);
    const inPieces = (size: number): Buffer => {
      const deflater = makeDeflater(LONGEST);
      const made: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        made.push(Buffer.from(deflater.piece(piece, at + size >= bytes.length)));
      }
      return Buffer.concat(made);
    };
    const large = inPieces(LONGEST);
    expect(inflateRawSync(large)).toEqual(bytes);
    expect(inPieces(7777)).toEqual(large);
  });
});
