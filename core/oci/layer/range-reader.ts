/**
 * Reads runs of bytes out of a few host files through a cache of blocks: a wheel's entries lie nearly in the
 * order in which a layer wants them, so that almost every read is answered from memory, and memory stays bounded.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, PycError } from '../../primitives/errors.ts';
import type { FileRange } from '../../primitives/file-tree.ts';
import { visible } from '../../primitives/path.ts';

/**
 * A file that a layer is made from, a wheel in the store or a source of the project, vanished or shrank while the
 * layer was written. Build again when nothing else changes it.
 */
export class LayerSourceError extends PycError {
  readonly code = 'PYC_LAYER_SOURCE_UNREADABLE';
}

const CHANGED = 'build again; the file was changed or removed while it was read';

/** Small enough that a far jump costs little, large enough that a system call is not felt. */
const BLOCK = 256 * 1024;
/** 16 MiB: most wheels whole. */
const CAPACITY = 64;

export interface RangeReader {
  /** The bytes; a view of the cache that the next call may not change. @throws LayerSourceError where the file ends early */
  read(range: FileRange): Uint8Array;
  /** Fills `into` without the cache: for what is larger than a block. */
  readInto(file: string, offset: number, into: Uint8Array): void;
  close(): void;
}

/** Opens files when they are first needed. */
export function openRanges(): RangeReader {
  const descriptors = new Map<string, number>();
  const blocks = new Map<string, Uint8Array>();

  const fill = (file: string, offset: number, into: Uint8Array): number => {
    try {
      let descriptor = descriptors.get(file);
      if (descriptor === undefined) {
        descriptor = openSync(file, 'r');
        descriptors.set(file, descriptor);
      }
      let done = 0;
      while (done < into.length) {
        const got = readSync(descriptor, into, done, into.length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    } catch (cause) {
      throw new LayerSourceError(`cannot read \`${visible(file)}\`: ${messageOf(cause)}`, {
        hint: CHANGED,
        cause,
      });
    }
  };
  const short = (file: string): LayerSourceError =>
    new LayerSourceError(`\`${visible(file)}\` ends before the content that it should hold`, {
      hint: CHANGED,
    });
  const block = (file: string, index: number): Uint8Array => {
    const key = `${index}:${file}`;
    let bytes = blocks.get(key);
    if (bytes === undefined) {
      const memory = Buffer.allocUnsafeSlow(BLOCK);
      bytes = memory.subarray(0, fill(file, index * BLOCK, memory));
      if (blocks.size >= CAPACITY) blocks.delete(blocks.keys().next().value!);
    } else {
      blocks.delete(key);
    }
    blocks.set(key, bytes);
    return bytes;
  };

  return {
    read({ file, offset, size }) {
      const first = Math.floor(offset / BLOCK);
      const start = offset - first * BLOCK;
      if (start + size <= BLOCK) {
        const found = block(file, first).subarray(start, start + size);
        if (found.length !== size) throw short(file);
        return found;
      }
      const bytes = Buffer.allocUnsafeSlow(size);
      let done = 0;
      for (let index = first; done < size; index++) {
        const from = index === first ? start : 0;
        const piece = block(file, index).subarray(from, from + size - done);
        if (piece.length === 0) throw short(file);
        bytes.set(piece, done);
        done += piece.length;
      }
      return bytes;
    },
    readInto(file, offset, into) {
      if (fill(file, offset, into) !== into.length) throw short(file);
    },
    close() {
      for (const descriptor of descriptors.values()) closeSync(descriptor);
      descriptors.clear();
      blocks.clear();
    },
  };
}
