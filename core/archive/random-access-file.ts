/**
 * Positional reads of a file of the host. Reads are synchronous on purpose: an archive's directory is
 * thousands of reads of some bytes each, and a trip through the thread pool costs ten times the read itself.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf, PycError } from '../primitives/errors.ts';

/**
 * An archive on this host cannot be opened, is no regular file, or ends before it should, for example because it
 * is being written at the same time. Look whether the file is whole and readable.
 */
export class ArchiveUnreadableError extends PycError {
  readonly code = 'PYC_ARCHIVE_UNREADABLE';
  static override readonly usualHint = 'check that the file is there and may be read';
}

export interface RandomAccessFile {
  /** Absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`, in a buffer of their own. */
  read(offset: number, length: number): Buffer;
  close(): void;
}

/** @throws ArchiveUnreadableError where there is no such file, it is no regular file or may not be read. */
export function openRandomAccessFile(path: string): RandomAccessFile {
  const descriptor = attempt(path, () => openSync(path, 'r'));
  let open = true;
  const close = () => {
    if (open) closeSync(descriptor);
    open = false;
  };
  try {
    const stat = attempt(path, () => fstatSync(descriptor));
    if (!stat.isFile()) throw new ArchiveUnreadableError(`\`${path}\` is no regular file`);
    return {
      path,
      size: stat.size,
      read: (offset, length) => readFully(path, descriptor, offset, length),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function readFully(path: string, descriptor: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const count = attempt(path, () => readSync(descriptor, buffer, done, length - done, offset + done));
    if (count === 0) throw new ArchiveUnreadableError(`\`${path}\` ends before byte ${offset + length}`);
    done += count;
  }
  return buffer;
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new ArchiveUnreadableError(`cannot read \`${path}\`: ${messageOf(cause)}`, { cause });
  }
}
