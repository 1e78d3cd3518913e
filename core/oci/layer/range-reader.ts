/**
 * Reads runs of bytes out of a few host files through a cache of blocks: a wheel's entries lie nearly in the
 * order in which a layer wants them, so that almost every read is answered from memory, and memory stays bounded.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
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
/** Files open at once: a project has more than a process may open, and a layer's parts have few that are read in turn. */
const OPEN = 128;

interface OpenFile {
  readonly descriptor: number;
  /** When it was opened: blocks need no more memory than that. */
  readonly size: number;
}

export interface RangeReader {
  /** The bytes; a view of the cache that the next call may not change. @throws LayerSourceError where the file ends early */
  read(range: FileRange): Uint8Array;
  /** Fills `into` without the cache: for what is larger than a block. */
  readInto(file: string, offset: number, into: Uint8Array): void;
  close(): void;
}

/** Opens files when they are first needed. */
export function openRanges(): RangeReader {
  const files = new Map<string, OpenFile>();
  const blocks = new Map<string, Uint8Array>();

  const opened = (file: string): OpenFile => {
    const known = files.get(file);
    if (known !== undefined) {
      files.delete(file);
      files.set(file, known);
      return known;
    }
    const [oldest] = files;
    if (oldest !== undefined && files.size >= OPEN) {
      files.delete(oldest[0]);
      closeSync(oldest[1].descriptor);
    }
    const descriptor = openSync(file, 'r');
    files.set(file, { descriptor, size: 0 });
    const found = { descriptor, size: fstatSync(descriptor).size };
    files.set(file, found);
    return found;
  };
  const fill = ({ descriptor }: OpenFile, offset: number, into: Uint8Array): number => {
    let done = 0;
    while (done < into.length) {
      const got = readSync(descriptor, into, done, into.length - done, offset + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  };
  const reading = <T>(file: string, work: (from: OpenFile) => T): T => {
    try {
      return work(opened(file));
    } catch (cause) {
      const isFull = /^E[MN]FILE$/.test((cause as NodeJS.ErrnoException).code ?? '');
      throw new LayerSourceError(`cannot read \`${visible(file)}\`: ${messageOf(cause)}`, {
        hint: isFull ? 'let the process open more files: `ulimit -n 4096`' : CHANGED,
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
      bytes = reading(file, (from) => {
        const size = Math.max(0, Math.min(BLOCK, from.size - index * BLOCK));
        const memory = Buffer.allocUnsafeSlow(size);
        return memory.subarray(0, fill(from, index * BLOCK, memory));
      });
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
      if (reading(file, (from) => fill(from, offset, into)) !== into.length) throw short(file);
    },
    close() {
      for (const { descriptor } of files.values()) closeSync(descriptor);
      files.clear();
      blocks.clear();
    },
  };
}
