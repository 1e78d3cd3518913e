/** Puts one blob into a layout's folder: beside, verified, then renamed, so that a blob is there whole or not at all. */
import { randomBytes } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, lstat, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { OutputBlob } from '../output.ts';
import { BlobContentError, verified } from '../verified.ts';
import { blobPath } from './folder.ts';

const READ_SIZE = 1024 * 1024;

/**
 * True where the blob was not there before. One that is there with the right size is left alone: only whole blobs
 * get their name.
 *
 * A layer that lies in a file of this host is copied (as a reflink where the file system can) and never hard-linked,
 * so that whoever edits the layout cannot damage the store.
 */
export async function writeBlob(directory: string, blob: OutputBlob, signal: AbortSignal): Promise<boolean> {
  const { descriptor } = blob;
  const target = blobPath(directory, descriptor.digest);
  const there = await lstat(target).catch(() => undefined);
  if (there?.isFile() === true && there.size === descriptor.size) return false;
  const draft = draftOf(directory);
  try {
    if ('bytes' in blob) await writeFile(draft, blob.bytes, { flag: 'wx' });
    else await writeLayer(draft, blob, signal);
    await rename(draft, target);
    return true;
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw thrown;
  }
}

/** True for what {@link draftOf} names. */
export function isDraft(name: string): boolean {
  return /^\.pyc-\d+-[0-9a-f]{12}\.tmp$/.test(name);
}

/** A name for a file that is not finished; in the layout's folder, so that it can be renamed. */
export function draftOf(directory: string): string {
  return join(directory, `.pyc-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

async function writeLayer(
  draft: string,
  { descriptor, layer }: Extract<OutputBlob, { readonly layer: unknown }>,
  signal: AbortSignal,
): Promise<void> {
  const what = 'the image';
  if (layer.file === undefined || !(await lstat(layer.file).catch(() => undefined))?.isFile()) {
    // Whoever opens it says what is wrong with a link or a pipe in its place.
    const source = verified(await layer.open(signal), descriptor, what);
    await pipeline(Readable.from(source, { objectMode: false }), createWriteStream(draft, { flags: 'wx' }), {
      signal,
    });
    return;
  }
  await copyFile(layer.file, draft, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  try {
    const copy = createReadStream(draft, { highWaterMark: READ_SIZE, signal });
    for await (const chunk of verified(copy as AsyncIterable<Uint8Array>, descriptor, what)) void chunk;
  } catch (thrown) {
    // Read as whoever keeps it reads it: a store finds the damage as well, and removes the blob for the next time.
    if (thrown instanceof BlobContentError)
      for await (const _ of await layer.open(signal)) signal.throwIfAborted();
    throw thrown;
  }
}
