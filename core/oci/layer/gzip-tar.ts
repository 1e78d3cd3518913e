/**
 * A tar that is compressed while it is written: plain bytes gather in runs, and each run becomes a gzip member;
 * a wheel's own deflate data becomes a member as it is (RFC 1952, section 2.2: a file is a series of members).
 * Hashes the tar (the diffID); knows nothing of entries.
 */
import { createHash } from 'node:crypto';
import { type Digest, digestFromHex } from '../../primitives/digest.ts';
import { crc32 } from '../../runtime/crc32.ts';
import type { BlobFile } from './blob-file.ts';
import { type Deflater, makeDeflater } from './deflater.ts';

/** How the blob is cut: wheels' own deflate data as members, or everything recompressed in one. */
export type MemberStyle = 'spliced' | 'single';

/** Runs are cut here, counted in bytes of the tar and never by how they arrived, so that the cuts are always the same. */
const RUN = 256 * 1024;

/** No name, no time, no operating system: ten bytes that are the same everywhere. */
const MEMBER_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

export interface GzipTar {
  /** Plain bytes of the tar, which are copied. */
  add(bytes: Uint8Array): void;
  /** Bytes of the tar together with their raw deflate form, whose CRC-32 was checked. */
  splice(content: Uint8Array, deflated: Uint8Array, crc: number): void;
  /** The same, piece by piece; `end` checks nothing. */
  beginSplice(): Splice;
  /** Ends the stream. */
  finish(): { readonly diffId: Digest; readonly tarSize: number };
}

export interface Splice {
  content(bytes: Uint8Array): void;
  deflated(bytes: Uint8Array): void;
  end(crc: number): void;
}

export function openGzipTar(blob: BlobFile, style: MemberStyle): GzipTar {
  const hash = createHash('sha256');
  const runs = style === 'single' ? singleMember(blob) : separateMembers(blob);
  const buffer = Buffer.allocUnsafeSlow(RUN);
  let filled = 0;
  let tarSize = 0;

  const flush = (last: boolean): void => {
    if (filled === 0 && !last) return;
    const run = buffer.subarray(0, filled);
    hash.update(run);
    tarSize += filled;
    filled = 0;
    runs.write(run, last);
  };
  const add = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length; ) {
      const piece = bytes.subarray(from, from + RUN - filled);
      buffer.set(piece, filled);
      filled += piece.length;
      from += piece.length;
      if (filled === RUN) flush(false);
    }
  };
  const beginSplice = (): Splice => {
    flush(false);
    let size = 0;
    blob.write(MEMBER_HEADER);
    return {
      content(bytes) {
        hash.update(bytes);
        size += bytes.length;
      },
      deflated: blob.write,
      end(crc) {
        tarSize += size;
        blob.write(memberTrailer(crc, size));
      },
    };
  };

  return {
    add,
    beginSplice,
    splice(content, deflated, crc) {
      const member = beginSplice();
      member.content(content);
      member.deflated(deflated);
      member.end(crc);
    },
    finish() {
      flush(true);
      return { diffId: digestFromHex(hash.digest('hex')), tarSize };
    },
  };
}

interface Runs {
  write(run: Uint8Array, last: boolean): void;
}

function separateMembers(blob: BlobFile): Runs {
  const deflater = makeDeflater(RUN);
  return {
    write(run, last) {
      if (last && run.length === 0) return;
      blob.write(MEMBER_HEADER);
      blob.write(deflater.whole(run));
      blob.write(memberTrailer(crc32(run), run.length));
    },
  };
}

function singleMember(blob: BlobFile): Runs {
  const deflater: Deflater = makeDeflater(RUN);
  let crc = 0;
  let size = 0;
  blob.write(MEMBER_HEADER);
  return {
    write(run, last) {
      blob.write(deflater.piece(run, last));
      crc = crc32(run, crc);
      size += run.length;
      if (last) blob.write(memberTrailer(crc, size));
    },
  };
}

/** CRC-32 and the size modulo 2^32, both little-endian. */
function memberTrailer(crc: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc >>> 0, 0);
  bytes.writeUInt32LE(size % 2 ** 32, 4);
  return bytes;
}
