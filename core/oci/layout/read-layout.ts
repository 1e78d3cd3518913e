/** Opens an image of an OCI layout: documents are read and verified, layers stay where they are until somebody wants their bytes. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Readable as Stream } from 'node:stream';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import type { Descriptor, Image } from '../image.ts';
import type { LocalContents } from '../local-contents.ts';
import { openLocalImage } from '../local-image.ts';
import { isIndexType, isManifestType } from '../media-types.ts';
import type { Platform } from '../platform.ts';
import { verified } from '../verified.ts';
import { blobPath, LayoutError, readDocument, readIndex, tagOf } from './folder.ts';

/** Bytes that are read at once: several large blobs are read at a time, and memory is to stay small. */
const READ_AHEAD = 256 * 1024;

export interface ReadLayoutOptions {
  readonly platform: Platform;
  /** Default: the only image, else the one that is tagged `latest`. */
  readonly tag?: string;
}

/**
 * A layout or an archive has no image of the tag that was asked for, or several and none was named.
 * `details` lists the tags that there are.
 */
export class LayoutTagError extends PycError {
  readonly code = 'PYC_LAYOUT_TAG_UNKNOWN';
}

/**
 * @throws LayoutError for a folder that is no layout; LayoutTagError where the tag is missing or one is needed;
 * ImagePlatformError; ImageDocumentError; BlobContentError
 */
export async function readLayout(directory: string, options: ReadLayoutOptions): Promise<Image> {
  const contents = await openLayout(directory);
  return openLocalImage(
    chooseEntries(contents.entries, options.tag, contents.shown),
    options.platform,
    contents,
  );
}

/** @throws LayoutError for a folder that is no layout */
export async function openLayout(directory: string): Promise<LocalContents> {
  const shown = `\`${visible(directory)}\``;
  const index = await readIndex(directory);
  if (index === undefined) {
    throw new LayoutError(`${shown} is no OCI layout`, {
      hint: 'name a folder that has an `oci-layout` and an `index.json`',
    });
  }
  return {
    shown,
    entries: index.manifests,
    read: (descriptor) => readDocument(directory, descriptor),
    open: (descriptor, signal) => openBlob(directory, descriptor, signal),
    file: (descriptor) => blobPath(directory, descriptor.digest),
  };
}

/** The entries that one name stands for. @throws LayoutTagError */
export function chooseEntries(
  all: readonly Descriptor[],
  tag: string | undefined,
  shown: string,
): readonly Descriptor[] {
  const images = all.filter(
    ({ mediaType, artifactType }) =>
      artifactType === undefined && (isManifestType(mediaType) || isIndexType(mediaType)),
  );
  const tags = [...new Set(images.flatMap((entry) => tagOf(entry) ?? []))];
  const wanted = tag ?? (images.length > 1 && tags.includes('latest') ? 'latest' : undefined);
  const named = wanted === undefined ? images : images.filter((entry) => tagOf(entry) === wanted);
  // One image under several names is still one.
  const isOne =
    wanted !== undefined || tags.length <= 1 || new Set(images.map(({ digest }) => digest)).size === 1;
  if (named.length > 0 && isOne) return [...new Map(named.map((entry) => [entry.digest, entry])).values()];
  const list = tags.length === 0 ? 'no tag at all' : tags.map((each) => `\`${visible(each)}\``).join(', ');
  throw new LayoutTagError(
    wanted === undefined
      ? `${shown} holds ${images.length} images, and none is named`
      : `${shown} has no image \`${visible(wanted)}\``,
    { hint: `name one, as in \`layout:DIR:TAG\`; there is ${list}`, details: tags },
  );
}

/** A blob's bytes, verified as they pass. @throws LayoutError where it is missing or no regular file */
export async function openBlob(
  directory: string,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<Readable> {
  const path = blobPath(directory, descriptor.digest);
  try {
    // Links are not followed, since what a layout says must lie in it; a pipe would wait for ever for its other end.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) {
      await handle.close();
      throw new LayoutError(`\`${visible(path)}\` is not a regular file`);
    }
    const stream = handle.createReadStream({ highWaterMark: READ_AHEAD, ...(signal && { signal }) });
    return Stream.from(
      verified(stream as AsyncIterable<Uint8Array>, descriptor, `\`${visible(directory)}\``),
      {
        objectMode: false,
      },
    );
  } catch (thrown) {
    if (thrown instanceof PycError) throw thrown;
    throw new LayoutError(`cannot read \`${visible(path)}\`: ${messageOf(thrown)}`, { cause: thrown });
  }
}
