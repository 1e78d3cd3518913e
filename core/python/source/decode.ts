/**
 * From a Python file's bytes to its text, as the language reference's "Encoding declarations" (PEP 263)
 * say: byte order mark, coding comment, else UTF-8. Line ends become `\n`. Knows nothing of syntax.
 */
import { SourceError } from './source-error.ts';

/** Bytes of one source file: far above any written by hand, small enough to be read at once. */
export const MAX_SOURCE = 16 * 1024 * 1024;

const DECLARATION = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;

type Decoder = InstanceType<typeof TextDecoder>;

/** Encodings whose names Python and the Encoding Standard understand differently. */
const LATIN1 = new Set(['latin1', 'iso88591', 'l1', '8859', 'cp819']);
/** Some releases of Node decode it as Latin-1, so it is done here; `\ufffd` marks what it does not have. */
const CP1252 = new Set(['cp1252', 'windows1252', '1252']);
const CP1252_UPPER = '€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ';
const ASCII = new Set(['ascii', 'usascii', '646']);
const UTF8 = new Set(['utf8', 'utf8sig', 'u8', 'cp65001']);

/**
 * Decodes a source file.
 *
 * @param path only names the file in errors
 * @throws SourceError for bytes that are not of the declared encoding, an encoding that is not known, a
 * byte order mark that the declaration contradicts, NUL characters and files of more than {@link MAX_SOURCE}.
 */
export function decodeSource(path: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_SOURCE) throw new SourceError(path, 1, `it is larger than ${MAX_SOURCE} bytes`);
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const body = marked ? bytes.subarray(3) : bytes;
  const declared = declaredEncoding(body);
  if (marked && declared !== undefined && !UTF8.has(plainName(declared))) {
    throw new SourceError(path, 1, `its byte order mark says UTF-8, its declaration \`${declared}\``);
  }
  return normalizeText(path, decode(path, body, declared ?? 'utf-8'));
}

/**
 * Line ends become `\n`, as Python's universal newlines have it.
 *
 * @throws SourceError for NUL characters, which Python refuses too
 */
export function normalizeText(path: string, text: string): string {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  const nul = lines.indexOf('\0');
  if (nul !== -1) throw new SourceError(path, lineAt(lines, nul), 'it holds a NUL character');
  return lines;
}

/** The declaration stands in one of the first two lines; in the second only below a blank line or a comment. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = latin1(bytes.subarray(0, 2048)).split(/\r\n?|\n/, 2);
  for (const line of head) {
    const found = DECLARATION.exec(line);
    if (found !== null) return found[1];
    if (!/^[ \t\f]*(?:#.*)?$/.test(line)) return undefined;
  }
  return undefined;
}

function decode(path: string, bytes: Uint8Array, encoding: string): string {
  const name = plainName(encoding);
  if (LATIN1.has(name)) return latin1(bytes);
  if (CP1252.has(name)) return windows1252(path, bytes);
  if (ASCII.has(name)) {
    const wrong = bytes.findIndex((byte) => byte > 0x7f);
    if (wrong === -1) return latin1(bytes);
    throw new SourceError(path, lineOfByte(bytes, wrong), 'a byte is not ASCII, which the file declares');
  }
  const decoder = decoderFor(path, UTF8.has(name) ? 'utf-8' : encoding.replaceAll('_', '-'));
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new SourceError(
      path,
      firstUndecodable(decoder, bytes),
      `its bytes are not ${decoder.encoding}`,
      cause,
    );
  }
}

function windows1252(path: string, bytes: Uint8Array): string {
  const wrong = bytes.findIndex((byte) => CP1252_UPPER[byte - 0x80] === '\ufffd');
  if (wrong !== -1) throw new SourceError(path, lineOfByte(bytes, wrong), 'its bytes are not windows-1252');
  return latin1(bytes).replace(/[\x80-\x9f]/g, (character) => CP1252_UPPER[character.charCodeAt(0) - 0x80]!);
}

function decoderFor(path: string, label: string): Decoder {
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true });
  } catch (cause) {
    throw new SourceError(path, 1, `the encoding \`${label}\` is not known`, cause);
  }
}

/** The line of the first line that does not decode by itself; right for every encoding that keeps ASCII. */
function firstUndecodable(decoder: Decoder, bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end === -1 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(start, stop));
    } catch {
      return line;
    }
    start = stop + 1;
  }
  return 1;
}

function plainName(encoding: string): string {
  return encoding.toLowerCase().replace(/[-_.]/g, '');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function lineOfByte(bytes: Uint8Array, index: number): number {
  let line = 1;
  for (let at = 0; at < index; at += 1) if (bytes[at] === 0x0a) line += 1;
  return line;
}
