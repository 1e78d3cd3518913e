/**
 * Extra fields of zip headers (APPNOTE 4.5): ZIP64 sizes, and the fields that could make two readers see two
 * names. All others, such as times and owners, are passed over.
 */
import { crc32 } from '../../runtime/crc32.ts';
import { safeUInt64 } from './end-of-directory.ts';
import { quoted, ZipError, ZipUnsupportedError } from './errors.ts';

const ZIP64 = 0x0001;
const UNICODE_PATH = 0x7075;
const AES = 0x9901;
const STRONG_ENCRYPTION = 0x0017;
const SATURATED = 0xffffffff;

/** The fields of a header that ZIP64 replaces where they are all ones. */
export interface Sizes {
  readonly size: number;
  readonly compressedSize: number;
  /** Of the local header; absent in local headers. */
  readonly offset?: number;
}

/**
 * Checks a header's extra fields and completes its sizes.
 *
 * @param name the entry's name and its bytes, which a Unicode path field must repeat
 * @throws ZipError for fields that overrun, appear twice or contradict the header
 */
export function applyExtraFields<T extends Sizes>(
  extra: Buffer,
  stated: T,
  name: string,
  nameBytes: Buffer,
): T {
  let sizes = stated;
  let seen64 = false;
  for (let at = 0; at < extra.length; ) {
    // Some writers pad the last field's place with fewer bytes than a field's head has: zeros only.
    if (extra.length - at < 4) {
      if (extra.subarray(at).some((byte) => byte !== 0)) throw overrun(name);
      break;
    }
    const id = extra.readUInt16LE(at);
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) throw overrun(name);
    const data = extra.subarray(at + 4, end);
    if (id === ZIP64) {
      if (seen64) throw new ZipError(`the entry ${quoted(name)} has two ZIP64 fields`);
      seen64 = true;
      sizes = applyZip64(data, stated, name);
    } else if (id === UNICODE_PATH) checkUnicodePath(data, name, nameBytes);
    else if (id === AES || id === STRONG_ENCRYPTION) {
      throw new ZipUnsupportedError(`the entry ${quoted(name)} is encrypted`);
    }
    at = end;
  }
  const unresolved =
    sizes.size === SATURATED || sizes.compressedSize === SATURATED || sizes.offset === SATURATED;
  if (unresolved && !seen64) throw new ZipError(`the entry ${quoted(name)} lacks its ZIP64 sizes`);
  return sizes;
}

/**
 * Values come in a fixed order. Either just those whose header field is all ones are there, or both sizes are
 * (as local headers must have it) and repeat what the header says.
 */
function applyZip64<T extends Sizes>(data: Buffer, stated: T, name: string): T {
  const keys = (['size', 'compressedSize', 'offset'] as const).filter((key) => stated[key] !== undefined);
  const wanted = keys.filter((key) => stated[key] === SATURATED);
  const listed = data.length === wanted.length * 8 ? wanted : keys.slice(0, Math.ceil(data.length / 8));
  const found: { size?: number; compressedSize?: number; offset?: number } = {};
  for (const [index, key] of listed.entries()) {
    if (data.length < index * 8 + 8) throw overrun(name);
    const value = safeUInt64(data, index * 8);
    if (stated[key] !== SATURATED && stated[key] !== value) {
      throw new ZipError(`the ZIP64 field of the entry ${quoted(name)} contradicts its header`);
    }
    found[key] = value;
  }
  if (listed.length * 8 !== data.length || wanted.some((key) => !listed.includes(key))) {
    throw new ZipError(`the ZIP64 field of the entry ${quoted(name)} does not have the size it should`);
  }
  return { ...stated, ...found };
}

function checkUnicodePath(data: Buffer, name: string, nameBytes: Buffer): void {
  const same =
    data.length >= 5 &&
    data[0] === 1 &&
    data.readUInt32LE(1) === crc32(nameBytes) &&
    data.subarray(5).equals(Buffer.from(name));
  if (!same) throw new ZipError(`the entry ${quoted(name)} has another name in its Unicode path field`);
}

function overrun(name: string): ZipError {
  return new ZipError(`the extra fields of the entry ${quoted(name)} are malformed`);
}
