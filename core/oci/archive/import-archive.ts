/**
 * Reads an archive from its first byte to its last, once, and moves what it holds into the store. What it holds is
 * remembered under the file's identity, so that the next build reads nothing.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { decompress } from '../../archive/decompress.ts';
import type { TarEntry } from '../../archive/tar/entry.ts';
import { TarError } from '../../archive/tar/header.ts';
import { readTar } from '../../archive/tar.ts';
import { readAll } from '../../primitives/bytes.ts';
import { digestFromHex, digestOfJson, isDigest } from '../../primitives/digest.ts';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { MAX_CONFIG } from '../../primitives/limits.ts';
import { visible } from '../../primitives/path.ts';
import type { Store } from '../../store/store.ts';
import { INDEX, MARKER } from '../layout/folder.ts';
import { type ImportedLayer, importLayer } from './import-layer.ts';

/** What an archive holds besides blobs, which are in the store then. */
export interface ArchiveListing {
  /** Texts of small documents by path: `index.json`, `manifest.json`, configurations. */
  readonly documents: Readonly<Record<string, string>>;
  /** Layers of a docker-save tar by path. */
  readonly layers: Readonly<Record<string, ImportedLayer>>;
  /** Digests of `blobs/sha256/…`, with their sizes. */
  readonly blobs: readonly { readonly digest: string; readonly size: number }[];
  readonly isLayout: boolean;
}

/**
 * An `archive:FILE`, as a base or to copy from, is neither an OCI archive nor what `docker save` writes, holds several
 * images, or contradicts itself. Make it again with `skopeo copy`, `docker save` or `podman save`.
 */
export class ArchiveReadError extends PycError {
  readonly code = 'PYC_ARCHIVE_INVALID';
  static override readonly usualHint = 'save the image again, or name another file';
}

const MAX_ARCHIVE = 256 * 1024 * 1024 * 1024;
const MAX_DOCUMENTS = 10_000;
const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;
const LAYER = /\.tar(?:\.gz|\.zst)?$/;
/** Links to links. */
const MAX_LINKS = 8;

/** @throws ArchiveReadError, TarError, DecompressError; BlobMismatchError for a blob that is not its name */
export async function importArchive(
  file: string,
  store: Store,
  signal: AbortSignal,
): Promise<ArchiveListing> {
  const key = await keyOf(file);
  const known = await store.readAction(key);
  if (isListing(known) && (await isInStore(known, store))) return known;
  const listing = await read(file, store, signal).catch((thrown: unknown) => {
    if (!(thrown instanceof TarError)) throw thrown;
    throw new TarError(`\`${visible(file)}\` is no image archive: ${thrown.message}`, { cause: thrown });
  });
  await store.writeAction(key, listing);
  return listing;
}

/** Size, times and inode change with whatever writes a file. */
async function keyOf(file: string): Promise<ReturnType<typeof digestOfJson>> {
  const facts = await stat(file, { bigint: true }).catch((cause: unknown) => {
    throw new ArchiveReadError(`cannot read the archive \`${visible(file)}\`: ${messageOf(cause)}`, {
      cause,
    });
  });
  if (!facts.isFile()) throw new ArchiveReadError(`\`${visible(file)}\` is no file`);
  const { size, mtimeNs, ctimeNs, ino, dev } = facts;
  const identity = [size, mtimeNs, ctimeNs, ino, dev].map(String);
  return digestOfJson({ what: 'the contents of an archive', rules: 1, file, identity });
}

/** Whatever else is remembered under the key counts as nothing. */
function isListing(value: unknown): value is ArchiveListing {
  const { documents, layers, blobs, isLayout } = (value ?? {}) as Partial<
    Record<keyof ArchiveListing, unknown>
  >;
  return (
    isTable(documents) &&
    Object.values(documents).every((text) => typeof text === 'string') &&
    isTable(layers) &&
    Object.values(layers).every(
      (layer) =>
        isTable(layer) && isDigest(layer.diffId) && isTable(layer.descriptor) && isBlob(layer.descriptor),
    ) &&
    Array.isArray(blobs) &&
    blobs.every(isBlob) &&
    typeof isLayout === 'boolean'
  );
}

function isBlob(value: unknown): boolean {
  return isTable(value) && isDigest(value.digest) && Number.isSafeInteger(value.size);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function isInStore({ blobs, layers }: ArchiveListing, store: Store): Promise<boolean> {
  const wanted = [...blobs, ...Object.values(layers).map((layer) => layer.descriptor)];
  for (const { digest, size } of wanted) {
    const hex = digest.slice('sha256:'.length);
    if ((await store.find(digestFromHex(hex)))?.size !== size) return false;
  }
  return true;
}

async function read(file: string, store: Store, signal: AbortSignal): Promise<ArchiveListing> {
  const documents = new Map<string, string>();
  const layers = new Map<string, ImportedLayer>();
  const blobs: ArchiveListing['blobs'][number][] = [];
  const links = new Map<string, string>();
  const seen = new Set<string>();

  const visit = async (entry: TarEntry, body: AsyncIterable<Uint8Array>): Promise<void> => {
    const { path, type, size } = entry;
    const what = `\`${visible(path)}\` in \`${visible(file)}\``;
    const blob = BLOB.exec(path)?.[1];
    if (type === 'directory') return;
    if (seen.has(path)) throw new ArchiveReadError(`${what} is there twice`);
    seen.add(path);
    if (type === 'symlink' && blob === undefined && LAYER.test(path)) {
      // Docker wrote layers that it had already written as links to them.
      links.set(path, posix.join(posix.dirname(path), entry.linkTarget ?? ''));
    } else if (type !== 'file') {
      throw new ArchiveReadError(`${what} is a ${type} where only files belong`);
    } else if (blob !== undefined) {
      const digest = digestFromHex(blob);
      if ((await store.find(digest))?.size !== size) await store.write(body, { digest, size, what }, signal);
      blobs.push({ digest, size });
    } else if (LAYER.test(path)) {
      layers.set(path, await importLayer(body, what, store, signal));
    } else if (path === MARKER || path.endsWith('.json')) {
      if (documents.size >= MAX_DOCUMENTS)
        throw new ArchiveReadError(`\`${visible(file)}\` has too many documents`);
      documents.set(path, Buffer.from(await readAll(body, MAX_CONFIG, what)).toString());
    }
  };

  const source = createReadStream(file, { highWaterMark: 1024 * 1024, signal });
  const what = `\`${visible(file)}\``;
  await readTar(
    decompress(source as AsyncIterable<Uint8Array>, { what, limit: MAX_ARCHIVE, signal }),
    visit,
    {
      signal,
    },
  );
  for (const [path] of links) {
    const layer = follow(path, links, layers);
    if (layer === undefined)
      throw new ArchiveReadError(`the link \`${visible(path)}\` in ${what} leads nowhere`);
    layers.set(path, layer);
  }
  return {
    documents: Object.fromEntries(documents),
    layers: Object.fromEntries(layers),
    blobs,
    isLayout: documents.has(MARKER) && documents.has(INDEX),
  };
}

function follow(
  path: string,
  links: ReadonlyMap<string, string>,
  layers: ReadonlyMap<string, ImportedLayer>,
): ImportedLayer | undefined {
  let at: string | undefined = path;
  for (let hops = 0; hops < MAX_LINKS && at !== undefined; hops += 1) {
    const found = layers.get(at);
    if (found !== undefined) return found;
    at = links.get(at);
  }
  return undefined;
}
