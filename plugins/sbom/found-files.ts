/** Describes an image that exists already by its own files: it says less than a build, which knows where all came from. */
import { type Digest, digestOfJson, type Platform, VERSION } from 'pycontainer';
import { contentDrafts } from './base-items.ts';
import { BASE_PATTERNS, readBase } from './base-packages.ts';
import { writeDocument } from './describe.ts';
import { inventoryOf } from './inventory.ts';
import type { Format } from './options.ts';

export interface FoundFiles {
  /** The image's name, as in `ghcr.io/me/shop`. */
  readonly name: string;
  /** Of the manifest. */
  readonly digest: Digest;
  readonly platform: Platform;
  /** Reads the files that the patterns match. */
  read(patterns: readonly RegExp[]): Promise<ReadonlyMap<string, Uint8Array>>;
}

/** @returns the document, and databases of packages that could not be read */
export async function describeFiles(
  { name, digest, platform, read }: FoundFiles,
  format: Format,
  epoch: number,
): Promise<{ readonly bytes: Uint8Array; readonly unread: readonly { path: string; reason: string }[] }> {
  const contents = readBase(await read(BASE_PATTERNS));
  const { architecture } = platform;
  const inventory = inventoryOf({ name, digest, architecture }, contentDrafts(contents, 'image'));
  const key = digestOfJson({ what: 'sbom of files', version: VERSION, format, name, digest, epoch });
  return { bytes: await writeDocument(inventory, format, key, epoch), unread: contents.unread ?? [] };
}
