/** Writes the tar of a bundle: layers flow from the store or the registry to the disk, and are checked on their way. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type FinishedBuild,
  isPycError,
  messageOf,
  type PublishContext,
  PycError,
  visible,
} from 'pycontainer';
import { type Pack, pack } from 'tar-stream';
import { type BundleFile, contentsOf } from './contents.ts';

/** A layer's bytes are not those that its descriptor states. Nothing is left where the bundle would be. */
export class BundleLayerError extends PycError {
  readonly code = 'PYC_BUNDLE_LAYER_WRONG';
}

/** The disk is full, or the place cannot be written to. Nothing is left there. */
export class BundleWriteError extends PycError {
  readonly code = 'PYC_BUNDLE_NOT_WRITTEN';
}

/**
 * Writes beside the file and renames, so that whoever reads it never sees half of a bundle. The same build gives the same
 * bytes.
 *
 * @param file - absolute path
 * @throws BundleLayerError, BundleWriteError
 */
export async function writeBundle(
  file: string,
  build: FinishedBuild,
  context: PublishContext,
): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  const tar = pack();
  let written: Promise<void> | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    written = pipeline(tar, createWriteStream(draft), { signal: context.signal });
    await Promise.race([addAll(tar, contentsOf(build), context), written]);
    await written;
    await rename(draft, file);
  } catch (thrown) {
    tar.destroy();
    await written?.catch(() => undefined);
    await rm(draft, { force: true }).catch(() => undefined);
    const { syscall } = thrown as NodeJS.ErrnoException;
    if (syscall === undefined || isPycError(thrown)) throw thrown;
    throw new BundleWriteError(`the bundle \`${visible(file)}\` cannot be written: ${messageOf(thrown)}`, {
      hint: 'make room, or name another file',
      cause: thrown,
    });
  }
}

async function addAll(tar: Pack, files: readonly BundleFile[], context: PublishContext): Promise<void> {
  for (const file of files) {
    if ('layer' in file) await addLayer(tar, file, context);
    else await added(tar, file.path, file.bytes.length, [file.bytes]);
  }
  tar.finalize();
}

async function addLayer(
  tar: Pack,
  { path, layer }: Extract<BundleFile, { readonly layer: unknown }>,
  context: PublishContext,
): Promise<void> {
  const { digest, size } = layer.descriptor;
  await added(tar, path, size, checked(await context.open(layer), digest, size));
}

/** The bytes as they are; fails at their end where they are others, and as soon as they are too many. */
async function* checked(source: Readable, digest: string, size: number): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let seen = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    seen += chunk.length;
    if (seen > size) break;
    hash.update(chunk);
    yield chunk;
  }
  if (seen !== size || `sha256:${hash.digest('hex')}` !== digest) {
    throw new BundleLayerError(`the layer \`${digest}\` has other bytes than its descriptor states`, {
      hint: 'build again with `--no-cache`',
    });
  }
}

async function added(
  tar: Pack,
  name: string,
  size: number,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const entry = tar.entry({ name, size, mode: 0o644, mtime: new Date(0) });
  await pipeline(bytes, entry);
}
