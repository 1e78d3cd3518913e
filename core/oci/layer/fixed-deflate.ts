/**
 * Raw deflate data by the fixed codes (RFC 1951, section 3.2.6), with repeated bytes as its only matches: made for a
 * lone tar header, which is a name, digits and zeros. General data is `deflater`'s.
 */

/** The code of each literal and length symbol, its bits reversed, since deflate sends codes from their highest bit. */
const CODES = new Uint16Array(288);
const CODE_SIZES = new Uint8Array(288);
/** The symbol of each match length, and what follows it. */
const LENGTH_SYMBOLS = new Uint16Array(259);
const LENGTH_EXTRA = new Uint8Array(259);
const LENGTH_EXTRA_SIZES = new Uint8Array(259);
const END_OF_BLOCK = 256;
const MIN_MATCH = 3;
const MAX_MATCH = 258;

fillCodes();
fillLengths();

/** Writes one final block to `output` and returns its size: at most nine bits a byte, and two bytes for its ends. */
export function deflateFixed(bytes: Uint8Array, output: Uint8Array): number {
  let bits = 0b011;
  let filled = 3;
  let at = 0;
  const put = (value: number, size: number): void => {
    bits |= value << filled;
    filled += size;
    while (filled >= 8) {
      output[at++] = bits & 255;
      bits >>>= 8;
      filled -= 8;
    }
  };
  for (let index = 0; index < bytes.length; ) {
    const byte = bytes[index]!;
    put(CODES[byte]!, CODE_SIZES[byte]!);
    index += 1;
    let end = index;
    while (end < bytes.length && bytes[end] === byte) end += 1;
    while (end - index >= MIN_MATCH) {
      const length = Math.min(end - index, MAX_MATCH);
      const symbol = LENGTH_SYMBOLS[length]!;
      put(CODES[symbol]!, CODE_SIZES[symbol]!);
      // The distance 1 is five zero bits, after what the length's symbol leaves open.
      put(LENGTH_EXTRA[length]!, LENGTH_EXTRA_SIZES[length]! + 5);
      index += length;
    }
  }
  put(CODES[END_OF_BLOCK]!, CODE_SIZES[END_OF_BLOCK]!);
  if (filled > 0) output[at++] = bits & 255;
  return at;
}

function fillCodes(): void {
  for (let symbol = 0; symbol < CODES.length; symbol++) {
    const [code, size] =
      symbol < 144
        ? [0b00110000 + symbol, 8]
        : symbol < 256
          ? [0b110010000 + symbol - 144, 9]
          : symbol < 280
            ? [symbol - 256, 7]
            : [0b11000000 + symbol - 280, 8];
    let reversed = 0;
    for (let bit = 0; bit < size!; bit++) reversed |= ((code! >>> bit) & 1) << (size! - 1 - bit);
    CODES[symbol] = reversed;
    CODE_SIZES[symbol] = size!;
  }
}

/** Section 3.2.5: symbols 257 to 264 are the lengths 3 to 10, then four a power of two, and 285 is 258 alone. */
function fillLengths(): void {
  let length = MIN_MATCH;
  for (let symbol = 257; symbol < 285; symbol++) {
    const extraSize = symbol < 265 ? 0 : (symbol - 261) >>> 2;
    for (let extra = 0; extra < 1 << extraSize; extra++, length++) {
      LENGTH_SYMBOLS[length] = symbol;
      LENGTH_EXTRA[length] = extra;
      LENGTH_EXTRA_SIZES[length] = extraSize;
    }
  }
  LENGTH_SYMBOLS[MAX_MATCH] = 285;
  LENGTH_EXTRA[MAX_MATCH] = 0;
  LENGTH_EXTRA_SIZES[MAX_MATCH] = 0;
}
