/**
 * `ActionResult` of the Remote Execution API v2, as far as a text and a blob need it: the form that caches of Bazel
 * keep under `/ac/`, and by which they know the blobs that belong to an entry. Protocol Buffers are read and written
 * by hand, since four fields need no library.
 */

import { isDigest } from '../primitives/digest.ts';
import type { BlobInfo } from './store.ts';

/** What an entry says. */
export interface ActionResult {
  /** The text, where it is small. */
  readonly text?: Uint8Array;
  /** The blob that holds the text, where it is not. */
  readonly textBlob?: BlobInfo;
  /** The blob that the text is about. */
  readonly output?: BlobInfo;
}

/** Field numbers of `ActionResult`, `OutputFile` and `Digest`. */
const OUTPUT_FILES = 2;
const STDOUT_RAW = 5;
const STDOUT_DIGEST = 6;
const FILE_PATH = 1;
const FILE_DIGEST = 2;
const DIGEST_HASH = 1;
const DIGEST_SIZE = 2;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export function formatActionResult({ text, textBlob, output }: ActionResult): Uint8Array {
  const fields: Uint8Array[] = [];
  if (output !== undefined) {
    const path = bytesField(FILE_PATH, Buffer.from('blob'));
    fields.push(
      bytesField(OUTPUT_FILES, Buffer.concat([path, bytesField(FILE_DIGEST, digestMessage(output))])),
    );
  }
  if (text !== undefined) fields.push(bytesField(STDOUT_RAW, text));
  if (textBlob !== undefined) fields.push(bytesField(STDOUT_DIGEST, digestMessage(textBlob)));
  return Buffer.concat(fields);
}

/** Undefined for what is no such message. Fields that are not known are passed over. */
export function parseActionResult(bytes: Uint8Array): ActionResult | undefined {
  const fields = fieldsOf(bytes);
  if (fields === undefined) return undefined;
  const file = fields.get(OUTPUT_FILES);
  const inFile = file instanceof Uint8Array ? fieldsOf(file)?.get(FILE_DIGEST) : undefined;
  const text = fields.get(STDOUT_RAW);
  const textBlob = blobOf(fields.get(STDOUT_DIGEST));
  const output = blobOf(inFile);
  return {
    ...(text instanceof Uint8Array ? { text } : {}),
    ...(textBlob === undefined ? {} : { textBlob }),
    ...(output === undefined ? {} : { output }),
  };
}

function digestMessage({ digest, size }: BlobInfo): Uint8Array {
  return Buffer.concat([
    bytesField(DIGEST_HASH, Buffer.from(digest.slice('sha256:'.length))),
    varint((DIGEST_SIZE << 3) | VARINT),
    varint(size),
  ]);
}

function blobOf(value: Uint8Array | number | undefined): BlobInfo | undefined {
  const fields = value instanceof Uint8Array ? fieldsOf(value) : undefined;
  const hash = fields?.get(DIGEST_HASH);
  const size = fields?.get(DIGEST_SIZE) ?? 0;
  const digest = hash instanceof Uint8Array ? `sha256:${Buffer.from(hash).toString('latin1')}` : undefined;
  return isDigest(digest) && typeof size === 'number' ? { digest, size } : undefined;
}

function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | BYTES), varint(bytes.length), bytes]);
}

/** Base 128, the least significant group first. */
function varint(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) groups.push((rest % 128) | 0x80);
  return Uint8Array.from([...groups, rest]);
}

/** The last value of each field; undefined where the bytes are no message. */
function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array | number> | undefined {
  const fields = new Map<number, Uint8Array | number>();
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const group = bytes[at];
      if (group === undefined || factor > 2 ** 49) return Number.NaN;
      at += 1;
      value += (group & 0x7f) * factor;
      if (group < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = readVarint();
    const kind = tag % 8;
    const value = kind === VARINT || kind === BYTES ? readVarint() : 0;
    if (Number.isNaN(tag) || Number.isNaN(value)) return undefined;
    const length = kind === BYTES ? value : kind === FIXED64 ? 8 : kind === FIXED32 ? 4 : 0;
    const isKnown = kind === VARINT || length > 0 || kind === BYTES;
    if (!isKnown || length > bytes.length - at) return undefined;
    fields.set(Math.floor(tag / 8), kind === VARINT ? value : bytes.subarray(at, at + length));
    at += length;
  }
  return fields;
}
