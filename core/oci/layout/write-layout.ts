/**
 * Writes images into an OCI layout beside those that are there. Blobs come first and index.json last, by a rename:
 * at every moment the layout is whole, with the old content or the new.
 */
import { readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mapConcurrently } from '../../primitives/concurrency.ts';
import { type Digest, hexOf } from '../../primitives/digest.ts';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { makeFolder } from '../../primitives/folder.ts';
import { visible } from '../../primitives/path.ts';
import type { Descriptor, Index } from '../image.ts';
import { OCI_INDEX } from '../media-types.ts';
import { imageBlobs, type OutputBlob, type OutputContents, referrerBlobs, rootOf } from '../output.ts';
import { normalizePlatform } from '../platform.ts';
import {
  blobsFolder,
  INDEX,
  LayoutError,
  MARKER,
  MARKER_CONTENT,
  REF_NAME,
  readIndex,
  tagOf,
} from './folder.ts';
import { reachableFrom } from './reachable.ts';
import { draftOf, isDraft, writeBlob } from './write-blob.ts';

export interface LayoutContents extends OutputContents {
  /** One entry each; an entry that has the tag is replaced. */
  readonly tags: readonly string[];
}

/** Blobs of whatever meaning, and what is to be said of them in index.json. */
export interface LayoutEntries {
  readonly blobs: readonly OutputBlob[];
  /** What the tags stand for, without annotations. */
  readonly root: Descriptor;
  readonly tags: readonly string[];
  /** Entries without a tag, which are found by their subject. */
  readonly referrers: readonly Descriptor[];
}

/**
 * A `layout:` output cannot be written, mostly for want of space or permission. Images that were in it stay as
 * they were.
 */
export class LayoutWriteError extends PycError {
  readonly code = 'PYC_LAYOUT_UNWRITABLE';
}

const COPIES_AT_ONCE = 4;

/**
 * @returns the digest of the index, or of the only manifest
 * @throws LayoutError for a folder that holds something else; LayoutWriteError for what the file system refuses;
 * BlobContentError for a layer that is not what its descriptor says. What was there before is there still.
 */
export async function writeLayout(
  directory: string,
  contents: LayoutContents,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly digest: Digest }> {
  const { mediaType, digest, size } = rootOf(contents).descriptor;
  const [only, ...others] = contents.images;
  const platform = others.length === 0 && contents.index === undefined ? only?.platform : undefined;
  const stated = platform === undefined ? {} : { platform: normalizePlatform(platform) };
  const entries = {
    blobs: [...imageBlobs(contents), ...referrerBlobs(contents.referrers)],
    root: { mediaType, digest, size, ...stated },
    tags: contents.tags,
    referrers: contents.referrers.map(({ manifest }) => manifest.descriptor),
  };
  return await writeLayoutEntries(directory, entries, options);
}

/** Writes blobs and entries as {@link writeLayout} does, whatever they are. @throws the same */
export async function writeLayoutEntries(
  directory: string,
  contents: LayoutEntries,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly digest: Digest }> {
  const before = await existingIndex(directory);
  const made: Digest[] = [];
  let folder: string | undefined;
  try {
    folder = await makeFolder(blobsFolder(directory));
    if (before === undefined) await writeFile(join(directory, MARKER), MARKER_CONTENT);
    await mapConcurrently(contents.blobs, COPIES_AT_ONCE, options.signal, async (blob, signal) => {
      if (await writeBlob(directory, blob, signal)) made.push(blob.descriptor.digest);
    });
    // Read again: another build may have added an image while this one copied its blobs.
    const { index, removed } = await merged(directory, await existingIndex(directory), contents);
    await replaceIndex(directory, index);
    await removeUnused(directory, index, removed);
    return { digest: contents.root.digest };
  } catch (thrown) {
    await undo(directory, made, before === undefined, folder).catch(() => undefined);
    throw explained(thrown, directory);
  }
}

/** Undefined for a folder that is empty, or where another attempt was cut off. @throws LayoutError for one with anything else in it */
async function existingIndex(directory: string): Promise<Index | undefined> {
  const names = await readdir(directory).catch((thrown: NodeJS.ErrnoException): string[] => {
    if (thrown.code === 'ENOENT') return [];
    throw explained(thrown, directory);
  });
  if (names.includes(INDEX)) return readIndex(directory);
  const isOurs = (name: string): boolean => name === MARKER || name === 'blobs' || isDraft(name);
  if (names.every(isOurs)) return undefined;
  throw new LayoutError(`\`${visible(directory)}\` holds other files and is no OCI layout`, {
    hint: 'name a folder that is empty, a layout, or not there yet',
  });
}

/**
 * The index with the new entries at its end: one a tag, then the referrers, which have no tag. The referrers of an
 * image that no entry names any more go with it.
 */
async function merged(
  directory: string,
  before: Index | undefined,
  contents: LayoutEntries,
): Promise<{ readonly index: Index; readonly removed: readonly Descriptor[] }> {
  const { referrers, root } = contents;
  const entries = contents.tags.map((tag) => ({ ...root, annotations: { [REF_NAME]: tag } }));
  const added = [...entries, ...referrers];

  const old = before?.manifests ?? [];
  const again = new Set(referrers.map((entry) => entry.digest));
  const isReplaced = (entry: Descriptor): boolean => {
    const tag = tagOf(entry);
    return tag === undefined ? again.has(entry.digest) : contents.tags.includes(tag);
  };
  const replaced = old.filter(isReplaced);
  const kept = old.filter((entry) => !isReplaced(entry));
  const orphans = await orphansOf(directory, replaced, kept, added);
  const { manifests: _, ...rest } = before ?? { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
  return {
    index: { ...rest, manifests: [...kept.filter((entry) => !orphans.has(entry.digest)), ...added] },
    removed: [...replaced, ...kept.filter((entry) => orphans.has(entry.digest))],
  };
}

/** Referrers among `kept` whose subject is only to be reached through `replaced`. */
async function orphansOf(
  directory: string,
  replaced: readonly Descriptor[],
  kept: readonly Descriptor[],
  added: readonly Descriptor[],
): Promise<ReadonlySet<Digest>> {
  const untagged = kept.filter((entry) => tagOf(entry) === undefined);
  if (replaced.length === 0 || untagged.length === 0) return new Set();
  const gone = await reachableFrom(directory, replaced);
  const tagged = kept.filter((entry) => tagOf(entry) !== undefined);
  const held = await reachableFrom(directory, [...tagged, ...added]);
  const { subjects } = await reachableFrom(directory, untagged);
  const isOrphan = ({ digest }: Descriptor): boolean => {
    const subject = subjects.get(digest);
    return subject !== undefined && gone.blobs.has(subject) && !held.blobs.has(subject);
  };
  return new Set(untagged.filter(isOrphan).map((entry) => entry.digest));
}

async function replaceIndex(directory: string, index: Index): Promise<void> {
  const draft = draftOf(directory);
  try {
    await writeFile(draft, JSON.stringify(index), { flag: 'wx' });
    await rename(draft, join(directory, INDEX));
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw thrown;
  }
}

/** Only what the removed entries brought goes; blobs that nobody can account for stay. */
async function removeUnused(directory: string, index: Index, removed: readonly Descriptor[]): Promise<void> {
  if (removed.length === 0) return;
  const gone = await reachableFrom(directory, removed);
  const held = await reachableFrom(directory, index.manifests);
  if (!held.isComplete) return;
  for (const digest of gone.blobs) {
    if (!held.blobs.has(digest)) await rm(join(blobsFolder(directory), hexOf(digest)), { force: true });
  }
}

/** Removes what this attempt put there. */
async function undo(
  directory: string,
  made: readonly Digest[],
  wasEmpty: boolean,
  folder: string | undefined,
): Promise<void> {
  for (const digest of made) await rm(join(blobsFolder(directory), hexOf(digest)), { force: true });
  if (!wasEmpty) return;
  await rm(join(directory, MARKER), { force: true });
  if (folder === undefined) return;
  for (let path = blobsFolder(directory); path.length >= folder.length; path = dirname(path)) {
    // What somebody else put there meanwhile keeps its folder.
    if (!(await removeEmpty(path))) return;
  }
}

async function removeEmpty(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}

/** The file system's own errors in our words; others as they are. */
function explained(thrown: unknown, directory: string): unknown {
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return thrown;
  return new LayoutWriteError(`cannot write the layout \`${visible(directory)}\`: ${messageOf(thrown)}`, {
    hint: 'make room or permissions there, or name another folder with `--output layout:DIR`',
    cause: thrown,
  });
}
