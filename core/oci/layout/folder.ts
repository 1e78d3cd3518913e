/** Names inside an OCI image layout (image specification, "OCI Image Layout"), and reading its small documents. */
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOf, hexOf } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import { MAX_CONFIG, MAX_MANIFEST } from '../../primitives/limits.ts';
import { visible } from '../../primitives/path.ts';
import { parseImageDocument } from '../document.ts';
import type { Descriptor, Index } from '../image.ts';
import { BlobContentError } from '../verified.ts';

export const MARKER = 'oci-layout';
export const MARKER_CONTENT = '{"imageLayoutVersion":"1.0.0"}';
export const INDEX = 'index.json';
/** Image specification, "Pre-Defined Annotation Keys": a tag, in a layout. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * A folder that is named as an OCI layout is none, is damaged, or holds other files. Name another
 * folder, or make the layout again.
 */
export class LayoutError extends PycError {
  readonly code = 'PYC_LAYOUT_INVALID';
  static override readonly usualHint = 'write the layout anew, or name another folder';
}

export function blobsFolder(directory: string): string {
  return join(directory, 'blobs', 'sha256');
}

export function blobPath(directory: string, digest: Digest): string {
  return join(blobsFolder(directory), hexOf(digest));
}

/** The tag of an entry of index.json. */
export function tagOf(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME];
}

/** index.json; undefined where the folder has none. @throws LayoutError for a folder that says it is no layout we know */
export async function readIndex(directory: string): Promise<Index | undefined> {
  const marker = await readRegular(join(directory, MARKER), 4096);
  const bytes = await readRegular(join(directory, INDEX), MAX_MANIFEST);
  if (marker === undefined && bytes === undefined) return undefined;
  if (marker === undefined || bytes === undefined) {
    throw new LayoutError(
      `\`${visible(directory)}\` has no \`${marker === undefined ? MARKER : INDEX}\`, as every OCI layout must`,
    );
  }
  if (!isKnownVersion(marker))
    throw new LayoutError(`\`${visible(directory)}\` has an unknown layout version`);
  const document = parseImageDocument(bytes, `\`${join(directory, INDEX)}\``);
  if (document.kind !== 'index') throw new LayoutError(`\`${join(directory, INDEX)}\` is no index`);
  return document.value;
}

/** A blob that is a document, verified. @throws LayoutError where it is missing or no regular file; BlobContentError */
export async function readDocument(directory: string, descriptor: Descriptor): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  const what = `the blob \`${digest}\` of \`${visible(directory)}\``;
  const bytes = await readRegular(blobPath(directory, digest), Math.max(MAX_MANIFEST, MAX_CONFIG));
  if (bytes === undefined) throw new LayoutError(`${what} is missing`);
  if (bytes.length !== size)
    throw new BlobContentError(`${what} has ${bytes.length} bytes instead of ${size}`);
  if (digestOf(bytes) !== digest)
    throw new BlobContentError(`${what} has other content than its digest says`);
  return bytes;
}

/** A regular file's bytes; undefined where there is no such name. Links are not followed. */
async function readRegular(path: string, limit: number): Promise<Uint8Array | undefined> {
  const facts = await lstat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return undefined;
    throw thrown;
  });
  if (facts === undefined) return undefined;
  if (!facts.isFile()) throw new LayoutError(`\`${visible(path)}\` is not a regular file`);
  if (facts.size > limit) throw new LayoutError(`\`${visible(path)}\` is larger than ${limit} bytes`);
  return readFile(path);
}

function isKnownVersion(marker: Uint8Array): boolean {
  try {
    const value = JSON.parse(Buffer.from(marker).toString()) as {
      readonly imageLayoutVersion?: unknown;
    } | null;
    return value?.imageLayoutVersion === '1.0.0';
  } catch {
    return false;
  }
}
