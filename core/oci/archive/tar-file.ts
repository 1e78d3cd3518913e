/** A tar of regular files, as bytes or in a file of the host: beside, then renamed. Its bytes depend on the members alone. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { encodeTarHeader, TAR_END, tarPadding } from '../../archive/tar-header.ts';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { makeFolder } from '../../primitives/folder.ts';
import { visible } from '../../primitives/path.ts';

/** A regular file in an archive. */
export interface ArchiveMember {
  readonly path: string;
  /** Bytes; the content must have exactly so many. */
  readonly size: number;
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> | AsyncIterable<Uint8Array>;
}

/**
 * An `archive:` or `docker-archive:` output cannot be written, mostly for want of space or permission. The file
 * that was there before is left as it was.
 */
export class ArchiveWriteError extends PycError {
  readonly code = 'PYC_ARCHIVE_UNWRITABLE';
}

/** Gathered before they are written. */
const BATCH = 1024 * 1024;

/** @throws ArchiveWriteError for what the file system refuses; then `file` is as it was before */
export async function writeTarFile(
  file: string,
  members: readonly ArchiveMember[],
  signal: AbortSignal,
): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    await makeFolder(dirname(file));
    const handle = await open(draft, 'wx');
    try {
      await writeMembers(handle, members, signal);
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw explained(thrown, file);
  }
}

async function writeMembers(
  handle: FileHandle,
  members: readonly ArchiveMember[],
  signal: AbortSignal,
): Promise<void> {
  for await (const bytes of tarBytes(members, signal)) {
    for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten;
  }
}

/** The tar, in pieces of a megabyte or more. @throws ArchiveWriteError for a member of another size than it states */
export async function* tarBytes(
  members: readonly ArchiveMember[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let batch: Uint8Array[] = [];
  let gathered = 0;
  const add = (bytes: Uint8Array): boolean => {
    signal.throwIfAborted();
    batch.push(bytes);
    gathered += bytes.length;
    return gathered >= BATCH;
  };
  const take = (): Uint8Array => {
    const bytes = Buffer.concat(batch, gathered);
    batch = [];
    gathered = 0;
    return bytes;
  };
  for (const { path, size, open: read } of members) {
    const head = { path, size, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
    if (add(encodeTarHeader(head))) yield take();
    let passed = 0;
    for await (const chunk of await read(signal)) {
      passed += chunk.length;
      if (add(chunk)) yield take();
    }
    if (passed !== size) throw new ArchiveWriteError(`\`${path}\` has ${passed} bytes instead of ${size}`);
    if (add(new Uint8Array(tarPadding(size)))) yield take();
  }
  add(new Uint8Array(TAR_END));
  yield take();
}

function explained(thrown: unknown, file: string): unknown {
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return thrown;
  return new ArchiveWriteError(`cannot write \`${visible(file)}\`: ${messageOf(thrown)}`, {
    hint: 'make room or permissions there, or name another file with `--output`',
    cause: thrown,
  });
}
