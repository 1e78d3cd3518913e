/** Writes a blob's file through one buffer while hashing it. Knows nothing of what the bytes mean. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { type Digest, digestFromHex } from '../../primitives/digest.ts';
import { messageOf, PycError } from '../../primitives/errors.ts';

/** A layer cannot be written into the store, mostly for want of space or permission. */
export class LayerWriteError extends PycError {
  readonly code = 'PYC_LAYER_UNWRITABLE';
}

const BUFFER = 1024 * 1024;

export interface BlobFile {
  write(bytes: Uint8Array): void;
  /** Writes what is left and closes the file. */
  finish(): { readonly digest: Digest; readonly size: number };
  /** Closes the file; harmless after `finish`. */
  close(): void;
}

/** Overwrites the file. @throws LayerWriteError, as on a full disk */
export function openBlobFile(file: string): BlobFile {
  const descriptor = attempt(() => openSync(file, 'w', 0o600));
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(BUFFER);
  let filled = 0;
  let size = 0;
  let open = true;

  const drain = (bytes: Uint8Array): void => {
    hash.update(bytes);
    size += bytes.length;
    attempt(() => {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
    });
  };
  const flush = (): void => {
    if (filled > 0) drain(buffer.subarray(0, filled));
    filled = 0;
  };
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };

  function attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new LayerWriteError(`cannot write a layer to \`${file}\`: ${messageOf(cause)}`, {
        cause,
        hint: 'make room or permissions there, or move the cache with `PYC_CACHE_DIR`',
      });
    }
  }

  return {
    write(bytes) {
      if (filled + bytes.length > BUFFER) flush();
      if (bytes.length > BUFFER) {
        drain(bytes);
        return;
      }
      buffer.set(bytes, filled);
      filled += bytes.length;
    },
    finish() {
      flush();
      close();
      return { digest: digestFromHex(hash.digest('hex')), size };
    },
    close,
  };
}
