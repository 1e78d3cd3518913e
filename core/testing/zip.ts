/**
 * Writes zip archives for tests, honest ones and hostile ones: every field of an entry's two headers and of the
 * end can be given a value of its own. Nothing else in the program writes with it.
 */
import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../runtime/crc32.ts';

/** Fields that a local header and a central one share. */
export interface ZipFields {
  readonly name: string | Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly extra: Uint8Array;
}

/** An entry; only name and content are needed for an honest one. */
export interface ZipRecipe {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** 8 (deflated) where not given. */
  readonly method?: 0 | 8;
  /** The Unix mode with its type; 0o100644 where not given. */
  readonly mode?: number;
  /** The content as it lies in the archive, in place of the compressed content. */
  readonly raw?: Uint8Array;
  /** Sizes and CRC behind the content: honestly (with a signature, without one, as ZIP64), or these bytes. */
  readonly descriptor?: 'signed' | 'unsigned' | 'wide' | Uint8Array;
  /** Values that the header before the content has instead of the true ones. */
  readonly local?: Partial<ZipFields>;
  /** Values that the central directory has instead of the true ones. */
  readonly central?: Partial<ZipFields> & { readonly offset?: number };
  /** Leaves the entry out of the central directory. */
  readonly unlisted?: boolean;
  /** Bytes put before its local header. */
  readonly before?: Uint8Array;
}

/** What surrounds the entries. */
export interface ZipOptions {
  readonly before?: Uint8Array;
  readonly after?: Uint8Array;
  readonly comment?: Uint8Array;
  /** Adds ZIP64's records; the old record then has all ones. */
  readonly zip64?: boolean | { readonly locatorOffset?: number; readonly entries?: number };
  /** Values of the end of central directory instead of the true ones. */
  readonly end?: {
    readonly entries?: number;
    readonly disk?: number;
    readonly size?: number;
    readonly offset?: number;
  };
}

const HAS_DESCRIPTOR = 0x0008;
const UTF_8_NAME = 0x0800;
/** 1980-01-01, midnight. */
const DOS_DATE = 0x0021;
const NONE = new Uint8Array(0);

/** The archive's bytes. */
export function makeZip(recipes: readonly ZipRecipe[], options: ZipOptions = {}): Buffer {
  const parts: Uint8Array[] = [options.before ?? NONE];
  const central: Uint8Array[] = [];
  let at = parts[0]!.length;
  for (const recipe of recipes) {
    const made = makeEntry(recipe);
    at += recipe.before?.length ?? 0;
    if (recipe.unlisted !== true)
      central.push(centralHeader(recipe, made.fields, recipe.central?.offset ?? at));
    parts.push(recipe.before ?? NONE, ...made.bytes);
    at += made.bytes.reduce((total, part) => total + part.length, 0);
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([
    ...parts,
    directory,
    endOf(central.length, directory.length, at, options),
    options.after ?? NONE,
  ]);
}

function makeEntry(recipe: ZipRecipe): { readonly fields: ZipFields; readonly bytes: readonly Uint8Array[] } {
  const content = Buffer.from((recipe.content ?? '') as string);
  const method = recipe.method ?? 8;
  const raw = recipe.raw ?? (method === 8 ? deflateRawSync(content) : content);
  const name = Buffer.from(recipe.name);
  const flags =
    (recipe.descriptor === undefined ? 0 : HAS_DESCRIPTOR) |
    (name.length === recipe.name.length ? 0 : UTF_8_NAME);
  const fields: ZipFields = {
    name,
    flags,
    method,
    crc32: crc32(content),
    compressedSize: raw.length,
    size: content.length,
    extra: NONE,
  };
  const postponed = recipe.descriptor === undefined ? {} : { crc32: 0, compressedSize: 0, size: 0 };
  const local = headerFields({ ...fields, ...postponed, ...recipe.local });
  const head = Buffer.alloc(4);
  head.writeUInt32LE(0x04034b50);
  return { fields, bytes: [head, ...local, raw, descriptorOf(recipe.descriptor, fields)] };
}

/** From "version needed" to the extra field: the same in both headers but for what stands between. */
function headerFields(fields: ZipFields, between: Uint8Array = NONE): Uint8Array[] {
  const name = Buffer.from(fields.name as string);
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(20, 0);
  bytes.writeUInt16LE(fields.flags, 2);
  bytes.writeUInt16LE(fields.method, 4);
  bytes.writeUInt16LE(DOS_DATE, 8);
  bytes.writeUInt32LE(fields.crc32, 10);
  bytes.writeUInt32LE(fields.compressedSize, 14);
  bytes.writeUInt32LE(fields.size, 18);
  bytes.writeUInt16LE(name.length, 22);
  bytes.writeUInt16LE(fields.extra.length, 24);
  return [bytes, between, name, fields.extra];
}

function centralHeader(recipe: ZipRecipe, fields: ZipFields, offset: number): Uint8Array {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(0x0314, 4);
  const between = Buffer.alloc(14);
  between.writeUInt32LE((recipe.mode ?? 0o100644) * 0x10000, 6);
  between.writeUInt32LE(offset, 10);
  return Buffer.concat([head, ...headerFields({ ...fields, ...recipe.central }, between)]);
}

function descriptorOf(kind: ZipRecipe['descriptor'], fields: ZipFields): Uint8Array {
  if (kind === undefined) return NONE;
  if (kind instanceof Uint8Array) return kind;
  const bytes = Buffer.alloc(kind === 'wide' ? 24 : 16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(fields.crc32, 4);
  if (kind === 'wide') {
    bytes.writeBigUInt64LE(BigInt(fields.compressedSize), 8);
    bytes.writeBigUInt64LE(BigInt(fields.size), 16);
  } else {
    bytes.writeUInt32LE(fields.compressedSize, 8);
    bytes.writeUInt32LE(fields.size, 12);
  }
  return kind === 'unsigned' ? bytes.subarray(4) : bytes;
}

function endOf(entries: number, size: number, offset: number, options: ZipOptions): Uint8Array {
  const { end = {}, zip64, comment = NONE } = options;
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(0x06054b50, 0);
  bytes.writeUInt16LE(end.disk ?? 0, 4);
  for (const at of [8, 10]) bytes.writeUInt16LE(end.entries ?? (zip64 ? 0xffff : entries), at);
  bytes.writeUInt32LE(end.size ?? (zip64 ? 0xffffffff : size), 12);
  bytes.writeUInt32LE(end.offset ?? (zip64 ? 0xffffffff : offset), 16);
  bytes.writeUInt16LE(comment.length, 20);
  if (!zip64) return Buffer.concat([bytes, comment]);
  const over = zip64 === true ? {} : zip64;
  const wide = Buffer.alloc(56 + 20);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) wide.writeBigUInt64LE(BigInt(over.entries ?? entries), at);
  wide.writeBigUInt64LE(BigInt(size), 40);
  wide.writeBigUInt64LE(BigInt(offset), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(over.locatorOffset ?? offset + size), 64);
  wide.writeUInt32LE(1, 72);
  return Buffer.concat([wide, bytes, comment]);
}
