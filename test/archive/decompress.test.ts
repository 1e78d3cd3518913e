import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../core/archive/decompress.ts';
import { codeOf } from '../codes.ts';

const TEXT = 'hello hello hello hello';
const GZIP = gzipSync(TEXT);
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAWAAtdADQZSe6N6VYKteAAAACJQ9vqAzTk0AABJxeJgpB5H7bzfQEAAAAABFla',
  'base64',
);
const ZSTD = Buffer.from('KLUv/QRYZQAAMGhlbGxvIAEAmUsRF16uDQ==', 'base64');
const BZIP2 = Buffer.from('QlpoOTFBWSZTWRkxZT0AAACBAAJEoAAhmmgzTQczi7kinChIDJiynoA=', 'base64');

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpack(bytes: Uint8Array, over: object = {}, size = 5): Promise<string> {
  const parts: Uint8Array[] = [];
  const options = { what: 'the sample', limit: 1000, ...over };
  for await (const part of decompress(chunks(bytes, size), options)) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('decompress', () => {
  it('goes by the first bytes, whatever the chunks', async () => {
    const samples = { gzip: GZIP, xz: XZ, zstd: ZSTD, none: Buffer.from(TEXT) };
    for (const [compression, bytes] of Object.entries(samples)) {
      for (const size of [1, 7, 4096])
        expect([compression, await unpack(bytes, {}, size)]).toEqual([compression, TEXT]);
      expect(await unpack(bytes, { compression })).toBe(TEXT);
    }
    expect(await unpack(Buffer.alloc(0))).toBe('');
  });

  it('reads all members of gzip and all frames of zstd', async () => {
    expect(await unpack(Buffer.concat([GZIP, gzipSync('!'), gzipSync('')]))).toBe(`${TEXT}!`);
    expect(await unpack(Buffer.concat([ZSTD, ZSTD]))).toBe(TEXT + TEXT);
  });

  it('refuses what is cut off, damaged or followed by something else', async () => {
    const answers: [string, unknown][] = [];
    for (const [name, bytes] of Object.entries({ gzip: GZIP, xz: XZ, zstd: ZSTD })) {
      answers.push([`${name} cut`, await codeOf(() => unpack(bytes.subarray(0, -6)))]);
      answers.push([`${name} cut early`, await codeOf(() => unpack(bytes.subarray(0, 12)))]);
    }
    const damaged = Buffer.from(GZIP).fill(0x55, 14, 18);
    answers.push(['gzip damaged', await codeOf(() => unpack(damaged))]);
    answers.push([
      'gzip followed',
      await codeOf(() => unpack(Buffer.concat([GZIP, Buffer.from('junk, junk')]))),
    ]);
    answers.push([
      'gzip followed by zeros',
      await codeOf(() => unpack(Buffer.concat([GZIP, Buffer.alloc(20)]))),
    ]);
    expect(answers.filter(([, code]) => code !== 'PYC_COMPRESSION_INVALID')).toEqual([]);
  });

  it('refuses another compression than the one demanded, and those that it does not have', async () => {
    expect(await codeOf(() => unpack(GZIP, { compression: 'none' }))).toBe('PYC_COMPRESSION_INVALID');
    expect(await codeOf(() => unpack(Buffer.from(TEXT), { compression: 'gzip' }))).toBe(
      'PYC_COMPRESSION_INVALID',
    );
    expect(await codeOf(() => unpack(BZIP2))).toBe('PYC_COMPRESSION_UNSUPPORTED');
  });

  it('stops bombs at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    expect(await codeOf(() => unpack(bomb, {}, 4096))).toBe('PYC_INPUT_TOO_LARGE');
    expect(await codeOf(() => unpack(XZ, { limit: 5 }))).toBe('PYC_INPUT_TOO_LARGE');
    expect(await codeOf(() => unpack(ZSTD, { limit: 5 }))).toBe('PYC_INPUT_TOO_LARGE');
  });

  it('passes on failures of its source as they are', async () => {
    const failing = async function* () {
      yield GZIP.subarray(0, 12);
      throw new RangeError('mine');
    };
    const reading = async () => {
      for await (const _ of decompress(failing(), { what: 'the sample', limit: 1000 }));
    };
    await expect(reading()).rejects.toThrow('mine');
  });
});
