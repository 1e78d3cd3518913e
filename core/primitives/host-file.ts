/** Files of this host as contents of the tree: sized and hashed now, read again when they are wanted. Whose they are is not known here. */
import { createHash } from 'node:crypto';
import { closeSync, constants, createReadStream, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { type Digest, digestFromHex, digestOf } from './digest.ts';
import type { Content } from './file-tree.ts';

/** Files up to this size are read at once: opening thousands of streams costs more than reading them. */
const SMALL = 1024 * 1024;

/** Neither follows a link nor waits for a pipe that took the file's place after it was listed. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface HostFile {
  readonly isExecutable: boolean;
  readonly content: Content & { readonly sha256: Digest };
}

/**
 * Sizes and hashes a file.
 *
 * @param file absolute
 * @throws Error, the file system's or one that says that the file changed meanwhile
 */
export async function readHostFile(file: string, signal?: AbortSignal): Promise<HostFile> {
  const { mode, size } = lstatSync(file);
  const sha256 = size > SMALL ? await hashStream(file, size, signal) : hashSmall(file, size);
  return {
    isExecutable: (mode & 0o111) !== 0,
    content: {
      size,
      sha256,
      range: { file, offset: 0, size },
      open: () => createReadStream(file, size === 0 ? {} : { end: size - 1 }),
    },
  };
}

/** Lets an interrupt through between files that are read without waiting. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

function hashSmall(file: string, size: number): Digest {
  const descriptor = openSync(file, READ_ONLY);
  try {
    const now = fstatSync(descriptor);
    if (!now.isFile() || now.size !== size) throw new Error('it changed while it was read');
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; ) {
      const read = readSync(descriptor, bytes, at, size - at, at);
      if (read === 0) throw new Error('it changed while it was read');
      at += read;
    }
    return digestOf(bytes);
  } finally {
    closeSync(descriptor);
  }
}

async function hashStream(file: string, size: number, signal: AbortSignal | undefined): Promise<Digest> {
  const hash = createHash('sha256');
  const stream = createReadStream(file, { flags: READ_ONLY as unknown as string, highWaterMark: 256 * 1024 });
  let seen = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    seen += chunk.length;
    hash.update(chunk);
  }
  if (seen !== size) throw new Error('it changed while it was read');
  return digestFromHex(hash.digest('hex'));
}
