/**
 * Turns the bytes of a requirements file into text as pip does: a byte order mark first, then a PEP 263 comment
 * in the first two lines, then UTF-8. The host's locale, pip's last resort, is not asked.
 */
import { LockMalformedError } from '../lock-error.ts';

type Decode = (bytes: Uint8Array) => string;

const utf8: Decode = (bytes) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
const utf16le: Decode = (bytes) =>
  new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true }).decode(bytes);
const utf16be: Decode = (bytes) =>
  new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true }).decode(bytes);
const utf32le: Decode = (bytes) => decodeUtf32(bytes, true);
const utf32be: Decode = (bytes) => decodeUtf32(bytes, false);

/** The mark of UTF-16 is a prefix of that of UTF-32, which must come first. */
const MARKS: readonly (readonly [mark: readonly number[], decode: Decode])[] = [
  [[0xef, 0xbb, 0xbf], utf8],
  [[0xff, 0xfe, 0, 0], utf32le],
  [[0, 0, 0xfe, 0xff], utf32be],
  [[0xff, 0xfe], utf16le],
  [[0xfe, 0xff], utf16be],
];

/** Python's names of codecs, without case and separators. All others go to the platform's decoder. */
const CODECS: Readonly<Record<string, Decode>> = {
  utf8,
  utf16le,
  utf16be,
  utf32le,
  utf32be,
  ascii: decodeAscii,
  usascii: decodeAscii,
  latin1: decodeLatin1,
  l1: decodeLatin1,
  iso88591: decodeLatin1,
  '88591': decodeLatin1,
};

/** @throws LockMalformedError for an unknown encoding, and for bytes that are not in it */
export function decodeRequirements(bytes: Uint8Array, file: string): string {
  for (const [mark, decode] of MARKS) {
    if (mark.every((byte, index) => bytes[index] === byte)) {
      return attempt(file, 'the encoding of its byte order mark', () => decode(bytes.subarray(mark.length)));
    }
  }
  const stated = statedEncoding(bytes);
  if (stated === undefined) return attempt(file, 'UTF-8', () => utf8(bytes));
  const decode = CODECS[stated.toLowerCase().replace(/[-_.]/g, '')];
  return attempt(file, `\`${stated}\``, () =>
    decode === undefined
      ? new TextDecoder(stated.replace(/_/g, '-').replace(/^cp(?=\d)/i, 'windows-'), { fatal: true }).decode(
          bytes,
        )
      : decode(bytes),
  );
}

function statedEncoding(bytes: Uint8Array): string | undefined {
  let start = 0;
  for (let line = 0; line < 2 && start < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    const text = decodeLatin1(bytes.subarray(start, end < 0 ? bytes.length : end));
    const encoding = text.startsWith('#') ? /coding[:=]\s*([-\w.]+)/.exec(text)?.[1] : undefined;
    if (encoding !== undefined) return encoding;
    if (end < 0) break;
    start = end + 1;
  }
  return undefined;
}

function attempt(file: string, encoding: string, decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw new LockMalformedError(file, '', `it cannot be read as ${encoding}`, {
      cause,
      hint: 'save it as UTF-8, or state its encoding in a first line such as `# -*- coding: latin-1 -*-`',
    });
  }
}

function decodeLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function decodeAscii(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte > 0x7f)) throw new RangeError('a byte is not ASCII');
  return decodeLatin1(bytes);
}

function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const characters: string[] = [];
  for (let at = 0; at < bytes.length; at += 4)
    characters.push(String.fromCodePoint(view.getUint32(at, littleEndian)));
  return characters.join('');
}
