/** Streams bytes into a temporary file while hashing them. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Digest } from '../primitives/digest.ts';
import { BlobMismatchError } from './errors.ts';
import type { BlobInfo, Expected } from './store.ts';

/** Bytes gathered before they are written: few large writes cost less than many small ones. */
const BATCH = 512 * 1024;

/**
 * Writes a stream to a new file, flushes it, and says what it was.
 *
 * @throws BlobMismatchError for other bytes than expected, as soon as there are too many
 */
export async function writeBlob(
  source: AsyncIterable<Uint8Array>,
  file: string,
  expected: Expected,
  signal?: AbortSignal,
): Promise<BlobInfo> {
  const handle = await open(file, 'wx', 0o644);
  try {
    const info = await copy(source, handle, expected, signal);
    await handle.datasync();
    return info;
  } finally {
    await handle.close();
  }
}

async function copy(
  source: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  expected: Expected,
  signal: AbortSignal | undefined,
): Promise<BlobInfo> {
  const hash = createHash('sha256');
  const most = Math.min(
    expected.size ?? Number.POSITIVE_INFINITY,
    expected.limit ?? Number.POSITIVE_INFINITY,
  );
  let size = 0;
  let batch: Uint8Array[] = [];
  let gathered = 0;
  // One write is under way while the next batch is received and hashed.
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      size += chunk.length;
      if (size > most)
        throw new BlobMismatchError(expected.what, { ...digestOf(expected), size: most }, { size });
      hash.update(chunk);
      batch.push(chunk);
      gathered += chunk.length;
      if (gathered >= BATCH) {
        await writing;
        writing = writeAll(handle, batch, gathered);
        // A failure is thrown by the await above or below; until then it must not count as unhandled.
        writing.catch(() => undefined);
        batch = [];
        gathered = 0;
      }
    }
  } finally {
    await writing;
  }
  if (gathered > 0) await writeAll(handle, batch, gathered);
  const digest = `sha256:${hash.digest('hex')}` as Digest;
  const wrongDigest = expected.digest !== undefined && expected.digest !== digest;
  const wrongSize = expected.size !== undefined && expected.size !== size;
  if (wrongDigest || wrongSize) throw new BlobMismatchError(expected.what, expected, { digest, size });
  return { digest, size };
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], size: number): Promise<void> {
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
  for (let done = 0; done < size; ) done += (await handle.write(bytes, done, size - done)).bytesWritten;
}

function digestOf(expected: Expected): { digest?: Digest } {
  return expected.digest === undefined ? {} : { digest: expected.digest };
}
