/** What is in a layer: its entries, files with their digests where they are to be compared, and the bytes of those that are wanted. */
import { createHash } from 'node:crypto';
import { readTar, type TarEntry } from '../../archive/tar.ts';
import type { Layer } from '../../oci/image.ts';
import { readLayerTar } from '../../oci/layer-tar.ts';
import { RootfsError } from '../../oci/rootfs/file-system.ts';
import { type Digest, digestFromHex } from '../../primitives/digest.ts';
import { visible } from '../../primitives/path.ts';

export interface ListedFile
  extends Pick<TarEntry, 'path' | 'type' | 'mode' | 'uid' | 'gid' | 'size' | 'linkTarget'> {
  /** Of a file's bytes, where they were asked for. */
  readonly digest?: Digest;
}

export interface LayerListing {
  /** In the order of the tar. */
  readonly entries: readonly ListedFile[];
  /** Files that were wanted, by the number of the entry. */
  readonly contents: ReadonlyMap<number, Uint8Array>;
}

export interface ListingOptions {
  /** Paths whose bytes are kept. */
  readonly wanted: readonly RegExp[];
  /** True: also what the bytes of every file are, to compare them. */
  readonly hashes: boolean;
  readonly signal: AbortSignal;
}

/** Bytes of one wanted file, and of all in a layer. */
const MAX_FILE = 256 * 1024 * 1024;
const MAX_TOTAL = 512 * 1024 * 1024;

/** @throws BlobContentError, TarError, DecompressError; RootfsError for wanted files that are too large */
export async function listLayer(
  layer: Layer,
  { wanted, hashes, signal }: ListingOptions,
): Promise<LayerListing> {
  const entries: ListedFile[] = [];
  const contents = new Map<number, Uint8Array>();
  let total = 0;
  const visit = async (entry: TarEntry, body: AsyncIterable<Uint8Array>): Promise<void> => {
    const { path, type, mode, uid, gid, size, linkTarget } = entry;
    const listed = { path, type, mode, uid, gid, size, ...(linkTarget === undefined ? {} : { linkTarget }) };
    const keeps = type === 'file' && wanted.some((pattern) => pattern.test(path));
    if (type !== 'file' || !(keeps || hashes)) {
      entries.push(listed);
      return;
    }
    total += keeps ? size : 0;
    if (keeps && (size > MAX_FILE || total > MAX_TOTAL)) {
      throw new RootfsError(`\`${visible(path)}\` in the image is too large to be read`);
    }
    const hash = createHash('sha256');
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) {
      if (hashes) hash.update(chunk);
      if (keeps) chunks.push(chunk);
    }
    if (keeps) contents.set(entries.length, Buffer.concat(chunks));
    entries.push(hashes ? { ...listed, digest: digestFromHex(hash.digest('hex')) } : listed);
  };
  await readTar(readLayerTar(layer, signal), visit, { limits: { backslashes: true }, signal });
  return { entries, contents };
}
